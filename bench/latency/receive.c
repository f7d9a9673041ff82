/* SPDX-License-Identifier: MIT
 *
 * Receives what pace.h says through one library, and writes how long each message was under way,
 * in nanoseconds, a line each, to the file of -f.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pace.h"

#define LOOK_NS INT64_C(50000000)
#define IDLE_NS INT64_C(1000000000) /* after the last message */
#define PATIENCE_NS INT64_C(20000000000) /* for the first one */

/* Written by the thread that takes messages, which may not be main()'s. */
struct arrival {
	const struct load *load;
	int64_t *taken_ns;
	atomic_long count;
	_Atomic int64_t deadline_ns; /* nothing comes any more */
};

static void begin(struct arrival *arrival, const struct load *load)
{
	arrival->load = load;
	arrival->taken_ns = calloc((size_t)load->messages + 1, sizeof arrival->taken_ns[0]);
	if (arrival->taken_ns == NULL)
		load_fail("no memory for %ld messages", load->messages);
	arrival->deadline_ns = load_now_ns() + PATIENCE_NS;
}

static void tell_publisher(void)
{
	if (write(STDOUT_FILENO, "", 1) != 1)
		load_fail("the publisher has ended");
}

static void take(void *context, const void *payload, size_t size)
{
	struct arrival *arrival = context;
	int64_t now = load_now_ns();
	pace_moment sent;

	if (size < sizeof sent)
		load_fail("a payload of %zu bytes is not one of pace.h", size);
	memcpy(&sent, payload, sizeof sent);
	if (arrival->count < arrival->load->messages) {
		arrival->taken_ns[arrival->count] = now - sent;
		arrival->count++;
	}
	arrival->deadline_ns = now + IDLE_NS;
	if (arrival->load->interval_ns == 0)
		tell_publisher();
}

static bool is_done(const struct arrival *arrival)
{
	return arrival->count >= arrival->load->messages || load_now_ns() > arrival->deadline_ns;
}

static void report(const struct arrival *arrival, const char *path)
{
	FILE *file = fopen(path, "w");

	if (file == NULL)
		load_fail("cannot write %s", path);
	for (long i = 0; i < arrival->count; i++)
		fprintf(file, "%" PRId64 "\n", arrival->taken_ns[i]);
	if (fclose(file) != 0)
		load_fail("cannot write %s", path);
}

int main(int argc, char **argv)
{
	struct arrival arrival = {0};
	struct load load;

	load_parse(&load, argc, argv);
	const char *path = load.store;
	load.store = NULL; /* it is no store of the client's */
	if (path == NULL || !load.paced)
		load_fail("a receiver needs -f and -i");
	begin(&arrival, &load);
	struct client *client = client_open(&load);
	client_subscribe(client, LOAD_TOPIC, take, &arrival);
	tell_publisher();
	while (!is_done(&arrival))
		client_work_until(client, load_now_ns() + LOOK_NS);
	report(&arrival, path);
	/* paho's goodbye would take a second; the broker does without. */
	return EXIT_SUCCESS;
}
