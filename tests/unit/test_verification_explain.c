/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "suite.h"
#include "test_ca.h"
#include "tls/verification.h"

static struct tls_settings settings;
static struct credentials credentials;
static struct verification v;

#define NOON INT64_C(1893499200) /* 2030-01-01 12:00:00 UTC */
#define DAY INT64_C(86400)

static void start(void)
{
	settings = (struct tls_settings){.ca_file = "ca.crt",
					 .ca_path = "",
					 .crl_file = "list.crl",
					 .server_name = "",
					 .verify = TLS_VERIFY_FULL};
	credentials = (struct credentials){0};
	mbedtls_x509_crt_init(&credentials.ca);
	mbedtls_x509_crl_init(&credentials.crl);
	v = (struct verification){
		.settings = &settings,
		.credentials = &credentials,
		.host = "localhost",
		.address = "localhost:8883",
		.moment = {NOON, NOON},
		.seen = true,
		.leaf = {.subject = "CN=dev", .issuer = "CN=Root", .names = "'dev', 'dev.local'"},
		.culprit = {.subject = "CN=dev",
			    .issuer = "CN=Root",
			    .hash = "SHA1",
			    .key = "RSA 1024 bits",
			    .not_before = NOON - 10 * DAY,
			    .not_after = NOON + 10 * DAY},
	};
}

static void stop(void)
{
	mbedtls_x509_crt_free(&credentials.ca);
	mbedtls_x509_crl_free(&credentials.crl);
}

static void says(uint32_t flags, const char *sentence)
{
	v.flags = flags;
	ck_assert_int_eq(verification_explain(&v), IOTKIT_ETLS);
	ck_assert_str_eq(iotkit_last_error(), sentence);
}

START_TEST(a_wrong_name)
{
	says(MBEDTLS_X509_BADCERT_CN_MISMATCH,
	     "the certificate of localhost:8883 is for 'dev', 'dev.local', not for 'localhost': "
	     "connect to one of these names (mqtts://dev:8883), set tls.server_name, or renew it "
	     "with "
	     "this name: 'iotkit-broker renew DIR --name localhost' / 'iotkit-certs server dev "
	     "dev.local localhost --renew'");
	strcpy(v.leaf.names, "'*.example.org'");
	says(MBEDTLS_X509_BADCERT_CN_MISMATCH,
	     "the certificate of localhost:8883 is for '*.example.org', not for 'localhost': "
	     "connect to one of these names, set tls.server_name, or renew it with this name: "
	     "'iotkit-broker renew DIR --name localhost' / 'iotkit-certs server *.example.org "
	     "localhost --renew'");
	strcpy(v.leaf.names, "'fd00::5'");
	says(MBEDTLS_X509_BADCERT_CN_MISMATCH,
	     "the certificate of localhost:8883 is for 'fd00::5', not for 'localhost': connect to "
	     "one of these names (mqtts://[fd00::5]:8883), set tls.server_name, or renew it with "
	     "this "
	     "name: 'iotkit-broker renew DIR --name localhost' / 'iotkit-certs server --ip fd00::5 "
	     "localhost --out fd00__5 --renew'");
	strcpy(v.leaf.names, "");
	says(MBEDTLS_X509_BADCERT_CN_MISMATCH,
	     "the certificate of localhost:8883 is for no host at all, and so not for "
	     "'localhost': issue a new one with 'iotkit-certs server localhost'");
}
END_TEST

START_TEST(a_wrong_server_name)
{
	settings.server_name = v.host = "broker";
	says(MBEDTLS_X509_BADCERT_CN_MISMATCH,
	     "the certificate of localhost:8883 is for 'dev', 'dev.local', not for 'broker': "
	     "correct tls.server_name, or renew it with this name: 'iotkit-broker renew DIR --name "
	     "broker' / 'iotkit-certs server dev dev.local broker --renew'");
}
END_TEST

