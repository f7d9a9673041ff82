/* SPDX-License-Identifier: MIT */
#include "gateway_log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h> /* tzset() */
#include <unistd.h>

#include "common/cli.h"
#include "common/text.h"
#include "common/time_text.h"

/* While the outbox is full each metric is dropped: one line an interval is enough. */
#define DROPPED_INTERVAL_MS 10000
#define LINE_SIZE 4096

/* The numbers are those of syslog(3), as the journal knows them. */
enum level { LEVEL_ERROR = 3, LEVEL_WARNING = 4, LEVEL_INFO = 6, LEVEL_DEBUG = 7 };

static bool quiet;
static bool to_journal;
static int64_t next_dropped_ms;
static uint64_t dropped_untold;

/* Boards, and who sends them commands, have a say in the text: it stays one line all the same. */
static void write_line(int64_t time_ms, enum level level, const char *kind, const char *text)
{
	char stamp[TIME_TEXT_SIZE];
	char line[LINE_SIZE];

	if (to_journal)
		snprintf(line, sizeof line, "<%d>%s%s", (int)level, kind, text);
	else
		snprintf(line, sizeof line, "%s %s%s", time_text_local(time_ms, stamp), kind, text);
	text_make_plain(line);
	fprintf(stderr, "%s\n", line);
}

/* What the text says is a warning. */
static void write_warning(int64_t time_ms, const char *kind, const char *text)
{
	write_line(time_ms, LEVEL_WARNING, kind, text);
}

/* A program inherits $JOURNAL_STREAM also when its standard error goes elsewhere: the variable
 * has device and inode of what leads to the journal. */
void gateway_log_start(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat status;
	char mine[64];

	tzset();
	if (stream == NULL || fstat(STDERR_FILENO, &status) != 0)
		return;
	snprintf(mine, sizeof mine, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
	to_journal = strcmp(mine, stream) == 0;
}

void gateway_log_quiet(void)
{
	quiet = true;
}

static void write_now(enum level level, const char *kind, const char *format, va_list args)
{
	char text[2048];

	vsnprintf(text, sizeof text, format, args);
	write_line(time_now(), level, kind, text);
}

void gateway_log(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (!quiet)
		write_now(LEVEL_INFO, "", format, args);
	va_end(args);
}

void gateway_log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (!quiet)
		write_now(LEVEL_WARNING, "warning: ", format, args);
	va_end(args);
}

void gateway_log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_now(LEVEL_ERROR, "error: ", format, args);
	va_end(args);
}

void gateway_log_broker(iotkit *iot)
{
	char uri[2048];

	/* Not worth a complaint: the event of the connection names it too. */
	if (iotkit_get_option(iot, "broker", uri, sizeof uri) != IOTKIT_OK)
		return;
	uri[strcspn(uri, "?")] = '\0';
	const char *host = strrchr(uri, '@');
	const char *scheme_end = strstr(uri, "://");
	if (host != NULL && scheme_end != NULL)
		gateway_log("broker: %.*s://%s", (int)(scheme_end - uri), uri, host + 1);
	else
		gateway_log("broker: %s", uri);
}

/* What to print of an event that is an error when nothing follows it. */
static bool is_final(const iotkit_event *event)
{
	return event->type == IOTKIT_EVENT_DISCONNECTED && event->retry_ms < 0 &&
	       event->status != IOTKIT_OK;
}

static void write_device(const iotkit_event *event, const char *text)
{
	char line[2048];
	const char *state = event->type == IOTKIT_EVENT_DEVICE_ONLINE    ? " online: "
			    : event->type == IOTKIT_EVENT_DEVICE_OFFLINE ? " offline: "
			    : event->status < 0                          ? " warning: "
									 : ": ";
	snprintf(line, sizeof line, "device %s%s%s", event->device, state, text);
	write_line(event->time_ms, event->status < 0 ? LEVEL_WARNING : LEVEL_INFO, "", line);
}

static void write_command(const iotkit_event *event, const char *text)
{
	char line[2048];

	snprintf(line, sizeof line, "device %s%s command %s %s: %s", event->device,
		 event->status < 0 ? " warning:" : ":", event->topic, (const char *)event->payload,
		 text);
	write_line(event->time_ms, event->status < 0 ? LEVEL_WARNING : LEVEL_INFO, "", line);
}

static void write_disconnected(const iotkit_event *event, const char *text)
{
	char line[2048];

	if (event->status == IOTKIT_OK)
		snprintf(line, sizeof line, "disconnected");
	else if (event->retry_ms < 0)
		snprintf(line, sizeof line, "%s; not trying again", text);
	else
		snprintf(line, sizeof line, "no connection: %s; trying again in %.1f s", text,
			 event->retry_ms / 1000.0);
	if (is_final(event))
		write_line(event->time_ms, LEVEL_ERROR, "error: ", line);
	else
		write_line(event->time_ms, event->status < 0 ? LEVEL_WARNING : LEVEL_INFO, "",
			   line);
}

void gateway_log_missed(const iotkit_event *event)
{
	if (event->missed > 0)
		gateway_log_warning("%" PRIu64 " events were missed", event->missed);
}

void gateway_log_dropped_rest(void)
{
	if (dropped_untold > 0)
		gateway_log_warning("dropped %" PRIu64 " more", dropped_untold);
	dropped_untold = 0;
}

static void write_dropped(const iotkit_event *event, const char *text)
{
	if (event->time_ms < next_dropped_ms) {
		dropped_untold++;
		return;
	}
	gateway_log_dropped_rest();
	write_warning(event->time_ms, "warning: dropped: ", text);
	next_dropped_ms = event->time_ms + DROPPED_INTERVAL_MS;
}

void gateway_log_event(const iotkit_event *event)
{
	const char *text = event->text != NULL ? event->text : iotkit_strerror(event->status);

	/* Asked for by an option of its own. */
	if (quiet && !is_final(event) && event->type != IOTKIT_EVENT_TRACE)
		return;
	switch (event->type) {
	case IOTKIT_EVENT_TRACE:
		write_line(event->time_ms, LEVEL_DEBUG, "", text);
		break;
	case IOTKIT_EVENT_CONNECTED:
		gateway_log_dropped_rest();
		write_line(event->time_ms, LEVEL_INFO, "", text);
		break;
	case IOTKIT_EVENT_DISCONNECTED:
		write_disconnected(event, text);
		break;
	case IOTKIT_EVENT_DROPPED:
		write_dropped(event, text);
		break;
	case IOTKIT_EVENT_DEVICE_ONLINE:
	case IOTKIT_EVENT_DEVICE_OFFLINE:
		write_device(event, text);
		break;
	case IOTKIT_EVENT_COMMAND:
		write_command(event, text);
		break;
	case IOTKIT_EVENT_LOG:
		if (event->device != NULL)
			write_device(event, text);
		else if (event->status < 0)
			write_warning(event->time_ms, "warning: ", text);
		else
			write_line(event->time_ms, LEVEL_INFO, "", text);
		break;
	default:
		break;
	}
}

/* The fewest digits that read back as the same number. */
static void write_number(double value, char text[40])
{
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, 40, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			return;
	}
}

bool gateway_print_metric(const iotkit_event *event)
{
	char stamp[TIME_TEXT_SIZE];
	char number[40];
	bool unit = event->unit != NULL && event->unit[0] != '\0';

	write_number(event->value, number);
	printf("%s %s %s %s%s%s\n", time_text(event->time_ms, stamp), event->device, event->topic,
	       number, unit ? " " : "", unit ? event->unit : "");
	/* Flushed each time, so that whoever reads the pipe sees it at once. */
	return cli_flush_output();
}
