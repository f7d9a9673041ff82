/* SPDX-License-Identifier: MIT
 *
 * iotkit-demo-view: what the demo shows. It subscribes to the broker, so what
 * it shows has been all the way: board, cable, gateway, broker. It also sends
 * commands to one of the boards, by MQTT as anybody would.
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
#include "lamp.h"
#include "table.h"
#include "tally.h"

#define REFRESH_MS 200
#define BASE "iotkit/gateway"
#define GATEWAY_STATUS "gateway/gateway/status"
#define TEXT_SIZE 512

enum { GREENHOUSE, PORCH, BOARDS };

struct options {
	const char *config; /* says where the broker is, and as whom to log in */
	const char *pin_log; /* what the porch's simboard says */
	double seconds; /* 0: until told to stop */
};

struct view {
	struct table table;
	const struct options *options;
	char user[64]; /* as whom it logs in */
	bool live; /* a table in a terminal, rather than lines */
	double begin_s;
	uint64_t metrics;
	struct tally tallies[BOARDS];
	struct lamp lamp;
	uint64_t outages; /* times that the gateway was away, and came back */
	bool away;
	char connection[TEXT_SIZE]; /* where to, with which cipher, as whom */
	char status[TEXT_SIZE]; /* the boards' and the broker's latest news */
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

/* ---- events ------------------------------------------------------------ */

static void take_metric(struct view *view, const char *name, double value)
{
	struct row *row = table_row(&view->table, name);

	if (row == NULL)
		return;
	for (int i = 0; i < BOARDS; i++)
		if (strcmp(name, view->tallies[i].counter) == 0)
			tally_take(&view->tallies[i], value);
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

/* The broker says "offline" for a gateway that has gone without goodbye: its last will. */
static void take_gateway(struct view *view, const char *news)
{
	bool away = strcmp(news, "offline") == 0;

	if (away != view->away) {
		for (int i = 0; i < BOARDS; i++)
			tally_gateway(&view->tallies[i], !away);
		view->outages += !away;
	}
	view->away = away;
	tell(view, "the gateway", away ? "gone without goodbye" : news);
}

/* Topics are {base}/{board}/{metric}. */
static void take_message(struct view *view, const iotkit_event *event)
{
	const char *name = event->topic + sizeof BASE - 1;
	const char *payload = event->payload_size > 0 ? event->payload : "";
	char *end;

	if (*name++ != '/') /* the filter lets the base itself pass, too */
		return;
	const char *metric = strchr(name, '/');
	if (strcmp(name, GATEWAY_STATUS) == 0)
		take_gateway(view, payload);
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

static uint64_t lost(const struct view *view)
{
	uint64_t sum = 0;

	for (int i = 0; i < BOARDS; i++)
		sum += tally_lost(&view->tallies[i], &view->table);
	return sum;
}

static void draw(struct view *view)
{
	double now = now_s();
	char title[100], footer[TEXT_SIZE + 200];

	snprintf(title, sizeof title, "libiotkit %s   %.0f s   Ctrl-C ends it", iotkit_version(),
		 now - view->begin_s);
	snprintf(footer, sizeof footer,
		 "LED on the pin: %-3s  lost: %llu   missed while nobody listened: %llu   %s",
		 view->lamp.on ? "on" : "off", (unsigned long long)lost(view),
		 (unsigned long long)view->tallies[GREENHOUSE].missed, view->status);
	table_draw(&view->table, stdout, now, title, view->connection, footer);
}

static void print_tally(const struct tally *tally, const struct table *table)
{
	printf("%s: %llu readings from %s, lost: %llu, doubled: %llu", tally->board,
	       (unsigned long long)tally->readings, tally->sketch,
	       (unsigned long long)tally_lost(tally, table), (unsigned long long)tally->doubled);
	if (tally->plain)
		printf(", missed while nobody listened: %llu", (unsigned long long)tally->missed);
	putchar('\n');
}

/* What the demo has to show. Prints what it has not. */
static bool is_proof(const struct view *view)
{
	const struct {
		bool seen;
		const char *otherwise;
	} parts[] = {
		{lost(view) == 0, "Readings were lost."},
		{view->tallies[GREENHOUSE].doubled + view->tallies[PORCH].doubled == 0,
		 "Readings came twice."},
		{view->lamp.switched > 0, "No command was seen on the pin."},
		{view->outages > 0, "The gateway was not gone and back yet."},
		{view->tallies[GREENHOUSE].since > 0 && view->tallies[PORCH].since > 0,
		 "Not both boards were heard since the gateway came back."},
	};
	bool proof = true;

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (!parts[i].seen)
			puts(parts[i].otherwise);
		proof = proof && parts[i].seen;
	}
	return proof;
}

static int summarize(const struct view *view)
{
	double elapsed_s = now_s() - view->begin_s;

	printf("\nmetrics: %llu through the broker in %.1f s\nper second: %.1f\n",
	       (unsigned long long)view->metrics, elapsed_s, rate(view, elapsed_s));
	printf("the gateway was gone, and came back: %llu\n", (unsigned long long)view->outages);
	printf("commands: %llu sent, the pin was switched %llu times\n",
	       (unsigned long long)view->lamp.commands, (unsigned long long)view->lamp.switched);
	for (int i = 0; i < BOARDS; i++)
		print_tally(&view->tallies[i], &view->table);
	printf("lost: %llu\n", (unsigned long long)lost(view));
	return is_proof(view) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void turn_lamp(struct view *view, iotkit *iot)
{
	struct lamp *lamp = &view->lamp;

	if (lamp_command(lamp, iot, now_s()))
		tell(view, "command", lamp->wanted ? "led 1" : "led 0");
	if (lamp_look(lamp))
		tell(view, "LED on the pin", lamp->on ? "on" : "off");
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
		turn_lamp(view, iot);
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
	iotkit_status status = iotkit_load_config(iot, view->options->config);

	if (status != IOTKIT_OK)
		return status;
	iotkit_get_option(iot, "mqtt.username", view->user, sizeof view->user);
	status = iotkit_subscribe(iot, BASE "/#", 2);
	return status == IOTKIT_OK ? iotkit_connect(iot, 10000) : status;
}

static int show(const struct options *options)
{
	struct view view = {
		.options = options,
		.live = is_live(),
		.begin_s = now_s(),
		.tallies = {{.board = "greenhouse",
			     .counter = "greenhouse/sample",
			     .sketch = "a plain sketch",
			     .plain = true},
			    {.board = "porch",
			     .counter = "porch/reading",
			     .sketch = "the library IoTKit"}},
		.lamp.topic = BASE "/porch/led/set",
	};
	iotkit *iot = NULL;

	table_init(&view.table);
	setvbuf(stdout, NULL, view.live ? _IOFBF : _IOLBF, 0);
	if (!lamp_open(&view.lamp, options->pin_log)) {
		perror(options->pin_log);
		return EXIT_FAILURE;
	}
	if (iotkit_open(NULL, &iot) != IOTKIT_OK || connect_to_broker(&view, iot) != IOTKIT_OK) {
		fprintf(stderr, "iotkit-demo-view: %s\n", iotkit_last_error());
		iotkit_close(iot);
		return EXIT_FAILURE;
	}
	watch(&view, iot);
	iotkit_disconnect(iot, 1000);
	iotkit_close(iot);
	lamp_close(&view.lamp);
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
					      {"pin-log", required_argument, NULL, 'p'},
					      {"seconds", required_argument, NULL, 's'},
					      {0}};
	int name;

	while ((name = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (name == 'c')
			options->config = optarg;
		else if (name == 'p')
			options->pin_log = optarg;
		else if (name != 's' || !parse_seconds(optarg, &options->seconds))
			return false;
	}
	return optind == argc && options->config != NULL && options->pin_log != NULL;
}

int main(int argc, char **argv)
{
	struct options options = {0};
	struct sigaction action = {.sa_handler = stop};

	if (!parse(argc, argv, &options)) {
		fprintf(stderr,
			"Usage: iotkit-demo-view --config FILE --pin-log FILE [--seconds N]\n");
		return 2;
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	return show(&options);
}