START_TEST(an_address_instead_of_a_name)
{
	v.host = "10.0.0.5";
	v.address = "10.0.0.5:8883";
	says(MBEDTLS_X509_BADCERT_CN_MISMATCH,
	     "the certificate of 10.0.0.5:8883 is for 'dev', 'dev.local', not for the IP address "
	     "'10.0.0.5': connect to one of these names (mqtts://dev:8883), or renew it with this "
	     "address: 'iotkit-broker renew DIR --ip 10.0.0.5' / 'iotkit-certs server dev "
	     "dev.local --ip 10.0.0.5 --renew'");
}
END_TEST

START_TEST(a_command_that_is_not_whole_or_not_harmless_is_left_out)
{
	static const char *const names[] = {"'dev', ...", "'dev', '$(reboot)'", "'--dir=/', 'dev'",
					    "'de\\x27v'"};

	v.flags = MBEDTLS_X509_BADCERT_CN_MISMATCH;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		strcpy(v.leaf.names, names[i]);
		assert_fails(verification_explain(&v), IOTKIT_ETLS,
			     "this name: 'iotkit-broker renew DIR --name localhost'");
		ck_assert_ptr_null(strstr(iotkit_last_error(), "iotkit-certs"));
	}
}
END_TEST

START_TEST(an_unknown_ca)
{
	says(MBEDTLS_X509_BADCERT_NOT_TRUSTED,
	     "the certificate of localhost:8883 is signed by 'CN=Root', which is unknown to "
	     "tls.ca_file ca.crt: get that CA's certificate and set tls.ca_file to it (if it is "
	     "an intermediate CA, let the server send its whole chain)");
	settings.ca_file = "";
	v.culprit_depth = 1;
	strcpy(v.culprit.subject, "CN=Middle");
	says(MBEDTLS_X509_BADCERT_NOT_TRUSTED,
	     "the CA certificate 'CN=Middle' behind localhost:8883 is signed by 'CN=Root', which "
	     "is unknown to the system's trusted CAs: get that CA's certificate and set "
	     "tls.ca_file to it (if it is an intermediate CA, let the server send its whole "
	     "chain)");
	settings.ca_path = "/etc/cas";
	v.flags = MBEDTLS_X509_BADCERT_NOT_TRUSTED;
	assert_fails(verification_explain(&v), IOTKIT_ETLS, "unknown to tls.ca_path /etc/cas");
}
END_TEST

START_TEST(an_unknown_root_that_is_presented)
{
	v.culprit_depth = 1;
	v.culprit.self_signed = true;
	strcpy(v.culprit.subject, "CN=Root");
	says(MBEDTLS_X509_BADCERT_NOT_TRUSTED,
	     "the certificate of localhost:8883 is signed by 'CN=Root', which is not in "
	     "tls.ca_file ca.crt: set tls.ca_file to that CA's certificate (ca.crt, usually on the "
	     "broker's machine beside its server.crt)");
	settings.ca_file = "";
	says(MBEDTLS_X509_BADCERT_NOT_TRUSTED,
	     "the certificate of localhost:8883 is signed by 'CN=Root', which is unknown to the "
	     "system's trusted CAs: set tls.ca_file to that CA's certificate (ca.crt, usually on "
	     "the broker's machine beside its server.crt)");
}
END_TEST

