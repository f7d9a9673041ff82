/* SPDX-License-Identifier: MIT
 *
 * The password in a CONNECT, made unreadable as the packet goes by.
 * Source: MQTT 5.0 and 3.1.1, section 3.1.
 */
#ifndef IOTKIT_PACKET_MASK_H
#define IOTKIT_PACKET_MASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero at the beginning of a stream. */
struct mask {
	enum {
		MASK_TYPE,
		MASK_SIZE, /* of all that follows */
		MASK_PROTOCOL,
		MASK_LEVEL,
		MASK_FLAGS,
		MASK_KEEP_ALIVE,
		MASK_PROPERTIES,
		MASK_CLIENT_ID,
		MASK_WILL_PROPERTIES,
		MASK_WILL_TOPIC,
		MASK_WILL_PAYLOAD,
		MASK_USER_NAME,
		MASK_PASSWORD,
		MASK_OVER
	} field;
	uint32_t size; /* bytes of the packet still to come */
	unsigned level;
	unsigned flags;
	uint32_t length; /* of the field */
	unsigned length_bytes; /* of it, how many were seen */
	uint32_t left; /* bytes of the field still to come */
};

/* Whether there is anything left to look for. */
bool mask_is_over(const struct mask *mask);

/* Copies the next bytes of the stream, with * in place of the password's. */
void mask_copy(struct mask *mask, char *to, const char *from, size_t size);

#endif
