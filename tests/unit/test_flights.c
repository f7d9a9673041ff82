/* SPDX-License-Identifier: MIT */
#include "mqtt/flights.h"

#include <string.h>

#include "suite.h"

enum { CAPACITY = 20, STEPS = 1000, LIVES = SUITE_SANITIZED ? 4 : 20, FIRST_OF_OURS = 0x8000 };

static struct flights flights;
static uint32_t random_state;

static void start(void)
{
	ck_assert_int_eq(flights_open(&flights, CAPACITY), IOTKIT_OK);
}

static void stop(void)
{
	flights_close(&flights);
}

static struct flight *add(uint64_t id, uint16_t packet_id)
{
	const struct outbox_message message = {.id = id, .qos = 1};

	return flights_add(&flights, &message, packet_id);
}

START_TEST(a_flight_is_found_until_it_ends)
{
	struct flight *flight = add(7, 3);

	ck_assert_ptr_eq(flights_find(&flights, 3), flight);
	ck_assert_uint_eq(flight->message.id, 7);
	ck_assert_ptr_null(flights_find(&flights, 4));
	ck_assert_ptr_null(add(8, 3)); /* the packet id is taken */
	flights_remove(&flights, flight);
	ck_assert_ptr_null(flights_find(&flights, 3));
	ck_assert_uint_eq(flights.count, 0);
	ck_assert_ptr_nonnull(add(8, 3));
}
END_TEST

START_TEST(there_are_no_more_than_fit)
{
	for (uint16_t i = 1; i <= CAPACITY; i++)
		ck_assert_ptr_nonnull(add(i, i));
	ck_assert_ptr_null(add(99, 99));
	flights_remove(&flights, flights_find(&flights, 5));
	ck_assert_ptr_nonnull(add(99, 99));
}
END_TEST

START_TEST(ids_are_chosen_that_nobody_has)
{
	uint16_t first = flights_choose_id(&flights);
	uint16_t second = flights_choose_id(&flights);

	ck_assert_uint_ge(first, FIRST_OF_OURS);
	ck_assert_uint_ne(first, second);
	for (uint32_t id = FIRST_OF_OURS; id <= FLIGHTS_MAX; id++)
		if (id != first && id != second)
			flights_note_requested(&flights, (uint16_t)id);
	add(1, first);
	ck_assert_uint_eq(flights_choose_id(&flights), second);
	add(2, second);
	ck_assert_uint_eq(flights_choose_id(&flights), 0);
	flights_note_answered(&flights, 0x9000);
	ck_assert_uint_eq(flights_choose_id(&flights), 0x9000);
	flights_forget_requests(&flights);
	ck_assert_uint_ne(flights_choose_id(&flights), 0);
}
END_TEST

START_TEST(with_a_new_connection_all_owe_in_the_order_in_which_they_were_sent)
{
	struct flight *a = add(1, 30), *b = add(2, 20), *c = add(3, 10);

	flights_owe(&flights, c);
	flights_owe(&flights, a);
	ck_assert_ptr_eq(flights_first_owed(&flights), c);
	flights_owe_all(&flights);
	ck_assert_uint_eq(flights.unsent, 3);
	ck_assert_ptr_eq(flights_first_owed(&flights), a);
	flights_note_sent(&flights);
	ck_assert(!a->owed && b->owed);
	flights_remove(&flights, a);
	flights_remove(&flights, b); /* as the first that owes */
	ck_assert_ptr_eq(flights_first_owed(&flights), c);
	flights_note_sent(&flights);
	ck_assert_ptr_null(flights_first_owed(&flights));
	ck_assert_uint_eq(flights.unsent, 0);
}
END_TEST

START_TEST(no_release_waits_for_a_message)
{
	struct flight *a = add(1, 30), *b = add(2, 20), *c = add(3, 10);

	c->released = true;
	flights_owe_all(&flights);
	ck_assert_uint_eq(flights.unsent, 2);
	ck_assert_ptr_eq(flights_first_owed(&flights), c);
	flights_note_sent(&flights);
	ck_assert_ptr_eq(flights_first_owed(&flights), a);
	flights_note_sent(&flights);
	a->released = true;
	flights_owe(&flights, a);
	ck_assert_uint_eq(flights.unsent, 1);
	ck_assert_ptr_eq(flights_first_owed(&flights), a);
	flights_note_sent(&flights);
	ck_assert_ptr_eq(flights_first_owed(&flights), b);
	flights_remove(&flights, b);
	ck_assert_uint_eq(flights.unsent, 0);
	ck_assert_ptr_null(flights_first_owed(&flights));
}
END_TEST

/* ---- at random, beside a model ---- */

struct model {
	uint16_t ids[CAPACITY]; /* in the order of their sending */
	size_t count;
	uint16_t owed[CAPACITY]; /* PUBRELs first */
	size_t owed_count;
	size_t releases; /* of them */
};

