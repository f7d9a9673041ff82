/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "gated.h"

START_TEST(what_is_put_back_waits_for_what_taking_it_asked_to_be_stored)
{
	untaken[1] = true;
	asked = 1;
	feed("\x50\x02\x00\x01\xc0\x00\x30\x03", 8);
	untaken[1] = false;
	asked = 2;
	admit();
	stored = 1;
	admit();
	leave_all();
	assert_left("\xc0\x00", 2);
	stored = 2;
	admit();
	leave_all();
	assert_left("\xc0\x00\x50\x02\x00\x01\x30\x03", 8);
}
END_TEST

START_TEST(what_is_allowed_stays_as_it_is)
{
	untaken[1] = true;
	feed("\x50\x02\x00\x01\xc0\x00\x30\x03", 8);
	untaken[1] = false;
	asked = 1;
	admit(); /* a wire may have begun to send those four bytes */
	ck_assert_uint_eq(gate.allowed, 4);
	ck_assert_uint_eq(gate.receipts.count, 1);
	feed("\x00\x01"
	     "a",
	     3);
	leave_all();
	assert_left("\xc0\x00\x30\x03", 4);
	stored = 1;
	admit();
	leave_all();
	assert_left("\xc0\x00\x30\x03\x00\x01"
		    "a\x50\x02\x00\x01",
		    11);
}
END_TEST

START_TEST(what_the_keeper_does_not_have_is_not_held_back)
{
	const struct link_gate none = {0};
	const struct link_gate tickets = {.ticket = get_ticket, .passed = has_passed};
	const struct link_gate receipts = {.untaken = is_untaken};

	begin(&none);
	asked = 1;
	feed("\x50\x02", 2);
	ck_assert_uint_eq(gate.allowed, 2);
	begin(&tickets);
	feed("\x50\x02", 2);
	ck_assert_uint_eq(gate.allowed, 2);
	begin(&receipts);
	asked = 1;
	feed("\xc0\x00\x50\x02", 4);
	ck_assert_uint_eq(gate.allowed, 2);
}
END_TEST

START_TEST(what_is_put_in_goes_between_packets_and_waits_for_what_was_asked_before)
{
	asked = 1;
	feed("\xc0\x00\x32\x03\x00", 5);
	asked = 2;
	ck_assert(gate_insert(&gate, &channel, "\x30\x00", 2));
	ck_assert(!gate_is_due(&gate, &channel)); /* it waits */
	stored = 1;
	admit();
	leave_all();
	assert_left("\xc0\x00", 2);
	stored = 2;
	admit();
	leave_all();
	assert_left("\xc0\x00\x30\x00\x32\x03\x00", 7);
	ck_assert(!gate_insert(&gate, &channel, "\x30\x00", 2)); /* in the midst of a packet */
	feed("\x01"
	     "a",
	     2);
	leave_all();
	ck_assert(gate_insert(&gate, &channel, "\x30\x00", 2));
	ck_assert(gate_is_due(&gate, &channel));
}
END_TEST

START_TEST(what_is_lent_goes_behind_its_head_and_before_all_else)
{
	const struct link_loan loan = {.bytes = "abc", .size = 3};

	asked = 1;
	feed("\xc0\x00", 2);
	ck_assert(gate_lend(&gate, &channel, "\x30\x05\x00\x00", 4, &loan));
	ck_assert(gate_insert(&gate, &channel, "\x30\x00", 2));
	ck_assert(!gate_lend(&gate, &channel, "\x30\x05\x00\x00", 4, &loan)); /* one at a time */
	feed("\xd0\x00", 2);
	ck_assert(!gate_is_lending(&gate));
	leave_all();
	assert_left("", 0); /* all of it waits */
	stored = 1;
	admit();
	ck_assert_uint_eq(gate.allowed, 6);
	leave(6);
	ck_assert(gate_is_lending(&gate));
	ck_assert(!gate_is_due(&gate, &channel));
	leave(2);
	ck_assert(gate_is_lending(&gate));
	admit();
	ck_assert_uint_eq(gate.allowed, 0);
	leave(1);
	ck_assert(!gate_is_lending(&gate));
	leave_all();
	assert_left("\xc0\x00\x30\x05\x00\x00"
		    "abc\x30\x00\xd0\x00",
		    13);
}
END_TEST

