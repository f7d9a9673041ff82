/* SPDX-License-Identifier: MIT
 *
 * As little MQTT 5 on a bare socket as a benchmark needs: the least that any client can
 * cost, and a receiver that is the same for all.
 */
#ifndef BENCH_COMMON_RAW_H
#define BENCH_COMMON_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum raw_type {
	RAW_CONNACK = 2,
	RAW_PUBLISH = 3,
	RAW_PUBACK = 4,
	RAW_PUBREC = 5,
	RAW_PUBREL = 6,
	RAW_PUBCOMP = 7,
	RAW_SUBACK = 9
};

enum { RAW_BUFFER = 65536 };

struct raw {
	int fd;
	size_t to_write; /* bytes in `out` */
	size_t begin, end; /* of what was read into `in` and not taken */
	uint16_t next_id;
	unsigned char out[RAW_BUFFER], in[RAW_BUFFER];
};

/* One packet, in the buffer until the next one is taken. */
struct raw_packet {
	enum raw_type type;
	int qos; /* of a PUBLISH */
	uint16_t id; /* 0: it has none */
	const unsigned char *topic, *payload; /* of a PUBLISH */
	size_t topic_size, payload_size;
};

/* To a broker on localhost, with TCP_NODELAY. All of these end the program when they fail. */
void raw_connect(struct raw *raw, int port, const char *client_id);
void raw_subscribe(struct raw *raw, const char *filter, int qos);

/* These are written when the buffer is full, or by raw_flush(). */
void raw_publish(struct raw *raw, const char *topic, const void *payload, size_t size, int qos);
void raw_answer(struct raw *raw, enum raw_type type, uint16_t id);
void raw_flush(struct raw *raw);

/* Takes the next packet, and waits for it until that moment of load_now_ns(); INT64_MAX: without
 * limit. Returns whether there was one. */
bool raw_next(struct raw *raw, struct raw_packet *packet, int64_t moment_ns);

void raw_disconnect(struct raw *raw);

#endif
