/* SPDX-License-Identifier: MIT */
#include <mbedtls/x509_crt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suite.h"
#include "test_ca.h"
#include "tls/x509/facts.h"
#include "tls/x509/moment.h"

static struct test_ca ca;
static mbedtls_x509_crt certificate;
static struct facts facts;

static void start(void)
{
	test_ca_open(&ca);
	mbedtls_x509_crt_init(&certificate);
}

static void stop(void)
{
	mbedtls_x509_crt_free(&certificate);
	test_ca_close(&ca);
}

/* Whether mbedTLS takes such a certificate at all. */
static bool is_taken(const char *subject, const char *extensions)
{
	struct test_certificate wanted = {
		.name = "leaf", .subject = subject, .extensions = extensions};

	test_ca_issue(&ca, &wanted);
	mbedtls_x509_crt_free(&certificate);
	mbedtls_x509_crt_init(&certificate);
	int rc = mbedtls_x509_crt_parse_file(&certificate, test_ca_path(&ca, "leaf", ".crt"));
	if (rc == 0)
		facts_of(&certificate, &facts);
	return rc == 0;
}

static void make(const char *subject, const char *extensions)
{
	ck_assert(is_taken(subject, extensions));
}

static void is_for(const char *host)
{
	ck_assert_msg(facts_match(&certificate, host), "%s is for '%s'", facts.names, host);
}

static void is_not_for(const char *host)
{
	ck_assert_msg(!facts_match(&certificate, host), "%s is not for '%s'", facts.names, host);
}

START_TEST(says_who_signed_whom_and_when)
{
	make("/C=DE/O=Let'\\''s test/CN=dev", "subjectAltName=DNS:dev\n");
	ck_assert_str_eq(facts.subject, "C=DE, O=Let's test, CN=dev");
	ck_assert_str_eq(facts.issuer, facts.subject);
	ck_assert(facts.self_signed);
	ck_assert_str_eq(facts.key, "EC 256 bits");
	ck_assert_str_eq(facts.hash, "SHA256");
	ck_assert_int_eq(facts.not_before, INT64_C(1577836800));
	ck_assert_int_eq(facts.not_after, INT64_C(2524608000));
}
END_TEST

START_TEST(lists_names_and_addresses)
{
	make("/CN=other", "subjectAltName=DNS:dev,DNS:*.dev.local,IP:192.168.1.5,"
			  "IP:fd00::5,email:a@b,URI:http://c\n");
	ck_assert_str_eq(facts.names, "'dev', '*.dev.local', '192.168.1.5', 'fd00::5'");
	make("/CN=dev", "");
	ck_assert_str_eq(facts.names, "'dev'");
	make("/O=nobody", "");
	ck_assert_str_eq(facts.names, "");
}
END_TEST

START_TEST(a_name_matches_itself_in_any_case)
{
	make("/CN=other", "subjectAltName=DNS:Dev.Example.org,DNS:dev\n");
	is_for("dev.example.org");
	is_for("DEV.EXAMPLE.ORG");
	is_for("dev.example.org.");
	is_for("dev");
	is_not_for("other");
	is_not_for("example.org");
	is_not_for("dev.example.or");
	is_not_for("dev.example.orga");
	is_not_for("x.dev.example.org");
	is_not_for("dev.example.org..");
	is_not_for("");
	is_not_for(".");
}
END_TEST

START_TEST(a_wildcard_is_for_one_label)
{
	make("/CN=x", "subjectAltName=DNS:*.example.org,DNS:f*.example.net,DNS:*o.example.net,DNS:"
		      "a.*.example.com,"
		      "DNS:*,DNS:*.\n");
	is_for("a.example.org");
	is_for("A.EXAMPLE.ORG.");
	is_not_for("example.org");
	is_not_for(".example.org");
	is_not_for("a.b.example.org");
	is_not_for("foo.example.net");
	is_not_for("a.b.example.com");
	is_not_for("localhost");
	is_not_for("localhost.");
	is_not_for("a.");
}
END_TEST

START_TEST(an_address_matches_addresses_only)
{
	make("/CN=10.0.0.9", "subjectAltName=DNS:10.0.0.1,DNS:*.0.0.1,IP:10.0.0.2,IP:fd00::2\n");
	is_for("10.0.0.2");
	is_for("fd00::2");
	is_for("FD00:0:0::2");
	is_for("fd00::2%eth0");
	is_not_for("10.0.0.1");
	is_not_for("10.0.0.9");
	is_not_for("10.0.0.3");
	is_not_for("fd00::3");
	is_not_for("10.0.0.2.");
	/* 10.0.0 and nothing at all, as addresses; mbedTLS 3 refuses them itself */
	if (is_taken("/CN=x", "subjectAltName=DER:300787030a00008700\n")) {
		is_not_for("10.0.0.2");
		is_not_for("a00::");
	}
	make("/CN=10.0.0.9", "");
	is_not_for("10.0.0.9");
	ck_assert(facts_is_address("10.0.0.9") && facts_is_address("::1"));
	ck_assert(!facts_is_address("dev") && !facts_is_address("10.0.0"));
}
END_TEST