START_TEST(a_request_waits_while_a_message_has_its_packet_id)
{
	under_way[1] = true;
	feed("\xc0\x00\x82\x06\x00", 5);
	leave_all();
	assert_left("\xc0\x00", 2);
	feed("\x01\x00\x01"
	     "a\x00\xe0\x00",
	     7);
	ck_assert(!gate_is_due(&gate, &channel));
	ck_assert(gate_insert(&gate, &channel, "\x30\x00", 2)); /* which does not wait */
	admit();
	leave_all();
	assert_left("\xc0\x00\x30\x00", 4);
	ck_assert(!requested[1]);
	under_way[1] = false;
	ck_assert(gate_is_due(&gate, &channel));
	admit();
	leave_all();
	assert_left("\xc0\x00\x30\x00\x82\x06\x00\x01\x00\x01"
		    "a\x00\xe0\x00",
		    14);
	ck_assert(requested[1]);
}
END_TEST

START_TEST(nothing_is_put_in_after_a_goodbye_or_where_nobody_knows_the_packets)
{
	const struct link_gate tickets = {.ticket = get_ticket, .passed = has_passed};

	feed("\xc0\x00\xe0\x00", 4);
	leave_all();
	ck_assert(!gate_insert(&gate, &channel, "\x30\x00", 2));
	begin(&tickets);
	ck_assert(!gate_insert(&gate, &channel, "\x30\x00", 2));
}
END_TEST

/* ---- at random, beside a model ---- */

enum { PACKETS_MAX = 300, PUT_IN_MAX = 100, LIVES = SUITE_SANITIZED ? 40 : 150 };

static char in[STREAM_MAX];
/* What was asked for when each packet came, was taken, or was put in. */
static uint64_t needed[PACKETS_MAX + PUT_IN_MAX];
static size_t begins[PACKETS_MAX + 1];
static size_t put_in; /* packets, whose numbers follow PACKETS_MAX */
static size_t put_in_size;
static char lent[150000]; /* the last that was, whole */
static uint32_t random_state;

static size_t random_below(size_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % limit;
}

static size_t make_numbered(char *to, size_t body, size_t number)
{
	size_t size = make_publish(to, body);

	memcpy(to + size - sizeof(uint32_t), &(uint32_t){(uint32_t)number}, sizeof(uint32_t));
	return size;
}

/* A packet with the number it has in the stream in it, or under it. */
static size_t make_packet(char *to, size_t number)
{
	static const char types[] = {0x50, 0x50, 0x70};
	size_t size = 4 + random_below(3) * random_below(30);

	if (random_below(2) == 0) {
		bool is_large = random_below(40) == 0;
		return make_numbered(to, 4 + random_below(is_large ? 200000 : 1000), number);
	}
	memset(to, 0x50, size);
	to[0] = types[random_below(sizeof types)];
	to[1] = (char)(size - 2);
	to[2] = (char)(number >> 8);
	to[3] = (char)number;
	return size;
}

static size_t number_of(const char *packet, size_t size)
{
	uint32_t number;

	if (kind_of(packet) != OTHERS)
		return (size_t)(unsigned char)packet[2] << 8 | (unsigned char)packet[3];
	memcpy(&number, packet + size - sizeof number, sizeof number);
	return number;
}

static size_t make_stream(size_t count)
{
	begins[0] = 0;
	for (size_t i = 0; i < count; i++) {
		begins[i + 1] = begins[i] + make_packet(in + begins[i], i);
		untaken[i] = kind_of(in + begins[i]) != OTHERS && random_below(3) > 0;
	}
	return begins[count];
}

static void take_one(size_t count)
{
	size_t i = random_below(count);

	/* In order, but for a few. */
	for (size_t first = 0; first < count && random_below(8) > 0; first++)
		if (untaken[first]) {
			i = first;
			break;
		}
	if (!untaken[i])
		return;
	untaken[i] = false;
	asked += random_below(2);
	needed[i] = asked;
}

/* Notes what is needed for the packets that begin among the next bytes. */
static void note_came(size_t from, size_t to, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (begins[i] >= from && begins[i] < to && needed[i] < asked)
			needed[i] = asked;
}

/* Cut somewhere into what is put in and what is lent. */
static bool lend_one(size_t *size)
{
	bool may = gate.loan.size == 0;
	struct link_loan loan = {.bytes = "x", .size = 1};
	size_t head = 1 + random_below(100);

	if (may) {
		*size = make_numbered(lent, 100 + random_below(sizeof lent - 200),
				      PACKETS_MAX + put_in);
		loan = (struct link_loan){.bytes = lent + head, .size = *size - head};
	}
	bool taken = gate_lend(&gate, &channel, lent, head, &loan);
	ck_assert(may || !taken);
	return taken;
}

