/* SPDX-License-Identifier: MIT
 *
 * iotkit-pub publishes messages from the command line, and ends only when the
 * broker has acknowledged them. Its flags are mosquitto_pub's.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <iotkit.h>

#include "common/cli.h"
#include "common/input.h"
#include "common/session.h"
#include "common/wait.h"

/* Refusals told one by one; of the others only the number. */
#define REFUSALS_TOLD 10

#define LONGEST_PAUSE_MS 100

/* While many lines are sent, events are taken after so many of them: often
 * enough that none is missed, seldom enough to wake nobody for each. */
#define EVENTS_EVERY 64

enum source { NONE, MESSAGE, NOTHING, FROM_FILE, WHOLE_INPUT, LINES };

struct pub {
	struct session session;
	iotkit *iot;
	const char *topic;
	enum source source;
	const char *argument; /* of -m or -f */
	struct input input;
	int qos;
	bool retain;
	int wait_s; /* 0: without limit */
	int64_t deadline;
	int refused;
	uint64_t published;
};

/* How a step ended. */
enum outcome { DONE, STOPPED, FAILED };

static const struct cli_option options[] = {
	{'t', "topic", "TOPIC", "topic to publish to"},
	{'m', "message", "TEXT", "send this text"},
	{'f', "file", "FILE", "send a file's content as one message"},
	{'l', "stdin-line", NULL, "send each line of standard input as a message"},
	{'s', "stdin-file", NULL, "send all of standard input as one message"},
	{'n', "null-message", NULL, "send an empty message"},
	{'q', "qos", "QOS", "0, 1 or 2; default 0"},
	{'r', "retain", NULL, "have the broker retain it"},
	{'W', "timeout", "SECONDS",
	 "fail when it takes longer; until then keep trying\nto connect"},
	{0, NULL, NULL, NULL},
};

static const struct cli_program program = {
	.name = "iotkit-pub",
	.usage = "-t TOPIC {-m TEXT | -f FILE | -l | -s | -n} [OPTION]...",
	.summary = "Publish MQTT messages, and wait until the broker has acknowledged them.",
	.options = options,
	.shared = session_flags,
	.notes = "Exit status: 0 all acknowledged, 1 not, 2 called wrongly.",
};

static void choose(struct pub *pub, enum source source, const char *argument)
{
	if (pub->source != NONE)
		cli_usage_error("only one of -m, -f, -l, -s and -n can be given");
	pub->source = source;
	pub->argument = argument;
}

static void take_option(struct pub *pub, int key, char *argument)
{
	switch (key) {
	case 't':
		pub->topic = argument;
		break;
	case 'm':
		choose(pub, MESSAGE, argument);
		break;
	case 'f':
		choose(pub, FROM_FILE, argument);
		break;
	case 'l':
		choose(pub, LINES, NULL);
		break;
	case 's':
		choose(pub, WHOLE_INPUT, NULL);
		break;
	case 'n':
		choose(pub, NOTHING, NULL);
		break;
	case 'q':
		pub->qos = cli_integer(argument, 0, 2, "the QoS");
		break;
	case 'r':
		pub->retain = true;
		break;
	case 'W':
		pub->wait_s = cli_integer(argument, 1, 86400, "the timeout");
		break;
	default:
		session_option(&pub->session, key, argument);
	}
}

static void parse(struct pub *pub, int argc, char **argv)
{
	char *argument = NULL;
	int key;

	session_begin(&pub->session);
	/* What cannot be taken now is taken later, rather than something lost. */
	session_set(&pub->session, "outbox.policy", "reject");
	cli_start(&program, argc, argv);
	while ((key = cli_next(&argument)) != -1)
		take_option(pub, key, argument);
	if (pub->topic == NULL)
		cli_usage_error("a topic is needed: -t");
	if (pub->source == NONE)
		cli_usage_error("a message is needed: one of -m, -f, -l, -s and -n");
	pub->session.patient = pub->wait_s > 0;
	pub->deadline = pub->wait_s > 0 ? wait_now() + pub->wait_s * 1000 : WAIT_FOREVER;
}

static void told_dropped(struct pub *pub, const iotkit_event *event)
{
	if (++pub->refused <= REFUSALS_TOLD)
		cli_error("%s", event->text != NULL ? event->text : iotkit_strerror(event->status));
}

/* Takes all events that wait; false when the session has failed for good. */
static bool take_events(struct pub *pub)
{
	const iotkit_event *event;

	while ((event = iotkit_next_event(pub->iot, 0)) != NULL) {
		if (event->type == IOTKIT_EVENT_DROPPED)
			told_dropped(pub, event);
		if (!session_event(&pub->session, event))
			return false;
	}
	return true;
}

/* Waits for something to happen, but never for long: an event may have been
 * missed, or come before the outbox had counted its message out. */
static enum outcome pause_for_events(struct pub *pub, int input)
{
	int64_t limit = wait_now() + LONGEST_PAUSE_MS;
	int ready = wait_for(pub->iot, input, limit < pub->deadline ? limit : pub->deadline);

	if (ready & WAIT_STOP)
		return STOPPED;
	if (!take_events(pub))
		return FAILED;
	if (wait_now() < pub->deadline)
		return DONE;
	bool waits = iotkit_flush(pub->iot, 0) != IOTKIT_OK;
	cli_error("not done within %d s: %s", pub->wait_s,
		  waits ? iotkit_last_error() : "the input has not ended");
	return FAILED;
}

