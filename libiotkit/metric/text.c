/* SPDX-License-Identifier: MIT
 *
 * The payload "text": the bare number, which every tool reads.
 */
#include "metric/metric.h"
#include "metric/number.h"

iotkit_status metric_encode_text(const struct metric *metric, struct buffer *out)
{
	char text[NUMBER_TEXT_SIZE];

	return buffer_append(out, text, number_format(metric->value, text));
}