START_TEST(a_ca_of_the_same_name)
{
	struct test_certificate root = {
		.name = "root", .subject = "/CN=Root", .extensions = TEST_CA_EXTENSIONS};
	struct test_ca ca;

	test_ca_open(&ca);
	test_ca_issue(&ca, &root);
	ck_assert_int_eq(
		mbedtls_x509_crt_parse_file(&credentials.ca, test_ca_path(&ca, "root", ".crt")), 0);
	says(MBEDTLS_X509_BADCERT_NOT_TRUSTED,
	     "the certificate of localhost:8883 is signed by 'CN=Root', but not with the key of "
	     "the CA of that name in tls.ca_file ca.crt: the CA was made anew, or is another; get "
	     "its present certificate and set tls.ca_file to it");
	v.culprit_depth = 1;
	v.culprit.self_signed = true;
	v.flags = MBEDTLS_X509_BADCERT_NOT_TRUSTED;
	assert_fails(verification_explain(&v), IOTKIT_ETLS,
		     "the certificate of localhost:8883 is signed by 'CN=Root', but not with");
	v.culprit_depth = 0;
	v.culprit.self_signed = false;
	mbedtls_x509_crt_free(&credentials.ca);
	root.extensions = "basicConstraints=CA:FALSE\n";
	test_ca_issue(&ca, &root);
	ck_assert_int_eq(
		mbedtls_x509_crt_parse_file(&credentials.ca, test_ca_path(&ca, "root", ".crt")), 0);
	says(MBEDTLS_X509_BADCERT_NOT_TRUSTED,
	     "the certificate of localhost:8883 is signed by 'CN=Root', whose certificate in "
	     "tls.ca_file ca.crt is not that of a CA (it lacks CA:TRUE): make a CA ('iotkit-certs "
	     "ca') and issue the server's certificate from it");
	test_ca_close(&ca);
}
END_TEST

START_TEST(a_self_signed_certificate)
{
	v.culprit.self_signed = true;
	says(MBEDTLS_X509_BADCERT_NOT_TRUSTED,
	     "the certificate of localhost:8883 is self-signed ('CN=dev') and unknown to "
	     "tls.ca_file ca.crt: copy it from the server and set tls.ca_file to it, or issue one "
	     "from a CA ('iotkit-certs server')");
}
END_TEST

START_TEST(an_expired_certificate)
{
	v.culprit.not_after = NOON - 3 * DAY - 1;
	says(MBEDTLS_X509_BADCERT_EXPIRED,
	     "the certificate of localhost:8883 expired on 2029-12-29 11:59:59 UTC, 3 days ago "
	     "(our clock says 2030-01-01 12:00:00 UTC): renew it with 'iotkit-broker renew DIR', "
	     "'iotkit-certs server dev --renew' or certbot");
	strcpy(v.leaf.names, "'10.0.0.5'");
	assert_fails(verification_explain(&v), IOTKIT_ETLS,
		     "'iotkit-certs server --ip 10.0.0.5 --renew'");
	strcpy(v.leaf.names, "'$(reboot)'");
	assert_fails(verification_explain(&v), IOTKIT_ETLS, "'iotkit-certs server NAME --renew'");
	v.moment.system = 0;
	v.culprit_depth = 1;
	strcpy(v.culprit.subject, "CN=Middle");
	v.culprit.not_after = NOON - DAY;
	says(MBEDTLS_X509_BADCERT_EXPIRED,
	     "the CA certificate 'CN=Middle' behind localhost:8883 expired on 2029-12-31 12:00:00 "
	     "UTC, 1 day ago (tls.clock=floor says 2030-01-01 12:00:00 UTC): have it renewed by "
	     "who issued it, and let the server send the new one");
	v.culprit.self_signed = true;
	strcpy(v.culprit.subject, "CN=Root");
	says(MBEDTLS_X509_BADCERT_EXPIRED,
	     "the CA certificate 'CN=Root' behind localhost:8883 expired on 2029-12-31 12:00:00 "
	     "UTC, 1 day ago (tls.clock=floor says 2030-01-01 12:00:00 UTC): renew it with "
	     "'iotkit-certs ca --renew' and set tls.ca_file to it");
}
END_TEST

START_TEST(a_certificate_from_the_future)
{
	v.culprit.not_before = NOON + DAY;
	says(MBEDTLS_X509_BADCERT_FUTURE,
	     "the certificate of localhost:8883 is valid only from 2030-01-02 12:00:00 UTC, and "
	     "our clock says 2030-01-01 12:00:00 UTC: set the clock (timedatectl), or use "
	     "tls.clock=floor where there is none that runs on");
	settings.clock.floor = true;
	says(MBEDTLS_X509_BADCERT_FUTURE,
	     "the certificate of localhost:8883 is valid only from 2030-01-02 12:00:00 UTC, and "
	     "our clock says 2030-01-01 12:00:00 UTC: set the clock (timedatectl); "
	     "tls.clock=floor has seen no later moment either");
}
END_TEST

