/* SPDX-License-Identifier: MIT
 *
 * One connection to a broker, and the loopback socket through which paho
 * speaks to it:
 *
 *     paho <--- inner (loopback) ---> [link] <--- outer (network) ---> broker
 *
 * The session's thread pumps bytes between the two. Both buffers are bounded;
 * a side that does not read holds the other up.
 */
#ifndef IOTKIT_LINK_LINK_H
#define IOTKIT_LINK_LINK_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/patience.h"
#include "iotkit.h"
#include "packet/tap.h"
#include "tls/tls.h"

/* What is held back on its way to the broker, and what is looked for in what comes from
 * it. Each function may be NULL. They are called on the thread
 * that pumps. */
struct link_gate {
	void *context;
	/* paho's bytes go once all that was asked to be stored before they were read is
	 * stored: a ticket stands for that. When one has not passed, link_pump() is to be
	 * called when it has. */
	uint64_t (*ticket)(void *context);
	bool (*passed)(void *context, uint64_t ticket);
	/* PUBACK, PUBREC and PUBCOMP of the message that the broker sent under this packet
	 * id go once it was taken; link_pump() is to be called when one was. */
	bool (*untaken)(void *context, uint16_t packet_id);
	/* The broker refuses what went to it under this packet id; paho does not know yet. */
	void (*refused)(void *context, uint16_t packet_id, int code);
};

struct link_target {
	const char *host;
	uint16_t port;
	struct tls *tls; /* NULL: without TLS */
	char *password; /* secret memory, taken over; NULL: none */
	const struct link_gate *gate; /* copied; NULL: nothing is held back */
	const struct tap_viewer *viewer; /* copied; NULL: nobody looks on */
};

enum link_state {
	LINK_OPEN,
	LINK_BROKER_GONE, /* all it sent has been passed on */
	LINK_CLIENT_GONE, /* all paho sent has been passed on */
	LINK_FAILED /* the reason is this thread's last error */
};

struct link_counters {
	uint64_t sent;
	uint64_t received;
	uint64_t intruders;
};

struct link;

/* Connects to the broker, shakes hands, and opens the door for paho. */
iotkit_status link_open(const struct link_target *target, const struct patience *patience,
			struct link **out);
void link_close(struct link *link);

/* The loopback port that paho is to connect to. */
uint16_t link_port(const struct link *link);

/* Fills in what to poll for; returns how many entries. */
enum { LINK_FDS = 2 };
size_t link_poll(const struct link *link, struct pollfd fds[LINK_FDS]);

/* Puts a whole packet between those of paho's, to go with the next link_pump(). False when there is
 * no room for it before that. Never for one beyond LINK_PACKET_MAX. */
enum { LINK_PACKET_MAX = 16384 };
bool link_send(struct link *link, const char *packet, size_t size);

/* Whether the link has all that paho wrote until now, and that is whole packets. */
bool link_has_all(const struct link *link);

/* The monotonic moment at which to pump even if those are not ready. */
int64_t link_due(const struct link *link);

/* Moves what can be moved. */
enum link_state link_pump(struct link *link);

/* Nothing more goes to or comes from the broker. paho still reads what it was
 * sent, and then the end; link_close() at once could take that from it. */
void link_hang_up(struct link *link);

/* After that: whether paho has closed its end, too; link_poll() waits for it. What
 * it still says is thrown away. */
bool link_is_left(struct link *link);

/* While held, nothing of the broker's is passed on to paho. */
void link_hold(struct link *link, bool held);

/* Whether the broker is on this machine. */
bool link_is_local(const struct link *link);

/* The version of TLS and so on; "" without TLS. */
void link_describe(const struct link *link, char text[TLS_STREAM_TEXT_SIZE]);

/* Adds this link's counters to the sum. */
void link_count(const struct link *link, struct link_counters *sum);

#endif
