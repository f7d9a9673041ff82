/* SPDX-License-Identifier: MIT
 *
 * A broker that the test plays itself, packet by packet, on its own thread. Each function fails the
 * test when what it waits for does not come.
 *
 *     struct played broker = {.version_5 = true};
 *     played_start(&broker);
 *     ... connect to broker.uri ...
 *     played_welcome(&broker, false, 0);
 *     struct played_packet packet = played_read(&broker);
 *     played_answer(&broker, PLAYED_PUBACK, packet.id);
 *     played_stop(&broker);
 */
#ifndef TESTS_PLAYED_H
#define TESTS_PLAYED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PLAYED_CONNECT = 1,
	PLAYED_PUBLISH = 3,
	PLAYED_PUBACK = 4,
	PLAYED_PUBREC = 5,
	PLAYED_PUBREL = 6,
	PLAYED_PUBCOMP = 7,
	PLAYED_SUBSCRIBE = 8,
	PLAYED_SUBACK = 9,
	PLAYED_UNSUBSCRIBE = 10,
	PLAYED_UNSUBACK = 11,
	PLAYED_PINGREQ = 12,
	PLAYED_PINGRESP = 13,
	PLAYED_PAYLOAD_MAX = 32
};

struct played {
	bool version_5; /* set it before played_start() */
	char uri[64];
	int listener;
	int peer; /* -1: nobody is connected */
};

/* What the client said. */
struct played_packet {
	unsigned type;
	bool dup;
	unsigned qos;
	uint16_t id; /* 0: it has none */
	char payload[PLAYED_PAYLOAD_MAX];
};

void played_start(struct played *played);
void played_stop(struct played *played);

/* The client comes; it may have a session here. receive_maximum: 0: not told. */
void played_welcome(struct played *played, bool present, unsigned char receive_maximum);
void played_welcome_with(struct played *played, const void *connack, size_t size);

/* Closes the connection. */
void played_cut(struct played *played);

struct played_packet played_read(const struct played *played);
void played_read_bytes(const struct played *played, void *to, size_t size);

/* A packet that has a packet id and nothing else, or as much of it as there must be. */
void played_answer(const struct played *played, unsigned type, uint16_t id);
void played_answer_with_code(const struct played *played, unsigned type, uint16_t id,
			     unsigned char code);
void played_say(const struct played *played, const void *bytes, size_t size);

#endif
