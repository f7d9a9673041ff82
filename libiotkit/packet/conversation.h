/* SPDX-License-Identifier: MIT
 *
 * A connection as a capture has it: the bytes of MQTT as segments of TCP, with what begins and
 * ends one. The addresses and our port are the real ones. The broker's port is that of MQTT
 * without TLS, by which Wireshark knows what it is; the true one is in the comment.
 */
#ifndef IOTKIT_PACKET_CONVERSATION_H
#define IOTKIT_PACKET_CONVERSATION_H

#include "packet/capture.h"

enum conversation_side { CONVERSATION_CLIENT, CONVERSATION_BROKER, CONVERSATION_SIDES };

struct conversation {
	struct capture *capture;
	struct tcp_end ends[CONVERSATION_SIDES];
	uint32_t next[CONVERSATION_SIDES]; /* sequence number */
};

/* The socket is the one to the broker. */
void conversation_begin(struct conversation *conversation, struct capture *capture, int socket,
			const char *comment);

void conversation_pass(struct conversation *conversation, enum conversation_side from,
		       const char *bytes, size_t size);

/* Who hung up first. */
void conversation_end(struct conversation *conversation, enum conversation_side first);

#endif
