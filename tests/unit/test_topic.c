/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metric/metric.h"
#include "metric/topic.h"
#include "suite.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static bool is_name(const char *topic)
{
	return topic_valid_name(topic, strlen(topic));
}

static bool is_filter(const char *filter)
{
	return topic_valid_filter(filter, strlen(filter));
}

/* The examples of MQTT 5.0 section 4.7, and what is next to them. */
START_TEST(names_of_the_standard_are_names)
{
	static const char *const names[] = {
		"sport/tennis/player1", "/finance", "finance", "/", "ACCOUNTS", "a b", "//", "a/",
		"$SYS/monitor/Clients", "\xc3\xbc", "."};

	for (size_t i = 0; i < LENGTH(names); i++) {
		ck_assert_msg(is_name(names[i]), "name '%s'", names[i]);
		ck_assert_msg(is_filter(names[i]), "filter '%s'", names[i]);
	}
}
END_TEST

START_TEST(a_name_has_no_wildcard)
{
	static const char *const names[] = {"#", "+", "a/#", "a/+/b", "a+", "a#b", "+/a"};

	for (size_t i = 0; i < LENGTH(names); i++)
		ck_assert_msg(!is_name(names[i]), "'%s'", names[i]);
}
END_TEST

START_TEST(filters_of_the_standard_are_filters)
{
	static const char *const filters[] = {"sport/tennis/player1/#",
					      "sport/#",
					      "#",
					      "+",
					      "+/tennis/#",
					      "sport/+/player1",
					      "/+",
					      "+/+",
					      "sport/+",
					      "+/",
					      "/#",
					      "$SYS/#",
					      "$SYS/monitor/+",
					      "sport//+"};

	for (size_t i = 0; i < LENGTH(filters); i++)
		ck_assert_msg(is_filter(filters[i]), "'%s'", filters[i]);
}
END_TEST

START_TEST(a_wildcard_fills_a_level_and_the_hash_is_last)
{
	static const char *const filters[] = {"sport/tennis#",
					      "sport/tennis/#/ranking",
					      "sport+",
					      "+sport",
					      "#/",
					      "##",
					      "++",
					      "a/+b/c",
					      "a/b+",
					      "#a",
					      "a/#b",
					      "+#"};

	for (size_t i = 0; i < LENGTH(filters); i++)
		ck_assert_msg(!is_filter(filters[i]), "'%s'", filters[i]);
}
END_TEST

START_TEST(a_shared_filter_has_a_group_and_a_filter)
{
	static const char *const good[] = {"$share/group/a/b", "$share/g/#",   "$share/g/+/x",
					   "$share/g//",       "$share",       "$shared/x",
					   "a/$share/b",       "$share/g/$SYS"};
	static const char *const bad[] = {"$share/",     "$share/g",     "$share/g/", "$share//a",
					  "$share/+/a",  "$share/g#/a",  "$share/#",  "$share/g/a#",
					  "$share/g+/a", "$share/g/#/a", "$share/#/a"};

	for (size_t i = 0; i < LENGTH(good); i++)
		ck_assert_msg(is_filter(good[i]), "'%s'", good[i]);
	for (size_t i = 0; i < LENGTH(bad); i++)
		ck_assert_msg(!is_filter(bad[i]), "'%s'", bad[i]);
}
END_TEST

START_TEST(a_topic_has_1_to_65535_bytes)
{
	char *topic = malloc(TOPIC_SIZE_MAX + 1);

	memset(topic, 'a', TOPIC_SIZE_MAX + 1);
	ck_assert(!topic_valid_name(topic, 0));
	ck_assert(!topic_valid_filter(topic, 0));
	ck_assert(topic_valid_name(topic, 1));
	ck_assert(topic_valid_name(topic, TOPIC_SIZE_MAX));
	ck_assert(topic_valid_filter(topic, TOPIC_SIZE_MAX));
	ck_assert(!topic_valid_name(topic, TOPIC_SIZE_MAX + 1));
	ck_assert(!topic_valid_filter(topic, TOPIC_SIZE_MAX + 1));
	free(topic);
}
END_TEST

START_TEST(a_topic_has_only_characters_that_brokers_take)
{
	static const char *const texts[] = {"a\xff",
					    "\xc3",
					    "\xed\xa0\x80",
					    "a\nb",
					    "\x7f",
					    "\x01",
					    "\xc2\x80",
					    "\xc2\x9f",
					    "\xef\xb7\x90",
					    "\xef\xb7\xaf",
					    "\xef\xbf\xbe",
					    "\xef\xbf\xbf",
					    "\xf0\x9f\xbf\xbe",
					    "\xf4\x8f\xbf\xbf",
					    "\xf4\x90\x80\x80",
					    "\xc0\x80"};

	for (size_t i = 0; i < LENGTH(texts); i++) {
		ck_assert_msg(!is_name(texts[i]), "name %zu", i);
		ck_assert_msg(!is_filter(texts[i]), "filter %zu", i);
	}
	ck_assert(!topic_valid_name("a\0b", 3));
	ck_assert(is_name("\xc2\xa0\xef\xb7\x8f\xef\xb7\xb0\xef\xbf\xbd\xf0\x9f\xbf\xbd"));
}
END_TEST

