/* SPDX-License-Identifier: MIT */
#include "pace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_NS INT64_C(10000000000) /* for one message to arrive */

static void wait_for_receiver(void)
{
	char byte;

	if (!load_readable(STDIN_FILENO, load_now_ns() + PATIENCE_NS) ||
	    read(STDIN_FILENO, &byte, 1) != 1)
		load_fail("the receiver has not got it");
}

static void work_until(const struct load_side *side, void *context, int64_t moment_ns)
{
	struct timespec moment = {.tv_sec = moment_ns / 1000000000,
				  .tv_nsec = moment_ns % 1000000000};

	if (side->work_until != NULL)
		side->work_until(context, moment_ns);
	else
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, NULL);
}

void pace_run(const struct load *load, const struct load_side *side, void *context)
{
	char *payload = load_payload(load);
	pace_moment sent;
	long published = 0;

	if ((size_t)load->payload < sizeof sent)
		load_fail("a payload needs %zu bytes", sizeof sent);
	wait_for_receiver();
	int64_t begin = load_now_ns(), free_ns = begin, due = begin;
	for (; published < load->messages && free_ns - begin < load->limit_ns; published++) {
		work_until(side, context, due);
		/* Who is held up by the message before is late with this one, and that counts. */
		sent = free_ns > due ? due : load_now_ns();
		memcpy(payload, &sent, sizeof sent);
		side->publish(context, LOAD_TOPIC, payload, load->payload, load->qos);
		if (load->interval_ns == 0)
			wait_for_receiver();
		free_ns = load_now_ns();
		due = load->interval_ns > 0 ? due + load->interval_ns : free_ns;
	}
	side->finish(context);
	printf("%ld\n", published);
	free(payload);
}
