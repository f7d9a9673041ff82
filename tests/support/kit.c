/* SPDX-License-Identifier: MIT */
#include "kit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "suite.h"

enum { PATIENCE_MS = 20000, AGAIN_MS = 250, CRC_SIZE = 8, BODY_MAX = KIT_LINE_MAX - 16 };

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- The port ---- */

/* Before anybody opens it: a terminal would send back what it is told. */
static void make_raw(const struct pty *pty)
{
	struct termios settings;
	int fd = open(pty->path, O_RDWR | O_NOCTTY | O_CLOEXEC);

	ck_assert_msg(fd >= 0, "cannot open %s: %s", pty->path, strerror(errno));
	ck_assert_int_eq(tcgetattr(fd, &settings), 0);
	cfmakeraw(&settings);
	ck_assert_int_eq(tcsetattr(fd, TCSANOW, &settings), 0);
	close(fd);
}

void kit_plug_in(struct kit *kit, const char *link)
{
	const char *commands = kit->commands;
	int room = kit->room;

	*kit = (struct kit){.commands = commands, .room = room};
	pty_open(&kit->pty);
	make_raw(&kit->pty);
	pty_link(&kit->pty, link);
}

void kit_unplug(struct kit *kit)
{
	if (kit->pty.master >= 0 && kit->pty.path[0] != '\0')
		pty_close(&kit->pty);
	kit->pty = (struct pty){.master = -1};
}

/* ---- Speaking ---- */

static uint32_t crc32_of(const char *bytes, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= (unsigned char)bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (UINT32_C(0xedb88320) & (0 - (crc & 1)));
	}
	return ~crc;
}

void kit_frame(char frame[KIT_LINE_MAX], const char *body)
{
	char spaced[KIT_LINE_MAX - 16];
	int size = snprintf(spaced, sizeof spaced, "%s ", body);

	ck_assert_int_lt(size, (int)sizeof spaced);
	snprintf(frame, KIT_LINE_MAX, "~%s~%08" PRIx32, spaced, crc32_of(spaced, (size_t)size));
}

