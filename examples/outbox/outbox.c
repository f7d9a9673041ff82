/* SPDX-License-Identifier: MIT
 *
 * iotkit-outbox shows what waits in an outbox's file, writes it out, and deletes it.
 */
#include "outbox.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cli.h"
#include "common/time_text.h"

enum { KEY_EXPORT = CLI_LONG_ONLY, KEY_AFTER, KEY_PURGE, KEY_BEFORE, KEY_YES };

struct request {
	struct outbox_choice choice;
	int rows; /* -1: not told */
	bool export;
	enum outbox_format format;
	bool purge;
	bool yes;
	const char *before; /* NULL: not told */
	int64_t before_ms;
};

static const struct cli_option options[] = {
	{'n', "rows", "NUM", "show the first NUM messages; default 10"},
	{KEY_EXPORT, "export", "[=FORMAT]",
	 "write all messages to standard output, as json (the\ndefault: an object a line) or tsv"},
	{KEY_AFTER, "after", "ID", "begin after the message with this id"},
	{'t', "topic", "FILTER", "only topics that match, also with + and #"},
	{KEY_PURGE, "purge", NULL, "delete the messages; they will never be sent"},
	{KEY_BEFORE, "before", "WHEN",
	 "of --purge: only those accepted longer ago than\n90s, 30m, 2h, 7d, 2w, or before "
	 "2026-11-23 or\n2026-11-23T10:00:00Z (UTC)"},
	{KEY_YES, "yes", NULL, "of --purge: do not ask"},
	{0, NULL, NULL, NULL},
};

static const struct cli_program program = {
	.name = "iotkit-outbox",
	.usage = "[OPTION]... FILE",
	.summary = "Show what waits in an outbox's file (option outbox.path), write it out, or "
		   "delete it.",
	.options = options,
	.notes = "Showing and --export change nothing, and a process may have the file open; "
		 "--purge\nneeds it closed.\n"
		 "Exit status: 0 done, 1 it failed, or messages are damaged, 2 called wrongly.",
	.operands = true,
};

/* Source: MQTT 5.0 section 4.7.1. */
static bool filter_is_valid(const char *filter)
{
	bool begins = true; /* a level */

	if (filter[0] == '\0')
		return false;
	for (const char *c = filter; *c != '\0'; c++) {
		bool ends = c[1] == '\0' || c[1] == '/';
		if (*c == '#' && (!begins || c[1] != '\0'))
			return false;
		if (*c == '+' && (!begins || !ends))
			return false;
		begins = *c == '/';
	}
	return true;
}

/* Source: MQTT 5.0 sections 4.7.1 and 4.7.2. */
static bool filter_matches(const char *filter, const char *topic)
{
	if (topic[0] == '$' && (filter[0] == '+' || filter[0] == '#'))
		return false;
	while (*filter != '\0') {
		if (*filter == '#')
			return true;
		if (*filter == '+') {
			topic += strcspn(topic, "/");
			filter++;
			continue;
		}
		if (*filter != *topic)
			/* `a/#` matches `a` too */
			return *topic == '\0' && strcmp(filter, "/#") == 0;
		filter++;
		topic++;
	}
	return *topic == '\0';
}

static bool chosen(const struct outbox_choice *choice, const iotkit_outbox_row *row)
{
	if (choice->filter == NULL)
		return true;
	return row->topic != NULL && filter_matches(choice->filter, row->topic);
}

bool outbox_walk(const struct outbox_choice *choice,
		 bool (*take)(void *context, const iotkit_outbox_row *row), void *context)
{
	const iotkit_outbox_row *row;
	iotkit_outbox_rows *rows;

	if (iotkit_outbox_rows_open(choice->path, choice->after, &rows) != IOTKIT_OK) {
		cli_error("%s", iotkit_last_error());
		return false;
	}
	while ((row = iotkit_outbox_rows_next(rows)) != NULL)
		if (chosen(choice, row) && !take(context, row))
			break;
	bool whole = iotkit_outbox_rows_status(rows) == IOTKIT_OK;
	if (!whole)
		cli_error("%s", iotkit_last_error());
	iotkit_outbox_rows_close(rows);
	return whole;
}

bool outbox_summarize(const char *path, iotkit_outbox_summary *summary)
{
	memset(summary, 0, sizeof *summary);
	summary->struct_size = sizeof *summary;
	if (iotkit_outbox_summarize(path, summary) == IOTKIT_OK)
		return true;
	cli_error("%s", iotkit_last_error());
	return false;
}

