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
#include "packet/cursor.h"
#include "packet/tap.h"
#include "tls/tls.h"

/* What the broker says to a packet that went to it under a packet id. */
struct link_answer {
	unsigned type; /* PACKET_PUBACK, and so on */
	uint16_t packet_id;
	unsigned code; /* MQTT 5: of a message; 0: none given */
	struct cursor_bytes words; /* likewise: its reason string, borrowed */
};

/* What is held back on its way to the broker, and what is taken from what comes from
 * it. Each function may be NULL. They are called on the thread
 * that pumps. */
struct link_gate {
	void *context;
	/* paho's bytes go once all that was asked to be stored before they were read is
	 * stored: a ticket stands for that. When one has not passed, link_pump() is to be
	 * called when it has. */
	uint64_t (*ticket)(void *context);
	bool (*passed)(void *context, uint64_t ticket);
	/* PUBREC and PUBCOMP of the message that the broker sent under this packet id go once
	 * it was taken; link_pump() is to be called when one was. */
	bool (*untaken)(void *context, uint16_t packet_id);
	/* paho's SUBSCRIBE or UNSUBSCRIBE goes once no message is under way with its packet
	 * id; and then it has gone, and has the id until it is answered. */
	bool (*under_way)(void *context, uint16_t packet_id);
	void (*asked)(void *context, uint16_t packet_id);
	/* PUBACK, PUBREC and PUBCOMP, of which paho sees nothing; SUBACK and UNSUBACK, of
	 * which the code is not told. */
	void (*answered)(void *context, const struct link_answer *answer);
	/* A message with QoS 0 or 1 of the broker's, of which paho sees nothing: its packet,
	 * which may be written to. Fails when it breaks the rules of MQTT, or without memory for
	 * it: then the connection ends. Before, it is asked
	 * whether one may arrive; when not, link_pump() is to be called when it may. */
	bool (*may_arrive)(void *context);
	iotkit_status (*arrived)(void *context, char *packet, size_t size);
	/* All that link_lend() was given has been handed over to the system. */
	void (*handed_over)(void *context);
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

/* Puts a whole packet between those of paho's, to go with the next link_pump() or, when something
 * is to be stored before, later: what is asked for until that pump is stored first. False when
 * there is no room for it before that. */
enum {
	LINK_PACKET_MAX = 16384, /* a larger one had better be lent */
	LINK_HEAD_MAX = 65536 + 256 /* more than this finds no room at all */
};
bool link_send(struct link *link, const char *packet, size_t size);

/* The same, but the last bytes of it are borrowed until they were handed over, or the link is hung
 * up. Only one packet at a time is lent. */
struct link_loan {
	const char *bytes; /* at least one */
	size_t size;
};
bool link_lend(struct link *link, const char *head, size_t size, const struct link_loan *loan);

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

/* Before that: whether paho has closed its end, though what it said may not have gone yet. */
bool link_is_deserted(const struct link *link);

/* While held, nothing of the broker's is passed on to paho. */
void link_hold(struct link *link, bool held);

/* Whether the broker is on this machine. */
bool link_is_local(const struct link *link);

/* The version of TLS and so on; "" without TLS. */
void link_describe(const struct link *link, char text[TLS_STREAM_TEXT_SIZE]);

/* Adds this link's counters to the sum. */
void link_count(const struct link *link, struct link_counters *sum);

#endif
