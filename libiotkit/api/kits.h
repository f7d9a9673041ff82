/* SPDX-License-Identifier: MIT
 *
 * What boards that speak the line protocol send: numbered, and told to be kept once it is.
 */
#ifndef IOTKIT_API_KITS_H
#define IOTKIT_API_KITS_H

#include "api/handle.h"

/* The context is the handle. IOTKIT_OK: taken, or given up for good and told. */
iotkit_status kits_take_metric(void *context, const struct metric *metric,
			       const struct device_origin *origin);
iotkit_status kits_take_report(void *context, const struct device_report *report,
			       const struct device_origin *origin);

void kits_position(void *context, const char *device, struct device_position *out);
void kits_dropped(void *context, const char *device, uint64_t count);

#endif
