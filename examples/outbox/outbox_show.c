/* SPDX-License-Identifier: MIT
 *
 * What iotkit-outbox shows people: a summary, and the first messages.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli.h"
#include "common/text.h"
#include "common/time_text.h"
#include "outbox.h"

enum { TOPIC_WIDTH = 40, PAYLOAD_WIDTH = 40, COLUMN_WIDTH = 24 };

/* A row as the table shows it. */
struct line {
	char id[COLUMN_WIDTH], age[TIME_TEXT_SIZE], state[COLUMN_WIDTH];
	int qos;
	bool retain;
	char *topic, *payload;
	size_t topic_size, payload_size;
};

struct table {
	struct line *lines;
	size_t count, max;
	int64_t now;
	bool out_of_memory;
};

static void print_size(const char *name, uint64_t bytes)
{
	static const char *const units[] = {"kB", "MB", "GB", "TB"};
	double amount = (double)bytes / 1000;
	size_t i = 0;

	if (bytes < 1000) {
		printf("%s%" PRIu64 " bytes", name, bytes);
		return;
	}
	for (; amount >= 999.95 && i + 1 < sizeof units / sizeof units[0]; i++)
		amount /= 1000;
	printf("%s%.1f %s", name, amount, units[i]);
}

static void print_moment(const char *name, int64_t moment_ms, int64_t now, uint64_t id)
{
	char span[TIME_TEXT_SIZE], text[TIME_TEXT_SIZE];

	printf("%s%s ago (%s), id %" PRIu64 "\n", name, time_span_text(now - moment_ms, span),
	       time_text(moment_ms, text), id);
}

static void print_messages(const iotkit_outbox_summary *summary, int64_t now)
{
	printf("Messages     %" PRIu64, summary->rows);
	if (summary->rows > 0) {
		print_size(", ", summary->bytes);
		printf(" of topics and payloads");
	}
	if (summary->in_flight > 0)
		printf("; %" PRIu64 " in flight", summary->in_flight);
	putchar('\n');
	if (summary->rows > 0) {
		char span[TIME_TEXT_SIZE], text[TIME_TEXT_SIZE];
		print_moment("Oldest       ", summary->oldest_ms, now, summary->first_id);
		printf("Newest       %s ago (%s)\n", time_span_text(now - summary->newest_ms, span),
		       time_text(summary->newest_ms, text));
	}
	printf("Last id      %" PRIu64 "\n", summary->last_id);
	if (summary->received > 0)
		printf("Received     %" PRIu64 " with QoS 2, not finished\n", summary->received);
}

static void print_summary(const char *path, const iotkit_outbox_summary *summary, int64_t now)
{
	printf("File         ");
	text_print_plain(path, strlen(path), SIZE_MAX);
	printf("\n");
	print_messages(summary, now);
	print_size("On disk      ", summary->disk_bytes);
	if (summary->rows > 0)
		printf(", %.0f bytes a message",
		       (double)summary->disk_bytes / (double)summary->rows);
	printf("\nClient id    ");
	if (summary->client_id[0] == '\0')
		printf("none yet");
	text_print_plain(summary->client_id, strlen(summary->client_id), SIZE_MAX);
	printf("\nIn use       %s\n", summary->in_use ? "yes, a process has it open" : "no");
}

static char *copy(const void *bytes, size_t size)
{
	char *own = malloc(size + 1);

	if (own != NULL && size > 0)
		memcpy(own, bytes, size);
	return own;
}

static bool keep(struct line *line, const iotkit_outbox_row *row)
{
	const char *topic = row->topic != NULL ? row->topic : "(damaged)";

	line->topic_size = strlen(topic);
	line->payload_size = row->topic != NULL ? row->payload_size : 0;
	line->topic = copy(topic, line->topic_size);
	line->payload = copy(row->payload, line->payload_size);
	return line->topic != NULL && line->payload != NULL;
}

static bool take(void *context, const iotkit_outbox_row *row)
{
	struct table *table = context;
	struct line *line = &table->lines[table->count++];

	snprintf(line->id, sizeof line->id, "%" PRIu64, row->id);
	if (row->topic != NULL)
		time_span_text(table->now - row->time_ms, line->age);
	line->qos = row->qos;
	line->retain = row->retain != 0;
	if (row->packet_id != 0)
		snprintf(line->state, sizeof line->state, "in flight (%d)", (int)row->packet_id);
	else if (row->expires_ms != 0 && row->expires_ms <= table->now)
		strcpy(line->state, "expired");
	else
		strcpy(line->state, "waiting");
	table->out_of_memory = !keep(line, row);
	return !table->out_of_memory && table->count < table->max;
}

static void widen(int *width, size_t needed)
{
	if ((size_t)*width < needed)
		*width = (int)needed;
}

static void print_lines(const struct table *table)
{
	int id = 2, age = 3, state = 5, topic = 5;

	for (size_t i = 0; i < table->count; i++) {
		const struct line *line = &table->lines[i];
		widen(&id, strlen(line->id));
		widen(&age, strlen(line->age));
		widen(&state, strlen(line->state));
		widen(&topic, text_width(line->topic, line->topic_size, TOPIC_WIDTH));
	}
	printf("\n%*s  %-*s  QOS  RETAIN  %-*s  %-*s  PAYLOAD\n", id, "ID", age, "AGE", state,
	       "STATE", topic, "TOPIC");
	for (size_t i = 0; i < table->count; i++) {
		const struct line *line = &table->lines[i];
		printf("%*s  %-*s  %-3d  %-6s  %-*s  ", id, line->id, age, line->age, line->qos,
		       line->retain ? "yes" : "no", state, line->state);
		size_t width = text_print_plain(line->topic, line->topic_size, TOPIC_WIDTH);
		printf("%*s", topic - (int)width + 2, "");
		text_print_plain(line->payload, line->payload_size, PAYLOAD_WIDTH);
		putchar('\n');
	}
}

static bool show_rows(const struct outbox_choice *choice, struct table *table)
{
	table->lines = calloc(table->max, sizeof *table->lines);
	if (table->lines == NULL) {
		cli_error("out of memory; show fewer messages with -n");
		return false;
	}
	bool walked = outbox_walk(choice, take, table);
	if (table->out_of_memory)
		cli_error("out of memory; show fewer messages with -n");
	if (table->count > 0 && !table->out_of_memory)
		print_lines(table);
	for (size_t i = 0; i < table->count; i++) {
		free(table->lines[i].topic);
		free(table->lines[i].payload);
	}
	free(table->lines);
	return walked && !table->out_of_memory;
}

int outbox_show(const struct outbox_choice *choice, int rows_max)
{
	struct table table = {.max = (size_t)rows_max, .now = time_now()};
	iotkit_outbox_summary summary;
	bool shown = true;

	if (!outbox_summarize(choice->path, &summary))
		return EXIT_FAILURE;
	print_summary(choice->path, &summary, table.now);
	if (summary.rows > 0 && rows_max > 0)
		shown = show_rows(choice, &table);
	return cli_flush_output() && shown ? EXIT_SUCCESS : EXIT_FAILURE;
}
