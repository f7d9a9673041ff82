/* SPDX-License-Identifier: MIT
 *
 * Subscribes to all metrics, says "ready", and decodes them: how many came, when the last one
 * did, and the sum of their values in hundredths. Ends when all came or nothing more comes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meter.h"
#include "metric.h"
#include "raw.h"

enum { NUMBER_SIZE = 32 };

#define PATIENCE_NS INT64_C(10000000000)

struct sum {
	long count;
	int64_t hundredths;
};

/* The number may be the last thing in its message, so it is copied to have an end. */
static void take_number(struct sum *sum, const uint8_t *text, size_t size)
{
	char number[NUMBER_SIZE];
	char *end;

	size = size < sizeof number - 1 ? size : sizeof number - 1;
	memcpy(number, text, size);
	number[size] = '\0';
	double hundredths = strtod(number, &end) * 100;
	if (end == number)
		load_fail("'%s' is no number", number);
	sum->hundredths += (int64_t)(hundredths + (hundredths < 0 ? -0.5 : 0.5));
	sum->count++;
}

/* Each number that has this label: one in an object, as many as records in a pack. */
static void take_labelled(struct sum *sum, const uint8_t *text, size_t size, const char *label)
{
	const uint8_t *end = text + size;

	while ((text = memmem(text, (size_t)(end - text), label, strlen(label))) != NULL) {
		text += strlen(label);
		take_number(sum, text, (size_t)(end - text));
	}
}

/* What stands before each number in a form of libiotkit's option "payload"; NULL: nothing. */
static const char *label_of(const char *form)
{
	if (form != NULL && strcmp(form, "json") == 0)
		return "\"value\":";
	if (form != NULL && strcmp(form, "senml") == 0)
		return "\"v\":";
	return NULL;
}

static void take(struct sum *sum, const char *label, const struct raw_packet *packet)
{
	if (label != NULL)
		take_labelled(sum, packet->payload, packet->payload_size, label);
	else
		take_number(sum, packet->payload, packet->payload_size);
}

int main(int argc, char **argv)
{
	static struct raw raw;
	struct load load;
	struct raw_packet packet;
	struct sum sum = {0};

	load_parse(&load, argc, argv);
	const char *label = label_of(load.form);
	raw_connect(&raw, load.port, "bench-decode");
	raw_subscribe(&raw, LOAD_BASE "/" METRIC_DEVICE "/+", 0);
	puts("ready");
	fflush(stdout);
	struct mark begin = mark_now(), end = begin;
	while (sum.count < load.messages && raw_next(&raw, &packet, load_now_ns() + PATIENCE_NS)) {
		take(&sum, label, &packet);
		if (sum.count == load.messages || raw.begin == raw.end)
			end = mark_now();
	}
	report_marks(&begin, &end);
	report("count", sum.count);
	report("sum", sum.hundredths);
	raw_disconnect(&raw);
	return EXIT_SUCCESS;
}