static size_t random_below(size_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % limit;
}

static bool model_owes(const struct model *model, uint16_t id)
{
	for (size_t i = 0; i < model->owed_count; i++)
		if (model->owed[i] == id)
			return true;
	return false;
}

static bool is_released(uint16_t id)
{
	return flights_find(&flights, id)->released;
}

static void owe(struct model *model, uint16_t id)
{
	size_t at = is_released(id) ? model->releases++ : model->owed_count;

	memmove(model->owed + at + 1, model->owed + at,
		(model->owed_count++ - at) * sizeof *model->owed);
	model->owed[at] = id;
}

static void take_out(uint16_t *ids, size_t *count, size_t at)
{
	memmove(ids + at, ids + at + 1, (--*count - at) * sizeof *ids);
}

static void pay_first(struct model *model)
{
	model->releases -= is_released(model->owed[0]);
	take_out(model->owed, &model->owed_count, 0);
}

static void add_one(struct model *model)
{
	uint16_t id = random_below(2) == 0 ? flights_choose_id(&flights)
					   : (uint16_t)(1 + random_below(200));
	bool may = model->count < CAPACITY && flights_find(&flights, id) == NULL;

	ck_assert((add(id, id) != NULL) == may);
	if (may)
		model->ids[model->count++] = id;
}

static void remove_one(struct model *model)
{
	size_t at = random_below(model->count);
	uint16_t id = model->ids[at];

	if (model_owes(model, id) && model->owed[0] != id)
		return;
	if (model_owes(model, id))
		pay_first(model);
	take_out(model->ids, &model->count, at);
	flights_remove(&flights, flights_find(&flights, id));
}

static void owe_one(struct model *model)
{
	uint16_t id = model->ids[random_below(model->count)];
	struct flight *flight = flights_find(&flights, id);

	if (model_owes(model, id))
		return;
	flight->released = flight->released || random_below(2) == 0;
	flights_owe(&flights, flight);
	owe(model, id);
}

static void owe_all(struct model *model)
{
	flights_owe_all(&flights);
	model->owed_count = model->releases = 0;
	for (size_t i = 0; i < model->count; i++)
		owe(model, model->ids[i]);
}

static void check_owed(const struct model *model)
{
	const struct flight *release = flights.releases.first, *message = flights.messages.first;

	ck_assert_uint_eq(flights.unsent, model->owed_count - model->releases);
	for (size_t i = 0; i < model->owed_count; i++) {
		const struct flight **next = i < model->releases ? &release : &message;
		ck_assert_uint_eq((*next)->packet_id, model->owed[i]);
		*next = (*next)->next_owed;
	}
	ck_assert_ptr_null(release);
	ck_assert_ptr_null(message);
}

static void check(const struct model *model)
{
	const struct flight *flight = flights.oldest;

	ck_assert_uint_eq(flights.count, model->count);
	for (size_t i = 0; i < model->count; i++, flight = flight->newer) {
		ck_assert_uint_eq(flight->packet_id, model->ids[i]);
		ck_assert_uint_eq(flight->message.id, model->ids[i]);
		ck_assert_ptr_eq(flights_find(&flights, model->ids[i]), flight);
		ck_assert(flight->owed == model_owes(model, model->ids[i]));
	}
	ck_assert_ptr_null(flight);
	check_owed(model);
}

static void step(struct model *model)
{
	size_t what = random_below(64);

	if (what < 24 || model->count == 0) {
		add_one(model);
	} else if (what < 44) {
		remove_one(model);
	} else if (what < 54) {
		owe_one(model);
	} else if (what < 63 && model->owed_count > 0) {
		flights_note_sent(&flights);
		pay_first(model);
	} else if (what == 63) {
		owe_all(model);
	}
}

/* The number behind the name of a test that fails is the seed. */
START_TEST(at_random_all_is_as_in_a_simple_list)
{
	struct model model = {0};

	random_state = (uint32_t)_i;
	for (int i = 0; i < STEPS; i++) {
		step(&model);
		check(&model);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("flights");
	TCase *table = tcase_create("table"), *chance = tcase_create("chance");

	tcase_add_checked_fixture(table, start, stop);
	tcase_add_test(table, a_flight_is_found_until_it_ends);
	tcase_add_test(table, there_are_no_more_than_fit);
	tcase_add_test(table, ids_are_chosen_that_nobody_has);
	tcase_add_test(table, with_a_new_connection_all_owe_in_the_order_in_which_they_were_sent);
	tcase_add_test(table, no_release_waits_for_a_message);
	suite_add_tcase(suite, table);

	tcase_set_timeout(chance, 100);
	tcase_add_checked_fixture(chance, start, stop);
	tcase_add_loop_test(chance, at_random_all_is_as_in_a_simple_list, 1, LIVES + 1);
	suite_add_tcase(suite, chance);
	return suite_run(suite);
}
