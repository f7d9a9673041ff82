/* SPDX-License-Identifier: MIT
 *
 * Where packets are seen: what goes over the wire to and from the broker, in the order and at
 * the moment it goes, told in words and written for Wireshark, without the password.
 */
#ifndef IOTKIT_PACKET_TAP_H
#define IOTKIT_PACKET_TAP_H

#include <stdbool.h>
#include <stddef.h>

#include "packet/conversation.h"
#include "packet/facts.h"
#include "packet/mask.h"
#include "packet/stream.h"

/* Who looks on. Called on the thread that pumps. */
struct tap_viewer {
	void *context;
	/* NULL: packets are not told. All pointers are borrowed. */
	void (*packet)(void *context, const struct packet_facts *facts, const char *text);
	struct capture *capture; /* NULL: they are not written */
};

struct tap {
	struct tap_viewer viewer;
	bool broker_left; /* it hung up, or the connection broke */
	bool is_version_5; /* as CONNECT has said */
	struct mask mask;
	struct tap_stream {
		struct tap *tap;
		struct packet_stream packets;
	} sent, received;
	struct conversation conversation;
};

/* The socket is connected; the comment is for the capture. */
void tap_begin(struct tap *tap, const struct tap_viewer *viewer, int socket, const char *comment);

void tap_sent(struct tap *tap, const char *bytes, size_t size);
void tap_received(struct tap *tap, const char *bytes, size_t size);

/* Nothing more comes from the broker. */
void tap_note_end(struct tap *tap);

/* Hands to the system what is to be written. Leaves this thread's last error alone. */
void tap_flush(struct tap *tap);

void tap_end(struct tap *tap);

#endif