START_TEST(a_wrong_pin)
{
	memset(v.pin, 0xa5, sizeof v.pin);
	v.wrong_pin = true;
	says(MBEDTLS_X509_BADCERT_OTHER,
	     "the public key of localhost:8883 has the SHA-256 "
	     "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5, which "
	     "tls.pin_sha256 does not list: if the server was given a new key, set "
	     "tls.pin_sha256 to this; if not, somebody is in between");
}
END_TEST

START_TEST(weak_ones)
{
	says(MBEDTLS_X509_BADCERT_BAD_MD,
	     "the certificate of localhost:8883 ('CN=dev') is signed with SHA1, which is too weak; "
	     "SHA256 or better is expected: issue it anew ('iotkit-certs')");
	says(MBEDTLS_X509_BADCERT_BAD_KEY,
	     "the key of the certificate of localhost:8883 ('CN=dev', RSA 1024 bits), or of its "
	     "signer, is too weak; RSA of 2048 bits or an elliptic curve of 256 is expected: "
	     "issue it anew with a new key ('iotkit-certs')");
}
END_TEST

START_TEST(a_certificate_for_other_uses)
{
	says(MBEDTLS_X509_BADCERT_EXT_KEY_USAGE,
	     "the certificate of localhost:8883 ('CN=dev') is not for servers: its extended key "
	     "usage allows other things only, and serverAuth is expected (is it a client's or a "
	     "CA's?); issue one with 'iotkit-certs server NAME'");
	says(MBEDTLS_X509_BADCERT_KEY_USAGE,
	     "the certificate of localhost:8883 ('CN=dev') is not for servers: its key usage "
	     "allows other things only, and digitalSignature is expected (is it a client's or a "
	     "CA's?); issue one with 'iotkit-certs server NAME'");
}
END_TEST

START_TEST(revocation)
{
	struct test_certificate root = {
		.name = "root", .subject = "/CN=Root", .extensions = TEST_CA_EXTENSIONS};
	struct test_ca ca;

	says(MBEDTLS_X509_BADCERT_REVOKED,
	     "the certificate of localhost:8883 ('CN=dev') was revoked by 'CN=Root', says "
	     "tls.crl_file list.crl: issue a new one with a new key");
	says(MBEDTLS_X509_BADCRL_NOT_TRUSTED,
	     "the certificate of localhost:8883 is signed by 'CN=Root', of which there is no "
	     "revocation list in tls.crl_file list.crl: get that CA's list and append it to the "
	     "file");
	test_ca_open(&ca);
	test_ca_issue(&ca, &root);
	test_ca_list(&ca, "root", "20290101000000Z", "20291231000000Z");
	ck_assert_int_eq(
		mbedtls_x509_crl_parse_file(&credentials.crl, test_ca_path(&ca, "root", ".crl")),
		0);
	test_ca_close(&ca);
	says(MBEDTLS_X509_BADCRL_EXPIRED,
	     "the revocation list of 'CN=Root' in tls.crl_file list.crl, which localhost:8883 "
	     "needs, expired on 2029-12-31 00:00:00 UTC, and our clock says 2030-01-01 12:00:00 "
	     "UTC: get its CA's present list");
	v.moment.now = INT64_C(1861876800);
	says(MBEDTLS_X509_BADCRL_FUTURE,
	     "the revocation list of 'CN=Root' in tls.crl_file list.crl, which localhost:8883 "
	     "needs, is valid from 2029-01-01 00:00:00 UTC, and our clock says 2028-12-31 "
	     "12:00:00 UTC: set the clock (timedatectl)");
	says(MBEDTLS_X509_BADCRL_NOT_TRUSTED,
	     "the revocation list of 'CN=Root' in tls.crl_file list.crl, which localhost:8883 "
	     "needs, is not properly signed by that CA: get the list anew from the CA");
}
END_TEST

