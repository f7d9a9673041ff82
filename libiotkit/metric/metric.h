/* SPDX-License-Identifier: MIT
 *
 * What a metric is, and the forms in which it travels.
 */
#ifndef IOTKIT_METRIC_METRIC_H
#define IOTKIT_METRIC_METRIC_H

#include <stdint.h>

#include "base/buffer.h"

enum {
	METRIC_NAME_MAX = 255, /* bytes of a device's or metric's name */
	METRIC_UNIT_MAX = 63
};

/* One measurement. Strings are borrowed for the length of a call. */
struct metric {
	const char *device;
	const char *name;
	const char *unit; /* "" for none */
	double value; /* finite */
	int64_t time_ms; /* since 1970-01-01 UTC */
};

/* IOTKIT_EINVAL with a sentence unless every field keeps the rules above. */
iotkit_status metric_check(const struct metric *metric);

/* Who publishes a message, and as which of theirs (publish.id). Both are below 2**53,
 * which a consumer with doubles reads exactly. */
struct metric_stamp {
	uint64_t epoch;
	uint64_t seq;
};

/* Each appends one payload to the buffer. A stamp of NULL: it carries none. */
iotkit_status metric_encode_text(const struct metric *metric, struct buffer *out);
iotkit_status metric_encode_json(const struct metric *metric, const struct metric_stamp *stamp,
				 struct buffer *out);

/* A SenML pack of count metrics, all of one device. Source: RFC 8428. */
iotkit_status metric_encode_senml(const struct metric *metrics, size_t count,
				  const struct metric_stamp *stamp, struct buffer *out);

#endif
