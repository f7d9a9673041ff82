/* SPDX-License-Identifier: MIT
 *
 * Connecting, disconnecting, and waiting for the outbox.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/commands.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"

static enum tls_verify verify_of(const struct options *options)
{
	if (options_is(options, OPTION_TLS_VERIFY, "none"))
		return TLS_VERIFY_NONE;
	return options_is(options, OPTION_TLS_VERIFY, "ca") ? TLS_VERIFY_CA : TLS_VERIFY_FULL;
}

struct tls_settings handle_tls_settings(const struct options *options)
{
	return (struct tls_settings){
		.ca_file = options_text(options, OPTION_TLS_CA_FILE),
		.ca_path = options_text(options, OPTION_TLS_CA_PATH),
		.cert_file = options_text(options, OPTION_TLS_CERT_FILE),
		.key_file = options_text(options, OPTION_TLS_KEY_FILE),
		.key_password_file = options_text(options, OPTION_TLS_KEY_PASSWORD_FILE),
		.psk_identity = options_text(options, OPTION_TLS_PSK_IDENTITY),
		.psk_file = options_text(options, OPTION_TLS_PSK_FILE),
		.crl_file = options_text(options, OPTION_TLS_CRL_FILE),
		.pin_sha256 = options_text(options, OPTION_TLS_PIN_SHA256),
		.server_name = options_text(options, OPTION_TLS_SERVER_NAME),
		.alpn = options_text(options, OPTION_TLS_ALPN),
		.keylog_file = options_text(options, OPTION_KEYLOG_FILE),
		.verify = verify_of(options),
		.only_1_3 = options_is(options, OPTION_TLS_MIN_VERSION, "1.3"),
		.clock = {.floor = options_is(options, OPTION_TLS_CLOCK, "floor"),
			  .file = options_text(options, OPTION_TLS_CLOCK_FILE)},
		.resume = options_flag(options, OPTION_TLS_RESUME),
		.expiry_warning_days = options_number(options, OPTION_TLS_EXPIRY_WARNING_DAYS),
	};
}

/* Options say "auto"; the session wants to know. The options lock is held. */
static void fill_settings(iotkit *iot, struct session_settings *settings, bool named)
{
	const struct options *options = &iot->options;

	*settings = (struct session_settings){
		.brokers = iot->brokers.brokers,
		.broker_count = iot->brokers.count,
		.will = &iot->will,
		.client_id = options_text(options, OPTION_CLIENT_ID),
		.username = options_text(options, OPTION_USERNAME),
		.password = options_text(options, OPTION_PASSWORD),
		.password_file = options_text(options, OPTION_PASSWORD_FILE),
		.with_tls = uri_with_tls(options_text(options, OPTION_BROKER)),
		.tls = handle_tls_settings(options),
		.version_5 = options_is(options, OPTION_VERSION, "5"),
		.clean_start = options_is(options, OPTION_CLEAN_START, "on") ||
			       (options_is(options, OPTION_CLEAN_START, "auto") && !named),
		.keepalive_s = options_number(options, OPTION_KEEPALIVE_S),
		.session_expiry_s = options_number(options, OPTION_SESSION_EXPIRY_S),
		.window = options_number(options, OPTION_WINDOW),
		.live_first = options_is(options, OPTION_OUTBOX_DRAIN, "live-first"),
		.drain_rate = options_number(options, OPTION_OUTBOX_DRAIN_RATE),
		.connect_timeout_ms = options_number(options, OPTION_CONNECT_TIMEOUT_MS),
		.reconnect_min_ms = options_number(options, OPTION_RECONNECT_MIN_MS),
		.reconnect_max_ms = options_number(options, OPTION_RECONNECT_MAX_MS),
		.trace_packets = options_is(options, OPTION_TRACE, "packets"),
		.capture_file = options_text(options, OPTION_TRACE_PCAP),
		.capture_max = options_number(options, OPTION_TRACE_PCAP_MAX_BYTES),
	};
}

