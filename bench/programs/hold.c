/* SPDX-License-Identifier: MIT
 *
 * Connects, publishes one message, reports the moment of either, and stays until its standard
 * input ends: what a start costs, and what it costs to do nothing.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client.h"
#include "meter.h"

int main(int argc, char **argv)
{
	struct load load;

	load_parse(&load, argc, argv);
	struct client *client = client_open(&load);
	report("connected_ns", load_now_ns());
	client_publish(client, LOAD_TOPIC, "1", 1, load.qos);
	client_finish(client);
	report("published_ns", load_now_ns());
	while (getchar() != EOF) {
	}
	client_close(client);
	return EXIT_SUCCESS;
}
