/* SPDX-License-Identifier: MIT
 *
 * The payloads "text" and "json".
 */
#include <float.h>
#include <string.h>

#include <cJSON.h>

#include "metric/metric.h"
#include "suite.h"

enum { LIMIT = 4096 };

static struct buffer out;

static void open_buffer(void)
{
	buffer_init(&out, LIMIT);
}

static void close_buffer(void)
{
	buffer_free(&out);
}

static void assert_out(const char *expected)
{
	ck_assert_uint_eq(out.size, strlen(expected));
	ck_assert_mem_eq(out.bytes, expected, out.size);
}

START_TEST(text_is_the_number_alone)
{
	struct metric metric = {.device = "d", .name = "n", .unit = "Cel", .value = 23.5};

	ck_assert_int_eq(metric_encode_text(&metric, &out), IOTKIT_OK);
	assert_out("23.5");
}
END_TEST

START_TEST(json_says_it_all)
{
	struct metric metric = {.device = "greenhouse",
				.name = "temperature",
				.unit = "Cel",
				.value = 23.5,
				.time_ms = 1700000000123};

	ck_assert_int_eq(metric_encode_json(&metric, NULL, &out), IOTKIT_OK);
	assert_out("{\"device\":\"greenhouse\",\"name\":\"temperature\",\"value\":23.5,"
		   "\"unit\":\"Cel\",\"time\":1700000000.123}");
}
END_TEST

START_TEST(json_carries_the_stamp_to_the_last_digit)
{
	struct metric metric = {.device = "d", .name = "n", .unit = "", .value = 1};
	struct metric_stamp stamp = {.epoch = (UINT64_C(1) << 53) - 1, .seq = 1};

	ck_assert_int_eq(metric_encode_json(&metric, &stamp, &out), IOTKIT_OK);
	assert_out("{\"device\":\"d\",\"name\":\"n\",\"value\":1,\"time\":0,"
		   "\"epoch\":9007199254740991,\"seq\":1}");
	cJSON *root = cJSON_ParseWithLength(out.bytes, out.size);
	ck_assert_double_eq(cJSON_GetObjectItem(root, "epoch")->valuedouble, 9007199254740991.0);
	cJSON_Delete(root);
}
END_TEST

START_TEST(json_leaves_out_a_unit_that_is_none)
{
	struct metric metric = {.device = "d", .name = "n", .unit = "", .value = -0.0};

	ck_assert_int_eq(metric_encode_json(&metric, NULL, &out), IOTKIT_OK);
	assert_out("{\"device\":\"d\",\"name\":\"n\",\"value\":0,\"time\":0}");
}
END_TEST

START_TEST(json_escapes_what_json_must)
{
	struct metric metric = {
		.device = "a\"b\\", .name = "line\n\x01\xc3\xbc", .unit = "/", .value = 1};

	ck_assert_int_eq(metric_encode_json(&metric, NULL, &out), IOTKIT_OK);
	assert_out("{\"device\":\"a\\\"b\\\\\",\"name\":\"line\\n\\u0001\xc3\xbc\",\"value\":1,"
		   "\"unit\":\"/\",\"time\":0}");
}
END_TEST

/* cJSON reads what was written, whatever the text. */
START_TEST(every_text_reads_back)
{
	char text[4] = "";

	for (int byte = 1; byte < 0x80; byte++) {
		text[0] = text[2] = (char)byte;
		text[1] = 'x';
		struct metric metric = {.device = text, .name = text, .unit = "", .value = 1};
		buffer_clear(&out);
		ck_assert_int_eq(metric_encode_json(&metric, NULL, &out), IOTKIT_OK);
		cJSON *root = cJSON_ParseWithLength(out.bytes, out.size);
		ck_assert_msg(root != NULL, "'%.*s' is no JSON", (int)out.size, out.bytes);
		ck_assert_str_eq(cJSON_GetObjectItem(root, "device")->valuestring, text);
		ck_assert_str_eq(cJSON_GetObjectItem(root, "name")->valuestring, text);
		char *printed = cJSON_PrintUnformatted(root);
		ck_assert_uint_eq(strlen(printed), out.size);
		ck_assert_mem_eq(printed, out.bytes, out.size);
		cJSON_free(printed);
		cJSON_Delete(root);
	}
}
END_TEST

