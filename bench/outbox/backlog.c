/* SPDX-License-Identifier: MIT */
#include "backlog.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { USUAL_SECONDS = 60 };

static long number(const char *text, long min, long max)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (*text == '\0' || *end != '\0' || value < min || value > max)
		load_fail("'%s' is no number from %ld to %ld", text, min, max);
	return value;
}

static void set(struct backlog *backlog, int option, const char *text, const char *program)
{
	switch (option) {
	case 'f':
		backlog->path = text;
		break;
	case 'y':
		backlog->sync = text;
		break;
	case 'p':
		backlog->port = (int)number(text, 1, 65535);
		break;
	case 'q':
		backlog->qos = (int)number(text, 0, 2);
		break;
	case 's':
		backlog->payload = (int)number(text, 0, 1 << 28);
		break;
	case 't':
		backlog->threads = (int)number(text, 1, 256);
		break;
	case 'i':
		backlog->inflight = (int)number(text, 1, 65535);
		break;
	case 'r':
		backlog->rest_s = (int)number(text, 0, 3600);
		break;
	case 'n':
		backlog->messages = number(text, 1, LONG_MAX / 10);
		break;
	case 'd':
		backlog->deadline_ns = load_now_ns() + number(text, 1, 86400) * INT64_C(1000000000);
		break;
	default:
		load_fail("usage: %s -f PATH [-y SYNC] [-p PORT] [-q QOS] [-s PAYLOAD] "
			  "[-t THREADS] [-i INFLIGHT] [-r REST] [-n MESSAGES] [-d SECONDS]",
			  program);
	}
}

void backlog_parse(struct backlog *backlog, int argc, char **argv)
{
	int option;

	*backlog = (struct backlog){
		.port = 1, /* where nobody listens */
		.qos = 1,
		.payload = 100,
		.threads = 1,
		.inflight = 64,
		.messages = 1,
		.deadline_ns = load_now_ns() + USUAL_SECONDS * INT64_C(1000000000),
	};
	while ((option = getopt(argc, argv, "f:y:p:q:s:t:i:r:n:d:")) != -1)
		set(backlog, option, optarg, argv[0]);
	if (backlog->path == NULL)
		load_fail("%s needs -f PATH", argv[0]);
}

char *backlog_payload(const struct backlog *backlog)
{
	char *payload = malloc((size_t)backlog->payload + 1);

	if (payload == NULL)
		load_fail("no memory for %d bytes", backlog->payload);
	memset(payload, 'x', (size_t)backlog->payload + 1);
	return payload;
}

bool backlog_late(const struct backlog *backlog)
{
	return load_now_ns() > backlog->deadline_ns;
}

void tenths_note(struct tenths *tenths, long done)
{
	while (tenths->passed < 10 && done * 10 >= tenths->messages * (tenths->passed + 1)) {
		tenths->passed++;
		printf("tenth %d %" PRId64 "\n", tenths->passed, load_now_ns());
	}
}

static long peak_kib(void)
{
	char line[128];
	long kib = 0;
	FILE *file = fopen("/proc/self/status", "r");

	while (file != NULL && fgets(line, sizeof line, file) != NULL)
		if (sscanf(line, "VmHWM: %ld", &kib) == 1)
			break;
	if (file != NULL)
		fclose(file);
	return kib;
}

void report_moment(const char *name)
{
	int64_t now = load_now_ns();

	printf("%s %" PRId64 " %ld\n", name, now, peak_kib());
	fflush(stdout);
}

void report_number(const char *name, long value)
{
	printf("%s %ld\n", name, value);
}
