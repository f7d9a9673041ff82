/* SPDX-License-Identifier: MIT
 *
 * The peer is the openssl program: what it writes we read, and the other way round.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "suite.h"
#include "tls/x509/compat.h"
#include "tls/x509/key_file.h"
#include "tls/x509/pbes2.h"
#include "tls/x509/pkcs8.h"
#include "workshop.h"

static mbedtls_pk_context key;

static void open_shop(void)
{
	workshop_open();
	sh("echo 'open sesame' >right; echo wrong >wrong");
	sh("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec");
	sh("openssl genrsa -out rsa 2048");
	sh("openssl req -x509 -key ec -subj /CN=x -out certificate");
}

static void start(void)
{
	mbedtls_pk_init(&key);
}

static void stop(void)
{
	mbedtls_pk_free(&key);
}

static iotkit_status read_with(const char *name, const char *password_file)
{
	const struct key_source source = {.path = at(name),
					  .option = "tls.key_file",
					  .password_file = at(password_file),
					  .password_option = "tls.key_password_file"};

	mbedtls_pk_free(&key);
	mbedtls_pk_init(&key);
	return key_file_read(&source, &key);
}

static void assert_reads(const char *name, const char *password_file, const char *original)
{
	ck_assert_msg(read_with(name, password_file) == IOTKIT_OK, "%s: %s", name,
		      iotkit_last_error());
	mbedtls_pk_context actual = key;
	mbedtls_pk_init(&key);
	ck_assert_int_eq(read_with(original, ""), IOTKIT_OK);
	ck_assert_int_eq(compat_check_pair(&actual, &key), 0);
	mbedtls_pk_free(&actual);
}

START_TEST(clear_keys_of_openssl_are_read)
{
	sh("openssl ec -in ec -out sec1; openssl rsa -in rsa -traditional -out pkcs1");
	sh("openssl ecparam -name prime256v1 -out both && cat sec1 >>both");
	sh("cat certificate ec >after_certificate");
	sh("sed 's/$/\\r/' ec >crlf");
	sh("openssl pkey -in ec -outform DER -out pkcs8.der");
	sh("openssl ec -in ec -outform DER -out sec1.der");
	sh("openssl rsa -in rsa -traditional -outform DER -out pkcs1.der");
	assert_reads("ec", "", "ec");
	assert_reads("ec", "right", "ec"); /* a password that is not needed */
	assert_reads("sec1", "", "ec");
	assert_reads("both", "", "ec");
	assert_reads("after_certificate", "", "ec");
	assert_reads("crlf", "", "ec");
	assert_reads("pkcs8.der", "", "ec");
	assert_reads("sec1.der", "", "ec");
	assert_reads("rsa", "", "rsa");
	assert_reads("pkcs1", "", "rsa");
	assert_reads("pkcs1.der", "right", "rsa");
}
END_TEST

START_TEST(encrypted_keys_of_openssl_are_read)
{
	static const char *const ways[] = {
		"pkey -aes256",
		"pkey -aes192",
		"pkey -aes128",
		"pkey -des3",
		"pkcs8 -topk8 -v2 aes256 -iter 1",
		"pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA1",
		"pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA512",
		"pkcs8 -topk8 -v2 aes-128-cbc -outform DER",
		"rsa -traditional -aes128", /* Proc-Type: 4,ENCRYPTED */
		"rsa -traditional -des3",
	};

	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		sh("openssl %s -in rsa -passout file:right -out encrypted", ways[i]);
		assert_reads("encrypted", "right", "rsa");
	}
	sh("openssl ec -aes256 -in ec -passout file:right -out encrypted");
	assert_reads("encrypted", "right", "ec");
	sh("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -aes256 "
	   "-pass file:right -out encrypted; openssl pkey -in encrypted -passin file:right "
	   "-out p384");
	assert_reads("encrypted", "right", "p384");
}
END_TEST

