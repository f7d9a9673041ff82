/* SPDX-License-Identifier: MIT
 *
 * Every function of the ABI from eight threads at once and from the callback, on one handle that
 * is connected over TLS and has its outbox in a file. What was accepted arrives.
 * IOTKIT_STRESS_SEED=N repeats what each thread does, though not when.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "broker.h"
#include "calls.h"
#include "expect.h"
#include "pty.h"
#include "suite.h"

enum { THREADS = 8, CALLS_EACH = 600, CALLS_OF_CALLBACKS = 400, EXAMS = 24, DISCONNECTS = 4 };

static struct broker broker;
static struct pty board;
static char folder[] = "/tmp/iotkit-stress-XXXXXX";
static char config[512], uri[512], board_uri[128], box[128], capture[128], dedup_path[128];
static struct stage stage;
static iotkit *receiver;
static atomic_int at_work;

static void path_in(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%s/%s", folder, name);
}

static void issue(int32_t kind, const char *name, const char *ca)
{
	char files[4][128];
	static const char *const suffixes[] = {"crt", "key"};

	for (int i = 0; i < 4; i++)
		snprintf(files[i], sizeof files[i], "%s/%s.%s", folder, i < 2 ? name : ca,
			 suffixes[i % 2]);
	const iotkit_certificate_request request = {
		.struct_size = sizeof request,
		.kind = kind,
		.name = kind == IOTKIT_CERTIFICATE_CA ? "ca" : "localhost",
		.certificate_file = files[0],
		.key_file = files[1],
		.ca_certificate_file = kind == IOTKIT_CERTIFICATE_CA ? NULL : files[2],
		.ca_key_file = kind == IOTKIT_CERTIFICATE_CA ? NULL : files[3]};
	ck_assert_msg(iotkit_create_certificate(&request) == IOTKIT_OK, "%s", iotkit_last_error());
}

/* One listener with TLS, one without for who watches. */
static void start_broker(void)
{
	uint16_t tls_port = broker_free_port();

	issue(IOTKIT_CERTIFICATE_CA, "ca", "ca");
	issue(IOTKIT_CERTIFICATE_SERVER, "server", "ca");
	snprintf(config, sizeof config,
		 "max_queued_messages 0\nmax_inflight_messages 0\nlistener %u 127.0.0.1\n"
		 "certfile %s/server.crt\nkeyfile %s/server.key",
		 (unsigned)tls_port, folder, folder);
	broker = (struct broker){.config = config};
	broker_start(&broker);
	snprintf(uri, sizeof uri, "mqtts://localhost:%u?tls.ca_file=%s/ca.crt", (unsigned)tls_port,
		 folder);
}

static uint64_t choose_seed(void)
{
	const char *text = getenv("IOTKIT_STRESS_SEED");
	uint64_t seed = text != NULL ? strtoull(text, NULL, 0) : (uint64_t)time(NULL);

	printf("IOTKIT_STRESS_SEED=%" PRIu64 "\n", seed);
	fflush(stdout);
	return seed;
}

static void start(void)
{
	const char *options[] = {"mqtt.client_id", "stressed", "outbox.path", box,
				 "outbox.sync",    "process",  "trace",       "packets",
				 "trace.pcap",     capture,    NULL};

	ck_assert_ptr_nonnull(mkdtemp(folder));
	path_in(box, sizeof box, "box");
	path_in(capture, sizeof capture, "capture");
	path_in(dedup_path, sizeof dedup_path, "dedup");
	start_broker();
	pty_open(&board);
	snprintf(board_uri, sizeof board_uri, "serial:%s", board.path);
	stage = (struct stage){.folder = folder,
			       .broker_uri = uri,
			       .board_uri = board_uri,
			       .box = box,
			       .seed = choose_seed(),
			       .disconnects = DISCONNECTS,
			       .exams = EXAMS,
			       .callback_calls = CALLS_OF_CALLBACKS,
			       .lock = PTHREAD_MUTEX_INITIALIZER};
	ck_assert_int_eq(iotkit_dedup_open(dedup_path, &stage.dedup), IOTKIT_OK);
	receiver = expect_connected(broker.uri, NULL);
	expect_subscribed(receiver, "stress/#", 2);
	stage.iot = expect_connected(uri, options);
}