static bool insert_one(size_t *size)
{
	char packet[CHANNEL_SPARE];

	*size = make_numbered(packet, 4 + random_below(200), PACKETS_MAX + put_in);
	return gate_insert(&gate, &channel, packet, *size);
}

static void put_one_in(void)
{
	size_t size;

	if (put_in == PUT_IN_MAX)
		return;
	asked += random_below(2);
	if (!(random_below(8) == 0 ? lend_one(&size) : insert_one(&size)))
		return;
	needed[PACKETS_MAX + put_in++] = asked;
	put_in_size += size;
}

/* Leaves of what left what came in, and not by put_one_in(). */
static void take_out_what_was_put_in(void)
{
	size_t kept = 0, next = PACKETS_MAX;

	for (size_t at = 0, size; at < out_size; at += size) {
		size = packet_size(out + at, out_size - at);
		ck_assert_uint_gt(size, 0);
		if (number_of(out + at, size) < PACKETS_MAX) {
			memmove(out + kept, out + at, size);
			kept += size;
		} else {
			ck_assert_uint_eq(number_of(out + at, size), next++);
		}
	}
	ck_assert_uint_eq(next, PACKETS_MAX + put_in);
	out_size = kept;
}

/* Each whole packet that has left might leave. */
static void check_what_left(size_t *checked)
{
	size_t size;

	while ((size = packet_size(out + *checked, out_size - *checked)) > 0) {
		size_t number = number_of(out + *checked, size);
		ck_assert_msg(!untaken[number], "%zu left untaken", number);
		ck_assert_msg(needed[number] <= stored, "%zu left before it was stored", number);
		*checked += size;
	}
}

/* Some more comes in; returns how many bytes came until now. */
static size_t come(size_t came, size_t size, size_t count)
{
	size_t chunk = 1 + random_below(random_below(4) == 0 ? 60000 : 300);
	size_t n = 0;

	if (chunk > size - came)
		chunk = size - came;
	if (chunk == 0 || channel.end - channel.begin + chunk > CHANNEL_SIZE)
		return came;
	ck_assert_int_eq(write(source_end, in + came, chunk), (ssize_t)chunk);
	while (n < chunk)
		ck_assert(channel_fill(&channel, &source, &n));
	note_came(came, came + chunk, count);
	return came + chunk;
}

static void live(uint32_t seed)
{
	size_t came = 0, checked = 0;

	begin(&keeper);
	memset(needed, 0, sizeof needed);
	put_in = put_in_size = 0;
	random_state = seed;
	size_t count = 1 + random_below(PACKETS_MAX);
	size_t size = make_stream(count);
	for (unsigned step = 0; out_size < size + put_in_size; step++) {
		bool in_haste = step > 3000; /* so that it ends */
		ck_assert_uint_lt(step, 100000);
		came = come(came, size, count);
		admit();
		if (in_haste || random_below(2) == 0)
			leave(1 + random_below(in_haste ? 60000 : 20000));
		check_what_left(&checked);
		asked += random_below(8) == 0;
		if (in_haste || random_below(4) == 0)
			stored = asked;
		take_one(count);
		if (!in_haste && random_below(4) == 0)
			put_one_in();
	}
	take_out_what_was_put_in();
	assert_same_packets(in, size);
}

/* The number behind the name of a test that fails is the seed. */
START_TEST(at_random_each_packet_leaves_whole_once_and_when_it_may)
{
	live((uint32_t)_i);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gate");
	TCase *gates = tcase_create("gate"), *chance = tcase_create("chance");

	tcase_add_checked_fixture(gates, start, stop);
	tcase_add_test(gates, what_is_put_back_waits_for_what_taking_it_asked_to_be_stored);
	tcase_add_test(gates, what_is_allowed_stays_as_it_is);
	tcase_add_test(gates, what_the_keeper_does_not_have_is_not_held_back);
	tcase_add_test(gates,
		       what_is_put_in_goes_between_packets_and_waits_for_what_was_asked_before);
	tcase_add_test(gates, what_is_lent_goes_behind_its_head_and_before_all_else);
	tcase_add_test(gates, a_request_waits_while_a_message_has_its_packet_id);
	tcase_add_test(gates, nothing_is_put_in_after_a_goodbye_or_where_nobody_knows_the_packets);
	suite_add_tcase(suite, gates);

	tcase_set_timeout(chance, 100);
	tcase_add_checked_fixture(chance, start, stop);
	tcase_add_loop_test(chance, at_random_each_packet_leaves_whole_once_and_when_it_may, 1,
			    LIVES + 1);
	suite_add_tcase(suite, chance);
	return suite_run(suite);
}
