/* SPDX-License-Identifier: MIT
 *
 * Publishes through one library. Unless paced: warms up, publishes, and prints in one line when
 * it began, when all was acknowledged, how much processor time this process spent between, all in
 * nanoseconds, and how many messages it were. At QoS 0, which nobody acknowledges, one of QoS 1
 * comes last.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "client.h"
#include "pace.h"

static void warm_up(const struct load *load, struct client *client, const char *payload)
{
	for (long i = 0; i < load->warm_up; i++)
		client_publish(client, LOAD_ASIDE_TOPIC, payload, load->payload, load->qos);
	client_publish(client, LOAD_ASIDE_TOPIC, payload, load->payload, 1);
	client_finish(client);
}

static int64_t cpu_ns(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000000) +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * INT64_C(1000);
}

static void flood(const struct load *load, struct client *client)
{
	char *payload = load_payload(load);
	long published = 0;

	warm_up(load, client, payload);
	int64_t cpu_before = cpu_ns();
	int64_t begin = load_now_ns();
	while (published < load->messages && load_now_ns() - begin < load->limit_ns) {
		client_publish(client, LOAD_TOPIC, payload, load->payload, load->qos);
		published++;
	}
	if (load->qos == 0)
		client_publish(client, LOAD_ASIDE_TOPIC, payload, load->payload, 1);
	client_finish(client);
	int64_t end = load_now_ns();
	printf("%" PRId64 " %" PRId64 " %" PRId64 " %ld\n", begin, end, cpu_ns() - cpu_before,
	       published);
	fflush(stdout);
	free(payload);
}

int main(int argc, char **argv)
{
	struct load load;

	load_parse(&load, argc, argv);
	struct client *client = client_open(&load);
	if (load.paced)
		pace_run(&load, client);
	else
		flood(&load, client);
	client_close(client);
	return EXIT_SUCCESS;
}
