/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "api/uri.h"
#include "suite.h"

static struct options options;
static struct broker_list list;

static void start(void)
{
	ck_assert_int_eq(options_init(&options), IOTKIT_OK);
	list = (struct broker_list){0};
}

static void stop(void)
{
	broker_list_free(&list);
	options_free(&options);
}

static void apply(const char *uri)
{
	ck_assert_msg(uri_apply(uri, &options) == IOTKIT_OK, "%s: %s", uri, iotkit_last_error());
	broker_list_free(&list);
	ck_assert_int_eq(uri_brokers(options_text(&options, OPTION_BROKER), &list), IOTKIT_OK);
}

static void assert_broker(size_t index, const char *host, unsigned port)
{
	ck_assert_uint_lt(index, list.count);
	ck_assert_str_eq(list.brokers[index].host, host);
	ck_assert_uint_eq(list.brokers[index].port, port);
}

START_TEST(a_host_may_have_a_port)
{
	apply("mqtt://broker.example");
	ck_assert_uint_eq(list.count, 1);
	assert_broker(0, "broker.example", 1883);
	apply("mqtt://10.0.0.7:1884/");
	assert_broker(0, "10.0.0.7", 1884);
	apply("mqtt://h:65535?");
	assert_broker(0, "h", 65535);
}
END_TEST

START_TEST(an_ipv6_address_stands_in_brackets)
{
	apply("mqtt://[::1]");
	assert_broker(0, "::1", 1883);
	apply("mqtt://[fe80::1%25eth0]:1884,[::2]");
	assert_broker(0, "fe80::1%eth0", 1884);
	assert_broker(1, "::2", 1883);
}
END_TEST

START_TEST(hosts_are_listed_with_commas)
{
	apply("mqtt://user@a,b:2,[::3]:3,d");
	ck_assert_uint_eq(list.count, 4);
	assert_broker(0, "a", 1883);
	assert_broker(1, "b", 2);
	assert_broker(2, "::3", 3);
	assert_broker(3, "d", 1883);
	ck_assert_str_eq(options_text(&options, OPTION_USERNAME), "user");
}
END_TEST

START_TEST(user_and_password_are_decoded_and_not_kept_in_the_uri)
{
	apply("mqtt://an%40na:p%3Aa%2fs%25s@host:1");
	ck_assert_str_eq(options_text(&options, OPTION_USERNAME), "an@na");
	ck_assert_str_eq(options_text(&options, OPTION_PASSWORD), "p:a/s%s");
	ck_assert_str_eq(options_text(&options, OPTION_BROKER), "mqtt://host:1");
}
END_TEST

START_TEST(the_query_sets_options)
{
	apply("mqtt://h?payload=json&mqtt.client_id=a%26b&&topic.base=x/y&mqtt.username=");
	ck_assert(options_is(&options, OPTION_PAYLOAD, "json"));
	ck_assert_str_eq(options_text(&options, OPTION_CLIENT_ID), "a&b");
	ck_assert_str_eq(options_text(&options, OPTION_TOPIC_BASE), "x/y");
	ck_assert_str_eq(options_text(&options, OPTION_BROKER), "mqtt://h");
}
END_TEST

START_TEST(with_tls_the_port_is_another)
{
	apply("mqtts://anna:x@a,b:1");
	assert_broker(0, "a", 8883);
	assert_broker(1, "b", 1);
	ck_assert_str_eq(options_text(&options, OPTION_BROKER), "mqtts://a,b:1");
	ck_assert(uri_with_tls("mqtts://a"));
	ck_assert(!uri_with_tls("mqtt://a"));
}
END_TEST

