/* SPDX-License-Identifier: MIT
 *
 * Subscribes, says "ready", passes the warm-up over, and reports when the first and the last of
 * the messages came that it was to measure, and what they cost.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "client.h"
#include "meter.h"

#define LOOK_NS INT64_C(50000000)

struct inbound {
	const struct load *load;
	long count;
	struct mark begin, end;
	atomic_bool done; /* the thread that takes messages may not be main()'s */
};

static void take(void *context, const void *payload, size_t size)
{
	struct inbound *inbound = context;
	const struct load *load = inbound->load;

	(void)payload;
	(void)size;
	inbound->count++;
	if (inbound->count == load->warm_up)
		inbound->begin = mark_now();
	if (inbound->count == load->warm_up + load->messages) {
		inbound->end = mark_now();
		inbound->done = true;
	}
}

int main(int argc, char **argv)
{
	struct load load;
	struct inbound inbound = {.load = &load};

	load_parse(&load, argc, argv);
	struct client *client = client_open(&load);
	inbound.begin = mark_now();
	client_subscribe(client, LOAD_TOPIC, take, &inbound);
	puts("ready");
	fflush(stdout);
	int64_t begin = load_now_ns();
	while (!inbound.done && load_now_ns() - begin < load.limit_ns)
		client_work_until(client, load_now_ns() + LOOK_NS);
	if (!inbound.done)
		load_fail("only %ld messages came", inbound.count);
	report_marks(&inbound.begin, &inbound.end);
	client_close(client);
	return EXIT_SUCCESS;
}