START_TEST(an_encrypted_key_needs_its_pass_phrase)
{
	static const char *const ways[] = {"pkey -aes256",
					   "pkcs8 -topk8 -v2 aes-256-cbc -outform DER",
					   "rsa -traditional -aes256"};

	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		sh("openssl %s -in rsa -passout file:right -out encrypted", ways[i]);
		assert_fails(read_with("encrypted", ""), IOTKIT_EINVAL,
			     "is encrypted: set tls.key_password_file to a file whose first line");
		ck_assert_ptr_nonnull(strstr(iotkit_last_error(), at("encrypted")));
		assert_fails(read_with("encrypted", "wrong"), IOTKIT_EINVAL,
			     "does not open the key file");
		ck_assert_ptr_nonnull(strstr(iotkit_last_error(), at("wrong")));
		ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "(tls.key_password_file)"));
		assert_fails(read_with("encrypted", "nosuch"), IOTKIT_ENOENT, "no password file");
	}
}
END_TEST

START_TEST(no_wrong_pass_phrase_is_taken_for_a_damaged_file)
{
	sh("openssl rsa -traditional -aes128 -in rsa -passout file:right -out legacy");
	sh("openssl pkcs8 -topk8 -v2 aes256 -iter 1 -in rsa -passout file:right -out modern");
	for (int i = 0; i < 1000; i++) {
		FILE *file = fopen(at("guess"), "w");
		ck_assert_ptr_nonnull(file);
		fchmod(fileno(file), 0600);
		fprintf(file, "guess %d\n", i);
		fclose(file);
		assert_fails(read_with("legacy", "guess"), IOTKIT_EINVAL, "does not open");
		assert_fails(read_with("modern", "guess"), IOTKIT_EINVAL, "does not open");
	}
	ck_assert_ptr_null(strstr(iotkit_last_error(), "guess 9"));
}
END_TEST

START_TEST(what_cannot_be_decrypted_is_told_with_the_mend)
{
	sh("openssl pkcs8 -topk8 -scrypt -in ec -passout file:right -out scrypt");
	assert_fails(read_with("scrypt", "right"), IOTKIT_EINVAL, "unknown way to derive a key");
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "openssl pkey -in"));
	sh("openssl pkcs8 -topk8 -v2 camellia256 -in ec -passout file:right -out camellia");
	assert_fails(read_with("camellia", "right"), IOTKIT_EINVAL, "unknown cipher");
	sh("openssl pkcs8 -topk8 -v1 PBE-SHA1-3DES -in ec -passout file:right -out old");
	assert_fails(read_with("old", "right"), IOTKIT_EINVAL, "in an old way");
}
END_TEST

START_TEST(a_key_that_takes_minutes_to_open_is_refused)
{
	/* PBES2, PBKDF2, a salt of one byte, 2147483647 rounds, AES-256-CBC, one block */
	static const unsigned char slow[] =
		"\x30\x58\x30\x44\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d\x30\x37\x30\x16\x06"
		"\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c\x30\x09\x04\x01\x00\x02\x04\x7f\xff\xff"
		"\xff\x30\x1d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a\x04\x10\x00\x00\x00\x00"
		"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x10\x00\x00\x00\x00\x00\x00"
		"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00";
	unsigned char *opened;
	size_t size;

	ck_assert_int_eq(pkcs8_decrypt(slow, sizeof slow - 1, "x", &opened, &size),
			 PKCS8_TOO_COSTLY);
}
END_TEST

START_TEST(what_is_no_key_is_told)
{
	sh("openssl req -new -key ec -subj /CN=x -out request");
	sh("openssl pkey -in ec -pubout -out public");
	sh("openssl pkcs12 -export -inkey ec -in certificate -passout file:right -out store");
	sh("openssl x509 -in certificate -outform DER -out certificate.der");
	sh("openssl genpkey -algorithm ed25519 -out ed25519");
	sh("echo hello >text; head -c 300 /dev/zero >zeroes; : >empty; head -c 120 ec >cut");
	sh("sed 's/^MI.\\{9\\}/MIGHAgEAMBM!/' ec >damaged");
	assert_fails(read_with("certificate", ""), IOTKIT_EINVAL, "holds a certificate, not");
	assert_fails(read_with("certificate.der", ""), IOTKIT_EINVAL, "holds a certificate, not");
	assert_fails(read_with("request", ""), IOTKIT_EINVAL, "holds a certificate request, not");
	assert_fails(read_with("public", ""), IOTKIT_EINVAL, "holds a public key, not");
	assert_fails(read_with("store", ""), IOTKIT_EINVAL, "openssl pkcs12 -in");
	assert_fails(read_with("text", ""), IOTKIT_EINVAL, "holds text that is not PEM, not");
	assert_fails(read_with("zeroes", ""), IOTKIT_EINVAL, "holds binary data, not");
	assert_fails(read_with("empty", ""), IOTKIT_EINVAL, "is empty");
	assert_fails(read_with("cut", ""), IOTKIT_EINVAL, "is damaged");
	assert_fails(read_with("damaged", ""), IOTKIT_EINVAL, "is damaged");
	assert_fails(read_with("ed25519", ""), IOTKIT_EINVAL, "use an RSA key");
	assert_fails(read_with("nosuch", ""), IOTKIT_ENOENT, "there is no key file");
	assert_fails(read_with(".", ""), IOTKIT_EINVAL, "is not a file");
}
END_TEST

