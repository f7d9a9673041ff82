/* SPDX-License-Identifier: MIT
 *
 * A disk whose every sync takes two seconds, under an outbox that waits for it
 * (outbox.sync=power): it delays neither a board's port nor the application's events.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "expect.h"
#include "pty.h"
#include "suite.h"

enum {
	STALL_S = 2,
	SECONDS = 6, /* of three stalls */
	TURN_MS = 10,
	TURN_BYTES = 115200 / 10 * TURN_MS / 1000, /* 8 bits, start and stop */
	EVENT_MS = 500 /* far more than taking an event costs, far less than a stall */
};

static atomic_bool stalling;
static atomic_int stalls;

/* In place of libc's: SQLite calls these. */
static int stall(int fd)
{
	const struct timespec pause = {.tv_sec = STALL_S};

	if (atomic_load(&stalling)) {
		nanosleep(&pause, NULL);
		atomic_fetch_add(&stalls, 1);
	}
	return (int)syscall(SYS_fdatasync, fd);
}

__attribute__((visibility("default"))) int fdatasync(int fd)
{
	return stall(fd);
}

__attribute__((visibility("default"))) int fsync(int fd)
{
	return stall(fd);
}

static char folder[64];
static char path[96];
static struct pty board;

static void start(void)
{
	strcpy(folder, "/tmp/iotkit-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/box", folder);
	pty_open(&board);
	ck_assert_int_eq(fcntl(board.master, F_SETFL, O_NONBLOCK), 0);
}

static void stop(void)
{
	char command[128];

	atomic_store(&stalling, false);
	pty_close(&board);
	snprintf(command, sizeof command, "rm -r %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void take_events(iotkit *iot)
{
	int64_t began = now_ms();

	while (iotkit_next_event(iot, 0) != NULL)
		continue;
	ck_assert_int_lt(now_ms() - began, EVENT_MS);
}

/* What a full buffer does not take a real port would lose. */
static void say(const char *text, size_t size)
{
	ssize_t written = write(board.master, text, size);

	ck_assert_msg(written == (ssize_t)size, "the port overflows: %s",
		      written < 0 ? strerror(errno) : "in part");
}

/* As fast as 115200 baud; returns how many lines. */
static uint64_t talk(iotkit *iot)
{
	int64_t began = now_ms();
	uint64_t lines = 0;

	for (int64_t turn = 0; turn < SECONDS * 1000 / TURN_MS; turn++) {
		char text[TURN_BYTES + 32];
		size_t size = 0;
		while (size < TURN_BYTES) {
			size += (size_t)snprintf(text + size, sizeof text - size, "n:%d\n",
						 (int)(lines % 1000));
			lines++;
		}
		say(text, size);
		take_events(iot);
		while (now_ms() < began + turn * TURN_MS)
			usleep(1000);
	}
	return lines;
}

static void await_lines(iotkit *iot, uint64_t count)
{
	for (int64_t deadline = now_ms() + EXPECT_MS; expect_stats(iot).accepted < count;) {
		ck_assert_int_lt(now_ms(), deadline);
		take_events(iot);
		usleep(1000);
	}
}

/* The first line after opening may be half a line, and does not count. */
static uint64_t warm_up(iotkit *iot)
{
	expect_event(iot, IOTKIT_EVENT_DEVICE_ONLINE);
	while (expect_stats(iot).accepted == 0) {
		say("n:0\n", 4);
		usleep(50000);
	}
	while (expect_stats(iot).lines > expect_stats(iot).accepted + 1)
		usleep(1000);
	return expect_stats(iot).accepted;
}

START_TEST(a_stalled_sync_costs_no_line_and_blocks_no_event)
{
	const char *options[] = {"outbox.path",
				 path,
				 "outbox.sync",
				 "power",
				 "outbox.max_rows",
				 "1000000",
				 "outbox.max_bytes",
				 "1000000000",
				 NULL};
	iotkit *iot = expect_open("mqtt://127.0.0.1:1", options);
	char uri[96];

	snprintf(uri, sizeof uri, "serial:%s?baud=115200", board.path);
	ck_assert_int_eq(iotkit_add_device(iot, "board", uri), IOTKIT_OK);
	uint64_t before = warm_up(iot);
	uint64_t rejected = expect_stats(iot).lines_rejected;
	atomic_store(&stalling, true);
	uint64_t lines = talk(iot);
	ck_assert_int_ge(atomic_load(&stalls), 2);
	atomic_store(&stalling, false);
	await_lines(iot, before + lines);
	iotkit_stats stats = expect_stats(iot);
	ck_assert_uint_eq(stats.accepted, before + lines);
	ck_assert_uint_eq(stats.lines_rejected, rejected);
	ck_assert_uint_eq(stats.dropped, 0);
	iotkit_close(iot);
	iot = expect_open("mqtt://127.0.0.1:1", options);
	ck_assert_uint_eq(expect_stats(iot).waiting, before + lines);
	iotkit_close(iot);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("slow_disk");
	TCase *disk = tcase_create("stalls");

	tcase_add_checked_fixture(disk, start, stop);
	tcase_set_timeout(disk, 120);
	tcase_add_test(disk, a_stalled_sync_costs_no_line_and_blocks_no_event);
	suite_add_tcase(suite, disk);
	return suite_run(suite);
}
