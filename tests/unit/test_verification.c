/* SPDX-License-Identifier: MIT */
#include <mbedtls/x509_crt.h>
#include <string.h>

#include "suite.h"
#include "test_ca.h"
#include "tls/verification.h"

static struct test_ca ca;
static struct tls_settings settings;
static struct credentials credentials;
static mbedtls_x509_crt chain;
static struct verification v;

#define IN_2020 INT64_C(1577836800)
#define IN_2030 INT64_C(1893456000)
#define IN_2050 INT64_C(2524608000)

static const struct test_certificate root = {
	.name = "root", .subject = "/CN=Root", .extensions = TEST_CA_EXTENSIONS};
static const struct test_certificate middle = {.name = "middle",
					       .issuer = "root",
					       .subject = "/CN=Middle",
					       .extensions = TEST_CA_EXTENSIONS};
static const struct test_certificate leaf = {.name = "leaf",
					     .issuer = "middle",
					     .subject = "/CN=dev",
					     .extensions = "subjectAltName=DNS:dev,IP:10.0.0.5\n"};

static void start(void)
{
	test_ca_open(&ca);
	settings = (struct tls_settings){.ca_file = "ca.crt",
					 .ca_path = "",
					 .crl_file = "list.crl",
					 .server_name = "",
					 .verify = TLS_VERIFY_FULL};
	credentials = (struct credentials){0};
	mbedtls_x509_crt_init(&credentials.ca);
	mbedtls_x509_crl_init(&credentials.crl);
	mbedtls_x509_crt_init(&chain);
	v = (struct verification){.settings = &settings,
				  .credentials = &credentials,
				  .host = "dev",
				  .address = "dev:8883",
				  .moment = {IN_2030, IN_2030}};
}

static void stop(void)
{
	mbedtls_x509_crt_free(&credentials.ca);
	mbedtls_x509_crl_free(&credentials.crl);
	mbedtls_x509_crt_free(&chain);
	test_ca_close(&ca);
}

static void trust(const char *name)
{
	ck_assert_int_eq(
		mbedtls_x509_crt_parse_file(&credentials.ca, test_ca_path(&ca, name, ".crt")), 0);
}

static void present(const char *name)
{
	ck_assert_int_eq(mbedtls_x509_crt_parse_file(&chain, test_ca_path(&ca, name, ".crt")), 0);
}

static void use_list(const char *issuer)
{
	credentials.has_crl = true;
	ck_assert_int_eq(
		mbedtls_x509_crl_parse_file(&credentials.crl, test_ca_path(&ca, issuer, ".crl")),
		0);
}

/* Trusts root, and presents what of these there is. */
static void make(const struct test_certificate *r, const struct test_certificate *m,
		 const struct test_certificate *l)
{
	test_ca_issue(&ca, r);
	test_ca_issue(&ca, m);
	test_ca_issue(&ca, l);
	trust("root");
	present("leaf");
	present("middle");
}

static void fails_with(uint32_t flags, int depth)
{
	ck_assert(!verification_passes(&v, &chain));
	ck_assert_msg(v.flags == flags, "flags are 0x%x, not 0x%x", v.flags, flags);
	ck_assert_int_eq(v.culprit_depth, depth);
}

START_TEST(a_good_chain_passes)
{
	make(&root, &middle, &leaf);
	ck_assert(verification_passes(&v, &chain));
	ck_assert(v.seen && v.flags == 0 && !v.wrong_pin);
	ck_assert_str_eq(v.leaf.subject, "CN=dev");
	v.host = "10.0.0.5";
	ck_assert(verification_passes(&v, &chain));
}
END_TEST

START_TEST(a_chain_is_described)
{
	struct buffer text;

	buffer_init(&text, 65536);
	make(&root, &middle, &leaf);
	v.chain = &text;
	ck_assert(verification_passes(&v, &chain));
	ck_assert_int_eq(buffer_append(&text, "", 1), IOTKIT_OK);
	ck_assert_ptr_nonnull(strstr(text.bytes, "Middle"));
	ck_assert_ptr_nonnull(strstr(text.bytes, "dev"));
	buffer_free(&text);
	buffer_init(&text, 10);
	ck_assert(verification_passes(&v, &chain));
	buffer_free(&text);
}
END_TEST

START_TEST(dates_are_judged_by_our_moment_alone)
{
	make(&root, &middle, &leaf);
	v.moment.now = IN_2050;
	ck_assert(verification_passes(&v, &chain));
	v.moment.now = IN_2050 + 1;
	fails_with(MBEDTLS_X509_BADCERT_EXPIRED, 2);
	ck_assert(verification_is_matter_of_time(&v));
	v.moment.now = IN_2020;
	ck_assert(verification_passes(&v, &chain));
	v.moment.now = IN_2020 - 1;
	fails_with(MBEDTLS_X509_BADCERT_FUTURE, 2);
	ck_assert(verification_is_matter_of_time(&v));
}
END_TEST

