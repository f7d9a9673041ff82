/* SPDX-License-Identifier: MIT */
#include "link/nudge.h"

#include <sys/socket.h>

#include "base/clock.h"

enum {
	NUDGE_AGAIN_MS = 50,
	LIFE_AGAIN_MS = 500, /* far below a keep-alive */
	NUDGE_AFTER = 65536 /* less than a socket buffers, so paho is not blocked yet */
};

static void give(struct nudge *nudge, int fd)
{
	static const unsigned char pingresp[] = {0xd0, 0x00};

	if (!framing_is_between(&nudge->given))
		return; /* the rest of a packet is to come, and wakes it as well */
	if (send(fd, pingresp, sizeof pingresp, MSG_NOSIGNAL) == sizeof pingresp)
		nudge->unanswered = 0;
	nudge->owes_answer = false;
}

void nudge_note_read(struct nudge *nudge, size_t size, bool held)
{
	nudge->has_spoken = nudge->has_spoken || size > 0;
	nudge->unanswered += size;
	nudge->owes_answer = nudge->owes_answer || (held && size > 0);
}

void nudge_note_given(struct nudge *nudge, const char *bytes, size_t size)
{
	framing_pass(&nudge->given, bytes, size);
	nudge->unanswered = size > 0 ? 0 : nudge->unanswered;
}

void nudge_note_held(struct nudge *nudge)
{
	nudge->owes_answer = nudge->owes_answer || nudge->unanswered > 0;
}

void nudge_awake(struct nudge *nudge, int fd)
{
	int64_t now = clock_monotonic_ms();

	if (nudge->has_spoken || now < nudge->at)
		return;
	give(nudge, fd);
	nudge->at = now + NUDGE_AGAIN_MS;
}

int64_t nudge_due(const struct nudge *nudge)
{
	return nudge->has_spoken ? CLOCK_NEVER : nudge->at;
}

void nudge_on(struct nudge *nudge, int fd)
{
	if (nudge->unanswered >= NUDGE_AFTER)
		give(nudge, fd);
}

void nudge_note_life(struct nudge *nudge, int fd)
{
	if (!nudge->has_spoken || nudge->unanswered == 0)
		return;
	int64_t now = clock_monotonic_ms();
	if (now < nudge->life_at)
		return;
	give(nudge, fd);
	nudge->life_at = now + LIFE_AGAIN_MS;
}

void nudge_answer(struct nudge *nudge, int fd)
{
	if (nudge->owes_answer)
		give(nudge, fd);
}
