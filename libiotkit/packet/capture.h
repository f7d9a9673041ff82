/* SPDX-License-Identifier: MIT
 *
 * The file that packets are written to, for Wireshark. One that is full, or cannot be
 * written, ends the writing and nothing else.
 */
#ifndef IOTKIT_PACKET_CAPTURE_H
#define IOTKIT_PACKET_CAPTURE_H

#include <stdint.h>

#include "iotkit.h"
#include "packet/pcap.h"

struct capture;

/* Told at most once: nothing more will be written. Called by whoever calls the capture. */
struct capture_sink {
	void *context;
	void (*stopped)(void *context, iotkit_status status, const char *text);
};

/* Begins the file anew. Fails when it cannot be opened, when others can read it, when it is no
 * capture, which must not be lost, and with IOTKIT_EBUSY when somebody else writes it. */
iotkit_status capture_open(const char *path, uint64_t size_max, const struct capture_sink *sink,
			   struct capture **out);
void capture_close(struct capture *capture); /* NULL is fine */

/* Where the sequence numbers of a new connection begin; apart from those of others, so that
 * none is taken for the same. */
uint32_t capture_sequence(struct capture *capture);

void capture_add(struct capture *capture, const struct pcap_packet *packet);

/* Hands what was added to the system. Leaves this thread's last error alone. */
void capture_flush(struct capture *capture);

#endif
