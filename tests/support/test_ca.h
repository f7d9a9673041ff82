/* SPDX-License-Identifier: MIT
 *
 * Certificates for tests, made by openssl: of any kind, good or bad, with dates of
 * the test's choice.
 */
#ifndef TESTS_TEST_CA_H
#define TESTS_TEST_CA_H

struct test_ca {
	char folder[64];
};

struct test_certificate {
	const char *name; /* of its files: NAME.crt and NAME.key */
	const char *issuer; /* the same of who signs; NULL: itself */
	const char *subject; /* "/CN=dev" */
	const char *extensions; /* lines for openssl, "" for none */
	const char *start; /* "20260101000000Z"; NULL: 2020 */
	const char *end; /* NULL: 2050 */
	const char *hash; /* NULL: sha256 */
	const char *key; /* as "rsa:1024"; NULL: EC P-256 */
};

#define TEST_CA_EXTENSIONS                                                                         \
	"basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"

/* Each fails the test when it cannot be done. */
void test_ca_open(struct test_ca *ca);
void test_ca_issue(const struct test_ca *ca, const struct test_certificate *wanted);

/* Writes ISSUER.crl, with the certificates revoked so far. */
void test_ca_list(const struct test_ca *ca, const char *issuer, const char *start, const char *end);
void test_ca_revoke(const struct test_ca *ca, const char *name, const char *issuer);
void test_ca_close(struct test_ca *ca); /* removes the folder */

/* The path of a file in the folder; static text, until the fourth next call. */
const char *test_ca_path(const struct test_ca *ca, const char *name, const char *suffix);

#endif
