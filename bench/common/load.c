/* SPDX-License-Identifier: MIT */
#include "load.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include "pace.h"

#define SECOND_NS INT64_C(1000000000)

enum { USUAL_SECONDS = 60 };

static long number(const char *text, long max)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (*text == '\0' || *end != '\0' || value < 0 || value > max)
		load_fail("'%s' is no number from 0 to %ld", text, max);
	return value;
}

static void set(struct load *load, int option, const char *text, const char *program)
{
	switch (option) {
	case 'p':
		load->port = (int)number(text, 65535);
		break;
	case 'c':
		load->ca_file = text;
		break;
	case 'q':
		load->qos = (int)number(text, 2);
		break;
	case 'n':
		load->messages = number(text, LONG_MAX);
		break;
	case 'u':
		load->warm_up = number(text, LONG_MAX);
		break;
	case 's':
		load->payload = (int)number(text, 1 << 28);
		break;
	case 'w':
		load->window = (int)number(text, INT_MAX);
		break;
	case 'f':
		load->store = text;
		break;
	case 'y':
		load->sync = text;
		break;
	case 'd':
		load->nodelay = true;
		break;
	case 't':
		load->limit_ns = number(text, 86400) * SECOND_NS;
		break;
	case 'i':
		load->paced = true;
		load->interval_ns = number(text, 1000000) * INT64_C(1000);
		break;
	default:
		load_fail("usage: %s -p PORT [-c CA_FILE] [-q QOS] [-n MESSAGES] [-u WARM_UP] "
			  "[-s PAYLOAD] [-w WINDOW] [-f STORE [-y SYNC]] [-d] [-t SECONDS] "
			  "[-i MICROSECONDS]",
			  program);
	}
}

void load_parse(struct load *load, int argc, char **argv)
{
	int option;

	*load = (struct load){.messages = 1, .limit_ns = USUAL_SECONDS * SECOND_NS};
	while ((option = getopt(argc, argv, "p:c:q:n:u:s:w:f:y:dt:i:")) != -1)
		set(load, option, optarg, argv[0]);
}

char *load_payload(const struct load *load)
{
	char *payload = malloc((size_t)load->payload + 1);

	if (payload == NULL)
		load_fail("no memory for %d bytes", load->payload);
	memset(payload, 'x', (size_t)load->payload + 1);
	return payload;
}

/* ---- publishing ---- */

static void warm_up(const struct load *load, const struct load_side *side, void *context,
		    const char *payload)
{
	for (long i = 0; i < load->warm_up; i++)
		side->publish(context, LOAD_ASIDE_TOPIC, payload, load->payload, load->qos);
	side->publish(context, LOAD_ASIDE_TOPIC, payload, load->payload, 1);
	side->finish(context);
}

static int64_t cpu_ns(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * SECOND_NS +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * INT64_C(1000);
}

static void flood(const struct load *load, const struct load_side *side, void *context)
{
	char *payload = load_payload(load);
	long published = 0;

	warm_up(load, side, context, payload);
	int64_t cpu_before = cpu_ns();
	int64_t begin = load_now_ns();
	while (published < load->messages && load_now_ns() - begin < load->limit_ns) {
		side->publish(context, LOAD_TOPIC, payload, load->payload, load->qos);
		published++;
	}
	if (load->qos == 0)
		side->publish(context, LOAD_ASIDE_TOPIC, payload, load->payload, 1);
	side->finish(context);
	int64_t end = load_now_ns();
	printf("%" PRId64 " %" PRId64 " %" PRId64 " %ld\n", begin, end, cpu_ns() - cpu_before,
	       published);
	fflush(stdout);
	free(payload);
}

void load_run(const struct load *load, const struct load_side *side, void *context)
{
	if (load->paced)
		pace_run(load, side, context);
	else
		flood(load, side, context);
}

/* ---- the rest ---- */

int64_t load_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND_NS + now.tv_nsec;
}

bool load_readable(int fd, int64_t moment_ns)
{
	int64_t left = moment_ns - load_now_ns();
	struct timespec timeout = {0};
	fd_set readable;

	if (left > 0)
		timeout =
			(struct timespec){.tv_sec = left / SECOND_NS, .tv_nsec = left % SECOND_NS};
	FD_ZERO(&readable);
	FD_SET(fd, &readable);
	return pselect(fd + 1, &readable, NULL, NULL, &timeout, NULL) > 0;
}

void load_fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}