START_TEST(json_reads_back_the_same)
{
	static const double values[] = {DBL_MAX, -DBL_MIN, 1.0 / 3, 0.1 + 0.2, 123456789.125};

	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		struct metric metric = {
			.device = "d", .name = "n", .unit = "", .value = values[i], .time_ms = 7};
		buffer_clear(&out);
		ck_assert_int_eq(metric_encode_json(&metric, NULL, &out), IOTKIT_OK);
		cJSON *root = cJSON_ParseWithLength(out.bytes, out.size);
		ck_assert_ptr_nonnull(root);
		ck_assert_double_eq(cJSON_GetObjectItem(root, "value")->valuedouble, values[i]);
		ck_assert_double_eq(cJSON_GetObjectItem(root, "time")->valuedouble, 0.007);
		cJSON_Delete(root);
	}
}
END_TEST

START_TEST(a_payload_is_appended_whole_or_not_at_all)
{
	struct metric metric = {.device = "d", .name = "n", .unit = "", .value = 12345678};
	struct buffer small;

	buffer_init(&small, 5);
	ck_assert_int_eq(buffer_append_text(&small, "a"), IOTKIT_OK);
	ck_assert_int_eq(metric_encode_json(&metric, NULL, &small), IOTKIT_EFULL);
	ck_assert_int_eq(metric_encode_text(&metric, &small), IOTKIT_EFULL);
	ck_assert_uint_eq(small.size, 1);
	buffer_free(&small);
}
END_TEST

START_TEST(json_and_senml_survive_any_place_where_room_ends)
{
	struct metric metrics[] = {
		{.device = "d\n", .name = "n", .unit = "Cel", .value = 1, .time_ms = 1700000000000},
		{.device = "d\n", .name = "m", .unit = "", .value = 2, .time_ms = 1700000000001}};
	struct metric_stamp stamp = {.epoch = 7, .seq = 9};
	struct buffer small;
	size_t json_limit = 0, senml_limit = 0;

	buffer_init(&small, 0);
	for (; metric_encode_json(&metrics[0], &stamp, &small) != IOTKIT_OK; small.limit++)
		ck_assert_uint_eq(small.size, 0);
	json_limit = small.limit;
	ck_assert_uint_eq(small.size, json_limit);
	buffer_free(&small);
	buffer_init(&small, 0);
	for (; metric_encode_senml(metrics, 2, &stamp, &small) != IOTKIT_OK; small.limit++)
		ck_assert_uint_eq(small.size, 0);
	senml_limit = small.limit;
	ck_assert_uint_eq(small.size, senml_limit);
	buffer_free(&small);
	ck_assert_uint_gt(json_limit, 80);
	ck_assert_uint_gt(senml_limit, 80);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("encode_json");
	TCase *encode = tcase_create("encode");

	tcase_add_checked_fixture(encode, open_buffer, close_buffer);
	tcase_add_test(encode, text_is_the_number_alone);
	tcase_add_test(encode, json_says_it_all);
	tcase_add_test(encode, json_carries_the_stamp_to_the_last_digit);
	tcase_add_test(encode, json_leaves_out_a_unit_that_is_none);
	tcase_add_test(encode, json_escapes_what_json_must);
	tcase_add_test(encode, every_text_reads_back);
	tcase_add_test(encode, json_reads_back_the_same);
	tcase_add_test(encode, a_payload_is_appended_whole_or_not_at_all);
	tcase_add_test(encode, json_and_senml_survive_any_place_where_room_ends);
	suite_add_tcase(suite, encode);
	return suite_run(suite);
}
