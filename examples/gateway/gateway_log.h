/* SPDX-License-Identifier: MIT
 *
 * What iotkit-gateway tells: its log on standard error, each line with its local time, or
 * for systemd's journal, which has the time itself, with its priority; and the metrics on
 * standard output.
 */
#ifndef EXAMPLES_GATEWAY_LOG_H
#define EXAMPLES_GATEWAY_LOG_H

#include <stdbool.h>

#include <iotkit.h>

#include "common/cli.h"

/* Finds out whether the log goes to the journal. */
void gateway_log_start(void);

/* Log errors only from now on. */
void gateway_log_quiet(void);

void gateway_log(const char *format, ...) CLI_PRINTF;
void gateway_log_warning(const char *format, ...) CLI_PRINTF;
void gateway_log_error(const char *format, ...) CLI_PRINTF;

/* The broker's address without its user and password. */
void gateway_log_broker(iotkit *iot);

/* Whether events were lost before this one. */
void gateway_log_missed(const iotkit_event *event);

/* Messages dropped are not logged one by one: says how many were not yet told. */
void gateway_log_dropped_rest(void);

void gateway_log_event(const iotkit_event *event);

/* `2026-11-23T13:00:00.123Z greenhouse temperature 23.5 Cel`; false when
 * standard output takes no more. */
bool gateway_print_metric(const iotkit_event *event);

#endif
