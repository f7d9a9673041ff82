/* SPDX-License-Identifier: MIT
 *
 * What the JSON payloads share: numbers that read back exactly, which cJSON's
 * own do not in every locale, and the way into a buffer.
 */
#ifndef IOTKIT_METRIC_JSON_H
#define IOTKIT_METRIC_JSON_H

#include <stdbool.h>

#include <cJSON.h>

#include "base/buffer.h"
#include "metric/metric.h"

/* Each adds a member to an object; false when memory is short. */
bool json_add_text(cJSON *object, const char *key, const char *text);
bool json_add_number(cJSON *object, const char *key, double value);
bool json_add_stamp(cJSON *object, const struct metric_stamp *stamp); /* NULL: nothing */

/* Appends the document without white space, all or nothing. */
iotkit_status json_append(const cJSON *root, struct buffer *out);

#endif