void kit_say(struct kit *kit, const char *format, ...)
{
	char body[BODY_MAX], frame[KIT_LINE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(body, sizeof body, format, args);
	va_end(args);
	kit_frame(frame, body);
	strcat(frame, "\n");
	pty_print(&kit->pty, frame);
}

void kit_measure(struct kit *kit, uint32_t seq, uint32_t base)
{
	kit_say(kit, "M %08" PRIx32 " %" PRIu32 " %" PRIu32 " 0 n %" PRIu32 " -", kit->id, seq,
		base, seq);
}

/* ---- Hearing ---- */

/* Takes what has come; false when that is nothing, or nobody has the port open. */
static bool read_more(struct kit *kit)
{
	ssize_t count =
		read(kit->pty.master, kit->line + kit->size, sizeof kit->line - 1 - kit->size);

	if (count > 0)
		kit->size += (size_t)count;
	ck_assert_msg(kit->size < sizeof kit->line - 1, "the gateway sends no whole line: %.80s",
		      kit->line);
	return count > 0;
}

/* What comes from the gateway is nothing but frames, each on a line of its own. */
static void check_frame(struct kit *kit, char *line)
{
	char frame[KIT_LINE_MAX];
	size_t size = strlen(line);

	ck_assert_msg(size > CRC_SIZE + 3 && line[0] == '~' && line[size - CRC_SIZE - 2] == ' ' &&
			      line[size - CRC_SIZE - 1] == '~',
		      "the gateway says what is no frame: '%s'", line);
	snprintf(kit->heard, sizeof kit->heard, "%.*s", (int)(size - CRC_SIZE - 3), line + 1);
	kit_frame(frame, kit->heard);
	ck_assert_str_eq(line, frame);
}

/* The next whole frame that was read already. */
static bool next_frame(struct kit *kit)
{
	char line[KIT_LINE_MAX];
	const char *end = memchr(kit->line, '\n', kit->size);

	if (end == NULL)
		return false;
	size_t size = (size_t)(end - kit->line);
	memcpy(line, kit->line, size);
	line[size] = '\0';
	kit->size -= size + 1;
	memmove(kit->line, end + 1, kit->size);
	check_frame(kit, line);
	return true;
}

bool kit_hears(struct kit *kit, const char *beginning, int within_ms)
{
	const int64_t deadline = now_ms() + within_ms;

	for (;;) {
		while (next_frame(kit))
			if (strncmp(kit->heard, beginning, strlen(beginning)) == 0)
				return true;
		struct pollfd more = {.fd = kit->pty.master, .events = POLLIN};
		int64_t left = deadline - now_ms();
		if (left <= 0)
			return false;
		poll(&more, 1, (int)left);
		/* While nobody has the port open, poll() does not wait. */
		if (!read_more(kit) && (more.revents & POLLHUP) != 0)
			poll(NULL, 0, 1);
	}
}

const char *kit_hear(struct kit *kit, const char *beginning)
{
	ck_assert_msg(kit_hears(kit, beginning, PATIENCE_MS),
		      "the gateway did not say '%s'; the last was '%s'", beginning, kit->heard);
	return kit->heard;
}

/* ---- What a board does ---- */

static void say_hello(struct kit *kit, const char *id, uint32_t nonce)
{
	kit_say(kit, "H %s %08" PRIx32 " 1 %d shed sketch 1.0 %s", id, nonce,
		kit->room > 0 ? kit->room : 64, kit->commands != NULL ? kit->commands : "led");
}

void kit_greet(struct kit *kit, uint32_t nonce)
{
	const int64_t deadline = now_ms() + PATIENCE_MS;
	char welcome[16];
	bool welcomed = false;

	snprintf(welcome, sizeof welcome, "W %08" PRIx32 " ", nonce);
	while (!welcomed && now_ms() < deadline) {
		say_hello(kit, "-", nonce);
		welcomed = kit_hears(kit, welcome, AGAIN_MS);
	}
	ck_assert_msg(welcomed, "the kit is not welcomed; the last heard was '%s'", kit->heard);
	kit->id = (uint32_t)strtoul(kit->heard + strlen(welcome), NULL, 16);
	ck_assert_uint_ne(kit->id, 0);
}

void kit_greet_again(struct kit *kit)
{
	char id[16];

	snprintf(id, sizeof id, "%08" PRIx32, kit->id);
	say_hello(kit, id, 0);
}

uint32_t kit_kept(const struct kit *kit)
{
	uint32_t id, seq;

	ck_assert_int_eq(sscanf(kit->heard, "A %" SCNx32 " %" SCNu32, &id, &seq), 2);
	ck_assert_uint_eq(id, kit->id);
	return seq;
}

void kit_hear_kept(struct kit *kit, uint32_t seq)
{
	do {
		kit_hear(kit, "A ");
		ck_assert_uint_le(kit_kept(kit), seq);
	} while (kit_kept(kit) < seq);
}

void kit_deliver(struct kit *kit, uint32_t first, uint32_t last)
{
	const int64_t deadline = now_ms() + PATIENCE_MS;
	uint32_t kept = 0;

	while (kept < last && now_ms() < deadline) {
		for (uint32_t seq = first; seq <= last; seq++)
			kit_measure(kit, seq, first);
		while (kept < last && kit_hears(kit, "A ", AGAIN_MS))
			kept = kit_kept(kit);
	}
	ck_assert_msg(kept >= last, "%" PRIu32 " is not kept; the last heard was '%s'", last,
		      kit->heard);
}

uint32_t kit_hear_command(struct kit *kit, const char *name, const char *value)
{
	char expected[KIT_LINE_MAX];
	uint32_t id, number;

	kit_hear(kit, "C ");
	ck_assert_int_eq(sscanf(kit->heard, "C %" SCNx32 " %" SCNu32, &id, &number), 2);
	snprintf(expected, sizeof expected, "C %08" PRIx32 " %" PRIu32 " %s %s", kit->id, number,
		 name, value);
	ck_assert_str_eq(kit->heard, expected);
	return number;
}
