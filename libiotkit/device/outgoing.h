/* SPDX-License-Identifier: MIT
 *
 * Bytes that wait to be written to a port. Bounded: a frame without room is left out,
 * as if it were lost on the line, for which the protocol cares anyway.
 */
#ifndef IOTKIT_DEVICE_OUTGOING_H
#define IOTKIT_DEVICE_OUTGOING_H

#include "device/frame.h"

enum { OUTGOING_SIZE = 2 * FRAME_SIZE_MAX };

/* All zero is empty. */
struct outgoing {
	char bytes[OUTGOING_SIZE];
	size_t size;
};

/* All of the frame, or nothing of it and false. */
bool outgoing_add(struct outgoing *outgoing, const struct frame *frame);

/* Writes what fd takes without waiting. What is wrong with a port shows when it is read. */
void outgoing_write(struct outgoing *outgoing, int fd);

#endif