static void assert_level(const char *name, const char *expected, bool changed)
{
	char level[METRIC_NAME_MAX + 1];

	ck_assert_int_eq(topic_level(level, sizeof level, name), changed);
	ck_assert_str_eq(level, expected);
}

START_TEST(a_level_is_its_name_where_it_can_be)
{
	assert_level("temperature", "temperature", false);
	assert_level("T 1.0 (\xc2\xb0"
		     "C)",
		     "T 1.0 (\xc2\xb0"
		     "C)",
		     false);
	assert_level(".", ".", false);
	assert_level("$SYS", "$SYS", false);
	assert_level("_", "_", false);
}
END_TEST

START_TEST(what_a_level_cannot_have_becomes_an_underscore)
{
	assert_level("a/b", "a_b", true);
	assert_level("+", "_", true);
	assert_level("#1", "_1", true);
	assert_level("a\tb\n", "a_b_", true);
	assert_level("\x7f", "_", true);
	assert_level("a\xc2\x85z", "a_z", true);
	assert_level("a\xef\xbf\xbfz", "a_z", true);
	assert_level("a\xff\xfez", "a__z", true);
	assert_level("", "_", true);
}
END_TEST

START_TEST(a_long_level_is_cut_after_a_whole_character)
{
	char level[5];

	ck_assert(topic_level(level, sizeof level, "abcdef"));
	ck_assert_str_eq(level, "abcd");
	ck_assert(!topic_level(level, sizeof level, "abcd"));
	ck_assert(topic_level(level, sizeof level, "abc\xc3\xbc"));
	ck_assert_str_eq(level, "abc");
	ck_assert(!topic_level(level, sizeof level, "ab\xc3\xbc"));
	ck_assert_str_eq(level, "ab\xc3\xbc");
	ck_assert(!topic_level(level, sizeof level, "\xf0\x9f\x98\x80"));
	ck_assert(topic_level(level, 2, "\xf0\x9f\x98\x80"));
	ck_assert_str_eq(level, "_");
}
END_TEST

START_TEST(every_level_of_random_bytes_is_a_valid_topic)
{
	srand(1);
	for (int round = 0; round < 20000; round++) {
		char name[64];
		char level[48];
		size_t size = (size_t)rand() % (sizeof name - 1);
		for (size_t i = 0; i < size; i++)
			name[i] = (char)(1 + rand() % 255);
		name[size] = '\0';
		bool changed = topic_level(level, sizeof level, name);
		ck_assert(is_name(level));
		ck_assert_ptr_null(strchr(level, '/'));
		ck_assert_int_eq(changed, strcmp(level, name) != 0);
	}
}
END_TEST

START_TEST(a_metric_has_base_device_and_name)
{
	struct buffer topic;

	buffer_init(&topic, 1000);
	ck_assert_int_eq(topic_metric(&topic, "home/iotkit", "green/house", "temp+"), IOTKIT_OK);
	ck_assert_str_eq(topic.bytes, "home/iotkit/green_house/temp_");
	ck_assert_uint_eq(topic.size, strlen(topic.bytes) + 1);
	buffer_free(&topic);
}
END_TEST

START_TEST(a_topic_that_does_not_fit_leaves_the_buffer_alone)
{
	struct buffer topic;

	buffer_init(&topic, 8);
	ck_assert_int_eq(buffer_append_text(&topic, "12"), IOTKIT_OK);
	ck_assert_int_eq(topic_metric(&topic, "iot", "device", "name"), IOTKIT_EFULL);
	ck_assert_uint_eq(topic.size, 2);
	buffer_free(&topic);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("topic");
	TCase *valid = tcase_create("valid");
	TCase *made = tcase_create("made");

	tcase_add_test(valid, names_of_the_standard_are_names);
	tcase_add_test(valid, a_name_has_no_wildcard);
	tcase_add_test(valid, filters_of_the_standard_are_filters);
	tcase_add_test(valid, a_wildcard_fills_a_level_and_the_hash_is_last);
	tcase_add_test(valid, a_shared_filter_has_a_group_and_a_filter);
	tcase_add_test(valid, a_topic_has_1_to_65535_bytes);
	tcase_add_test(valid, a_topic_has_only_characters_that_brokers_take);
	tcase_add_test(made, a_level_is_its_name_where_it_can_be);
	tcase_add_test(made, what_a_level_cannot_have_becomes_an_underscore);
	tcase_add_test(made, a_long_level_is_cut_after_a_whole_character);
	tcase_add_test(made, every_level_of_random_bytes_is_a_valid_topic);
	tcase_add_test(made, a_metric_has_base_device_and_name);
	tcase_add_test(made, a_topic_that_does_not_fit_leaves_the_buffer_alone);
	suite_add_tcase(suite, valid);
	suite_add_tcase(suite, made);
	return suite_run(suite);
}
