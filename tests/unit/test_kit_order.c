/* SPDX-License-Identifier: MIT
 *
 * A kit and a model board, with lines that lose and double frames, a disk that is late, and
 * resets of either side, all by lot: each reading is taken once and in order, what was told as
 * kept is kept, and what the board dropped is counted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/kit.h"
#include "model_board.h"
#include "suite.h"

enum { QUEUE_MAX = 64, STEPS = 20000, SETTLE_MS = 60000, SEEDS = SUITE_SANITIZED ? 40 : 150 };

struct queue {
	struct frame frames[QUEUE_MAX];
	size_t count;
};

/* What was taken, the newest last, as an outbox with the board's numbers has it. */
struct row {
	uint32_t value;
	uint32_t boot;
	uint32_t seq;
};

static uint64_t lot;
static struct board board;
static struct kit kit;
static struct queue to_board;
static struct queue to_gateway;
static struct row rows[BOARD_READINGS_MAX];
static size_t taken;
static size_t saved;
static uint64_t dropped; /* told of this boot since the last one was taken */
static uint32_t dropped_boot;
static bool full; /* the outbox takes nothing */
static uint32_t given; /* the newest id that this life of the gateway drew */

static uint32_t draw(uint32_t below)
{
	lot ^= lot << 13;
	lot ^= lot >> 7;
	lot ^= lot << 17;
	return (uint32_t)(lot % below);
}

static bool chance(uint32_t in_thousand)
{
	return draw(1000) < in_thousand;
}

static bool queue_add(struct queue *queue, const struct frame *frame)
{
	if (queue->count == QUEUE_MAX)
		return false;
	queue->frames[queue->count++] = *frame;
	return true;
}

/* ---- The kit's host ----------------------------------------------------- */

static bool on_say(void *context, const struct frame *frame)
{
	(void)context;
	if (frame->kind == FRAME_WELCOME && kit.given_id == frame->id)
		given = frame->id;
	return queue_add(&to_board, frame);
}

static void on_position(void *context, struct device_position *out)
{
	(void)context;
	*out = (struct device_position){0};
	if (taken == 0)
		return;
	out->boot = rows[taken - 1].boot;
	out->taken = rows[taken - 1].seq;
	if (saved > 0 && rows[saved - 1].boot == out->boot)
		out->saved = rows[saved - 1].seq;
}

static iotkit_status on_take(void *context, const struct frame *frame)
{
	struct device_position position;
	uint32_t value = (uint32_t)frame->number;

	if (full)
		return IOTKIT_EFULL;
	if (taken > 0)
		ck_assert_uint_gt(value, rows[taken - 1].value);
	on_position(context, &position);
	if (dropped_boot != frame->id)
		dropped = 0;
	if (position.boot == frame->id)
		ck_assert_uint_eq(dropped, frame->seq - position.taken - 1);
	else if (given == frame->id)
		ck_assert_uint_eq(dropped, frame->seq - 1);
	else
		ck_assert_uint_le(dropped, frame->seq - 1); /* those before its first frame: no */
	dropped = 0;
	rows[taken++] = (struct row){value, frame->id, frame->seq};
	return IOTKIT_OK;
}

static void on_dropped(void *context, uint64_t count)
{
	(void)context;
	if (dropped_boot != kit.id)
		dropped = 0;
	dropped_boot = kit.id;
	dropped += count;
}

static const struct kit_host host = {
	.say = on_say, .take = on_take, .position = on_position, .dropped = on_dropped};

/* ---- What happens ------------------------------------------------------- */

/* What was told as kept is in what a sudden end leaves. */
static void check_kept(void)
{
	size_t at = 0;

	for (uint32_t value = 0; value < board.made; value++) {
		while (at < saved && rows[at].value < value)
			at++;
		if (board.fates[value] == FATE_KEPT)
			ck_assert_msg(at < saved && rows[at].value == value, "%u is lost", value);
	}
}

static void restart_gateway(void)
{
	taken = saved; /* the rest was in memory */
	kit = (struct kit){0};
	to_board.count = 0;
	dropped = 0;
	given = 0;
	check_kept();
}

static bool pass(struct queue *queue, struct frame *out)
{
	if (queue->count == 0)
		return false;
	*out = queue->frames[0];
	queue->count--;
	memmove(queue->frames, queue->frames + 1, queue->count * sizeof queue->frames[0]);
	return true;
}

static void step(int64_t now_ms, uint32_t loss, uint32_t doubling)
{
	struct frame frame;

	if (board_say(&board, now_ms, &frame) && !chance(loss)) {
		queue_add(&to_gateway, &frame);
		if (chance(doubling))
			queue_add(&to_gateway, &frame);
	}
	for (uint32_t i = draw(3); i > 0 && pass(&to_gateway, &frame); i--)
		kit_take(&kit, &frame, now_ms, &host);
	kit_acknowledge(&kit, &host);
	for (uint32_t i = draw(3); i > 0 && pass(&to_board, &frame); i--) {
		if (chance(loss))
			continue;
		board_hear(&board, &frame, now_ms);
		if (chance(doubling))
			board_hear(&board, &frame, now_ms);
	}
}

static void live(uint64_t seed)
{
	uint32_t loss;
	uint32_t doubling;
	int64_t now = 1000;

	lot = seed * 0x9e3779b97f4a7c15u + 1;
	loss = draw(4) * 100;
	doubling = draw(3) * 100;
	memset(&board, 0, sizeof board);
	board.base = board.next = 1;
	kit = (struct kit){0};
	to_board.count = to_gateway.count = taken = saved = 0;
	dropped = given = 0;
	full = false;
	board_reset(&board, draw(3), now);
	for (int i = 0; i < STEPS; i++) {
		now += draw(8);
		if (chance(30))
			board_measure(&board);
		if (chance(100) && taken > saved)
			saved += draw((uint32_t)(taken - saved) + 1);
		if (chance(5))
			full = !full;
		if (chance(1))
			restart_gateway();
		if (chance(1))
			board_reset(&board, draw(3), now); /* which is often the same nonce */
		step(now, loss, doubling);
	}
	full = false;
	for (int64_t end = now + SETTLE_MS; now < end; now++) {
		saved = taken;
		step(now, 0, 0);
	}
}

static void check(uint64_t seed)
{
	check_kept();
	for (uint32_t value = 0; value < board.made; value++)
		ck_assert_msg(board.fates[value] != FATE_WAITS, "seed %d: %u waits for ever",
			      (int)seed, value);
	ck_assert_uint_eq(board.base, board.next);
}

START_TEST(readings_are_taken_once_and_in_order_whatever_happens)
{
	size_t all = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		live(seed);
		check(seed);
		all += taken;
	}
	ck_assert_uint_gt(all, SEEDS * 100);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kit order");
	TCase *tcase = tcase_create("kit order");

	tcase_set_timeout(tcase, 100);
	tcase_add_test(tcase, readings_are_taken_once_and_in_order_whatever_happens);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
