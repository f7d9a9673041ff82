/* SPDX-License-Identifier: MIT
 *
 * What a board is told as kept is kept, and what it sends again is not published again,
 * though the gateway ends in between, or has no room.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scene.h"
#include "suite.h"

static struct scene scene;
static struct kit *const kit = &scene.kit;

static void start(void)
{
	scene_open(&scene);
}

static void stop(void)
{
	scene_close(&scene);
}

static uint64_t rows_in_file(void)
{
	iotkit_outbox_summary summary = {.struct_size = sizeof summary};

	ck_assert_msg(iotkit_outbox_summarize(scene.box, &summary) == IOTKIT_OK, "%s",
		      iotkit_last_error());
	return summary.rows;
}

/* The next life of the gateway, with the same file and the same port. */
static void next_life(const char *const *options)
{
	scene.iot = expect_open(scene.broker.uri, options);
	ck_assert_int_eq(iotkit_add_device(scene.iot, "shed", scene.port_uri), IOTKIT_OK);
	expect_event(scene.iot, IOTKIT_EVENT_DEVICE_ONLINE);
}

static void end_life(void)
{
	iotkit_close(scene.iot);
	scene.iot = NULL;
}

static void connect_gateway(void)
{
	ck_assert_msg(iotkit_connect(scene.iot, EXPECT_MS) == IOTKIT_OK, "%s", iotkit_last_error());
}

/* ---- Told as kept ---- */

START_TEST(what_is_told_as_kept_is_in_the_file)
{
	enum { COUNT = 20, LAST = 300 };
	static const char *const payloads[] = {"text", "senml"};
	const char *options[] = {"outbox.path", scene.box,   "payload", payloads[_i], "batch.ms",
				 "3600000",     "batch.max", "1000",    NULL};

	scene_gateway(&scene, options);
	kit_greet(kit, 1);
	for (uint32_t seq = 1; seq <= COUNT; seq++) {
		kit_measure(kit, seq, seq);
		kit_hear_kept(kit, seq);
		ck_assert_uint_eq(rows_in_file(), seq);
	}
	/* While the file is written there is always one more that is not. */
	for (uint32_t seq = COUNT + 1, kept = COUNT; kept < LAST;) {
		if (seq <= LAST)
			kit_measure(kit, seq++, COUNT + 1);
		if (!kit_hears(kit, "A ", seq <= LAST ? 1 : EXPECT_MS))
			continue;
		kept = kit_kept(kit);
		ck_assert_uint_ge(rows_in_file(), kept);
	}
}
END_TEST

START_TEST(a_repeat_is_told_as_kept_once_more)
{
	const char *options[] = {_i == 0 ? NULL : "outbox.path", scene.box, NULL};

	scene_gateway(&scene, options);
	kit_greet(kit, 1);
	kit_deliver(kit, 1, 2);
	for (int i = 0; i < 3; i++) {
		kit_measure(kit, 1, 1);
		kit_hear_kept(kit, 2);
	}
}
END_TEST

/* ---- No room ---- */

static void fill(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		expect_published(scene.iot, "other", "", 1);
}

START_TEST(a_full_outbox_leaves_readings_with_the_board_until_there_is_room)
{
	const char *options[] = {"outbox.max_rows", "10", _i == 0 ? NULL : "outbox.path", scene.box,
				 NULL};
	char kept[32];

	scene_gateway(&scene, options);
	scene_listen(&scene);
	kit_greet(kit, 1);
	kit_deliver(kit, 1, 2);
	fill(8);
	kit_measure(kit, 3, 3);
	snprintf(kept, sizeof kept, "A %08" PRIx32 " 3", kit->id);
	ck_assert(!kit_hears(kit, kept, 300));
	ck_assert_uint_eq(expect_stats(scene.iot).waiting, 10);
	connect_gateway();
	kit_deliver(kit, 3, 4);
	scene_numbers(&scene, 1, 4);
	ck_assert_uint_eq(expect_stats(scene.iot).dropped, 0);
}
END_TEST

