/* SPDX-License-Identifier: MIT
 *
 * iotkit-sub subscribes to topics and prints the messages that come. Its flags
 * are mosquitto_sub's.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <iotkit.h>

#include "common/cli.h"
#include "common/session.h"
#include "common/wait.h"

/* As mosquitto_sub ends when its -W has run out. */
#define EXIT_TIMED_OUT 27

#define TOPICS_MAX 1024

struct sub {
	struct session session;
	iotkit *iot;
	const char *topics[TOPICS_MAX];
	size_t topic_count;
	int qos;
	int count; /* messages to print; 0: no end */
	int printed;
	int wait_s;
	int64_t deadline;
	bool verbose;
	bool skip_retained;
	bool no_newline;
};

static const struct cli_option options[] = {
	{'t', "topic", "FILTER", "topic to subscribe to, also with + and #; repeatable"},
	{'q', "qos", "QOS", "the highest QoS wanted: 0, 1 or 2; default 0"},
	{'C', "count", "COUNT", "end after this many messages"},
	{'W', "timeout", "SECONDS", "end after this time, with exit status 27"},
	{'v', "verbose", NULL, "print the topic before each payload"},
	{'R', "no-retained", NULL, "skip messages that the broker had retained"},
	{'N', "no-newline", NULL, "print no newline after a payload"},
	{0, NULL, NULL, NULL},
};

static const struct cli_program program = {
	.name = "iotkit-sub",
	.usage = "-t FILTER [-t FILTER]... [OPTION]...",
	.summary = "Subscribe to MQTT topics and print the messages that come.",
	.options = options,
	.shared = session_flags,
	.notes = "Exit status: 0 ended by -C or a signal, 1 it failed, 2 called wrongly,\n"
		 "27 ended by -W.",
};

static void add_topic(struct sub *sub, const char *topic)
{
	if (sub->topic_count == TOPICS_MAX)
		cli_usage_error("more than %d topics", TOPICS_MAX);
	sub->topics[sub->topic_count++] = topic;
}

static void take_option(struct sub *sub, int key, char *argument)
{
	switch (key) {
	case 't':
		add_topic(sub, argument);
		break;
	case 'q':
		sub->qos = cli_integer(argument, 0, 2, "the QoS");
		break;
	case 'C':
		sub->count = cli_integer(argument, 1, 2000000000, "the count");
		break;
	case 'W':
		sub->wait_s = cli_integer(argument, 1, 2000000000, "the timeout");
		break;
	case 'v':
		sub->verbose = true;
		break;
	case 'R':
		sub->skip_retained = true;
		break;
	case 'N':
		sub->no_newline = true;
		break;
	default:
		session_option(&sub->session, key, argument);
	}
}

static void parse(struct sub *sub, int argc, char **argv)
{
	char *argument = NULL;
	int key;

	session_begin(&sub->session);
	cli_start(&program, argc, argv);
	while ((key = cli_next(&argument)) != -1)
		take_option(sub, key, argument);
	if (sub->topic_count == 0)
		cli_usage_error("a topic is needed: -t");
	sub->deadline = sub->wait_s > 0 ? wait_now() + (int64_t)sub->wait_s * 1000 : WAIT_FOREVER;
}

/* False when standard output takes no more. Flushed each time, so that whoever
 * reads the pipe sees a message when it comes. */
static bool print_message(struct sub *sub, const iotkit_event *event)
{
	if (sub->skip_retained && event->retain)
		return true;
	sub->printed++;
	if (sub->verbose)
		printf("%s ", event->topic);
	fwrite(event->payload, 1, event->payload_size, stdout);
	if (!sub->no_newline)
		putchar('\n');
	return cli_flush_output();
}

static bool answered(const iotkit_event *event)
{
	if (event->status == IOTKIT_OK)
		return true;
	if (event->text != NULL)
		cli_error("%s", event->text);
	else
		cli_error("the broker refuses the subscription to '%s': %s", event->topic,
			  iotkit_strerror(event->status));
	return false;
}

/* False when the program must give up. */
static bool take_event(struct sub *sub, const iotkit_event *event)
{
	if (event->missed > 0)
		cli_warning("%" PRIu64 " events were missed", event->missed);
	if (!session_event(&sub->session, event))
		return false;
	if (event->type == IOTKIT_EVENT_MESSAGE)
		return print_message(sub, event);
	if (event->type == IOTKIT_EVENT_SUBSCRIBED)
		return answered(event);
	return true;
}

static bool enough(const struct sub *sub)
{
	return sub->count > 0 && sub->printed >= sub->count;
}

static int receive(struct sub *sub)
{
	for (;;) {
		const iotkit_event *event = iotkit_next_event(sub->iot, 0);
		if (event != NULL && !take_event(sub, event))
			return EXIT_FAILURE;
		if (enough(sub) || wait_stopped())
			return EXIT_SUCCESS;
		if (wait_now() >= sub->deadline)
			break;
		if (event == NULL)
			wait_for(sub->iot, -1, sub->deadline);
	}
	cli_error("timed out");
	return EXIT_TIMED_OUT;
}

static int run(struct sub *sub)
{
	for (size_t i = 0; i < sub->topic_count; i++)
		if (iotkit_subscribe(sub->iot, sub->topics[i], sub->qos) != IOTKIT_OK) {
			cli_error("%s", iotkit_last_error());
			return CLI_EXIT_USAGE;
		}
	if (iotkit_connect(sub->iot, 0) != IOTKIT_OK) {
		session_error();
		return EXIT_FAILURE;
	}
	int status = receive(sub);
	/* Lets the acknowledgements of what was printed reach the broker. */
	iotkit_disconnect(sub->iot, 1000);
	session_print_rest(&sub->session, sub->iot);
	return status;
}

int main(int argc, char **argv)
{
	static struct sub sub;
	int status = EXIT_FAILURE;

	wait_start();
	parse(&sub, argc, argv);
	sub.iot = session_open(&sub.session, NULL);
	if (sub.iot != NULL)
		status = run(&sub);
	iotkit_close(sub.iot);
	return status;
}