static uint64_t parse_id(const char *text)
{
	char *end = NULL;

	errno = 0;
	unsigned long long id = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0)
		cli_usage_error("--after takes a message's id, not '%s'", text);
	return id;
}

static enum outbox_format parse_format(const char *text)
{
	if (text == NULL || strcmp(text, "json") == 0)
		return OUTBOX_JSON;
	if (strcmp(text, "tsv") != 0)
		cli_usage_error("--export writes json or tsv, not '%s'", text);
	return OUTBOX_TSV;
}

static void take(struct request *request, int key, char *argument)
{
	switch (key) {
	case CLI_OPERAND:
		if (request->choice.path != NULL)
			cli_usage_error("one file at a time: '%s' is too many", argument);
		request->choice.path = argument;
		break;
	case 'n':
		request->rows = cli_integer(argument, 0, 1000000, "the number of messages");
		break;
	case KEY_EXPORT:
		request->export = true;
		request->format = parse_format(argument);
		break;
	case KEY_AFTER:
		request->choice.after = parse_id(argument);
		break;
	case 't':
		if (!filter_is_valid(argument))
			cli_usage_error("'%s' is no topic filter", argument);
		request->choice.filter = argument;
		break;
	case KEY_PURGE:
		request->purge = true;
		break;
	case KEY_BEFORE:
		request->before = argument;
		if (!time_parse(argument, time_now(), &request->before_ms))
			cli_usage_error("--before takes a duration as 2h or 7d, or a date as "
					"2026-11-23T10:00:00Z, not '%s'",
					argument);
		break;
	default:
		request->yes = true;
	}
}

/* What goes with what. */
static void check(const struct request *request)
{
	if (request->choice.path == NULL)
		cli_usage_error("a file is needed, the one that the option outbox.path names");
	if (request->export && request->purge)
		cli_usage_error("--export and --purge are two steps: export first");
	if (request->export && request->rows >= 0)
		cli_usage_error("--export writes all messages: it does not take -n");
	if (request->purge && request->rows >= 0)
		cli_usage_error("--purge does not take -n");
	if (request->purge && (request->choice.filter != NULL || request->choice.after > 0))
		cli_usage_error("--purge takes --before alone, neither --topic nor --after");
	if (!request->purge && (request->before != NULL || request->yes))
		cli_usage_error("--before and --yes go with --purge");
	if (request->purge && !request->yes && !isatty(STDIN_FILENO))
		cli_usage_error("--purge deletes messages for ever, and nobody is there to be "
				"asked: say --yes");
}

static bool confirmed(const struct request *request, const iotkit_outbox_summary *summary)
{
	char text[TIME_TEXT_SIZE], answer[16];

	if (request->yes)
		return true;
	fprintf(stderr, "%s has %" PRIu64 " messages, %" PRIu64 " of them in flight.\n",
		request->choice.path, summary->rows, summary->in_flight);
	if (request->before == NULL)
		fprintf(stderr, "Delete all of them? They will never be sent. [y/N] ");
	else
		fprintf(stderr, "Delete those accepted before %s? They will never be sent. [y/N] ",
			time_text(request->before_ms, text));
	return fgets(answer, sizeof answer, stdin) != NULL &&
	       (strcmp(answer, "y\n") == 0 || strcmp(answer, "yes\n") == 0);
}

static int purge(const struct request *request)
{
	int64_t before_ms = request->before != NULL ? request->before_ms : INT64_MAX;
	iotkit_outbox_summary summary;
	uint64_t count = 0;

	if (!outbox_summarize(request->choice.path, &summary))
		return EXIT_FAILURE;
	if (!confirmed(request, &summary)) {
		cli_error("nothing was deleted");
		return EXIT_FAILURE;
	}
	if (iotkit_outbox_purge(request->choice.path, before_ms, &count) != IOTKIT_OK) {
		cli_error("%s", iotkit_last_error());
		return EXIT_FAILURE;
	}
	printf("%" PRIu64 " messages deleted\n", count);
	return cli_flush_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct request request = {.rows = -1};
	char *argument = NULL;
	int key;

	cli_start(&program, argc, argv);
	while ((key = cli_next(&argument)) != -1)
		take(&request, key, argument);
	check(&request);
	if (request.purge)
		return purge(&request);
	if (request.export)
		return outbox_export(&request.choice, request.format);
	return outbox_show(&request.choice, request.rows >= 0 ? request.rows : 10);
}
