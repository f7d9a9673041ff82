/* SPDX-License-Identifier: MIT */
#include "device/outgoing.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

bool outgoing_add(struct outgoing *outgoing, const struct frame *frame)
{
	size_t size = frame_write(frame, outgoing->bytes + outgoing->size,
				  sizeof outgoing->bytes - outgoing->size);

	outgoing->size += size;
	return size > 0;
}

void outgoing_write(struct outgoing *outgoing, int fd)
{
	ssize_t written = write(fd, outgoing->bytes, outgoing->size);

	if (written < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (written < 0) {
		outgoing->size = 0;
		return;
	}
	outgoing->size -= (size_t)written;
	memmove(outgoing->bytes, outgoing->bytes + written, outgoing->size);
}
