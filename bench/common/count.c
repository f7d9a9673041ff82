/* SPDX-License-Identifier: MIT
 *
 * Counts what a publisher's messages become at a subscriber without TLS, which is
 * the same for all publishers. Says "ready" when subscribed; ends when all came or
 * nothing more comes, and prints how many, when the last one came, and the
 * longest silence between two of them.
 */
#include <inttypes.h>
#include <mosquitto.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "load.h"

enum {
	LOOK_MS = 100,
	IDLE_S = 5, /* after the last message */
	PATIENCE_S = 60 /* for the first one */
};

#define SECOND_NS INT64_C(1000000000)

struct counter {
	struct load load;
	long count;
	int64_t last_ns;
	int64_t longest_ns; /* between two messages */
};

static void on_connect(struct mosquitto *mosquitto, void *context, int rc)
{
	(void)context;
	if (rc != 0)
		load_fail("count: the broker refuses: %s", mosquitto_connack_string(rc));
	mosquitto_subscribe(mosquitto, NULL, LOAD_TOPIC, 0);
}

static void on_subscribe(struct mosquitto *mosquitto, void *context, int mid, int count,
			 const int *granted)
{
	(void)mosquitto;
	(void)context;
	(void)mid;
	(void)count;
	(void)granted;
	puts("ready");
	fflush(stdout);
}

static void on_message(struct mosquitto *mosquitto, void *context,
		       const struct mosquitto_message *message)
{
	struct counter *counter = context;

	(void)mosquitto;
	(void)message;
	int64_t now = load_now_ns();
	if (counter->count++ > 0 && now - counter->last_ns > counter->longest_ns)
		counter->longest_ns = now - counter->last_ns;
	counter->last_ns = now;
}

static bool is_done(const struct counter *counter, int64_t begin)
{
	int64_t now = load_now_ns();

	if (counter->count == 0)
		return now - begin > PATIENCE_S * SECOND_NS;
	return counter->count >= counter->load.messages ||
	       now - counter->last_ns > IDLE_S * SECOND_NS;
}

static void check(int rc)
{
	if (rc != MOSQ_ERR_SUCCESS)
		load_fail("count: %s", mosquitto_strerror(rc));
}

int main(int argc, char **argv)
{
	struct counter counter = {.last_ns = load_now_ns()};
	int64_t begin = load_now_ns();

	load_parse(&counter.load, argc, argv);
	mosquitto_lib_init();
	struct mosquitto *mosquitto = mosquitto_new(NULL, true, &counter);
	if (mosquitto == NULL)
		load_fail("count: no memory");
	mosquitto_connect_callback_set(mosquitto, on_connect);
	mosquitto_subscribe_callback_set(mosquitto, on_subscribe);
	mosquitto_message_callback_set(mosquitto, on_message);
	check(mosquitto_connect(mosquitto, "127.0.0.1", counter.load.port, 60));
	while (!is_done(&counter, begin))
		check(mosquitto_loop(mosquitto, LOOK_MS, 1));
	printf("%ld %" PRId64 " %" PRId64 "\n", counter.count, counter.last_ns, counter.longest_ns);
	mosquitto_destroy(mosquitto);
	mosquitto_lib_cleanup();
	return EXIT_SUCCESS;
}
