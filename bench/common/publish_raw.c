/* SPDX-License-Identifier: MIT
 *
 * Publishes through a bare socket, 64 KiB at a time: what is left when a client is
 * nothing but its system calls. It forgets what it sends, so it could send nothing again.
 */
#include <stdlib.h>

#include "load.h"
#include "raw.h"

enum { USUAL_WINDOW = 128 };

struct publisher {
	struct raw raw;
	bool paced; /* each message at once */
	int window;
	int under_way; /* of QoS 1 and 2 */
};

static void understand(struct publisher *publisher, const struct raw_packet *packet)
{
	if (packet->type == RAW_PUBREC)
		raw_answer(&publisher->raw, RAW_PUBREL, packet->id);
	else
		publisher->under_way--;
}

/* Until no more than so many are under way. Answers go out when there is nothing to read. */
static void make_room(struct publisher *publisher, int wanted)
{
	struct raw_packet packet;

	while (publisher->under_way > wanted) {
		if (!raw_next(&publisher->raw, &packet, 0)) {
			raw_flush(&publisher->raw);
			raw_next(&publisher->raw, &packet, INT64_MAX);
		}
		understand(publisher, &packet);
	}
	raw_flush(&publisher->raw);
}

static void work_until(void *context, int64_t moment_ns)
{
	struct publisher *publisher = context;
	struct raw_packet packet;

	while (raw_next(&publisher->raw, &packet, moment_ns)) {
		understand(publisher, &packet);
		raw_flush(&publisher->raw);
	}
}

static void publish(void *context, const char *topic, const char *payload, int size, int qos)
{
	struct publisher *publisher = context;

	if (publisher->under_way >= publisher->window)
		make_room(publisher, publisher->window / 2);
	raw_publish(&publisher->raw, topic, payload, (size_t)size, qos);
	if (qos > 0)
		publisher->under_way++;
	if (publisher->paced)
		raw_flush(&publisher->raw);
}

static void finish(void *context)
{
	make_room(context, 0);
}

int main(int argc, char **argv)
{
	static struct publisher publisher = {.window = USUAL_WINDOW};
	const struct load_side side = {
		.publish = publish, .finish = finish, .work_until = work_until};
	struct load load;

	load_parse(&load, argc, argv);
	if (load.store != NULL || load.ca_file != NULL)
		load_fail("a bare socket has no store and no TLS");
	if (load.window > 0)
		publisher.window = load.window;
	publisher.paced = load.paced;
	raw_connect(&publisher.raw, load.port, "bench-raw");
	load_run(&load, &side, &publisher);
	raw_disconnect(&publisher.raw);
	return EXIT_SUCCESS;
}
