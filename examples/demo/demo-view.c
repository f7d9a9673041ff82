/* SPDX-License-Identifier: MIT
 *
 * iotkit-demo-view: what the demo shows. It subscribes to the broker, so what
 * it shows has been all the way: board, cable, gateway, broker.
 *
 * The board's sketch counts its lines in the metric `sample`; a gap in these
 * numbers is a line that was lost on the way.
 */
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "iotkit.h"
#include "table.h"

#define REFRESH_MS 200
#define COUNTER "/sample"
#define TEXT_SIZE 512

struct options {
	const char *config; /* says where the broker is, and as whom to log in */
	const char *base; /* of the topics to show */
	double seconds; /* 0: until told to stop */
};

struct view {
	struct table table;
	const struct options *options;
	char user[64]; /* as whom it logs in */
	bool live; /* a table in a terminal, rather than lines */
	double begin_s;
	uint64_t metrics;
	uint64_t gaps; /* numbers missing from the board's counter */
	char connection[TEXT_SIZE]; /* where to, with which cipher, as whom */
	char status[TEXT_SIZE]; /* the board's and the broker's latest news */
};

static volatile sig_atomic_t stopping;

static void stop(int signal_number)
{
	(void)signal_number;
	stopping = 1;
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- what was lost ----------------------------------------------------- */

static bool is_counter(const char *name)
{
	const char *last = strrchr(name, '/');

	return last != NULL && strcmp(last, COUNTER) == 0;
}

/* A smaller number than before is a board that was started again. */
static uint64_t gap(const struct row *row, double value)
{
	if (row->count == 0 || value <= row->value + 1)
		return 0;
	return (uint64_t)(value - row->value - 1);
}

static bool same_device(const char *a, const char *b)
{
	size_t length = strcspn(a, "/");

	return length == strcspn(b, "/") && strncmp(a, b, length) == 0;
}

/*
 * Every line of the board has every metric, so each must have come as often as
 * the counter did; but the first line seen may have been joined half-way.
 */
static uint64_t missing_beside(const struct table *table, const struct row *counter)
{
	uint64_t missing = 0;

	for (int i = 0; i < table->used; i++) {
		const struct row *row = &table->rows[i];
		if (same_device(row->name, counter->name) && row->count + 1 < counter->count)
			missing += counter->count - 1 - row->count;
	}
	return missing;
}

static uint64_t lost(const struct view *view)
{
	uint64_t sum = view->gaps;

	for (int i = 0; i < view->table.used; i++)
		if (is_counter(view->table.rows[i].name))
			sum += missing_beside(&view->table, &view->table.rows[i]);
	return sum;
}

/* ---- events ------------------------------------------------------------ */

static void take_metric(struct view *view, const char *name, double value)
{
	struct row *row = table_row(&view->table, name);

	if (row == NULL)
		return;
	if (is_counter(name))
		view->gaps += gap(row, value);
	row_add(row, value, now_s());
	view->metrics++;
	if (!view->live)
		printf("%s %.15g\n", name, value);
}

static void tell(struct view *view, const char *about, const char *news)
{
	snprintf(view->status, sizeof view->status, "%.64s: %.400s", about, news);
	if (!view->live)
		printf("# %s\n", view->status);
}

/* Topics are {base}/{device}/{metric}. */
static void take_message(struct view *view, const iotkit_event *event)
{
	size_t base = strlen(view->options->base);
	const char *payload = event->payload_size > 0 ? event->payload : "";
	char *end;

	if (event->topic[base] != '/') /* the filter lets the base itself pass, too */
		return;
	const char *name = event->topic + base + 1;
	const char *metric = strchr(name, '/');
	if (metric == NULL || strchr(metric + 1, '/') != NULL)
		return;
	double value = strtod(payload, &end);
	if (end != payload && *end == '\0')
		take_metric(view, name, value);
	else if (strcmp(metric, "/status") == 0)
		tell(view, name, payload);
}

static void take_connected(struct view *view, const iotkit_event *event)
{
	snprintf(view->connection, sizeof view->connection, "the user %s %.400s", view->user,
		 event->text);
	tell(view, "broker", view->connection);
}

static void take_event(struct view *view, const iotkit_event *event)
{
	if (event->type == IOTKIT_EVENT_MESSAGE)
		take_message(view, event);
	else if (event->type == IOTKIT_EVENT_CONNECTED)
		take_connected(view, event);
	else if (event->type == IOTKIT_EVENT_DISCONNECTED)
		tell(view, "broker", event->text != NULL ? event->text : "disconnected");
}

/* ---- showing ----------------------------------------------------------- */

static double rate(const struct view *view, double elapsed_s)
{
	return elapsed_s > 0 ? (double)view->metrics / elapsed_s : 0;
}

static void draw(struct view *view)
{
	double now = now_s();
	char title[100], footer[TEXT_SIZE + 100];

	snprintf(title, sizeof title, "libiotkit %s   %.0f s   Ctrl-C ends it", iotkit_version(),
		 now - view->begin_s);
	snprintf(footer, sizeof footer, "%llu metrics   %.1f a second   lost: %llu   %s",
		 (unsigned long long)view->metrics, rate(view, now - view->begin_s),
		 (unsigned long long)lost(view), view->status);
	table_draw(&view->table, stdout, now, title, view->connection, footer);
}

static int summarize(const struct view *view)
{
	double elapsed_s = now_s() - view->begin_s;

	printf("\nmetrics: %llu through the broker in %.1f s\nper second: %.1f\nlost: %llu\n",
	       (unsigned long long)view->metrics, elapsed_s, rate(view, elapsed_s),
	       (unsigned long long)lost(view));
	if (view->metrics == 0)
		printf("No metric came through.\n");
	return view->metrics > 0 && lost(view) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void watch(struct view *view, iotkit *iot)
{
	double seconds = view->options->seconds;
	double drawn_s = 0;

	while (!stopping) {
		double now = now_s();
		if (seconds > 0 && now - view->begin_s >= seconds)
			break;
		if (view->live && now - drawn_s >= REFRESH_MS / 1000.0) {
			draw(view);
			drawn_s = now;
		}
		const iotkit_event *event = iotkit_next_event(iot, REFRESH_MS / 2);
		if (event != NULL)
			take_event(view, event);
	}
	if (view->live)
		draw(view);
}

/* A log, a pipe and a dumb terminal get lines, and so does a CI machine. */
static bool is_live(void)
{
	const char *terminal = getenv("TERM");
	const char *ci = getenv("CI");

	return isatty(STDOUT_FILENO) && terminal != NULL && strcmp(terminal, "dumb") != 0 &&
	       (ci == NULL || strcmp(ci, "true") != 0);
}

static iotkit_status connect_to_broker(struct view *view, iotkit *iot)
{
	char filter[TEXT_SIZE];
	iotkit_status status = iotkit_load_config(iot, view->options->config);

	if (status != IOTKIT_OK)
		return status;
	snprintf(filter, sizeof filter, "%s/#", view->options->base);
	iotkit_get_option(iot, "mqtt.username", view->user, sizeof view->user);
	status = iotkit_subscribe(iot, filter, 1);
	return status == IOTKIT_OK ? iotkit_connect(iot, 10000) : status;
}

static int show(const struct options *options)
{
	struct view view = {.options = options, .live = is_live(), .begin_s = now_s()};
	iotkit *iot = NULL;

	table_init(&view.table);
	setvbuf(stdout, NULL, view.live ? _IOFBF : _IOLBF, 0);
	if (iotkit_open(NULL, &iot) != IOTKIT_OK || connect_to_broker(&view, iot) != IOTKIT_OK) {
		fprintf(stderr, "iotkit-demo-view: %s\n", iotkit_last_error());
		iotkit_close(iot);
		return EXIT_FAILURE;
	}
	watch(&view, iot);
	iotkit_disconnect(iot, 1000);
	iotkit_close(iot);
	return summarize(&view);
}

/* ---- the command line -------------------------------------------------- */

static bool parse_seconds(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && *end == '\0' && *out > 0 && *out < 1e9;
}

static bool parse(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {{"config", required_argument, NULL, 'c'},
					      {"base", required_argument, NULL, 'b'},
					      {"seconds", required_argument, NULL, 's'},
					      {0}};
	int name;

	while ((name = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (name == 'c')
			options->config = optarg;
		else if (name == 'b')
			options->base = optarg;
		else if (name != 's' || !parse_seconds(optarg, &options->seconds))
			return false;
	}
	return optind == argc && options->config != NULL;
}

int main(int argc, char **argv)
{
	struct options options = {.base = "iotkit"};
	struct sigaction action = {.sa_handler = stop};

	if (!parse(argc, argv, &options)) {
		fprintf(stderr,
			"Usage: iotkit-demo-view --config FILE [--base TOPIC] [--seconds N]\n");
		return 2;
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	return show(&options);
}