START_TEST(no_certificate)
{
	v.seen = false;
	says(0, "localhost:8883 presented no certificate, and one is expected: give it one "
		"(certfile and keyfile in mosquitto.conf; 'iotkit-certs server NAME' makes them)");
}
END_TEST

START_TEST(anything_else)
{
	says(MBEDTLS_X509_BADCERT_SKIP_VERIFY,
	     "the certificates of localhost:8883 are refused: Certificate verification was "
	     "skipped; see what is presented with 'iotkit-certs check localhost:8883'");
	v.seen = false;
	says(MBEDTLS_X509_BADCERT_OTHER,
	     "the certificates of localhost:8883 are refused: the chain is too long, or memory "
	     "ran out; see what is presented with 'iotkit-certs check localhost:8883'");
}
END_TEST

START_TEST(of_several_flaws_the_fundamental_one_comes_first)
{
	v.wrong_pin = true;
	says(MBEDTLS_X509_BADCERT_NOT_TRUSTED | MBEDTLS_X509_BADCERT_CN_MISMATCH |
		     MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_OTHER,
	     "the certificate of localhost:8883 is signed by 'CN=Root', which is unknown to "
	     "tls.ca_file ca.crt: get that CA's certificate and set tls.ca_file to it (if it is "
	     "an intermediate CA, let the server send its whole chain) (also wrong: wrong pin, "
	     "other name, expired)");
	v.wrong_pin = false;
	v.flags = MBEDTLS_X509_BADCERT_CN_MISMATCH | MBEDTLS_X509_BADCERT_EXPIRED;
	assert_fails(verification_explain(&v), IOTKIT_ETLS, "is for 'dev', 'dev.local', not for");
	assert_fails(verification_explain(&v), IOTKIT_ETLS, "' (also wrong: expired)");
}
END_TEST

static void fill(char *text, size_t size, const char *part)
{
	for (size_t i = 0; i < size; i++)
		text[i] = part[i % strlen(part)];
	text[size - 1] = '\0';
}

static void make_all_long(char text[400])
{
	fill(text, 400,
	     "k\xc3\xbc"
	     "che");
	settings.ca_file = settings.crl_file = v.host = v.address = text;
	memcpy(v.culprit.subject, text, sizeof v.culprit.subject - 1);
	memcpy(v.culprit.issuer, text, sizeof v.culprit.issuer - 1);
	fill(v.leaf.names, sizeof v.leaf.names, "'0123456789012345678901234567890', ");
	v.culprit.not_after = 0;
}

/* Whatever else is wrong is told whole, or not at all. */
static void is_whole(uint32_t flag, const char *end)
{
	static const char also[] = " (also wrong: revocation list)";
	char alone[600];

	v.flags = flag;
	ck_assert_int_eq(verification_explain(&v), IOTKIT_ETLS);
	snprintf(alone, sizeof alone, "%s", iotkit_last_error());
	ck_assert_uint_lt(strlen(alone), 511);
	ck_assert_msg(strcmp(alone + strlen(alone) - strlen(end), end) == 0, "%s", alone);
	ck_assert_ptr_null(strstr(alone, "k?"));
	if (flag == 0 || flag == MBEDTLS_X509_BADCERT_SKIP_VERIFY ||
	    flag == MBEDTLS_X509_BADCRL_NOT_TRUSTED)
		return;
	v.flags |= MBEDTLS_X509_BADCRL_EXPIRED;
	ck_assert_int_eq(verification_explain(&v), IOTKIT_ETLS);
	ck_assert_int_eq(strncmp(iotkit_last_error(), alone, strlen(alone)), 0);
	const char *rest = iotkit_last_error() + strlen(alone);
	ck_assert_msg(rest[0] == '\0' || strcmp(rest, also) == 0, "%s", iotkit_last_error());
}

