/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/options.h"
#include "suite.h"

static iotkit *iot;

static void start(void)
{
	ck_assert_int_eq(iotkit_open(NULL, &iot), IOTKIT_OK);
}

static void stop(void)
{
	iotkit_close(iot);
}

static const char *value_of(const char *name)
{
	static char value[256];

	ck_assert_int_eq(iotkit_get_option(iot, name, value, sizeof value), IOTKIT_OK);
	return value;
}

/* ---- the table ---- */

START_TEST(every_row_is_complete_and_passes_its_own_check)
{
	struct options options;

	ck_assert_int_eq(options_init(&options), IOTKIT_OK);
	ck_assert_int_eq(iotkit_option_count(), OPTION_COUNT);
	for (int32_t i = 0; i < iotkit_option_count(); i++) {
		const iotkit_option_info *info = iotkit_option_at(i);
		ck_assert_ptr_nonnull(info);
		ck_assert_uint_eq(info->struct_size, sizeof *info);
		ck_assert_uint_gt(strlen(info->name), 0);
		ck_assert_uint_gt(strlen(info->sentence), 10);
		ck_assert_ptr_nonnull(info->unit);
		ck_assert_int_eq(info->type == IOTKIT_OPTION_CHOICE, info->choices[0] != '\0');
		ck_assert_msg(options_set(&options, (enum option)i, info->default_value) ==
				      IOTKIT_OK,
			      "%s: %s", info->name, iotkit_last_error());
		for (int32_t other = 0; other < i; other++)
			ck_assert_str_ne(info->name, iotkit_option_at(other)->name);
	}
	options_free(&options);
}
END_TEST

START_TEST(there_is_nothing_outside_the_table)
{
	ck_assert_ptr_null(iotkit_option_at(-1));
	ck_assert_ptr_null(iotkit_option_at(iotkit_option_count()));
	ck_assert_ptr_null(iotkit_option_at(INT32_MAX));
}
END_TEST

START_TEST(every_default_is_what_a_new_handle_has)
{
	char value[256];

	for (int32_t i = 0; i < iotkit_option_count(); i++) {
		const iotkit_option_info *info = iotkit_option_at(i);
		if (info->type == IOTKIT_OPTION_SECRET)
			continue;
		ck_assert_int_eq(iotkit_get_option(iot, info->name, value, sizeof value),
				 IOTKIT_OK);
		ck_assert_str_eq(value, info->default_value);
	}
}
END_TEST

/* ---- values ---- */