START_TEST(the_common_name_counts_where_there_are_no_others)
{
	make("/CN=first/CN=dev", "");
	is_for("dev");
	is_for("first");
	make("/CN=dev", "subjectAltName=email:a@b\n");
	is_not_for("dev");
	make("/CN=dev", "subjectAltName=IP:10.0.0.2\n");
	is_not_for("dev");
	make("/CN=dev", "subjectAltName=DER:3000\n");
	is_not_for("dev");
}
END_TEST

START_TEST(a_name_with_a_nul_matches_nothing)
{
	/* "dev\0.evil", and "*.dev\0" */
	make("/CN=dev", "subjectAltName=DER:30138209646576002e6576696c8206"
			"2a2e64657600\n");
	is_not_for("dev");
	is_not_for("dev.evil");
	is_not_for("a.dev");
	ck_assert_str_eq(facts.names, "'dev\\x00.evil', '*.dev\\x00'");
}
END_TEST

START_TEST(nothing_hostile_is_shown)
{
	make("/CN=a\x1b[31m\xc2\x9b\xe2\x80\xae\xf0\x9f\x98\x80K\xc3\xbc"
	     "che",
	     "subjectAltName=DER:300b82096127206f725c0a1b7f\n");
	ck_assert_str_eq(facts.names, "'a\\x27 or\\x5c\\x0a\\x1b\\x7f'");
	for (const char *c = facts.subject; *c != '\0'; c++)
		ck_assert_msg(*c >= ' ' && *c < 0x7f, "%s", facts.subject);
	ck_assert_ptr_nonnull(strstr(facts.subject, "[31m"));
}
END_TEST

START_TEST(what_is_long_is_cut_and_says_so)
{
	char extensions[8192] = "subjectAltName=DNS:dev";
	size_t used = strlen(extensions);

	for (int i = 0; i < 200; i++)
		used += (size_t)snprintf(extensions + used, sizeof extensions - used,
					 ",DNS:name-%d.example.org", i);
	snprintf(extensions + used, sizeof extensions - used, "\n");
	make("/CN=0123456789012345678901234567890123456789012345678901234567890123"
	     "/O=0123456789012345678901234567890123456789012345678901234567890123"
	     "/CN=0123456789012345678901234567890123456789012345678901234567890123",
	     extensions);
	ck_assert_uint_eq(strlen(facts.subject), FACTS_TEXT_SIZE - 1);
	ck_assert_str_eq(facts.subject + strlen(facts.subject) - 3, "...");
	ck_assert_uint_lt(strlen(facts.names), FACTS_NAMES_SIZE);
	ck_assert_str_eq(facts.names + strlen(facts.names) - 6, "', ...");
	is_for("name-199.example.org");
}
END_TEST

START_TEST(the_pin_is_that_of_openssl)
{
	char command[512], expected[65] = "", found[65];
	unsigned char pin[32];

	make("/CN=dev", "");
	facts_pin(&certificate, pin);
	for (size_t i = 0; i < sizeof pin; i++)
		snprintf(found + 2 * i, 3, "%02x", pin[i]);
	snprintf(
		command, sizeof command,
		"openssl x509 -in %s -pubkey -noout | openssl pkey -pubin -outform der | sha256sum",
		test_ca_path(&ca, "leaf", ".crt"));
	FILE *pipe = popen(command, "r");
	ck_assert_ptr_nonnull(pipe);
	ck_assert_ptr_nonnull(fgets(expected, sizeof expected, pipe));
	pclose(pipe);
	ck_assert_str_eq(found, expected);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("facts");
	TCase *tests = tcase_create("facts");

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, start, stop);
	tcase_add_test(tests, says_who_signed_whom_and_when);
	tcase_add_test(tests, lists_names_and_addresses);
	tcase_add_test(tests, a_name_matches_itself_in_any_case);
	tcase_add_test(tests, a_wildcard_is_for_one_label);
	tcase_add_test(tests, an_address_matches_addresses_only);
	tcase_add_test(tests, the_common_name_counts_where_there_are_no_others);
	tcase_add_test(tests, a_name_with_a_nul_matches_nothing);
	tcase_add_test(tests, nothing_hostile_is_shown);
	tcase_add_test(tests, what_is_long_is_cut_and_says_so);
	tcase_add_test(tests, the_pin_is_that_of_openssl);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
