/* SPDX-License-Identifier: MIT */
#include "load.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long number(const char *text, long max)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (*text == '\0' || *end != '\0' || value < 0 || value > max)
		load_fail("'%s' is no number from 0 to %ld", text, max);
	return value;
}

void load_parse(struct load *load, int argc, char **argv)
{
	int option;

	*load = (struct load){.messages = 1};
	while ((option = getopt(argc, argv, "p:c:q:n:u:s:w:")) != -1) {
		switch (option) {
		case 'p':
			load->port = (int)number(optarg, 65535);
			break;
		case 'c':
			load->ca_file = optarg;
			break;
		case 'q':
			load->qos = (int)number(optarg, 2);
			break;
		case 'n':
			load->messages = number(optarg, LONG_MAX);
			break;
		case 'u':
			load->warm_up = number(optarg, LONG_MAX);
			break;
		case 's':
			load->payload = (int)number(optarg, 1 << 28);
			break;
		case 'w':
			load->window = (int)number(optarg, INT_MAX);
			break;
		default:
			load_fail("usage: %s -p PORT [-c CA_FILE] [-q QOS] [-n MESSAGES] [-u "
				  "WARM_UP] "
				  "[-s PAYLOAD] [-w WINDOW]",
				  argv[0]);
		}
	}
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
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
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