START_TEST(what_the_policy_gives_up_is_not_asked_for_again)
{
	const char *options[] = {"outbox.max_rows", "10", "outbox.policy", "drop-newest", NULL};

	scene_gateway(&scene, options);
	scene_listen(&scene);
	kit_greet(kit, 1);
	kit_deliver(kit, 1, 2);
	fill(8);
	kit_measure(kit, 3, 3);
	kit_hear_kept(kit, 3);
	const iotkit_event *event = expect_event(scene.iot, IOTKIT_EVENT_DROPPED);
	ck_assert_str_eq(event->topic, "iotkit/shed/n");
	ck_assert_uint_eq(expect_stats(scene.iot).dropped, 1);
	connect_gateway();
	ck_assert_int_eq(iotkit_flush(scene.iot, EXPECT_MS), IOTKIT_OK);
	kit_deliver(kit, 4, 4);
	scene_numbers(&scene, 1, 2);
	scene_numbers(&scene, 4, 4);
}
END_TEST

/* ---- Packs ---- */

/* The numbers from 1 to last come, each once, in however many packs. */
static void expect_packed(int last)
{
	int seq = 0;

	while (seq < last) {
		const iotkit_event *event = scene_message(&scene, "iotkit/shed/senml", NULL);
		for (const char *at = event->payload; (at = strstr(at, "\"v\":")) != NULL; at++)
			ck_assert_int_eq(atoi(at + strlen("\"v\":")), ++seq);
	}
	ck_assert_int_eq(seq, last);
}

START_TEST(readings_share_a_pack)
{
	const char *options[] = {"payload",
				 "senml",
				 "batch.max",
				 "3",
				 "batch.ms",
				 "3600000",
				 _i == 0 ? NULL : "outbox.path",
				 scene.box,
				 NULL};

	scene_listen(&scene);
	scene_begin(&scene, options);
	for (uint32_t seq = 1; seq <= 3; seq++) {
		kit_measure(kit, seq, seq);
		kit_measure(kit, seq, seq);
		kit_hear_kept(kit, seq);
	}
	expect_packed(3);
}
END_TEST

START_TEST(readings_of_a_pack_that_was_never_closed_arrive_once)
{
	const char *options[] = {"payload",     "senml",   "batch.ms", "3600000",
				 "outbox.path", scene.box, NULL};
	const char *no_packs[] = {"outbox.path", scene.box, NULL};

	scene_gateway(&scene, options);
	scene_listen(&scene);
	kit_greet(kit, 1);
	kit_deliver(kit, 1, 2);
	end_life();
	next_life(no_packs);
	connect_gateway();
	kit_deliver(kit, 1, 3);
	expect_packed(2);
	scene_numbers(&scene, 3, 3);
}
END_TEST

/* ---- Other lives ---- */

START_TEST(the_next_life_goes_on_where_the_last_one_was)
{
	const char *options[] = {"outbox.path", scene.box, NULL};

	scene_gateway(&scene, options);
	scene_listen(&scene);
	kit_greet(kit, 1);
	kit_deliver(kit, 1, 3);
	for (uint32_t life = 1; life <= 3; life++) {
		end_life();
		next_life(options);
		kit_deliver(kit, 3 * life - 1, 3 * life + 3);
	}
	connect_gateway();
	scene_numbers(&scene, 1, 12);
	ck_assert_uint_eq(expect_stats(scene.iot).board_dropped, 0);
}
END_TEST

