/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "metric/metric.h"
#include "suite.h"

static const struct metric good = {.device = "greenhouse",
				   .name = "temperature",
				   .unit = "Cel",
				   .value = 23.5,
				   .time_ms = 1700000000123};

static char longest[METRIC_NAME_MAX + 1];
static char too_long[METRIC_NAME_MAX + 2];

static void fill(void)
{
	memset(longest, 'n', sizeof longest - 1);
	memset(too_long, 'n', sizeof too_long - 1);
}

START_TEST(a_metric_that_keeps_the_rules_is_taken)
{
	struct metric metric = good;

	ck_assert_int_eq(metric_check(&metric), IOTKIT_OK);
	metric.unit = "";
	metric.value = -0.0;
	metric.time_ms = -1;
	ck_assert_int_eq(metric_check(&metric), IOTKIT_OK);
}
END_TEST

START_TEST(names_have_1_to_255_bytes)
{
	struct metric metric = good;

	metric.device = longest;
	metric.name = longest;
	ck_assert_int_eq(metric_check(&metric), IOTKIT_OK);
	metric.name = too_long;
	assert_fails(metric_check(&metric), IOTKIT_EINVAL, "name of the metric");
	metric.name = "";
	assert_fails(metric_check(&metric), IOTKIT_EINVAL, "the metric has no name");
	metric.name = NULL;
	assert_fails(metric_check(&metric), IOTKIT_EINVAL, "the metric has no name");
	metric = good;
	metric.device = too_long;
	assert_fails(metric_check(&metric), IOTKIT_EINVAL, "longer than 255 bytes");
	metric.device = "";
	assert_fails(metric_check(&metric), IOTKIT_EINVAL, "the device has no name");
	metric.device = NULL;
	assert_fails(metric_check(&metric), IOTKIT_EINVAL, "the device has no name");
}
END_TEST

START_TEST(every_text_is_utf8)
{
	struct metric metric = good;

	metric.name = "temp\xe9rature";
	assert_fails(metric_check(&metric), IOTKIT_EINVAL, "metric is not UTF-8");
	metric = good;
	metric.device = "\xff";
	assert_fails(metric_check(&metric), IOTKIT_EINVAL, "device is not UTF-8");
	metric = good;
	metric.unit = "\xb0"
		      "C";
	assert_fails(metric_check(&metric), IOTKIT_EINVAL, "unit of 'temperature' is not UTF-8");
}
END_TEST

START_TEST(a_unit_has_at_most_63_bytes)
{
	char unit[METRIC_UNIT_MAX + 2];
	struct metric metric = good;

	memset(unit, 'u', sizeof unit);
	unit[METRIC_UNIT_MAX + 1] = '\0';
	metric.unit = unit;
	assert_fails(metric_check(&metric), IOTKIT_EINVAL, "longer than 63 bytes");
	unit[METRIC_UNIT_MAX] = '\0';
	ck_assert_int_eq(metric_check(&metric), IOTKIT_OK);
	metric.unit = NULL;
	assert_fails(metric_check(&metric), IOTKIT_EINVAL, "NULL");
}
END_TEST

START_TEST(a_value_is_finite)
{
	static const double values[] = {NAN, INFINITY, -INFINITY};
	struct metric metric = good;

	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		metric.value = values[i];
		assert_fails(metric_check(&metric), IOTKIT_EINVAL, "'temperature' is not finite");
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metric");
	TCase *check = tcase_create("check");

	tcase_add_unchecked_fixture(check, fill, NULL);
	tcase_add_test(check, a_metric_that_keeps_the_rules_is_taken);
	tcase_add_test(check, names_have_1_to_255_bytes);
	tcase_add_test(check, every_text_is_utf8);
	tcase_add_test(check, a_unit_has_at_most_63_bytes);
	tcase_add_test(check, a_value_is_finite);
	suite_add_tcase(suite, check);
	return suite_run(suite);
}
