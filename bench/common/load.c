/* SPDX-License-Identifier: MIT */
#include "load.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

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
	case 'm':
		load->form = text;
		break;
	case 'b':
		load->batch = (int)number(text, 1000);
		break;
	default:
		load_fail("usage: %s -p PORT [-c CA_FILE] [-q QOS] [-n MESSAGES] [-u WARM_UP] "
			  "[-s PAYLOAD] [-w WINDOW] [-f STORE [-y SYNC]] [-d] [-t SECONDS] "
			  "[-i MICROSECONDS] [-m FORM [-b BATCH]]",
			  program);
	}
}

void load_parse(struct load *load, int argc, char **argv)
{
	int option;

	*load = (struct load){.messages = 1, .limit_ns = USUAL_SECONDS * SECOND_NS};
	while ((option = getopt(argc, argv, "p:c:q:n:u:s:w:f:y:dt:i:m:b:")) != -1)
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

void load_sleep_until(int64_t moment_ns)
{
	struct timespec moment = {.tv_sec = moment_ns / SECOND_NS,
				  .tv_nsec = moment_ns % SECOND_NS};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, NULL);
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
