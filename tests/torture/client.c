/* SPDX-License-Identifier: MIT
 *
 * The application of the torture test: one life of a process that publishes numbered
 * messages until it is killed. What it knows goes to a journal that outlives it.
 *
 *     iotkit-torture-client URI JOURNAL [life=N] [lanes=N] [count=N] [pace_us=N] [qos=N]
 *                           [early=N] [takes=N] [finish_ms=N] [OPTION=VALUE]...
 *
 * Each lane is a thread with a topic of its own, `torture/LANE`, which takes `count`
 * numbers, one every `pace_us`. A payload is "LIFE NUMBER", some letters and a full
 * stop. With `early` they begin before iotkit_connect(). With `takes` it also takes the
 * numbers that come under `orders`. At the end of standard input
 * it disconnects within `finish_ms`, and ends: 0 when all is delivered, 3 when some is
 * left. Standard output has one word for each stage of life, when it is reached.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "iotkit.h"

enum {
	MAX_LANES = 8,
	USUAL_LETTERS = 200,
	LARGE_LETTERS = 50000, /* of one in so many: too many for the link's buffer */
	LARGE_EVERY = 40,
	FULL_PAUSE_US = 1000, /* before asking a full outbox again */
	LEFT = 3, /* exit status */
	/* A record's size divides that of a page: a kill between two pages of one write
	 * tears none. */
	RECORD_SIZE = 32
};

struct plan {
	int64_t life, lanes, count, pace_us, qos, early, takes, finish_ms;
};

struct app {
	struct plan plan;
	iotkit *iot;
	int journal;
	atomic_bool stopping;
	atomic_flag accepted, connected, delivered; /* these stages have been told */
};

struct lane {
	struct app *app;
	int number;
	pthread_t thread;
};

static void fail(const char *what)
{
	fprintf(stderr, "iotkit-torture-client: %s\n", what);
	exit(EXIT_FAILURE);
}

static void check(iotkit_status status)
{
	if (status != IOTKIT_OK)
		fail(iotkit_last_error());
}

static void tell_stage(const char *word)
{
	if (write(STDOUT_FILENO, word, strlen(word)) < 0 && errno != EPIPE)
		fail("standard output cannot be written");
}

static void tell_stage_once(atomic_flag *told, const char *word)
{
	if (!atomic_flag_test_and_set(told))
		tell_stage(word);
}

/* Kinds: A accepted, D delivered, X dropped (number: status), C connected (number: 1 when
 * the broker knew the session), N no longer connected (number: status), M events missed
 * (number: how many), R received. The page cache keeps it whatever happens to this process. */
static void note(const struct app *app, char kind, int lane, int64_t number, uint64_t id)
{
	char record[RECORD_SIZE + 1];
	int size =
		snprintf(record, sizeof record, "%c %5" PRId64 " %1d %8" PRId64 " %12" PRIu64 "\n",
			 kind, app->plan.life, lane, number, id);

	if (size != RECORD_SIZE || write(app->journal, record, RECORD_SIZE) != RECORD_SIZE)
		fail("the journal cannot be written");
}

/* ---- publishing ---- */

static void pause_us(int64_t duration)
{
	struct timespec time = {.tv_sec = duration / 1000000, .tv_nsec = duration % 1000000 * 1000};

	if (duration > 0)
		nanosleep(&time, NULL);
}

static size_t write_payload(char *payload, size_t size, int64_t life, int64_t number)
{
	size_t used = (size_t)snprintf(payload, size, "%" PRId64 " %" PRId64 " ", life, number);
	bool is_large = number % LARGE_EVERY == 0;
	size_t letters = is_large ? LARGE_LETTERS : (size_t)(number * 31 % USUAL_LETTERS);

	memset(payload + used, 'x', letters);
	payload[used + letters] = '.';
	return used + letters + 1;
}

/* Returns false when it is to stop, and the message was not taken. */
static bool publish(const struct lane *lane, int64_t number, uint64_t *id)
{
	struct app *app = lane->app;
	char topic[16], payload[LARGE_LETTERS + 64];
	size_t size = write_payload(payload, sizeof payload, app->plan.life, number);
	iotkit_status status;

	snprintf(topic, sizeof topic, "torture/%d", lane->number);
	while ((status = iotkit_publish(app->iot, topic, payload, size, (int32_t)app->plan.qos, 0,
					id)) == IOTKIT_EFULL) {
		if (app->stopping)
			return false;
		pause_us(FULL_PAUSE_US);
	}
	check(status);
	return true;
}

static void *run_lane(void *context)
{
	const struct lane *lane = context;
	struct app *app = lane->app;
	uint64_t id;

	for (int64_t number = 1; number <= app->plan.count && !app->stopping; number++) {
		if (!publish(lane, number, &id))
			break;
		note(app, 'A', lane->number, number, id);
		tell_stage_once(&app->accepted, "accepted\n");
		pause_us(app->plan.pace_us);
	}
	return NULL;
}

