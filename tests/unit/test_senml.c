/* SPDX-License-Identifier: MIT
 *
 * The payload "senml" against RFC 8428.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cJSON.h>

#include "metric/metric.h"
#include "suite.h"

enum { LIMIT = 1 << 20 };

static struct buffer out;

static void open_buffer(void)
{
	buffer_init(&out, LIMIT);
}

static void close_buffer(void)
{
	buffer_free(&out);
}

static void assert_pack(const struct metric *metrics, size_t count, const char *expected)
{
	buffer_clear(&out);
	ck_assert_int_eq(metric_encode_senml(metrics, count, NULL, &out), IOTKIT_OK);
	ck_assert_int_eq(buffer_append(&out, "", 1), IOTKIT_OK);
	ck_assert_str_eq(out.bytes, expected);
}

START_TEST(one_metric_is_a_pack_of_one)
{
	struct metric metric = {.device = "greenhouse",
				.name = "temperature",
				.unit = "Cel",
				.value = 23.5,
				.time_ms = 1700000000123};

	assert_pack(&metric, 1,
		    "[{\"bn\":\"greenhouse/\",\"bt\":1700000000.123,\"n\":\"temperature\","
		    "\"u\":\"Cel\",\"v\":23.5}]");
}
END_TEST

/* The shape of RFC 8428 section 5.1.3, with our base name. */
START_TEST(records_share_the_base_and_times_are_relative_to_it)
{
	struct metric metrics[] = {
		{"dev", "voltage", "V", 120.1, 1276020076001},
		{"dev", "current", "A", 1.2, 1276020076001},
		{"dev", "current", "A", 1.3, 1276020076251},
		{"dev", "count", "", 7, 1276020075000},
	};

	assert_pack(metrics, 4,
		    "[{\"bn\":\"dev/\",\"bt\":1276020076.001,\"n\":\"voltage\",\"u\":\"V\","
		    "\"v\":120.1},"
		    "{\"n\":\"current\",\"u\":\"A\",\"v\":1.2},"
		    "{\"n\":\"current\",\"u\":\"A\",\"v\":1.3,\"t\":0.25},"
		    "{\"n\":\"count\",\"v\":7,\"t\":-1.001}]");
}
END_TEST

START_TEST(the_first_record_alone_carries_the_stamp)
{
	struct metric metrics[] = {
		{"d", "a", "V", 1, 1700000000000},
		{"d", "b", "", 2, 1700000000000},
	};
	struct metric_stamp stamp = {.epoch = (UINT64_C(1) << 53) - 1, .seq = 4503599627370497};

	ck_assert_int_eq(metric_encode_senml(metrics, 2, &stamp, &out), IOTKIT_OK);
	ck_assert_int_eq(buffer_append(&out, "", 1), IOTKIT_OK);
	ck_assert_str_eq(out.bytes, "[{\"bn\":\"d/\",\"bt\":1700000000,"
				    "\"epoch\":9007199254740991,\"seq\":4503599627370497,"
				    "\"n\":\"a\",\"u\":\"V\",\"v\":1},"
				    "{\"n\":\"b\",\"v\":2}]");
}
END_TEST

START_TEST(names_have_only_the_characters_of_senml)
{
	struct metric metric = {"my board:1.0-a_b", "T/\xc3\xbc +", "", 1, 1700000000000};

	assert_pack(
		&metric, 1,
		"[{\"bn\":\"my_board:1.0-a_b/\",\"bt\":1700000000,\"n\":\"T_c3bc__\",\"v\":1}]");
}
END_TEST

START_TEST(a_name_begins_with_a_letter_or_a_digit)
{
	struct metric metric = {"\xc3\xbc"
				"ber",
				"n", "", 1, 1700000000000};

	assert_pack(&metric, 1, "[{\"bn\":\"xc3bcber/\",\"bt\":1700000000,\"n\":\"n\",\"v\":1}]");
	metric.device = "7";
	assert_pack(&metric, 1, "[{\"bn\":\"7/\",\"bt\":1700000000,\"n\":\"n\",\"v\":1}]");
}
END_TEST