START_TEST(what_is_no_uri_is_refused_with_its_reason)
{
	static const struct {
		const char *uri;
		iotkit_status status;
		const char *part;
	} wrong[] = {
		{"", IOTKIT_EINVAL, "mqtt://"},
		{"localhost", IOTKIT_EINVAL, "begins with 'mqtts://'"},
		{"http://h", IOTKIT_EINVAL, "begins with 'mqtts://'"},
		{"mqttss://h", IOTKIT_EINVAL, "begins with 'mqtts://'"},
		{"mqtt://", IOTKIT_EINVAL, "no host"},
		{"mqtt://:1883", IOTKIT_EINVAL, "no host"},
		{"mqtt://a,,b", IOTKIT_EINVAL, "no host"},
		{"mqtt://a,", IOTKIT_EINVAL, "no host"},
		{"mqtt://user@", IOTKIT_EINVAL, "no host"},
		{"mqtt://h:", IOTKIT_EINVAL, "1 to 65535"},
		{"mqtt://h:0", IOTKIT_EINVAL, "1 to 65535"},
		{"mqtt://h:65536", IOTKIT_EINVAL, "1 to 65535"},
		{"mqtt://h:99999999999999999999", IOTKIT_EINVAL, "1 to 65535"},
		{"mqtt://h:18 83", IOTKIT_EINVAL, "port"},
		{"mqtt://h:-1", IOTKIT_EINVAL, "port"},
		{"mqtt://::1", IOTKIT_EINVAL, "in brackets"},
		{"mqtt://[::1", IOTKIT_EINVAL, "brackets"},
		{"mqtt://[]", IOTKIT_EINVAL, "no host"},
		{"mqtt://[::1]x", IOTKIT_EINVAL, "brackets"},
		{"mqtt://h/topic", IOTKIT_EINVAL, "has a path"},
		{"mqtt://%zz", IOTKIT_EINVAL, "hexadecimal"},
		{"mqtt://a%00b", IOTKIT_EINVAL, "00"},
		{"mqtt://us%4@h", IOTKIT_EINVAL, "hexadecimal"},
		{"mqtt://h?payload", IOTKIT_EINVAL, "option=value"},
		{"mqtt://h?payload=xml", IOTKIT_EINVAL, "text|json|senml"},
		{"mqtt://h?paylod=json", IOTKIT_ENOENT, "'payload'"},
		{"mqtt://h?broker=mqtt://i", IOTKIT_EINVAL, "'broker'"},
		{"mqtt://h?topic.base=%", IOTKIT_EINVAL, "hexadecimal"},
		{"mqtt://h?topic.base=%ff", IOTKIT_EINVAL, "UTF-8"},
		{"mqtt://a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", IOTKIT_EINVAL, "more than 16"},
		{"mqtt://anna:p@ss@host", IOTKIT_EINVAL, "%40"},
	};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_fails(uri_apply(wrong[i].uri, &options), wrong[i].status, wrong[i].part);
}
END_TEST

START_TEST(no_sentence_shows_the_password)
{
	static const char *const wrong[] = {
		"mqtt://anna:hunter2@host:port", "mqtt://anna:hunter2@host/path",
		"mqtt://anna:hunter2@",          "mqtts://anna:hunter2@host:x",
		"http://anna:hunter2@host",      "mqtt://anna:hunter2%zz@host",
		"mqtt://anna:x@hunter2@host",    "mqtt://anna:hunter2\xff@host",
		"mqtt://anna:hunter2",           "mqtt://anna:x?hunter2@host",
		"mqtt://anna:x?hunter2=1@host",  "mqtt://anna:x@h/hunter2",
	};

	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		ck_assert_int_ne(uri_apply(wrong[i], &options), IOTKIT_OK);
		ck_assert_msg(strstr(iotkit_last_error(), "hunter2") == NULL, "%s",
			      iotkit_last_error());
	}
}
END_TEST

START_TEST(an_endless_uri_is_refused)
{
	static char uri[70000];

	memset(uri, 'h', sizeof uri - 1);
	memcpy(uri, "mqtt://", 7);
	assert_fails(uri_apply(uri, &options), IOTKIT_EINVAL, "longer than 65535");
}
END_TEST

START_TEST(opening_takes_a_uri_or_none)
{
	iotkit *iot = NULL;
	char value[64];

	assert_fails(iotkit_open("mqtt://h", NULL), IOTKIT_EINVAL, "out is NULL");
	assert_fails(iotkit_open("mqtt://h?nonsense=1", &iot), IOTKIT_ENOENT, "nonsense");
	ck_assert_ptr_null(iot);
	ck_assert_int_eq(iotkit_open("mqtt://u:hunter2@h:7?payload=json", &iot), IOTKIT_OK);
	ck_assert_int_eq(iotkit_get_option(iot, "broker", value, sizeof value), IOTKIT_OK);
	ck_assert_str_eq(value, "mqtt://h:7");
	ck_assert_int_eq(iotkit_get_option(iot, "payload", value, sizeof value), IOTKIT_OK);
	ck_assert_str_eq(value, "json");
	iotkit_close(iot);
	iotkit_close(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("uri");
	TCase *uri = tcase_create("uri");

	tcase_add_checked_fixture(uri, start, stop);
	tcase_add_test(uri, a_host_may_have_a_port);
	tcase_add_test(uri, an_ipv6_address_stands_in_brackets);
	tcase_add_test(uri, hosts_are_listed_with_commas);
	tcase_add_test(uri, user_and_password_are_decoded_and_not_kept_in_the_uri);
	tcase_add_test(uri, the_query_sets_options);
	tcase_add_test(uri, with_tls_the_port_is_another);
	tcase_add_test(uri, what_is_no_uri_is_refused_with_its_reason);
	tcase_add_test(uri, no_sentence_shows_the_password);
	tcase_add_test(uri, an_endless_uri_is_refused);
	tcase_add_test(uri, opening_takes_a_uri_or_none);
	suite_add_tcase(suite, uri);
	return suite_run(suite);
}
