/* SPDX-License-Identifier: MIT
 *
 * The one table of options, and the values that one handle has for them.
 */
#ifndef IOTKIT_API_OPTIONS_H
#define IOTKIT_API_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "iotkit.h"

enum option {
	OPTION_BROKER,
	OPTION_CLIENT_ID,
	OPTION_USERNAME,
	OPTION_PASSWORD,
	OPTION_PASSWORD_FILE,
	OPTION_VERSION,
	OPTION_KEEPALIVE_S,
	OPTION_CLEAN_START,
	OPTION_SESSION_EXPIRY_S,
	OPTION_WINDOW,
	OPTION_CONNECT_TIMEOUT_MS,
	OPTION_RECONNECT_MIN_MS,
	OPTION_RECONNECT_MAX_MS,
	OPTION_TLS_CA_FILE,
	OPTION_TLS_CA_PATH,
	OPTION_TLS_CERT_FILE,
	OPTION_TLS_KEY_FILE,
	OPTION_TLS_KEY_PASSWORD_FILE,
	OPTION_TLS_PSK_IDENTITY,
	OPTION_TLS_PSK_FILE,
	OPTION_TLS_VERIFY,
	OPTION_TLS_SERVER_NAME,
	OPTION_TLS_PIN_SHA256,
	OPTION_TLS_CRL_FILE,
	OPTION_TLS_MIN_VERSION,
	OPTION_TLS_ALPN,
	OPTION_TLS_RESUME,
	OPTION_TLS_EXPIRY_WARNING_DAYS,
	OPTION_TLS_CLOCK,
	OPTION_TLS_CLOCK_FILE,
	OPTION_KEYLOG_FILE,
	OPTION_TOPIC_BASE,
	OPTION_PAYLOAD,
	OPTION_BATCH_MS,
	OPTION_BATCH_MAX,
	OPTION_METRIC_QOS,
	OPTION_METRIC_RETAIN,
	OPTION_PUBLISH_EXPIRY_S,
	OPTION_PUBLISH_ID,
	OPTION_OUTBOX_PATH,
	OPTION_OUTBOX_SYNC,
	OPTION_OUTBOX_MAX_ROWS,
	OPTION_OUTBOX_MAX_BYTES,
	OPTION_OUTBOX_POLICY,
	OPTION_OUTBOX_DRAIN,
	OPTION_OUTBOX_DRAIN_RATE,
	OPTION_DEVICE_SILENT_MS,
	OPTION_RESET_ON_OPEN,
	OPTION_COMMAND_TTL_MS,
	OPTION_COMMAND_MQTT,
	OPTION_EVENTS_MAX,
	OPTION_EVENTS_DELIVERED,
	OPTION_EVENTS_METRICS,
	OPTION_TRACE,
	OPTION_TRACE_PCAP,
	OPTION_TRACE_PCAP_MAX_BYTES,
	OPTION_COUNT
};

struct options {
	char *values[OPTION_COUNT]; /* text that its option's type allows */
	int64_t numbers[OPTION_COUNT]; /* what those of integers and flags say */
};

/* All at their defaults. */
iotkit_status options_init(struct options *options);
iotkit_status options_copy(struct options *to, const struct options *from);
void options_free(struct options *options); /* zeroises secrets */

/* Checks and sets one value. Knows nothing of what a broker URI implies. */
iotkit_status options_set(struct options *options, enum option option, const char *value);

/* Looks a name up; IOTKIT_ENOENT suggests the nearest. */
iotkit_status options_find(const char *name, enum option *out);

const iotkit_option_info *options_info(enum option option);
const char *options_text(const struct options *options, enum option option);
int64_t options_number(const struct options *options, enum option option);
bool options_flag(const struct options *options, enum option option);
bool options_is(const struct options *options, enum option option, const char *choice);

#endif
