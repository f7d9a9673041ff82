/* SPDX-License-Identifier: MIT
 *
 * Writes JSON without white space into a buffer.
 */
#ifndef IOTKIT_METRIC_JSON_H
#define IOTKIT_METRIC_JSON_H

#include <stdbool.h>

#include "base/buffer.h"
#include "metric/metric.h"

/* A text that is being written. Once something had no room, all that follows does nothing. */
struct json {
	struct buffer *out;
	size_t before; /* bytes that were there before it */
	bool comma_due;
	iotkit_status status;
};

void json_begin(struct json *json, struct buffer *out);

/* Fails if anything did, and has then appended nothing. */
iotkit_status json_end(struct json *json);

/* One of { and [, and the bracket that closes it; each a value of its own in an array. */
void json_open(struct json *json, char bracket);
void json_close(struct json *json, char bracket);

/* Each adds a member to an object. Keys are written as they are, texts are UTF-8. */
void json_add_text(struct json *json, const char *key, const char *text);
void json_add_number(struct json *json, const char *key, double value);
void json_add_stamp(struct json *json, const struct metric_stamp *stamp); /* NULL: nothing */

#endif
