/* SPDX-License-Identifier: MIT
 *
 * The packets that the option trace=packets tells of, on standard error.
 */
#ifndef EXAMPLES_COMMON_TRACE_H
#define EXAMPLES_COMMON_TRACE_H

#include <iotkit.h>

/* "2026-11-29T14:30:01.123+01:00 sent PUBLISH (...)", in local time. */
void trace_print(const iotkit_event *event);

/* Once disconnected: takes what events are left, for the last packets among them. */
void trace_print_rest(iotkit *iot);

#endif