START_TEST(what_the_systems_clock_refuses_may_pass)
{
	struct test_certificate r = root, m = middle, l = leaf;

	r.end = m.end = l.end = "20200201000000Z";
	make(&r, &m, &l);
	v.moment.now = IN_2020;
	ck_assert(verification_passes(&v, &chain));
}
END_TEST

START_TEST(each_certificate_of_a_chain_can_be_expired)
{
	struct test_certificate m = middle, l = leaf;

	m.end = "20250101000000Z";
	make(&root, &m, &l);
	fails_with(MBEDTLS_X509_BADCERT_EXPIRED, 1);
	ck_assert_str_eq(v.culprit.subject, "CN=Middle");
	ck_assert_int_eq(v.culprit.not_after, INT64_C(1735689600));
}
END_TEST

START_TEST(the_name_is_checked_unless_told_otherwise)
{
	make(&root, &middle, &leaf);
	v.host = "other";
	fails_with(MBEDTLS_X509_BADCERT_CN_MISMATCH, 0);
	ck_assert(!verification_is_matter_of_time(&v));
	settings.verify = TLS_VERIFY_CA;
	ck_assert(verification_passes(&v, &chain));
}
END_TEST

START_TEST(an_unknown_signer_is_refused)
{
	struct test_certificate other = root;

	make(&root, &middle, &leaf);
	mbedtls_x509_crt_free(&credentials.ca);
	fails_with(MBEDTLS_X509_BADCERT_NOT_TRUSTED, 1);
	other.name = "other";
	test_ca_issue(&ca, &other);
	trust("other");
	fails_with(MBEDTLS_X509_BADCERT_NOT_TRUSTED, 1);
	settings.verify = TLS_VERIFY_CA;
	fails_with(MBEDTLS_X509_BADCERT_NOT_TRUSTED, 1);
}
END_TEST

START_TEST(the_first_flaw_is_the_culprits)
{
	struct test_certificate m = middle, l = leaf;

	m.end = "20250101000000Z";
	l.hash = "sha1";
	make(&root, &m, &l);
	fails_with(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_BAD_MD, 0);
	ck_assert_str_eq(v.culprit.hash, "SHA1");
}
END_TEST

START_TEST(a_self_signed_certificate_can_be_trusted_itself)
{
	struct test_certificate own = leaf;

	own.issuer = NULL;
	test_ca_issue(&ca, &own);
	present("leaf");
	fails_with(MBEDTLS_X509_BADCERT_NOT_TRUSTED, 0);
	ck_assert(v.culprit.self_signed);
	trust("leaf");
	ck_assert(verification_passes(&v, &chain));
	v.moment.now = IN_2050 + 1;
	fails_with(MBEDTLS_X509_BADCERT_EXPIRED, 0);
	v.host = "other";
	fails_with(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_CN_MISMATCH, 0);
}
END_TEST

START_TEST(without_verification_all_but_a_wrong_pin_passes)
{
	make(&root, &middle, &leaf);
	mbedtls_x509_crt_free(&credentials.ca);
	settings.verify = TLS_VERIFY_NONE;
	v.host = "other";
	v.moment.now = IN_2050 + 1;
	ck_assert(verification_passes(&v, &chain));
	ck_assert_str_eq(v.leaf.subject, "CN=dev");
	credentials.pin_count = 1;
	fails_with(MBEDTLS_X509_BADCERT_OTHER, 0);
	ck_assert(v.wrong_pin);
}
END_TEST

START_TEST(one_pin_of_several_is_enough_but_not_instead_of_trust)
{
	make(&root, &middle, &leaf);
	credentials.pin_count = 2;
	fails_with(MBEDTLS_X509_BADCERT_OTHER, 0);
	ck_assert(v.wrong_pin);
	ck_assert(!verification_is_matter_of_time(&v));
	facts_pin(&chain, credentials.pins[1]);
	ck_assert(verification_passes(&v, &chain));
	ck_assert(!v.wrong_pin);
	mbedtls_x509_crt_free(&credentials.ca);
	fails_with(MBEDTLS_X509_BADCERT_NOT_TRUSTED, 1);
}
END_TEST

START_TEST(a_clients_certificate_is_not_for_servers)
{
	struct test_certificate l = leaf;

	l.extensions = "subjectAltName=DNS:dev\nextendedKeyUsage=clientAuth\n";
	make(&root, &middle, &l);
	fails_with(MBEDTLS_X509_BADCERT_EXT_KEY_USAGE, 0);
}
END_TEST

START_TEST(a_cas_certificate_is_not_for_servers)
{
	struct test_certificate l = leaf;

	l.extensions = "subjectAltName=DNS:dev\n" TEST_CA_EXTENSIONS;
	make(&root, &middle, &l);
	fails_with(MBEDTLS_X509_BADCERT_KEY_USAGE, 0);
	mbedtls_x509_crt_free(&chain);
	l.extensions = "subjectAltName=DNS:dev\nkeyUsage=digitalSignature\n"
		       "extendedKeyUsage=serverAuth,clientAuth\n";
	test_ca_issue(&ca, &l);
	present("leaf");
	present("middle");
	ck_assert(verification_passes(&v, &chain));
}
END_TEST

