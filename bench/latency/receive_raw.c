/* SPDX-License-Identifier: MIT
 *
 * Receives on a bare socket: the same receiver for every publisher.
 */
#include <stdlib.h>

#include "arrival.h"
#include "raw.h"

#define LOOK_NS INT64_C(50000000)

int main(int argc, char **argv)
{
	static struct raw raw;
	struct load load;
	struct raw_packet packet;

	arrival_begin(argc, argv, &load);
	raw_connect(&raw, load.port, "bench-receiver");
	raw_subscribe(&raw, LOAD_TOPIC, load.qos);
	arrival_ready();
	while (!arrival_is_done()) {
		if (!raw_next(&raw, &packet, load_now_ns() + LOOK_NS) || packet.type != RAW_PUBLISH)
			continue;
		arrival_note(packet.payload, packet.payload_size);
		if (packet.qos == 1) {
			raw_answer(&raw, RAW_PUBACK, packet.id);
			raw_flush(&raw);
		}
	}
	arrival_report();
	raw_disconnect(&raw);
	return EXIT_SUCCESS;
}
