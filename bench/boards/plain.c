/* SPDX-License-Identifier: MIT
 *
 * The peer in C: what one writes in a day with a serial port and paho.mqtt.c. Boards print
 * name:value pairs, and each becomes a message on BASE/BOARD/NAME, of QoS 0. One loop polls all
 * ports. libserialport would be used for a real one; it knows no pseudo-terminals, and does not
 * more than this with a port: it sets termios and calls read(). MQTTClient is the cheapest of
 * paho's interfaces for that: it writes to the socket in the calling thread, where MQTTAsync
 * hands each message to another one.
 *
 * Usage: plain BROKER_PORT BASE BOARD=PORT...
 */
#include <MQTTClient.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "port.h"

enum { BAUD = 115200, MOST_BOARDS = 256, LINE_SIZE = 256, RETRY_MS = 1000, KEEP_ALIVE_S = 60 };

struct board {
	const char *name;
	const char *path;
	int port; /* negative while it cannot be opened */
	char line[LINE_SIZE];
	size_t length;
	bool too_long; /* so that the rest of the line is left out */
};

struct gateway {
	MQTTClient client;
	const char *base;
	struct board boards[MOST_BOARDS];
	size_t count;
};

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "plain: %s\n", what);
	exit(EXIT_FAILURE);
}

/* ---- the broker ---- */

static void connect_broker(MQTTClient client)
{
	MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;

	options.keepAliveInterval = KEEP_ALIVE_S;
	options.cleansession = 1;
	if (MQTTClient_connect(client, &options) != MQTTCLIENT_SUCCESS)
		fprintf(stderr, "plain: the broker does not answer\n");
}

/* With these paho has a thread that keeps the connection alive. */
static int take_message(void *context, char *topic, int length, MQTTClient_message *message)
{
	(void)context;
	(void)length;
	MQTTClient_freeMessage(&message);
	MQTTClient_free(topic);
	return 1;
}

static void open_client(struct gateway *gateway, const char *port)
{
	char uri[64];

	snprintf(uri, sizeof uri, "tcp://127.0.0.1:%s", port);
	if (MQTTClient_create(&gateway->client, uri, "plain", MQTTCLIENT_PERSISTENCE_NONE, NULL) !=
	    MQTTCLIENT_SUCCESS)
		fail("no client");
	MQTTClient_setCallbacks(gateway->client, NULL, NULL, take_message, NULL);
	connect_broker(gateway->client);
}

static void publish(const struct gateway *gateway, const struct board *board, const char *name,
		    const char *value)
{
	char topic[LINE_SIZE * 2];

	snprintf(topic, sizeof topic, "%s/%s/%s", gateway->base, board->name, name);
	MQTTClient_publish(gateway->client, topic, (int)strlen(value), value, 0, 0, NULL);
}

/* ---- lines ---- */

static bool is_number(const char *text)
{
	char *end;

	strtod(text, &end);
	return end != text && *end == '\0';
}

/* temperature:23.5,light:412 */
static void take_line(const struct gateway *gateway, const struct board *board, char *line)
{
	char *rest = NULL;

	for (char *pair = strtok_r(line, ",", &rest); pair != NULL;
	     pair = strtok_r(NULL, ",", &rest)) {
		char *value = strchr(pair, ':');
		if (value == NULL || !is_number(value + 1)) {
			fprintf(stderr, "%s: no pair: %s\n", board->name, pair);
			return;
		}
		*value++ = '\0';
		publish(gateway, board, pair, value);
	}
}

static void end_line(const struct gateway *gateway, struct board *board)
{
	if (board->length > 0 && board->line[board->length - 1] == '\r')
		board->length--;
	board->line[board->length] = '\0';
	if (board->length > 0 && !board->too_long)
		take_line(gateway, board, board->line);
	board->length = 0;
	board->too_long = false;
}

static void take_bytes(const struct gateway *gateway, struct board *board, const char *bytes,
		       size_t count)
{
	while (count > 0) {
		const char *end = memchr(bytes, '\n', count);
		size_t part = end != NULL ? (size_t)(end - bytes) : count;
		if (part >= LINE_SIZE - board->length)
			board->too_long = true;
		else
			memcpy(board->line + board->length, bytes, part);
		board->length += board->too_long ? 0 : part;
		if (end == NULL)
			return;
		end_line(gateway, board);
		bytes += part + 1;
		count -= part + 1;
	}
}

/* ---- ports ---- */

static void read_port(const struct gateway *gateway, struct board *board)
{
	char bytes[4096];
	ssize_t count = read(board->port, bytes, sizeof bytes);

	if (count > 0) {
		take_bytes(gateway, board, bytes, (size_t)count);
	} else { /* poll() said that there is something: it is gone */
		close(board->port);
		board->port = -1;
	}
}

static void mend(struct gateway *gateway)
{
	if (!MQTTClient_isConnected(gateway->client))
		connect_broker(gateway->client);
	for (size_t i = 0; i < gateway->count; i++) {
		if (gateway->boards[i].port < 0)
			gateway->boards[i].port = port_open(gateway->boards[i].path);
	}
}

static _Noreturn void run(struct gateway *gateway)
{
	struct pollfd polled[MOST_BOARDS];
	long mended = 0;

	for (;;) {
		struct timespec now;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec != mended)
			mend(gateway);
		mended = now.tv_sec;
		for (size_t i = 0; i < gateway->count; i++)
			polled[i] =
				(struct pollfd){.fd = gateway->boards[i].port, .events = POLLIN};
		if (poll(polled, gateway->count, RETRY_MS) < 0)
			fail("cannot poll");
		for (size_t i = 0; i < gateway->count; i++) {
			if (polled[i].revents != 0)
				read_port(gateway, &gateway->boards[i]);
		}
	}
}

int main(int argc, char **argv)
{
	static struct gateway gateway;

	if (argc < 4 || argc - 3 > MOST_BOARDS)
		fail("usage: plain BROKER_PORT BASE BOARD=PORT...");
	gateway.base = argv[2];
	for (int i = 3; i < argc; i++) {
		char *path = strchr(argv[i], '=');
		if (path == NULL)
			fail("a board is BOARD=PORT");
		*path++ = '\0';
		gateway.boards[gateway.count++] =
			(struct board){.name = argv[i], .path = path, .port = -1};
	}
	open_client(&gateway, argv[1]);
	run(&gateway);
}