START_TEST(a_key_that_others_can_read_is_refused_with_the_mend)
{
	char mend[160];

	sh("cp ec open; chmod 644 open");
	snprintf(mend, sizeof mend, "(tls.key_file): run 'chmod 600 %s'", at("open"));
	assert_fails(read_with("open", ""), IOTKIT_EINVAL, mend);
}
END_TEST

static void write_out(const char *name, const char *original, const char *password)
{
	char *pem;

	ck_assert_int_eq(read_with(original, ""), IOTKIT_OK);
	ck_assert_int_eq(pkcs8_write_pem(&key, password, &pem), IOTKIT_OK);
	FILE *file = fopen(at(name), "w");
	ck_assert_ptr_nonnull(file);
	fchmod(fileno(file), 0600);
	fputs(pem, file);
	fclose(file);
	secret_free(pem);
}

static const char *const originals[] = {"ec", "rsa"};

START_TEST(openssl_reads_what_we_write)
{
	const char *original = originals[_i];

	write_out("clear", original, NULL);
	sh("grep -q 'BEGIN PRIVATE KEY' clear; openssl pkey -in clear -check");
	sh("test \"$(openssl pkey -in clear)\" = \"$(openssl pkey -in %s)\"", original);
	assert_reads("clear", "", original);
}
END_TEST

START_TEST(openssl_reads_what_we_encrypt)
{
	const char *original = originals[_i];

	write_out("encrypted", original, "open sesame");
	sh("grep -q 'BEGIN ENCRYPTED PRIVATE KEY' encrypted");
	sh("test \"$(openssl pkey -in encrypted -passin file:right)\" = "
	   "\"$(openssl pkey -in %s)\"",
	   original);
	sh("! openssl pkey -in encrypted -passin file:wrong");
	sh("openssl asn1parse -in encrypted | grep 'INTEGER *:0927C0'"); /* 600000 rounds */
	assert_reads("encrypted", "right", original);
}
END_TEST

START_TEST(no_two_keys_are_encrypted_alike)
{
	struct pbes2 first, second;

	ck_assert_int_eq(pbes2_make(&first), 0);
	ck_assert_int_eq(pbes2_make(&second), 0);
	ck_assert_uint_eq(first.salt_size, 16);
	ck_assert_mem_ne(first.salt, second.salt, first.salt_size);
	ck_assert_mem_ne(first.iv, second.iv, sizeof first.iv);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("key_file");
	TCase *keys = tcase_create("keys");

	tcase_set_timeout(keys, 60);
	tcase_add_unchecked_fixture(keys, open_shop, workshop_close);
	tcase_add_checked_fixture(keys, start, stop);
	tcase_add_test(keys, clear_keys_of_openssl_are_read);
	tcase_add_test(keys, encrypted_keys_of_openssl_are_read);
	tcase_add_test(keys, an_encrypted_key_needs_its_pass_phrase);
	tcase_add_test(keys, no_wrong_pass_phrase_is_taken_for_a_damaged_file);
	tcase_add_test(keys, what_cannot_be_decrypted_is_told_with_the_mend);
	tcase_add_test(keys, a_key_that_takes_minutes_to_open_is_refused);
	tcase_add_test(keys, what_is_no_key_is_told);
	tcase_add_test(keys, a_key_that_others_can_read_is_refused_with_the_mend);
	tcase_add_loop_test(keys, openssl_reads_what_we_write, 0, 2);
	tcase_add_loop_test(keys, openssl_reads_what_we_encrypt, 0, 2);
	tcase_add_test(keys, no_two_keys_are_encrypted_alike);
	suite_add_tcase(suite, keys);
	return suite_run(suite);
}
