/* SPDX-License-Identifier: MIT
 *
 * The application of the soak test: it publishes all the time, prints what it is
 * told, and measures itself at each byte of its standard input. At the end of that
 * it delivers the rest and closes the handle.
 *
 *     iotkit-soak-client URI [OPTION=VALUE]...
 */
#include <dirent.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "iotkit.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
size_t __sanitizer_get_current_allocated_bytes(void);
#else
#define SANITIZED 0
#endif

enum { PUBLISH_EVERY_MS = 20, PATIENCE_MS = 20000 };

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- measuring ---- */

static int count_entries(const char *path)
{
	DIR *folder = opendir(path);
	int count = 0;

	if (folder == NULL)
		return -1;
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(folder);
	return count;
}

static size_t heap_bytes(void)
{
#if SANITIZED
	return __sanitizer_get_current_allocated_bytes();
#else
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
#endif
}

static long resident_kib(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long pages = -1;

	if (file == NULL)
		return -1;
	if (fscanf(file, "%*s %ld", &pages) != 1)
		pages = -1;
	fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void measure(void)
{
	size_t heap = heap_bytes();
	struct timespec cpu;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	printf("sample %zu %ld %d %d %lld\n", heap, resident_kib(), count_entries("/proc/self/fd"),
	       count_entries("/proc/self/task"),
	       (long long)cpu.tv_sec * 1000 + cpu.tv_nsec / 1000000);
}

/* ---- the application ---- */

static void check(iotkit_status status)
{
	if (status == IOTKIT_OK)
		return;
	fprintf(stderr, "iotkit-soak-client: %s\n", iotkit_last_error());
	exit(EXIT_FAILURE);
}

/* What has ended for good, as when somebody took the client id over, is begun anew. */
static void tell(iotkit *iot, const iotkit_event *event)
{
	if (event->missed > 0)
		printf("missed %llu\n", (unsigned long long)event->missed);
	if (event->type == IOTKIT_EVENT_MESSAGE)
		printf("message %s\n", (const char *)event->payload);
	else if (event->type == IOTKIT_EVENT_DELIVERED || event->type == IOTKIT_EVENT_DROPPED)
		printf("%s %s\n", iotkit_event_name(event->type), event->topic);
	else
		printf("%s %d %s\n", iotkit_event_name(event->type), event->status,
		       event->text != NULL ? event->text : "");
	if (event->type == IOTKIT_EVENT_DISCONNECTED && event->retry_ms < 0 && event->status < 0)
		iotkit_connect(iot, 0);
}

/* Every third one is a metric; its QoS is that of the option metric.qos. */
static void publish_next(iotkit *iot)
{
	static unsigned long number;
	char name[32], topic[64];

	snprintf(name, sizeof name, "n%lu", ++number);
	snprintf(topic, sizeof topic, "soak/up/%s", name);
	if (number % 3 == 1)
		check(iotkit_publish_metric(iot, "up", name, (double)number, "", 0));
	else
		check(iotkit_publish(iot, topic, name, strlen(name), number % 3 == 2 ? 2 : 0, 0,
				     NULL));
	printf("accepted %s\n", topic);
}

/* Takes what has come. */
static void take_events(iotkit *iot)
{
	for (const iotkit_event *event; (event = iotkit_next_event(iot, 0)) != NULL;)
		tell(iot, event);
}

/* False at the end of standard input. */
static bool heed_input(const struct pollfd *input)
{
	char bytes[16];
	ssize_t size = input->revents != 0 ? read(input->fd, bytes, sizeof bytes) : 1;

	if (input->revents != 0 && size > 0)
		measure();
	return size > 0;
}

static void work(iotkit *iot)
{
	struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
			       {.fd = iotkit_event_fd(iot), .events = POLLIN}};
	int64_t due = now_ms();

	do {
		int64_t left = due - now_ms();
		if (left <= 0) {
			publish_next(iot);
			due += PUBLISH_EVERY_MS;
			left = 0;
		}
		fds[0].revents = 0;
		poll(fds, 2, (int)left);
		take_events(iot);
	} while (heed_input(&fds[0]));
}

static void *do_nothing(void *context)
{
	return context;
}

/* ThreadSanitizer's own thread begins with our first, and stays. */
static void begin_threads(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, do_nothing, NULL) == 0)
		pthread_join(thread, NULL);
}

/* paho's threads, and one that looks a name up, end when they find that they may. */
static void wait_for_threads(int wanted)
{
	int64_t deadline = now_ms() + PATIENCE_MS;

	while (count_entries("/proc/self/task") > wanted && now_ms() < deadline)
		poll(NULL, 0, 10);
}

int main(int argc, char **argv)
{
	iotkit *iot = NULL;
	int threads;

	setvbuf(stdout, NULL, _IOLBF, 0);
	begin_threads();
	threads = count_entries("/proc/self/task");
	measure();
	check(iotkit_open(argc > 1 ? argv[1] : NULL, &iot));
	for (int i = 2; i < argc; i++) {
		char *value = strchr(argv[i], '=');
		if (value == NULL)
			return EXIT_FAILURE;
		*value++ = '\0';
		check(iotkit_set_option(iot, argv[i], value));
	}
	check(iotkit_subscribe(iot, "soak/down", 2));
	check(iotkit_connect(iot, PATIENCE_MS));
	work(iot);
	check(iotkit_disconnect(iot, PATIENCE_MS));
	take_events(iot);
	iotkit_close(iot);
	wait_for_threads(threads);
	measure();
	return EXIT_SUCCESS;
}