START_TEST(an_integer_takes_its_range_and_nothing_else)
{
	static const char *const bad[] = {"",      "x",   "1x",   "1.5",   "-1",
					  "65536", "--1", "0x10", "1 000", "99999999999999999999",
					  "1e3"};

	for (int32_t i = 0; i < iotkit_option_count(); i++) {
		const iotkit_option_info *info = iotkit_option_at(i);
		char text[32];
		if (info->type != IOTKIT_OPTION_INTEGER)
			continue;
		snprintf(text, sizeof text, "%" PRId64, info->min);
		ck_assert_int_eq(iotkit_set_option(iot, info->name, text), IOTKIT_OK);
		snprintf(text, sizeof text, "%" PRId64, info->max);
		ck_assert_int_eq(iotkit_set_option(iot, info->name, text), IOTKIT_OK);
		ck_assert_str_eq(value_of(info->name), text);
		snprintf(text, sizeof text, "%" PRId64, info->min - 1);
		assert_fails(iotkit_set_option(iot, info->name, text), IOTKIT_EINVAL, info->name);
		snprintf(text, sizeof text, "%" PRId64, info->max + 1);
		assert_fails(iotkit_set_option(iot, info->name, text), IOTKIT_EINVAL, info->unit);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_fails(iotkit_set_option(iot, "mqtt.keepalive_s", bad[i]), IOTKIT_EINVAL,
			     "a whole number from 0 to 65535 s, not");
	ck_assert_str_eq(value_of("mqtt.keepalive_s"), "65535");
}
END_TEST

START_TEST(a_boolean_takes_the_usual_words)
{
	static const char *const good[] = {"on", "TRUE", "Yes", "1", "off", "false", "no", "0"};
	static const char *const bad[] = {"", "2", "y", "enabled", " on", "on "};

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		ck_assert_int_eq(iotkit_set_option(iot, "metric.retain", good[i]), IOTKIT_OK);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_fails(iotkit_set_option(iot, "metric.retain", bad[i]), IOTKIT_EINVAL,
			     "on or off");
}
END_TEST

START_TEST(a_choice_takes_one_of_its_words)
{
	static const char *const bad[] = {"",    "xml",   "TEXT",  "text|json",
					  "tex", "text|", "|text", "text|json|senml"};

	ck_assert_int_eq(iotkit_set_option(iot, "payload", "json"), IOTKIT_OK);
	ck_assert_int_eq(iotkit_set_option(iot, "payload", "senml"), IOTKIT_OK);
	ck_assert_int_eq(iotkit_set_option(iot, "payload", "text"), IOTKIT_OK);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_fails(iotkit_set_option(iot, "payload", bad[i]), IOTKIT_EINVAL,
			     "one of text|json|senml");
}
END_TEST

START_TEST(text_is_utf8)
{
	ck_assert_int_eq(iotkit_set_option(iot, "mqtt.username", "Jürgen"), IOTKIT_OK);
	assert_fails(iotkit_set_option(iot, "mqtt.username", "J\xfcrgen"), IOTKIT_EINVAL, "UTF-8");
	ck_assert_str_eq(value_of("mqtt.username"), "Jürgen");
}
END_TEST

START_TEST(the_topics_base_is_a_topic)
{
	static const char *const bad[] = {"", "a/+", "#", "a\x01"};

	ck_assert_int_eq(iotkit_set_option(iot, "topic.base", "house/cellar"), IOTKIT_OK);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_fails(iotkit_set_option(iot, "topic.base", bad[i]), IOTKIT_EINVAL,
			     "topic.base");
}
END_TEST

START_TEST(a_password_that_is_too_long_is_refused_not_cut)
{
	static char longest[70000];

	memset(longest, 'p', 65535);
	ck_assert_int_eq(iotkit_set_option(iot, "mqtt.username", longest), IOTKIT_OK);
	memset(longest, 'p', 65536);
	assert_fails(iotkit_set_option(iot, "mqtt.username", longest), IOTKIT_EINVAL, "longer");
	memset(longest, 'p', 65536);
	assert_fails(iotkit_set_option(iot, "mqtt.password", longest), IOTKIT_EINVAL, "longer");
	ck_assert_ptr_null(strstr(iotkit_last_error(), "ppp"));
}
END_TEST

/* ---- names ---- */

START_TEST(a_wrong_name_suggests_the_nearest)
{
	static const struct {
		const char *wrong;
		const char *meant;
	} names[] = {
		{"mqtt.keepalive", "'mqtt.keepalive_s'"},  {"mqtt.clientid", "'mqtt.client_id'"},
		{"keepalive_s", "'mqtt.keepalive_s'"},     {"payloads", "'payload'"},
		{"outbox.max_row", "'outbox.max_rows'"},   {"MQTT.VERSION", "did you mean"},
		{"reconect.max_ms", "'reconnect.max_ms'"}, {"brokre", "'broker'"},
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		assert_fails(iotkit_set_option(iot, names[i].wrong, "1"), IOTKIT_ENOENT,
			     names[i].meant);
	assert_fails(iotkit_get_option(iot, "nothing", (char[4]){0}, 4), IOTKIT_ENOENT,
		     "did you mean");
}
END_TEST

START_TEST(a_very_long_name_is_only_unknown)
{
	static char name[100000];

	memset(name, 'n', sizeof name - 1);
	assert_fails(iotkit_set_option(iot, name, "1"), IOTKIT_ENOENT, "did you mean");
	assert_fails(iotkit_set_option(iot, "", "1"), IOTKIT_ENOENT, "there is no option ''");
}
END_TEST

START_TEST(nulls_are_refused)
{
	char value[8];

	assert_fails(iotkit_set_option(NULL, "payload", "json"), IOTKIT_EINVAL, "iotkit_open()");
	assert_fails(iotkit_set_option(iot, NULL, "json"), IOTKIT_EINVAL, "NULL");
	assert_fails(iotkit_set_option(iot, "payload", NULL), IOTKIT_EINVAL, "NULL");
	assert_fails(iotkit_get_option(iot, NULL, value, sizeof value), IOTKIT_EINVAL, "NULL");
	assert_fails(iotkit_get_option(iot, "payload", NULL, 8), IOTKIT_EINVAL, "NULL");
}
END_TEST

/* ---- reading ---- */

START_TEST(reading_needs_room_for_the_value_and_its_nul)
{
	char value[8] = "before";

	ck_assert_int_eq(iotkit_set_option(iot, "payload", "json"), IOTKIT_OK);
	assert_fails(iotkit_get_option(iot, "payload", value, 4), IOTKIT_EINVAL, "needs 5 bytes");
	assert_fails(iotkit_get_option(iot, "payload", value, 0), IOTKIT_EINVAL, "has 0");
	ck_assert_str_eq(value, "before");
	ck_assert_int_eq(iotkit_get_option(iot, "payload", value, 5), IOTKIT_OK);
	ck_assert_str_eq(value, "json");
}
END_TEST

START_TEST(a_secret_is_never_shown)
{
	char value[64] = "";

	ck_assert_int_eq(iotkit_set_option(iot, "mqtt.password", "hunter2"), IOTKIT_OK);
	assert_fails(iotkit_get_option(iot, "mqtt.password", value, sizeof value), IOTKIT_ENOTSUP,
		     "secret");
	ck_assert_str_eq(value, "");
	ck_assert_ptr_null(strstr(iotkit_last_error(), "hunter2"));
	ck_assert_int_eq(iotkit_option_at(OPTION_PASSWORD)->type, IOTKIT_OPTION_SECRET);
}
END_TEST

/* ---- the moment ---- */

START_TEST(after_connecting_options_are_settled)
{
	ck_assert_int_eq(iotkit_set_option(iot, "broker", "mqtt://127.0.0.1:1"), IOTKIT_OK);
	ck_assert_int_eq(iotkit_connect(iot, 0), IOTKIT_OK);
	assert_fails(iotkit_set_option(iot, "payload", "json"), IOTKIT_ESTATE, "settled");
	assert_fails(iotkit_load_config(iot, "/dev/null"), IOTKIT_ESTATE, "settled");
	assert_fails(iotkit_set_will(iot, "t", "", 0, 0, 0), IOTKIT_ESTATE, "settled");
	ck_assert_int_eq(iotkit_disconnect(iot, 0), IOTKIT_OK);
	assert_fails(iotkit_set_option(iot, "payload", "json"), IOTKIT_ESTATE, "settled");
	ck_assert_str_eq(value_of("payload"), "text");
	ck_assert_int_eq(strncmp(value_of("mqtt.client_id"), "iotkit-", 7), 0);
}
END_TEST

START_TEST(a_uri_with_one_wrong_option_changes_nothing)
{
	ck_assert_int_eq(iotkit_set_option(iot, "mqtt.username", "before"), IOTKIT_OK);
	assert_fails(iotkit_set_option(iot, "broker",
				       "mqtt://after@other:1884?payload=json&mqtt.window=0"),
		     IOTKIT_EINVAL, "mqtt.window");
	ck_assert_str_eq(value_of("broker"), "mqtt://localhost:1883");
	ck_assert_str_eq(value_of("mqtt.username"), "before");
	ck_assert_str_eq(value_of("payload"), "text");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("options");
	TCase *options = tcase_create("options");

	tcase_add_checked_fixture(options, start, stop);
	tcase_add_test(options, every_row_is_complete_and_passes_its_own_check);
	tcase_add_test(options, there_is_nothing_outside_the_table);
	tcase_add_test(options, every_default_is_what_a_new_handle_has);
	tcase_add_test(options, an_integer_takes_its_range_and_nothing_else);
	tcase_add_test(options, a_boolean_takes_the_usual_words);
	tcase_add_test(options, a_choice_takes_one_of_its_words);
	tcase_add_test(options, text_is_utf8);
	tcase_add_test(options, the_topics_base_is_a_topic);
	tcase_add_test(options, a_password_that_is_too_long_is_refused_not_cut);
	tcase_add_test(options, a_wrong_name_suggests_the_nearest);
	tcase_add_test(options, a_very_long_name_is_only_unknown);
	tcase_add_test(options, nulls_are_refused);
	tcase_add_test(options, reading_needs_room_for_the_value_and_its_nul);
	tcase_add_test(options, a_secret_is_never_shown);
	tcase_add_test(options, after_connecting_options_are_settled);
	tcase_add_test(options, a_uri_with_one_wrong_option_changes_nothing);
	suite_add_tcase(suite, options);
	return suite_run(suite);
}
