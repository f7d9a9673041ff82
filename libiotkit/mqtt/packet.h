/* SPDX-License-Identifier: MIT
 *
 * Packets of ours, and one that paho wants to read back from its persistence.
 * Source: MQTT 5.0 sections 3.3 and 3.6; MQTT 3.1.1 likewise.
 */
#ifndef IOTKIT_MQTT_PACKET_H
#define IOTKIT_MQTT_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "outbox/message.h"

/* 68 years. What is longer paho takes for a negative number, of which it writes the last byte alone
 * (1.3.12): "never" would become 255 s. */
#define PACKET_LONGEST_EXPIRY_S INT32_MAX

/* Seconds that a message is still worth delivering, at least 1; 0: for ever. */
uint32_t packet_expiry_s(const struct outbox_message *message);

/* A PUBLISH of ours up to its payload. With QoS 0 the packet id is of no account. */
iotkit_status packet_head(const struct outbox_message *message, uint16_t packet_id, bool dup,
			  bool version_5, struct buffer *out);

/* Bytes of the whole of it. */
uint64_t packet_size(const struct outbox_message *message, bool version_5);

iotkit_status packet_pubrel(uint16_t packet_id, struct buffer *out);
iotkit_status packet_puback(uint16_t packet_id, struct buffer *out);

/* A PUBLISH with QoS 2 that says no more than that its packet id is in use. */
iotkit_status packet_placeholder(uint16_t packet_id, bool version_5, struct buffer *out);

/* The number that a text of digits is; 0: it is none. */
uint64_t packet_digits(const void *text, size_t size);

#endif
