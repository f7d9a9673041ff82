/* SPDX-License-Identifier: MIT
 *
 * A gate and its channel, whose streams come and go through sockets as they do in the
 * link, for the suites of what is held back.
 */
#ifndef TESTS_UNIT_GATED_H
#define TESTS_UNIT_GATED_H

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "link/gate.h"
#include "suite.h"

enum { IDS = 65536, STREAM_MAX = 4 << 20 };
enum { OTHERS = 0, PUBREC = 5, PUBCOMP = 7 };

static bool untaken[IDS];
static bool under_way[IDS]; /* packet ids of messages */
static bool requested[IDS]; /* of requests that have gone */
static size_t times_asked;
static uint64_t asked, stored; /* what is to be stored, and what is */
static struct gate gate;
static struct channel channel;
static struct wire source = {.fd = -1}, sink = {.fd = -1};
static int source_end, sink_end;
static char out[STREAM_MAX]; /* what left the channel */
static size_t out_size;

static inline bool is_untaken(void *context, uint16_t packet_id)
{
	(void)context;
	times_asked++;
	return untaken[packet_id];
}

static inline bool is_under_way(void *context, uint16_t packet_id)
{
	(void)context;
	return under_way[packet_id];
}

static inline void note_requested(void *context, uint16_t packet_id)
{
	(void)context;
	requested[packet_id] = true;
}

static inline uint64_t get_ticket(void *context)
{
	(void)context;
	return asked;
}

static inline bool has_passed(void *context, uint64_t ticket)
{
	(void)context;
	return stored >= ticket;
}

static const struct link_gate keeper = {.ticket = get_ticket,
					.passed = has_passed,
					.untaken = is_untaken,
					.under_way = is_under_way,
					.asked = note_requested};

static inline void make_pair(struct wire *wire, int *end)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	wire->fd = fds[0];
	*end = fds[1];
}

static inline void begin(const struct link_gate *with)
{
	gate_clear(&gate);
	gate_begin(&gate, with);
	channel_clear(&channel);
	memset(untaken, 0, sizeof untaken);
	memset(under_way, 0, sizeof under_way);
	memset(requested, 0, sizeof requested);
	asked = stored = 0;
	times_asked = 0;
	out_size = 0;
}

static inline void start(void)
{
	make_pair(&source, &source_end);
	make_pair(&sink, &sink_end);
	begin(&keeper);
}

static inline void stop(void)
{
	gate_clear(&gate);
	wire_close(&source);
	wire_close(&sink);
	close(source_end);
	close(sink_end);
}

static inline void admit(void)
{
	gate_ask_again(&gate);
	ck_assert_int_eq(gate_admit(&gate, &channel), IOTKIT_OK);
}

static inline void feed(const void *bytes, size_t size)
{
	size_t n = 0;

	ck_assert_int_eq(write(source_end, bytes, size), (ssize_t)size);
	ck_assert(channel_fill(&channel, &source, &n));
	ck_assert_uint_eq(n, size);
	admit();
}

static inline size_t leave_from_loan(size_t size)
{
	size_t n = size < gate.loan.size ? size : gate.loan.size;
	bool is_all = n == gate.loan.size;

	ck_assert_uint_eq(gate.allowed, 0);
	ck_assert_uint_le(out_size + n, sizeof out);
	memcpy(out + out_size, gate.loan.bytes, n);
	out_size += n;
	ck_assert(gate_note_loan_gone(&gate, n) == is_all);
	if (is_all)
		admit();
	return n;
}

/* Lets some of what may go leave. */
static inline size_t leave(size_t size)
{
	size_t n = 0;

	if (gate_is_lending(&gate))
		return leave_from_loan(size);
	if (size > gate.allowed)
		size = gate.allowed;
	ck_assert_uint_le(out_size + size, sizeof out);
	ck_assert(channel_drain(&channel, size, &sink, &n));
	gate_note_gone(&gate, n);
	if (n > 0)
		ck_assert_int_eq(read(sink_end, out + out_size, n), (ssize_t)n);
	out_size += n;
	return n;
}

static inline void leave_all(void)
{
	while (leave(CHANNEL_SIZE) > 0)
		continue;
}

static inline void take_all(void)
{
	memset(untaken, 0, sizeof untaken);
}

static inline void assert_left(const void *expected, size_t size)
{
	ck_assert_uint_eq(out_size, size);
	ck_assert_mem_eq(out, expected, size);
}

/* ---- streams of packets ---- */

static inline unsigned kind_of(const char *packet)
{
	unsigned type = (unsigned char)packet[0] >> 4;

	return type == PUBREC || type == PUBCOMP ? type : OTHERS;
}

/* The size of the packet that begins there; 0: it is not whole. */
static inline size_t packet_size(const char *bytes, size_t size)
{
	struct framing framing = {0};
	size_t at = 0;

	while (at < size) {
		size_t step = framing_rest(&framing);
		step = step == 0 ? 1 : step;
		if (step > size - at)
			return 0;
		framing_pass(&framing, bytes + at, step);
		at += step;
		if (framing_is_between(&framing))
			return at;
	}
	return 0;
}

/* Those packets of a stream that are of one kind. */
static inline size_t pick(const char *stream, size_t size, unsigned kind, char *to)
{
	size_t picked = 0;

	for (size_t at = 0, packet; at < size; at += packet) {
		packet = packet_size(stream + at, size - at);
		ck_assert_msg(packet > 0, "what begins at %zu of %zu is not whole", at, size);
		if (kind_of(stream + at) == kind) {
			memcpy(to + picked, stream + at, packet);
			picked += packet;
		}
	}
	return picked;
}

/* What left is what came: whole packets, those of a kind in their order. */
static inline void assert_same_packets(const char *in, size_t in_size)
{
	static const unsigned kinds[] = {OTHERS, PUBREC, PUBCOMP};
	static char came[STREAM_MAX], went[STREAM_MAX];

	ck_assert_uint_eq(out_size, in_size);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		size_t size = pick(in, in_size, kinds[i], came);
		ck_assert_uint_eq(pick(out, out_size, kinds[i], went), size);
		ck_assert_mem_eq(went, came, size);
	}
}

/* PUBLISH with a body that looks like acknowledgements. */
static inline size_t make_publish(char *to, size_t body)
{
	static const char pubrec[] = {0x50, 0x02, 0x00, 0x01};
	size_t at = 0, left = body;

	to[at++] = 0x32;
	do
		to[at++] = (char)((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
	while ((left >>= 7) > 0);
	for (size_t i = 0; i < body; i++)
		to[at + i] = pubrec[i % sizeof pubrec];
	return at + body;
}

#endif
