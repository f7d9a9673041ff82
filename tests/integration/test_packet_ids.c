/* SPDX-License-Identifier: MIT
 *
 * Two choose packet ids: the library for messages, and paho for SUBSCRIBE and UNSUBSCRIBE. The
 * broker, which the test plays, must never see one that is in use.
 * Source: MQTT 5.0 section 2.2.1.
 */
#include <stdio.h>
#include <string.h>

#include "expect.h"
#include "played.h"
#include "suite.h"

enum {
	IDS = 65536,
	FIRST_OF_MESSAGES = 0x8000,
	LAST = 0xffff,
	ROUND = 128, /* messages, and requests */
	ROUNDS = (IDS - FIRST_OF_MESSAGES) / ROUND + 12, /* both come by FIRST_OF_MESSAGES */
	UNANSWERED = 32 /* of each at the end of a round */
};

struct exchange {
	uint16_t id;
	unsigned type; /* of what began it */
	unsigned qos;
};

/* Oldest first. */
struct unanswered {
	struct exchange all[UNANSWERED + 1];
	size_t count;
};

static iotkit *iot;
static struct played broker;
static bool in_use[IDS];
static struct unanswered messages, requests;
static size_t releases; /* PUBRELs that are to come */
static size_t seen_messages, seen_requests;
static uint16_t last_request, last_message;
static bool messages_wrapped;
static size_t times_waited; /* a request, for a message that had its packet id */

static void start(void)
{
	const char *options[] = {"mqtt.version", "5", "mqtt.window", "1000", NULL};

	broker = (struct played){.version_5 = true};
	played_start(&broker);
	iot = expect_open(broker.uri, options);
	ck_assert_int_eq(iotkit_connect(iot, 0), IOTKIT_OK);
	played_welcome(&broker, false, 0);
	expect_event(iot, IOTKIT_EVENT_CONNECTED);
}

static void stop(void)
{
	played_cut(&broker);
	iotkit_close(iot);
	played_stop(&broker);
}

/* ---- the broker ---- */

static void end_message(unsigned type, uint16_t id)
{
	in_use[id] = false;
	played_answer(&broker, type, id);
}

static void end_request(unsigned type, uint16_t id)
{
	const unsigned char bytes[] = {(unsigned char)(type << 4), 4, (unsigned char)(id >> 8),
				       (unsigned char)id,          0, 0};

	in_use[id] = false;
	played_say(&broker, bytes, sizeof bytes);
}

static void answer_at(struct unanswered *unanswered, size_t at)
{
	const struct exchange exchange = unanswered->all[at];

	memmove(unanswered->all + at, unanswered->all + at + 1,
		(--unanswered->count - at) * sizeof exchange);
	if (exchange.type == PLAYED_SUBSCRIBE) {
		end_request(PLAYED_SUBACK, exchange.id);
	} else if (exchange.type == PLAYED_UNSUBSCRIBE) {
		end_request(PLAYED_UNSUBACK, exchange.id);
	} else if (exchange.qos == 1) {
		end_message(PLAYED_PUBACK, exchange.id);
	} else {
		releases++;
		played_answer(&broker, PLAYED_PUBREC, exchange.id);
	}
}

static void begin_exchange(struct unanswered *unanswered, const struct played_packet *packet)
{
	ck_assert_msg(!in_use[packet->id], "packet id %u is in use", (unsigned)packet->id);
	in_use[packet->id] = true;
	unanswered->all[unanswered->count++] =
		(struct exchange){.id = packet->id, .type = packet->type, .qos = packet->qos};
	if (unanswered->count > UNANSWERED)
		answer_at(unanswered, 0);
}

static void take_message(const struct played_packet *packet)
{
	ck_assert_uint_ge(packet->id, FIRST_OF_MESSAGES);
	messages_wrapped = messages_wrapped || packet->id < last_message;
	last_message = packet->id;
	seen_messages++;
	begin_exchange(&messages, packet);
}

static void take_request(const struct played_packet *packet)
{
	last_request = packet->id;
	seen_requests++;
	begin_exchange(&requests, packet);
}

static void take_packet(void)
{
	const struct played_packet packet = played_read(&broker);

	switch (packet.type) {
	case PLAYED_PUBLISH:
		take_message(&packet);
		break;
	case PLAYED_PUBREL:
		releases--;
		end_message(PLAYED_PUBCOMP, packet.id);
		break;
	case PLAYED_PINGREQ:
		played_say(&broker, "\xd0\x00", 2);
		break;
	default:
		ck_assert_msg(packet.type == PLAYED_SUBSCRIBE || packet.type == PLAYED_UNSUBSCRIBE,
			      "a packet of type %u came", packet.type);
		take_request(&packet);
	}
}

static void answer_all(struct unanswered *unanswered)
{
	while (unanswered->count > 0)
		answer_at(unanswered, 0);
}

/* ---- rounds ---- */

static void exchange_messages(void)
{
	const size_t wanted = seen_messages + ROUND;

	for (size_t i = 0; i < ROUND; i++)
		expect_published(iot, "t", "x", 1 + (int32_t)(i % 2));
	while (seen_messages < wanted)
		take_packet();
}

static void ask(size_t round)
{
	char filter[16];

	for (size_t i = 0; i < ROUND; i++) {
		snprintf(filter, sizeof filter, "f/%zu", i);
		ck_assert_int_eq(round % 2 == 0 ? iotkit_subscribe(iot, filter, 0)
						: iotkit_unsubscribe(iot, filter),
				 IOTKIT_OK);
	}
}

/* messages.count: it is not there. */
static size_t find_message(uint16_t id)
{
	size_t at = 0;

	while (at < messages.count && messages.all[at].id != id)
		at++;
	return at;
}

/* A request waits for the end of that message, and holds up no other's PUBREL. */
static void make_way(uint16_t id)
{
	size_t other = 0;

	times_waited++;
	while (messages.all[other].qos != 2 || messages.all[other].id == id)
		other++;
	ck_assert_uint_lt(other, messages.count);
	answer_at(&messages, other);
	while (releases > 0)
		take_packet();
	answer_at(&messages, find_message(id));
}

static void exchange_requests(size_t round)
{
	const size_t wanted = seen_requests + ROUND;

	ask(round);
	while (seen_requests < wanted) {
		/* paho chooses one after the other. */
		const uint16_t next = (uint16_t)(last_request + 1);
		if (find_message(next) < messages.count)
			make_way(next);
		else
			take_packet();
	}
}

START_TEST(messages_and_requests_never_have_the_same_packet_id)
{
	for (size_t round = 0; round < ROUNDS; round++) {
		exchange_messages();
		exchange_requests(round);
	}
	ck_assert(messages_wrapped);
	ck_assert_uint_ge(last_request, FIRST_OF_MESSAGES);
	ck_assert_uint_gt(times_waited, 0);
	answer_all(&messages);
	answer_all(&requests);
	while (releases > 0)
		take_packet();
	ck_assert_int_eq(iotkit_flush(iot, EXPECT_MS), IOTKIT_OK);
	ck_assert_uint_eq(expect_stats(iot).delivered, seen_messages);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("packet_ids");
	TCase *ids = tcase_create("ids");

	tcase_set_timeout(ids, 200);
	tcase_add_checked_fixture(ids, start, stop);
	tcase_add_test(ids, messages_and_requests_never_have_the_same_packet_id);
	suite_add_tcase(suite, ids);
	return suite_run(suite);
}