START_TEST(a_clock_that_was_never_set_gives_no_time)
{
	struct metric metrics[] = {
		{"d", "a", "", 1, 99000},
		{"d", "b", "", 2, 268435455999}, /* the last relative time */
		{"d", "c", "", 3, 268435456000}, /* 2**28 s, the first absolute one */
		{"d", "e", "", 4, -5},
		{"d", "f", "", 5, INT64_MIN},
	};

	assert_pack(metrics, 2, "[{\"bn\":\"d/\",\"n\":\"a\",\"v\":1},{\"n\":\"b\",\"v\":2}]");
	assert_pack(metrics, 5,
		    "[{\"bn\":\"d/\",\"n\":\"a\",\"v\":1},{\"n\":\"b\",\"v\":2},"
		    "{\"n\":\"c\",\"v\":3,\"t\":268435456},{\"n\":\"e\",\"v\":4},"
		    "{\"n\":\"f\",\"v\":5}]");
	assert_pack(&metrics[2], 1, "[{\"bn\":\"d/\",\"bt\":268435456,\"n\":\"c\",\"v\":3}]");
}
END_TEST

START_TEST(the_longest_names_fit)
{
	char name[METRIC_NAME_MAX + 1];
	struct metric metric = {name, name, "", 1, 1700000000000};

	memset(name, '_', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	ck_assert_int_eq(metric_encode_senml(&metric, 1, NULL, &out), IOTKIT_OK);
	cJSON *pack = cJSON_ParseWithLength(out.bytes, out.size);
	const char *base = cJSON_GetObjectItem(cJSON_GetArrayItem(pack, 0), "bn")->valuestring;
	ck_assert_uint_eq(strlen(base), METRIC_NAME_MAX + 2);
	ck_assert_int_eq(base[0], 'x');
	cJSON_Delete(pack);
}
END_TEST

/* Resolves a record as RFC 8428 section 4.6 says: base plus own. */
static int64_t resolved_ms(const cJSON *pack, const cJSON *record)
{
	const cJSON *base = cJSON_GetObjectItem(cJSON_GetArrayItem(pack, 0), "bt");
	const cJSON *own = cJSON_GetObjectItem(record, "t");

	return llround(((base ? base->valuedouble : 0) + (own ? own->valuedouble : 0)) * 1000);
}

START_TEST(a_thousand_metrics_resolve_to_what_they_were)
{
	enum { COUNT = 1000 };
	static char names[COUNT][16];
	static struct metric metrics[COUNT];

	for (int i = 0; i < COUNT; i++) {
		snprintf(names[i], sizeof names[i], "m%d", i);
		metrics[i] = (struct metric){"dev", names[i], "V", i / 7.0,
					     1700000000000 + (int64_t)i * 37 - 5000};
	}
	ck_assert_int_eq(metric_encode_senml(metrics, COUNT, NULL, &out), IOTKIT_OK);
	cJSON *pack = cJSON_ParseWithLength(out.bytes, out.size);
	ck_assert_int_eq(cJSON_GetArraySize(pack), COUNT);
	int i = 0;
	const cJSON *record;
	cJSON_ArrayForEach(record, pack)
	{
		ck_assert_str_eq(cJSON_GetObjectItem(record, "n")->valuestring, names[i]);
		ck_assert_double_eq(cJSON_GetObjectItem(record, "v")->valuedouble, i / 7.0);
		ck_assert_int_eq(resolved_ms(pack, record), metrics[i].time_ms);
		ck_assert_int_eq(cJSON_HasObjectItem(record, "bn"), i == 0);
		i++;
	}
	cJSON_Delete(pack);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("senml");
	TCase *encode = tcase_create("encode");

	tcase_add_checked_fixture(encode, open_buffer, close_buffer);
	tcase_add_test(encode, one_metric_is_a_pack_of_one);
	tcase_add_test(encode, records_share_the_base_and_times_are_relative_to_it);
	tcase_add_test(encode, the_first_record_alone_carries_the_stamp);
	tcase_add_test(encode, names_have_only_the_characters_of_senml);
	tcase_add_test(encode, a_name_begins_with_a_letter_or_a_digit);
	tcase_add_test(encode, a_clock_that_was_never_set_gives_no_time);
	tcase_add_test(encode, the_longest_names_fit);
	tcase_add_test(encode, a_thousand_metrics_resolve_to_what_they_were);
	suite_add_tcase(suite, encode);
	return suite_run(suite);
}
