/* SPDX-License-Identifier: MIT
 *
 * Looking at a broker's certificate, whatever it is like.
 */
#include <string.h>

#include "api/handle.h"
#include "base/clock.h"
#include "base/error.h"
#include "link/examine.h"

enum { REPORT_MAX = 65536 };

static bool never(void *context)
{
	(void)context;
	return false;
}

/* What would be warned of is in the report, or is no concern here. */
static void ignore(void *context, const char *text)
{
	(void)context;
	(void)text;
}

static iotkit_status look(const struct options *options, const struct session_broker *broker,
			  int64_t deadline, struct buffer *report)
{
	const struct tls_settings settings = handle_tls_settings(options);
	const struct tls_sink sink = {.warn = ignore};
	struct link_target target = {.host = broker->host, .port = broker->port};
	struct wake wake;
	iotkit_status status = wake_open(&wake);

	if (status != IOTKIT_OK)
		return status;
	const struct patience patience = {.deadline = deadline, .wake = &wake, .cancelled = never};
	status = tls_open(&settings, &sink, &target.tls);
	if (status == IOTKIT_OK)
		status = link_examine(&target, &patience, report);
	tls_close(target.tls);
	wake_close(&wake);
	return status;
}

static iotkit_status look_at_first(const struct options *options, int64_t deadline,
				   struct buffer *report)
{
	const char *uri = options_text(options, OPTION_BROKER);
	struct broker_list brokers;

	if (!uri_with_tls(uri))
		return error_set(IOTKIT_EINVAL,
				 "%s is not a TLS connection, so there is nothing to check: write "
				 "mqtts://",
				 uri);
	iotkit_status status = uri_brokers(uri, &brokers);
	if (status != IOTKIT_OK)
		return status;
	status = look(options, &brokers.brokers[0], deadline, report);
	broker_list_free(&brokers);
	return status;
}

static void copy_report(const struct buffer *report, char *out, size_t size)
{
	size_t n = report->size < size ? report->size : size - 1;

	if (n > 0)
		memcpy(out, report->bytes, n);
	out[n] = '\0';
}

iotkit_status iotkit_check_broker(iotkit *iot, int32_t timeout_ms, char *buffer, size_t size)
{
	struct options options;
	struct buffer report;
	iotkit_status status = handle_check(iot);

	if (status != IOTKIT_OK)
		return status;
	if (buffer == NULL || size == 0)
		return error_set(IOTKIT_EINVAL,
				 "iotkit_check_broker() needs a buffer for its report: it is NULL "
				 "or of size 0");
	/* A copy, since this may take long. */
	pthread_rwlock_rdlock(&iot->options_lock);
	status = options_copy(&options, &iot->options);
	pthread_rwlock_unlock(&iot->options_lock);
	if (status != IOTKIT_OK)
		return status;
	buffer_init(&report, REPORT_MAX);
	status = look_at_first(&options, clock_deadline(timeout_ms), &report);
	copy_report(&report, buffer, size);
	buffer_free(&report);
	options_free(&options);
	return status;
}