START_TEST(a_position_is_of_one_board)
{
	const char *options[] = {"outbox.path", scene.box, NULL};

	scene_gateway(&scene, options);
	kit_greet(kit, 1);
	kit_deliver(kit, 1, 3);
	end_life();
	scene.iot = expect_open(scene.broker.uri, options);
	ck_assert_int_eq(iotkit_add_device(scene.iot, "house", scene.port_uri), IOTKIT_OK);
	expect_event(scene.iot, IOTKIT_EVENT_DEVICE_ONLINE);
	kit_measure(kit, 4, 4);
	kit_hear(kit, "?");
	kit_greet_again(kit);
	kit_deliver(kit, 4, 5);
	ck_assert_uint_eq(rows_in_file(), 5);
}
END_TEST

/* ---- Lives that are killed ---- */

enum { LIVES = 4 };

struct life {
	pid_t pid;
	int go; /* a byte written here begins it */
};

static const char *const *killed_options(void)
{
	static const char *options[9];
	const char *const all[] = {"outbox.path", scene.box, "metric.qos", "2", NULL};

	memcpy(options, all, sizeof all);
	return options;
}

static void live(int go)
{
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (read(go, &byte, 1) != 1)
		_exit(0);
	scene.iot = expect_open(scene.broker.uri, killed_options());
	iotkit_add_device(scene.iot, "shed", scene.port_uri);
	iotkit_connect(scene.iot, 0);
	for (;;)
		iotkit_next_event(scene.iot, -1);
}

/* All before the first thread of this process begins. */
static void prepare(struct life lives[LIVES])
{
	for (int i = 0; i < LIVES; i++) {
		int fds[2];
		ck_assert_int_eq(pipe(fds), 0);
		lives[i].pid = fork();
		ck_assert_int_ge(lives[i].pid, 0);
		if (lives[i].pid == 0)
			live(fds[0]);
		close(fds[0]);
		lives[i].go = fds[1];
	}
}

static void kill_life(const struct life *life)
{
	int status;

	ck_assert_int_eq(kill(life->pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(life->pid, &status, 0), life->pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	close(life->go);
}

START_TEST(whenever_the_gateway_is_killed_each_reading_arrives_once)
{
	enum { STEP = 40 };
	struct life lives[LIVES];
	uint32_t kept = 0;

	prepare(lives);
	scene_listen(&scene);
	kit_plug_in(kit, scene.link);
	for (int i = 0; i < LIVES; i++) {
		ck_assert_int_eq(write(lives[i].go, "", 1), 1);
		if (i == 0)
			kit_greet(kit, 1);
		kit_deliver(kit, kept + 1, kept + STEP);
		kept += STEP;
		/* These it may keep or not, and it has no time to say so. */
		for (uint32_t seq = kept + 1; seq <= kept + (uint32_t)i * 10; seq++)
			kit_measure(kit, seq, kept + 1);
		kill_life(&lives[i]);
	}
	next_life(killed_options());
	connect_gateway();
	kit_deliver(kit, kept + 1, kept + STEP);
	scene_numbers(&scene, 1, kept + STEP);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kits_kept");
	TCase *kept = tcase_create("kept");

	tcase_add_checked_fixture(kept, start, stop);
	tcase_set_timeout(kept, 60);
	tcase_add_loop_test(kept, what_is_told_as_kept_is_in_the_file, 0, 2);
	tcase_add_loop_test(kept, a_repeat_is_told_as_kept_once_more, 0, 2);
	tcase_add_loop_test(kept, a_full_outbox_leaves_readings_with_the_board_until_there_is_room,
			    0, 2);
	tcase_add_test(kept, what_the_policy_gives_up_is_not_asked_for_again);
	tcase_add_loop_test(kept, readings_share_a_pack, 0, 2);
	tcase_add_test(kept, readings_of_a_pack_that_was_never_closed_arrive_once);
	tcase_add_test(kept, the_next_life_goes_on_where_the_last_one_was);
	tcase_add_test(kept, a_position_is_of_one_board);
	tcase_add_test(kept, whenever_the_gateway_is_killed_each_reading_arrives_once);
	suite_add_tcase(suite, kept);
	return suite_run(suite);
}
