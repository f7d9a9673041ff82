/* SPDX-License-Identifier: MIT
 *
 * A bare socket, written 64 KiB at a time: what is left when a client is nothing but its system
 * calls. It forgets what it sends, so it could send nothing again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client.h"
#include "raw.h"

enum { USUAL_WINDOW = 128 };

struct client {
	struct raw raw;
	bool paced; /* each message at once */
	int qos;
	int window;
	int under_way; /* of QoS 1 and 2 */
	client_taker *take;
	void *context;
};

struct client *client_open(const struct load *load)
{
	struct client *client = calloc(1, sizeof *client);
	char name[32];

	if (load->store != NULL || load->ca_file != NULL)
		load_fail("a bare socket has no store and no TLS");
	if (client == NULL)
		load_fail("no memory");
	client->paced = load->paced;
	client->qos = load->qos;
	client->window = load->window > 0 ? load->window : USUAL_WINDOW;
	/* One may publish to another. */
	snprintf(name, sizeof name, "bench-raw-%ld", (long)getpid());
	raw_connect(&client->raw, load->port, name);
	return client;
}

void client_close(struct client *client)
{
	raw_disconnect(&client->raw);
	free(client);
}

/* ---- what comes ---- */

static void understand(struct client *client, const struct raw_packet *packet)
{
	if (packet->type == RAW_PUBLISH) {
		if (packet->qos == 1)
			raw_answer(&client->raw, RAW_PUBACK, packet->id);
		client->take(client->context, packet->payload, packet->payload_size);
	} else if (packet->type == RAW_PUBREC) {
		raw_answer(&client->raw, RAW_PUBREL, packet->id);
	} else {
		client->under_way--;
	}
}

/* The next packet, waited for until that moment. Answers go out when there is nothing to read. */
static bool understand_next(struct client *client, int64_t moment_ns)
{
	struct raw_packet packet;

	if (!raw_next(&client->raw, &packet, 0)) {
		raw_flush(&client->raw);
		if (!raw_next(&client->raw, &packet, moment_ns))
			return false;
	}
	understand(client, &packet);
	return true;
}

void client_work_until(struct client *client, int64_t moment_ns)
{
	while (load_now_ns() < moment_ns && understand_next(client, moment_ns)) {
	}
}

void client_subscribe(struct client *client, const char *filter, client_taker *take, void *context)
{
	client->take = take;
	client->context = context;
	raw_subscribe(&client->raw, filter, client->qos);
}

/* ---- publishing ---- */

/* Until no more than so many are under way. */
static void make_room(struct client *client, int wanted)
{
	while (client->under_way > wanted)
		understand_next(client, INT64_MAX);
	raw_flush(&client->raw);
}

void client_publish(struct client *client, const char *topic, const void *payload, int size,
		    int qos)
{
	if (client->under_way >= client->window)
		make_room(client, client->window / 2);
	raw_publish(&client->raw, topic, payload, (size_t)size, qos);
	if (qos > 0)
		client->under_way++;
	if (client->paced)
		raw_flush(&client->raw);
}

void client_finish(struct client *client)
{
	make_room(client, 0);
}
