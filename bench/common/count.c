/* SPDX-License-Identifier: MIT
 *
 * Counts what a publisher's messages become at a subscriber without TLS, which is
 * the same for all publishers, and cheap, since it shares the processors with them.
 * Says "ready" when subscribed; ends when all came or nothing more comes, and prints
 * how many, when the last one came, and the longest silence between two of them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "load.h"
#include "raw.h"

#define IDLE_NS INT64_C(5000000000) /* after the last message */
#define PATIENCE_NS INT64_C(60000000000) /* for the first one */

int main(int argc, char **argv)
{
	static struct raw raw;
	struct load load;
	struct raw_packet packet;
	long count = 0;
	int64_t last_ns = load_now_ns();
	int64_t longest_ns = 0; /* between two messages */

	load_parse(&load, argc, argv);
	raw_connect(&raw, load.port, "bench-count");
	raw_subscribe(&raw, LOAD_TOPIC, 0);
	puts("ready");
	fflush(stdout);
	while (count < load.messages &&
	       raw_next(&raw, &packet, last_ns + (count == 0 ? PATIENCE_NS : IDLE_NS))) {
		int64_t now = load_now_ns();

		if (count++ > 0 && now - last_ns > longest_ns)
			longest_ns = now - last_ns;
		last_ns = now;
	}
	printf("%ld %" PRId64 " %" PRId64 "\n", count, last_ns, longest_ns);
	raw_disconnect(&raw);
	return EXIT_SUCCESS;
}
