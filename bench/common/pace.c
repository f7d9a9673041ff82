/* SPDX-License-Identifier: MIT */
#include "pace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_NS INT64_C(10000000000) /* for one message to arrive */

static void wait_for_receiver(void)
{
	char byte;

	if (!load_readable(STDIN_FILENO, load_now_ns() + PATIENCE_NS) ||
	    read(STDIN_FILENO, &byte, 1) != 1)
		load_fail("the receiver has not got it");
}

void pace_run(const struct load *load, struct client *client)
{
	char *payload = load_payload(load);
	pace_moment sent;
	long published = 0;

	if ((size_t)load->payload < sizeof sent)
		load_fail("a payload needs %zu bytes", sizeof sent);
	wait_for_receiver();
	int64_t begin = load_now_ns(), free_ns = begin, due = begin;
	for (; published < load->messages && free_ns - begin < load->limit_ns; published++) {
		client_work_until(client, due);
		/* Who is held up by the message before is late with this one, and that counts. */
		sent = free_ns > due ? due : load_now_ns();
		memcpy(payload, &sent, sizeof sent);
		client_publish(client, LOAD_TOPIC, payload, load->payload, load->qos);
		if (load->interval_ns == 0)
			wait_for_receiver();
		free_ns = load_now_ns();
		due = load->interval_ns > 0 ? due + load->interval_ns : free_ns;
	}
	client_finish(client);
	printf("%ld\n", published);
	free(payload);
}