START_TEST(the_mend_is_never_cut)
{
	char text[400];

	make_all_long(text);
	for (v.culprit_depth = 0; v.culprit_depth < 2; v.culprit_depth++) {
		is_whole(MBEDTLS_X509_BADCERT_NOT_TRUSTED, "let the server send its whole chain)");
		is_whole(MBEDTLS_X509_BADCERT_REVOKED, "issue a new one with a new key");
		is_whole(MBEDTLS_X509_BADCERT_BAD_MD, "issue it anew ('iotkit-certs')");
		is_whole(MBEDTLS_X509_BADCERT_BAD_KEY, "with a new key ('iotkit-certs')");
		is_whole(MBEDTLS_X509_BADCERT_CN_MISMATCH, "...'");
		is_whole(MBEDTLS_X509_BADCERT_EXT_KEY_USAGE, "'iotkit-certs server NAME'");
		is_whole(MBEDTLS_X509_BADCERT_FUTURE, "where there is none that runs on");
		is_whole(MBEDTLS_X509_BADCERT_EXPIRED,
			 v.culprit_depth == 0 ? "or certbot" : "let the server send the new one");
		is_whole(MBEDTLS_X509_BADCRL_NOT_TRUSTED, "append it to the file");
		is_whole(MBEDTLS_X509_BADCERT_SKIP_VERIFY, "...'");
		is_whole(0, "'iotkit-certs server NAME' makes them)");
	}
	v.culprit.self_signed = true;
	is_whole(MBEDTLS_X509_BADCERT_NOT_TRUSTED, "beside its server.crt)");
	v.culprit_depth = 0;
	is_whole(MBEDTLS_X509_BADCERT_NOT_TRUSTED, "from a CA ('iotkit-certs server')");
}
END_TEST

START_TEST(the_mend_is_never_cut_for_a_wrong_name)
{
	static const char end[] = "...'";
	static const char *const hosts[] = {"fd00:1111:2222:3333:4444:5555:6666:7777%eth0-of-a-"
					    "name-that-is-much-too-long-to-be-true",
					    NULL};
	char text[300];

	fill(text, sizeof text, "0123456789.");
	fill(v.leaf.names, sizeof v.leaf.names, "'0123456789012345678901234567890', ");
	for (size_t i = 0; i < 2; i++) {
		v.host = hosts[i] != NULL ? hosts[i] : text;
		v.address = text;
		text[298] = '5';
		text[293] = ':';
		v.flags = MBEDTLS_X509_BADCERT_CN_MISMATCH;
		ck_assert_int_eq(verification_explain(&v), IOTKIT_ETLS);
		const char *sentence = iotkit_last_error();
		ck_assert_ptr_nonnull(strstr(sentence, "mqtts://0123456789"));
		ck_assert_msg(strcmp(sentence + strlen(sentence) - strlen(end), end) == 0, "%s",
			      sentence);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("verification_explain");
	TCase *tests = tcase_create("verification_explain");

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, start, stop);
	tcase_add_test(tests, a_wrong_name);
	tcase_add_test(tests, a_wrong_server_name);
	tcase_add_test(tests, an_address_instead_of_a_name);
	tcase_add_test(tests, a_command_that_is_not_whole_or_not_harmless_is_left_out);
	tcase_add_test(tests, an_unknown_ca);
	tcase_add_test(tests, an_unknown_root_that_is_presented);
	tcase_add_test(tests, a_ca_of_the_same_name);
	tcase_add_test(tests, a_self_signed_certificate);
	tcase_add_test(tests, an_expired_certificate);
	tcase_add_test(tests, a_certificate_from_the_future);
	tcase_add_test(tests, a_wrong_pin);
	tcase_add_test(tests, weak_ones);
	tcase_add_test(tests, a_certificate_for_other_uses);
	tcase_add_test(tests, revocation);
	tcase_add_test(tests, no_certificate);
	tcase_add_test(tests, anything_else);
	tcase_add_test(tests, of_several_flaws_the_fundamental_one_comes_first);
	tcase_add_test(tests, the_mend_is_never_cut);
	tcase_add_test(tests, the_mend_is_never_cut_for_a_wrong_name);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