/* When the outbox is full, waits until there is room. */
static enum outcome publish(struct pub *pub, const char *payload, size_t size)
{
	bool was_empty = false;

	for (;;) {
		iotkit_status status = iotkit_publish(pub->iot, pub->topic, payload, size, pub->qos,
						      pub->retain, NULL);
		if (status == IOTKIT_OK)
			break;
		/* What an empty outbox does not take will never fit. */
		if (status != IOTKIT_EFULL || was_empty) {
			session_error();
			return FAILED;
		}
		was_empty = iotkit_flush(pub->iot, 0) == IOTKIT_OK;
		enum outcome outcome = was_empty ? DONE : pause_for_events(pub, -1);
		if (outcome != DONE)
			return outcome;
	}
	if (++pub->published % EVENTS_EVERY != 0)
		return DONE;
	return take_events(pub) ? DONE : FAILED;
}

/* Reads one piece of the input as soon as there is one. */
static enum outcome read_piece(struct pub *pub)
{
	const char *name = pub->source == FROM_FILE ? pub->argument : "standard input";
	enum outcome outcome = DONE;

	if (pub->iot != NULL)
		outcome = pause_for_events(pub, pub->input.fd);
	else if (wait_for(NULL, pub->input.fd, WAIT_FOREVER) & WAIT_STOP)
		outcome = STOPPED;
	if (outcome != DONE || !(wait_for(NULL, pub->input.fd, 0) & WAIT_INPUT))
		return outcome;
	if (input_read(&pub->input))
		return DONE;
	cli_error("cannot read %s: %s", name, strerror(errno));
	return FAILED;
}

static enum outcome publish_lines(struct pub *pub)
{
	enum outcome outcome = DONE;
	const char *line;
	size_t size;

	while (outcome == DONE) {
		if (input_line(&pub->input, &line, &size))
			outcome = publish(pub, line, size);
		else if (pub->input.ended)
			return DONE;
		else
			outcome = read_piece(pub);
	}
	return outcome;
}

/* Before connecting, so that no connection waits for whoever types. */
static enum outcome read_whole(struct pub *pub)
{
	enum outcome outcome = DONE;

	if (pub->source == FROM_FILE)
		pub->input.fd = open(pub->argument, O_RDONLY | O_CLOEXEC);
	if (pub->input.fd < 0) {
		cli_error("cannot open %s: %s", pub->argument, strerror(errno));
		return FAILED;
	}
	while (outcome == DONE && !pub->input.ended)
		outcome = read_piece(pub);
	if (pub->source == FROM_FILE)
		close(pub->input.fd);
	return outcome;
}

static enum outcome publish_all(struct pub *pub)
{
	switch (pub->source) {
	case LINES:
		return publish_lines(pub);
	case MESSAGE:
		return publish(pub, pub->argument, strlen(pub->argument));
	default:
		return publish(pub, pub->input.data, pub->input.end);
	}
}

static enum outcome wait_until_acknowledged(struct pub *pub)
{
	for (;;) {
		iotkit_status status = iotkit_flush(pub->iot, 0);
		if (status == IOTKIT_OK)
			return take_events(pub) ? DONE : FAILED;
		if (!take_events(pub))
			return FAILED;
		if (status != IOTKIT_ETIMEOUT) {
			session_error();
			return FAILED;
		}
		enum outcome outcome = pause_for_events(pub, -1);
		if (outcome != DONE)
			return outcome;
	}
}

/* The goodbye. What was refused is known by now, also if its event was missed. */
static int finish(struct pub *pub, enum outcome outcome)
{
	iotkit_stats stats = {.struct_size = sizeof stats};

	if (outcome == FAILED)
		return EXIT_FAILURE;
	if (iotkit_disconnect(pub->iot, 1000) != IOTKIT_OK) {
		session_error();
		return EXIT_FAILURE;
	}
	take_events(pub);
	iotkit_get_stats(pub->iot, &stats);
	if (stats.dropped == 0)
		return EXIT_SUCCESS;
	if (pub->refused != 1)
		cli_error("%" PRIu64 " messages were not accepted", stats.dropped);
	return EXIT_FAILURE;
}

static int run(struct pub *pub)
{
	if (iotkit_connect(pub->iot, 0) != IOTKIT_OK) {
		session_error();
		return EXIT_FAILURE;
	}
	enum outcome outcome = publish_all(pub);
	if (outcome == DONE)
		outcome = wait_until_acknowledged(pub);
	return finish(pub, outcome);
}

int main(int argc, char **argv)
{
	struct pub pub = {.input = {.fd = STDIN_FILENO}};
	int status = EXIT_FAILURE;

	wait_start();
	parse(&pub, argc, argv);
	if (pub.source == FROM_FILE || pub.source == WHOLE_INPUT) {
		enum outcome outcome = read_whole(&pub);
		if (outcome != DONE) {
			input_free(&pub.input);
			return outcome == STOPPED ? EXIT_SUCCESS : EXIT_FAILURE;
		}
	}
	pub.iot = session_open(&pub.session, NULL);
	if (pub.iot != NULL)
		status = run(&pub);
	iotkit_close(pub.iot);
	input_free(&pub.input);
	return status;
}