START_TEST(weak_certificates_are_refused)
{
	struct test_certificate m = middle, l = leaf;

	m.key = "rsa:2048"; /* openssl signs no MD5 with an EC key */
	l.hash = "md5";
	make(&root, &m, &l);
	fails_with(MBEDTLS_X509_BADCERT_BAD_MD, 0);
	mbedtls_x509_crt_free(&chain);
	l.hash = NULL;
	l.key = "rsa:1024";
	test_ca_issue(&ca, &l);
	present("leaf");
	present("middle");
	fails_with(MBEDTLS_X509_BADCERT_BAD_KEY, 0);
	ck_assert_str_eq(v.culprit.key, "RSA 1024 bits");
}
END_TEST

START_TEST(a_revoked_certificate_is_refused)
{
	make(&root, &middle, &leaf);
	test_ca_list(&ca, "middle", "20200101000000Z", "20400101000000Z");
	use_list("middle");
	ck_assert(verification_passes(&v, &chain));
	mbedtls_x509_crl_free(&credentials.crl);
	test_ca_revoke(&ca, "leaf", "middle");
	test_ca_list(&ca, "middle", "20200101000000Z", "20400101000000Z");
	use_list("middle");
	fails_with(MBEDTLS_X509_BADCERT_REVOKED, 0);
}
END_TEST

START_TEST(a_revocation_list_has_dates_by_our_moment)
{
	make(&root, &middle, &leaf);
	test_ca_list(&ca, "middle", "20200601000000Z", "20200701000000Z");
	use_list("middle");
	fails_with(MBEDTLS_X509_BADCRL_EXPIRED, 0);
	ck_assert(verification_is_matter_of_time(&v));
	v.moment.now = IN_2020;
	fails_with(MBEDTLS_X509_BADCRL_FUTURE, 0);
	v.moment.now = INT64_C(1592222400); /* 2020-06-15 */
	ck_assert(verification_passes(&v, &chain));
	v.moment.now = IN_2030;
	test_ca_list(&ca, "middle", "20290601000000Z", "20310701000000Z");
	use_list("middle");
	ck_assert(verification_passes(&v, &chain));
	test_ca_list(&ca, "middle", "20200601000000Z", "20200701000000Z");
	use_list("middle");
	ck_assert(verification_passes(&v, &chain));
}
END_TEST

START_TEST(the_leafs_signer_must_have_a_revocation_list)
{
	make(&root, &middle, &leaf);
	test_ca_list(&ca, "root", "20200101000000Z", "20400101000000Z");
	use_list("root");
	fails_with(MBEDTLS_X509_BADCRL_NOT_TRUSTED, 0);
}
END_TEST

START_TEST(verdicts_do_not_linger)
{
	make(&root, &middle, &leaf);
	v.host = "other";
	credentials.pin_count = 1;
	ck_assert(!verification_passes(&v, &chain));
	v.host = "dev";
	credentials.pin_count = 0;
	ck_assert(verification_passes(&v, &chain));
	ck_assert(v.flags == 0 && !v.wrong_pin);
	/* As after a kept chain that failed, before a new one is presented. */
	v.host = "other";
	ck_assert(!verification_passes(&v, &chain));
	v.host = "dev";
	v.seen = false;
	uint32_t flags = 0;
	verification_callback(&v, &chain, 0, &flags);
	ck_assert(v.seen && v.flags == 0 && flags == 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("verification");
	TCase *tests = tcase_create("verification");

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, start, stop);
	tcase_add_test(tests, a_good_chain_passes);
	tcase_add_test(tests, a_chain_is_described);
	tcase_add_test(tests, dates_are_judged_by_our_moment_alone);
	tcase_add_test(tests, what_the_systems_clock_refuses_may_pass);
	tcase_add_test(tests, each_certificate_of_a_chain_can_be_expired);
	tcase_add_test(tests, the_name_is_checked_unless_told_otherwise);
	tcase_add_test(tests, an_unknown_signer_is_refused);
	tcase_add_test(tests, the_first_flaw_is_the_culprits);
	tcase_add_test(tests, a_self_signed_certificate_can_be_trusted_itself);
	tcase_add_test(tests, without_verification_all_but_a_wrong_pin_passes);
	tcase_add_test(tests, one_pin_of_several_is_enough_but_not_instead_of_trust);
	tcase_add_test(tests, a_clients_certificate_is_not_for_servers);
	tcase_add_test(tests, a_cas_certificate_is_not_for_servers);
	tcase_add_test(tests, weak_certificates_are_refused);
	tcase_add_test(tests, a_revoked_certificate_is_refused);
	tcase_add_test(tests, a_revocation_list_has_dates_by_our_moment);
	tcase_add_test(tests, the_leafs_signer_must_have_a_revocation_list);
	tcase_add_test(tests, verdicts_do_not_linger);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