static void remove_folder(void)
{
	DIR *entries = opendir(folder);
	struct dirent *entry;
	char path[512];

	while (entries != NULL && (entry = readdir(entries)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		unlink(path);
	}
	if (entries != NULL)
		closedir(entries);
	rmdir(folder);
}

static void stop(void)
{
	iotkit_close(stage.iot);
	iotkit_close(receiver);
	iotkit_dedup_close(stage.dedup);
	pty_close(&board);
	broker_remove(&broker);
	remove_folder();
}

/* ---- the table is whole ---- */

START_TEST(every_function_is_called)
{
	char line[128];
	size_t row = 0;
	FILE *symbols = fopen(ABI_SYMBOLS, "r");

	ck_assert_ptr_nonnull(symbols);
	while (fgets(line, sizeof line, symbols) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#' || line[0] == '\0')
			continue;
		ck_assert_msg(row < calls_count && strcmp(calls[row].function, line) == 0,
			      "%s() is not in the table of calls.c, or not in its place", line);
		row++;
	}
	fclose(symbols);
	ck_assert_uint_eq(row, calls_count);
}
END_TEST

/* ---- all at once ---- */

static void *work(void *context)
{
	for (int i = 0; i < CALLS_EACH; i++)
		calls_make_any(context);
	atomic_fetch_sub(&at_work, 1);
	return NULL;
}

/* The board talks all the time, whether anybody listens or not. */
static void talk_until_done(void)
{
	const struct timespec pause = {.tv_nsec = 2000000};

	while (atomic_load(&at_work) > 0) {
		ssize_t written = write(board.master, "t:21.5C\n", 8);
		(void)written; /* nobody listens */
		nanosleep(&pause, NULL);
	}
}

static void run_threads(struct caller callers[THREADS + 1])
{
	pthread_t threads[THREADS];

	for (uint64_t i = 0; i <= THREADS; i++)
		callers[i] = (struct caller){.stage = &stage, .number = i};
	atomic_store(&at_work, THREADS);
	ck_assert_int_eq(iotkit_set_event_callback(stage.iot, calls_on_event, &callers[THREADS]),
			 IOTKIT_OK);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &callers[i]), 0);
	talk_until_done();
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

/* At QoS 2 once, at QoS 1 at least once; what was refused, never. */
static void expect_all_arrived(void)
{
	unsigned given = atomic_load(&stage.messages);
	unsigned char *counts = calloc(MESSAGES_MAX, 1);
	unsigned left = 0;

	ck_assert_ptr_nonnull(counts);
	given = given < MESSAGES_MAX ? given : MESSAGES_MAX;
	for (unsigned i = 0; i < given; i++)
		left += atomic_load(&stage.accepted[i]) > 0;
	ck_assert_uint_gt(left, 0);
	printf("%u messages of QoS 1 and 2 were accepted\n", left);
	while (left > 0) {
		const iotkit_event *event = expect_event(receiver, IOTKIT_EVENT_MESSAGE);
		unsigned number = (unsigned)strtoul(event->payload, NULL, 10);
		ck_assert_uint_lt(number, given);
		unsigned char qos = atomic_load(&stage.accepted[number]);
		left -= qos > 0 && counts[number] == 0;
		counts[number]++;
		ck_assert_msg(qos != 2 || counts[number] == 1, "%u came twice at QoS 2", number);
	}
	free(counts);
}

START_TEST(what_eight_threads_and_the_callback_do_at_once_goes_well)
{
	struct caller callers[THREADS + 1];

	run_threads(callers);
	ck_assert_msg(stage.fault[0] == '\0', "%s", stage.fault);
	/* From now on somebody takes every event, and nobody does anything else. */
	atomic_store(&stage.callback_calls, 0);
	ck_assert_int_eq(iotkit_set_event_callback(stage.iot, calls_on_event, &callers[THREADS]),
			 IOTKIT_OK);
	ck_assert_msg(iotkit_connect(stage.iot, EXPECT_MS) == IOTKIT_OK, "%s", iotkit_last_error());
	ck_assert_msg(iotkit_flush(stage.iot, EXPECT_MS) == IOTKIT_OK, "%s", iotkit_last_error());
	expect_all_arrived();
	ck_assert_uint_eq(expect_stats(stage.iot).dropped, 0);
	iotkit_close(stage.iot);
	stage.iot = NULL;
	ck_assert_msg(stage.fault[0] == '\0', "%s", stage.fault);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("threads");
	TCase *table = tcase_create("table");
	TCase *all = tcase_create("all");

	tcase_add_test(table, every_function_is_called);
	tcase_add_checked_fixture(all, start, stop);
	tcase_add_test(all, what_eight_threads_and_the_callback_do_at_once_goes_well);
	tcase_set_timeout(all, 200);
	suite_add_tcase(suite, table);
	suite_add_tcase(suite, all);
	return suite_run(suite);
}
