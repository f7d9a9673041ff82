/* SPDX-License-Identifier: MIT */
#include "arrival.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define IDLE_NS INT64_C(1000000000) /* after the last message */
#define PATIENCE_NS INT64_C(20000000000) /* for the first one */

static struct {
	const struct load *load;
	int64_t *taken_ns;
	atomic_long count;
	_Atomic int64_t deadline_ns; /* nothing comes any more */
} arrival;

void arrival_begin(int argc, char **argv, struct load *load)
{
	load_parse(load, argc, argv);
	if (load->store == NULL || !load->paced)
		load_fail("a receiver needs -f and -i");
	arrival.load = load;
	arrival.taken_ns = calloc((size_t)load->messages + 1, sizeof arrival.taken_ns[0]);
	if (arrival.taken_ns == NULL)
		load_fail("no memory for %ld messages", load->messages);
	arrival.deadline_ns = load_now_ns() + PATIENCE_NS;
}

static void tell_publisher(void)
{
	if (write(STDOUT_FILENO, "", 1) != 1)
		load_fail("the publisher has ended");
}

void arrival_ready(void)
{
	tell_publisher();
}

void arrival_note(const void *payload, size_t size)
{
	int64_t now = load_now_ns();
	pace_moment sent;

	if (size < sizeof sent)
		load_fail("a payload of %zu bytes is not one of pace.h", size);
	memcpy(&sent, payload, sizeof sent);
	if (arrival.count < arrival.load->messages) {
		arrival.taken_ns[arrival.count] = now - sent;
		arrival.count++;
	}
	arrival.deadline_ns = now + IDLE_NS;
	if (arrival.load->interval_ns == 0)
		tell_publisher();
}

bool arrival_is_done(void)
{
	return arrival.count >= arrival.load->messages || load_now_ns() > arrival.deadline_ns;
}

void arrival_wait(void)
{
	const struct timespec pause = {.tv_nsec = 50000000};

	while (!arrival_is_done())
		nanosleep(&pause, NULL);
}

void arrival_report(void)
{
	FILE *file = fopen(arrival.load->store, "w");

	if (file == NULL)
		load_fail("cannot write %s", arrival.load->store);
	for (long i = 0; i < arrival.count; i++)
		fprintf(file, "%" PRId64 "\n", arrival.taken_ns[i]);
	if (fclose(file) != 0)
		load_fail("cannot write %s", arrival.load->store);
	free(arrival.taken_ns);
}