static void begin_lanes(struct app *app, struct lane *lanes)
{
	for (int i = 0; i < app->plan.lanes; i++) {
		lanes[i] = (struct lane){.app = app, .number = i};
		if (pthread_create(&lanes[i].thread, NULL, run_lane, &lanes[i]) != 0)
			fail("a thread could not be had");
	}
}

static void end_lanes(struct app *app, struct lane *lanes)
{
	app->stopping = true;
	for (int i = 0; i < app->plan.lanes; i++)
		pthread_join(lanes[i].thread, NULL);
}

/* ---- events ---- */

static int lane_of(const char *topic)
{
	const char *slash = strrchr(topic, '/');

	return slash != NULL ? atoi(slash + 1) : 0;
}

static void tell_text(const iotkit_event *event)
{
	fprintf(stderr, "%" PRId64 " %s %" PRId32 " %s\n", event->time_ms,
		iotkit_event_name(event->type), event->status,
		event->text != NULL ? event->text : "");
}

static void heed_event(struct app *app, const iotkit_event *event)
{
	if (event->missed > 0)
		note(app, 'M', 0, (int64_t)event->missed, 0);
	switch (event->type) {
	case IOTKIT_EVENT_DELIVERED:
		note(app, 'D', lane_of(event->topic), 0, event->id);
		tell_stage_once(&app->delivered, "delivered\n");
		return;
	case IOTKIT_EVENT_MESSAGE:
		note(app, 'R', 0, strtoll(event->payload, NULL, 10), 0);
		return;
	case IOTKIT_EVENT_DROPPED:
		note(app, 'X', lane_of(event->topic), event->status, event->id);
		break;
	case IOTKIT_EVENT_CONNECTED:
		note(app, 'C', 0, event->retain, 0);
		tell_stage_once(&app->connected, "connected\n");
		break;
	case IOTKIT_EVENT_DISCONNECTED:
		note(app, 'N', 0, event->status, 0);
		break;
	}
	tell_text(event);
	/* What has ended for good, as when the session was taken over, is begun anew. */
	if (event->type == IOTKIT_EVENT_DISCONNECTED && event->retry_ms < 0 && event->status < 0)
		check(iotkit_connect(app->iot, 0));
}

static void take_events(struct app *app)
{
	for (const iotkit_event *event; (event = iotkit_next_event(app->iot, 0)) != NULL;)
		heed_event(app, event);
}

/* Until the end of standard input. */
static void heed_events(struct app *app)
{
	struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
			       {.fd = iotkit_event_fd(app->iot), .events = POLLIN}};

	while (fds[0].revents == 0) {
		poll(fds, 2, -1);
		take_events(app);
	}
}

/* ---- set-up ---- */

/* Returns false when it is no part of the plan. */
static bool set_plan(struct plan *plan, const char *name, const char *value)
{
	const struct {
		const char *name;
		int64_t *value;
	} parts[] = {
		{"life", &plan->life},   {"lanes", &plan->lanes},
		{"count", &plan->count}, {"pace_us", &plan->pace_us},
		{"qos", &plan->qos},     {"early", &plan->early},
		{"takes", &plan->takes}, {"finish_ms", &plan->finish_ms},
	};

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (strcmp(name, parts[i].name) == 0) {
			*parts[i].value = strtoll(value, NULL, 10);
			return true;
		}
	return false;
}

static void set_up(struct app *app, int argc, char **argv)
{
	if (argc < 3)
		fail("usage: iotkit-torture-client URI JOURNAL [NAME=VALUE]...");
	app->journal = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (app->journal < 0)
		fail("the journal cannot be opened");
	check(iotkit_open(argv[1], &app->iot));
	for (int i = 3; i < argc; i++) {
		char *value = strchr(argv[i], '=');
		if (value == NULL)
			fail("what is not NAME=VALUE?");
		*value++ = '\0';
		if (!set_plan(&app->plan, argv[i], value))
			check(iotkit_set_option(app->iot, argv[i], value));
	}
	if (app->plan.lanes > MAX_LANES)
		fail("too many lanes");
}

int main(int argc, char **argv)
{
	struct app app = {.accepted = ATOMIC_FLAG_INIT,
			  .connected = ATOMIC_FLAG_INIT,
			  .delivered = ATOMIC_FLAG_INIT};
	struct lane lanes[MAX_LANES];
	iotkit_status status;

	set_up(&app, argc, argv);
	if (app.plan.takes != 0)
		check(iotkit_subscribe(app.iot, "orders", (int32_t)app.plan.qos));
	tell_stage("opened\n");
	if (app.plan.early != 0)
		begin_lanes(&app, lanes);
	check(iotkit_connect(app.iot, 0));
	tell_stage("connecting\n");
	if (app.plan.early == 0)
		begin_lanes(&app, lanes);
	heed_events(&app);
	end_lanes(&app, lanes);
	status = iotkit_disconnect(app.iot, (int32_t)app.plan.finish_ms);
	if (status != IOTKIT_ETIMEOUT)
		check(status);
	take_events(&app);
	iotkit_close(app.iot);
	close(app.journal);
	return status == IOTKIT_OK ? EXIT_SUCCESS : LEFT;
}