static iotkit_status make_client_id(iotkit *iot)
{
	char id[1024];

	/* A session can only be resumed under its name. */
	iotkit_status status = outbox_get_text(iot->outbox, "client_id", id, sizeof id);
	if (status == IOTKIT_OK && id[0] == '\0')
		snprintf(id, sizeof id, "iotkit-%016" PRIx64, random_u64());
	return status == IOTKIT_OK ? options_set(&iot->options, OPTION_CLIENT_ID, id) : status;
}

/* The newest moment ever seen is kept where there is a place of our own to keep it. */
static iotkit_status settle_clock_file(struct options *options)
{
	const char *outbox = options_text(options, OPTION_OUTBOX_PATH);
	struct buffer path;

	if (outbox[0] == '\0' || options_text(options, OPTION_TLS_CLOCK_FILE)[0] != '\0')
		return IOTKIT_OK;
	buffer_init(&path, PATH_MAX);
	iotkit_status status = buffer_append_text(&path, outbox);
	if (status == IOTKIT_OK)
		status = buffer_append(&path, "-clock", sizeof "-clock");
	if (status == IOTKIT_OK)
		status = options_set(options, OPTION_TLS_CLOCK_FILE, path.bytes);
	buffer_free(&path);
	return status;
}

/* Settles the options, at the first call. */
static iotkit_status settle_options(iotkit *iot)
{
	iotkit_status status = IOTKIT_OK;

	pthread_rwlock_wrlock(&iot->options_lock);
	if (!iot->started) {
		bool named = options_text(&iot->options, OPTION_CLIENT_ID)[0] != '\0';
		if (!named)
			status = make_client_id(iot);
		named = named || outbox_is_durable(iot->outbox);
		if (status == IOTKIT_OK)
			status = settle_clock_file(&iot->options);
		if (status == IOTKIT_OK)
			status = uri_brokers(options_text(&iot->options, OPTION_BROKER),
					     &iot->brokers);
		if (status == IOTKIT_OK)
			fill_settings(iot, &iot->settings, named);
		iot->started = status == IOTKIT_OK;
	}
	pthread_rwlock_unlock(&iot->options_lock);
	return status;
}

iotkit_status iotkit_connect(iotkit *iot, int32_t timeout_ms)
{
	int64_t deadline = clock_deadline(timeout_ms);
	iotkit_status status = handle_check(iot);

	if (status == IOTKIT_OK)
		status = settle_options(iot);
	if (status == IOTKIT_OK)
		status = session_start(iot->session);
	if (status == IOTKIT_OK) {
		commands_subscribe(iot);
		status_return(iot);
	}
	if (status != IOTKIT_OK || timeout_ms == 0)
		return status;
	return session_wait_connected(iot->session, deadline);
}

iotkit_status iotkit_disconnect(iotkit *iot, int32_t timeout_ms)
{
	int64_t deadline = clock_deadline(timeout_ms);
	iotkit_status status = handle_check(iot);

	if (status != IOTKIT_OK)
		return status;
	packs_flush(iot, CLOCK_NEVER); /* the last metrics go before "offline" */
	status_withdraw(iot);
	return session_stop(iot->session, deadline);
}

iotkit_status iotkit_flush(iotkit *iot, int32_t timeout_ms)
{
	int64_t deadline = clock_deadline(timeout_ms);
	iotkit_status packed = handle_check(iot);

	if (packed != IOTKIT_OK)
		return packed;
	for (;;) {
		packed = packs_flush(iot, CLOCK_NEVER);
		session_wake(iot->session);
		iotkit_status status = session_wait_delivered(iot->session, deadline);
		/* What an outbox that was full did not take has room now. */
		if (status != IOTKIT_OK || packed != IOTKIT_EFULL)
			return status != IOTKIT_OK ? status : packed;
	}
}
