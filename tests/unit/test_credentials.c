/* SPDX-License-Identifier: MIT
 *
 * The files of TLS as people have them: right, mixed up, cut, forgotten.
 */
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"
#include "tls/credentials.h"
#include "workshop.h"

enum { NOBODY = 65534 };

static struct tls_settings settings;
static struct credentials loaded;

static void open_shop(void)
{
	workshop_open();
	sh("echo 'open sesame' >right");
	sh("for n in ca client other; do openssl ecparam -name prime256v1 -genkey -noout -out "
	   "$n.key;"
	   " done");
	sh("for n in ca other; do openssl req -x509 -key $n.key -subj /CN=$n -out $n.crt; done");
	sh("openssl req -new -key client.key -subj /CN=client -out client.csr");
	sh("openssl x509 -req -in client.csr -CA ca.crt -CAkey ca.key -set_serial 7 -out "
	   "client.crt");
	sh("openssl pkey -in client.key -aes256 -passout file:right -out locked.key");
	sh("cat client.crt ca.crt >chain.crt; cat ca.crt client.crt >backwards.crt");
	sh("touch index.txt; echo 01 >number; "
	   "printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index.txt\\ncrlnumber=number\\n"
	   "default_md=sha256\\ndefault_crl_days=30\\n' >ca.conf");
	sh("openssl ca -config ca.conf -gencrl -cert ca.crt -keyfile ca.key -out ca.crl");
	sh("echo 00112233445566778899aabbccddeeff >psk; : >empty; echo hello >text; mkfifo fifo");
	sh("head -c 300 ca.crt >cut.crt");
	/* The second of three has other bytes in the middle of its base64. */
	sh("{ cat ca.crt; sed '3s/..../AAAA/' client.crt; cat other.crt; } >mixed.crt");
}

static void start(void)
{
	settings = (struct tls_settings){
		.ca_file = "",
		.ca_path = "",
		.cert_file = "",
		.key_file = "",
		.key_password_file = "",
		.psk_identity = "",
		.psk_file = "",
		.crl_file = "",
		.pin_sha256 = "",
		.server_name = "",
		.alpn = "",
		.clock.file = "",
		.keylog_file = "",
	};
}

static void assert_loads(void)
{
	ck_assert_msg(credentials_load(&settings, &loaded) == IOTKIT_OK, "%s", iotkit_last_error());
}

/* Names what is wrong, and nothing is left to free. */
static void assert_refused(const char *part)
{
	assert_fails(credentials_load(&settings, &loaded), IOTKIT_EINVAL, part);
}

static void assert_names(const char *part)
{
	ck_assert_msg(strstr(iotkit_last_error(), part) != NULL, "'%s' does not name '%s'",
		      iotkit_last_error(), part);
}

static unsigned int count_of(const mbedtls_x509_crt *chain)
{
	unsigned int count = 0;

	for (; chain != NULL && chain->version != 0; chain = chain->next)
		count++;
	return count;
}

static void assert_cas(unsigned int count)
{
	assert_loads();
	ck_assert_uint_eq(count_of(&loaded.ca), count);
	credentials_free(&loaded);
}

START_TEST(a_ca_file_may_have_several_certificates_or_be_der)
{
	sh("openssl x509 -in ca.crt -outform DER -out ca.der; openssl x509 -in ca.crt -text "
	   ">full.crt");
	settings.ca_file = at("ca.crt");
	assert_cas(1);
	settings.ca_file = at("chain.crt");
	assert_cas(2);
	settings.ca_file = at("ca.der");
	assert_cas(1);
	settings.ca_file = at("full.crt");
	assert_cas(1);
	sh("chmod 644 ca.crt"); /* it is no secret */
	settings.ca_file = at("ca.crt");
	assert_cas(1);
}
END_TEST

START_TEST(without_a_ca_file_the_system_is_trusted)
{
	if (credentials_load(&settings, &loaded) != IOTKIT_OK) {
		assert_names("install the package ca-certificates, or set tls.ca_file");
		return;
	}
	ck_assert_uint_gt(count_of(&loaded.ca), 0);
	credentials_free(&loaded);
}
END_TEST

START_TEST(a_ca_folder_is_read_whole)
{
	sh("mkdir folder; cp ca.crt other.crt client.csr text empty folder; mkdir folder/sub");
	settings.ca_path = at("folder");
	assert_cas(2);
	settings.ca_file = at("client.crt");
	assert_cas(3);
	settings.ca_file = "";
	sh("mkdir barren; cp text client.key barren");
	settings.ca_path = at("barren");
	assert_refused("none of the 2 files in the CA folder");
	assert_names("(tls.ca_path)");
	settings.ca_path = at("nosuch");
	assert_refused("there is no CA folder");
	settings.ca_path = at("ca.crt");
	assert_refused("is not a folder: name a single file as tls.ca_file");
}
END_TEST

START_TEST(a_ca_that_is_there_twice_is_kept_once)
{
	sh("mkdir debian; cp ca.crt other.crt debian; cp ca.crt debian/5ed36f99.0; "
	   "cat ca.crt other.crt >debian/all.crt; openssl x509 -in ca.crt -outform DER -out "
	   "debian/ca.der");
	settings.ca_path = at("debian");
	assert_cas(2);
	settings.ca_file = at("ca.crt");
	assert_cas(2);
}
END_TEST

START_TEST(a_ca_folder_is_bounded)
{
	sh("mkdir huge; { printf '1.2.3.4=DER:'; head -c 3800000 /dev/zero | od -An -v -tx1 | tr "
	   "-d ' \\n'; } >big.ext");
	sh("openssl x509 -req -in client.csr -CA ca.crt -CAkey ca.key -set_serial 7 -extfile "
	   "big.ext -outform DER -out big.der");
	/* The last byte is of the signature, which nobody looks at yet. */
	sh("for i in 1 2 3 4 5; do { head -c -1 big.der; printf $i; } >huge/$i.crt; done");
	settings.ca_path = at("huge");
	assert_refused("(tls.ca_path) has more than 16 MiB of certificates");
	sh("rm huge/5.crt");
	assert_cas(4);
}
END_TEST

static const struct {
	const char *file;
	const char *part;
} no_ca[] = {
	{"nosuch.crt", "there is no CA file"},
	{".", "is not a file"},
	{"fifo", "is not a file"},
	{"empty", "is empty"},
	{"text", "holds text that is not PEM, not a certificate"},
	{"ca.key", "holds a private key, not a certificate: name the certificate that goes"},
	{"locked.key", "holds an encrypted private key, not a certificate"},
	{"client.csr", "holds a certificate request, not a certificate: a CA has to sign it"},
	{"ca.crl", "holds a revocation list, not a certificate: name it as tls.crl_file"},
	{"cut.crt", "its line '-----END CERTIFICATE-----' is missing"},
	{"mixed.crt", "1 of the 3 certificates in the CA file"},
	{"mixed.crt", "number 2: it is damaged"},
};

START_TEST(what_is_no_ca_file_is_told)
{
	char name[200];

	settings.ca_file = at(no_ca[_i].file);
	assert_refused(no_ca[_i].part);
	snprintf(name, sizeof name, "CA file %s (tls.ca_file)", settings.ca_file);
	assert_names(name);
}
END_TEST

START_TEST(what_else_people_name_as_ca_file_is_told)
{
	sh("openssl pkcs12 -export -inkey client.key -in client.crt -passout file:right -out "
	   "store");
	sh("openssl x509 -in ca.crt -trustout -out trusted; openssl pkey -in ca.key -pubout -out "
	   "pub");
	sh("openssl pkey -in ca.key -outform DER -out ca.key.der");
	sh("openssl req -in client.csr -outform DER -out client.csr.der");
	sh("openssl crl -in ca.crl -outform DER -out ca.crl.der");
	sh("openssl req -x509 -newkey ed25519 -nodes -keyout /dev/null -subj /CN=e -out ed.crt");
	settings.ca_file = at("store");
	assert_refused("holds a PKCS #12 store, not a certificate");
	settings.ca_file = at("trusted");
	assert_refused("convert it with 'openssl x509 -in FILE -out NEW.crt'");
	settings.ca_file = at("pub");
	assert_refused("holds a public key");
	settings.ca_file = at("ca.key.der");
	assert_refused("holds a private key");
	settings.ca_file = at("client.csr.der");
	assert_refused("holds a certificate request");
	settings.ca_file = at("ca.crl.der");
	assert_refused("holds a revocation list");
	settings.ca_file = at("ed.crt");
	assert_refused("an algorithm that mbedTLS does not know");
}
END_TEST

static int load_as_nobody(void)
{
	if (chmod(workshop, 0755) != 0 || seteuid(NOBODY) != 0)
		return 2;
	return credentials_load(&settings, &loaded) == IOTKIT_EINVAL &&
			       strstr(iotkit_last_error(), "may not read the CA file") != NULL
		       ? EXIT_SUCCESS
		       : EXIT_FAILURE;
}

START_TEST(a_ca_file_that_cannot_be_read_is_told)
{
	int status;

	if (geteuid() != 0)
		return; /* only root can become another user */
	sh("cp ca.crt unreadable.crt; chmod 600 unreadable.crt");
	settings.ca_file = at("unreadable.crt");
	pid_t child = fork();
	if (child == 0)
		_exit(load_as_nobody());
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(no_ca_is_read_where_none_is_needed)
{
	settings.verify = TLS_VERIFY_NONE;
	settings.ca_file = at("nosuch.crt");
	assert_cas(0);
	settings.verify = TLS_VERIFY_CA;
	assert_refused("there is no CA file");
}
END_TEST

START_TEST(a_revocation_list_is_loaded)
{
	settings.ca_file = at("ca.crt");
	settings.crl_file = at("ca.crl");
	assert_loads();
	ck_assert(loaded.has_crl);
	credentials_free(&loaded);
	settings.crl_file = "";
	assert_loads();
	ck_assert(!loaded.has_crl);
	credentials_free(&loaded);
}
END_TEST

START_TEST(a_revocation_list_needs_verification)
{
	settings.verify = TLS_VERIFY_NONE;
	settings.crl_file = at("ca.crl");
	assert_refused("tls.crl_file is set to /");
	assert_names("while tls.verify is 'none'");
}
END_TEST

START_TEST(what_is_no_revocation_list_is_told)
{
	sh("sed '3s/..../AAAA/' ca.crl >damaged.crl");
	settings.ca_file = at("ca.crt");
	settings.crl_file = at("ca.crt");
	assert_refused("holds a certificate, not a revocation list");
	assert_names("(tls.crl_file)");
	settings.crl_file = at("nosuch.crl");
	assert_refused("there is no CRL file");
	settings.crl_file = at("empty");
	assert_refused("is empty");
	settings.crl_file = at("damaged.crl");
	assert_refused("is damaged: fetch it anew");
}
END_TEST

static void set_client(const char *certificate, const char *key)
{
	settings.verify = TLS_VERIFY_NONE;
	settings.cert_file = at(certificate);
	settings.key_file = at(key);
}

START_TEST(a_client_has_a_certificate_and_its_key)
{
	set_client("chain.crt", "client.key");
	assert_loads();
	ck_assert(loaded.has_own);
	ck_assert_uint_eq(count_of(&loaded.own), 2);
	credentials_free(&loaded);
	set_client("client.crt", "locked.key");
	assert_refused("is encrypted: set tls.key_password_file");
	settings.key_password_file = at("right");
	assert_loads();
	credentials_free(&loaded);
	set_client("", "");
	assert_loads();
	ck_assert(!loaded.has_own);
	credentials_free(&loaded);
}
END_TEST

START_TEST(a_client_needs_both)
{
	set_client("client.crt", "");
	assert_refused("without its private key: set tls.key_file");
	set_client("", "client.key");
	assert_refused("without its certificate: set tls.cert_file");
}
END_TEST

START_TEST(a_key_must_match_its_certificate)
{
	sh("openssl genrsa -out rsa.key 2048");
	set_client("client.crt", "other.key");
	assert_refused("does not match the certificate in");
	assert_names("other.key (tls.key_file)");
	assert_names("client.crt (tls.cert_file)");
	set_client("client.crt", "rsa.key");
	assert_refused("does not match the certificate in");
	set_client("backwards.crt", "client.key");
	assert_refused("put it before those of its CAs");
}
END_TEST

START_TEST(mixed_up_files_of_a_client_are_told)
{
	set_client("client.key", "client.crt");
	assert_refused("holds a private key, not a certificate");
	assert_names("(tls.cert_file)");
	set_client("client.crt", "client.crt");
	assert_refused("holds a certificate, not a private key");
	assert_names("(tls.key_file)");
	set_client("client.csr", "client.key");
	assert_refused("holds a certificate request");
	set_client("nosuch", "client.key");
	assert_refused("there is no certificate file");
	set_client("client.crt", "nosuch");
	assert_refused("there is no key file");
	sh("cp client.key open.key; chmod 640 open.key");
	set_client("client.crt", "open.key");
	assert_refused("others can read the key file");
}
END_TEST

START_TEST(a_secret_of_another_user_is_refused)
{
	if (geteuid() != 0)
		return; /* only root can give files away */
	sh("cp client.key given.key; chown %d given.key", NOBODY);
	set_client("client.crt", "given.key");
	assert_refused("(tls.key_file) belongs to another user (uid ");
	assert_names("given.key (");
	assert_names("as root, run 'chown 0 /");
	sh("cp client.crt given.crt; chown %d given.crt", NOBODY);
	set_client("given.crt", "client.key"); /* no secret */
	assert_loads();
	credentials_free(&loaded);
}
END_TEST

/* A path whose last name has 200 zeroes. */
static const char *at_long(const char *suffix)
{
	static char paths[4][400];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof paths[0], "%s/%0200d%s", workshop, 0, suffix);
	return path;
}

START_TEST(long_paths_leave_the_mend_whole)
{
	sh("n=%0200d; cp backwards.crt $n.crt; cp client.key $n.key; cp other.key $n.ko", 0);
	settings.cert_file = at_long(".crt");
	settings.key_file = at_long(".key");
	assert_refused("0.crt (tls.cert_file): put it before those of its CAs");
	assert_names("0.key (tls.key_file) is not the first one");
	settings.key_file = at_long(".ko");
	assert_refused("name the two that were made together");
	settings.key_file = "";
	assert_refused("0.crt without its private key: set tls.key_file as well");
}
END_TEST

START_TEST(a_pre_shared_key_stands_alone)
{
	settings.psk_file = at("psk");
	assert_refused("set tls.psk_identity as well");
	settings.psk_identity = "pi";
	assert_loads();
	ck_assert_uint_eq(loaded.psk_size, 16);
	ck_assert_mem_eq(loaded.psk, "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99", 10);
	ck_assert_uint_eq(count_of(&loaded.ca), 0);
	credentials_free(&loaded);
	settings.ca_file = at("ca.crt");
	assert_refused("choose one");
	settings.ca_file = "";
	settings.cert_file = at("client.crt");
	assert_refused("choose one");
	settings.cert_file = "";
	settings.pin_sha256 = "sha256//AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
	assert_refused("tls.pin_sha256): choose one");
	settings.pin_sha256 = "";
	settings.crl_file = at("ca.crl");
	assert_refused("choose one");
	settings.crl_file = settings.psk_file = "";
	assert_refused("set tls.psk_file as well");
}
END_TEST

START_TEST(a_bad_psk_file_is_told_and_never_quoted)
{
	settings.psk_identity = "pi";
	settings.psk_file = at("key");
	assert_refused("there is no PSK file");
	sh("echo 'pi:00112233' >key");
	assert_refused("is not hexadecimal");
	assert_names("(tls.psk_file)");
	ck_assert_ptr_null(strstr(iotkit_last_error(), "0011"));
	sh("cp psk key; chmod 644 key");
	assert_refused("others can read the PSK file");
	sh(": >key; chmod 600 key");
	assert_refused("is empty");
}
END_TEST

START_TEST(pins_are_read)
{
	settings.verify = TLS_VERIFY_NONE;
	settings.pin_sha256 = "sha256//AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
	assert_loads();
	ck_assert_uint_eq(loaded.pin_count, 1);
	ck_assert_uint_eq(loaded.pins[0][31], 31);
	credentials_free(&loaded);
	settings.pin_sha256 = "wrong";
	assert_refused("tls.pin_sha256");
}
END_TEST

START_TEST(what_failed_to_load_loads_once_it_is_mended)
{
	settings.ca_file = at("late.crt");
	assert_refused("there is no CA file");
	sh("cp ca.crt late.crt");
	assert_cas(1);
}
END_TEST

static TCase *trust(void)
{
	TCase *tcase = tcase_create("trust");

	tcase_add_unchecked_fixture(tcase, open_shop, workshop_close);
	tcase_add_checked_fixture(tcase, start, NULL);
	tcase_add_test(tcase, a_ca_file_may_have_several_certificates_or_be_der);
	tcase_add_test(tcase, without_a_ca_file_the_system_is_trusted);
	tcase_add_test(tcase, a_ca_folder_is_read_whole);
	tcase_add_test(tcase, a_ca_that_is_there_twice_is_kept_once);
	tcase_add_test(tcase, a_ca_folder_is_bounded);
	tcase_add_loop_test(tcase, what_is_no_ca_file_is_told, 0, sizeof no_ca / sizeof no_ca[0]);
	tcase_add_test(tcase, what_else_people_name_as_ca_file_is_told);
	tcase_add_test(tcase, a_ca_file_that_cannot_be_read_is_told);
	tcase_add_test(tcase, no_ca_is_read_where_none_is_needed);
	tcase_add_test(tcase, a_revocation_list_is_loaded);
	tcase_add_test(tcase, a_revocation_list_needs_verification);
	tcase_add_test(tcase, what_is_no_revocation_list_is_told);
	tcase_add_test(tcase, what_failed_to_load_loads_once_it_is_mended);
	return tcase;
}

static TCase *identity(void)
{
	TCase *tcase = tcase_create("identity");

	tcase_add_unchecked_fixture(tcase, open_shop, workshop_close);
	tcase_add_checked_fixture(tcase, start, NULL);
	tcase_add_test(tcase, a_client_has_a_certificate_and_its_key);
	tcase_add_test(tcase, a_client_needs_both);
	tcase_add_test(tcase, a_key_must_match_its_certificate);
	tcase_add_test(tcase, mixed_up_files_of_a_client_are_told);
	tcase_add_test(tcase, a_secret_of_another_user_is_refused);
	tcase_add_test(tcase, long_paths_leave_the_mend_whole);
	tcase_add_test(tcase, a_pre_shared_key_stands_alone);
	tcase_add_test(tcase, a_bad_psk_file_is_told_and_never_quoted);
	tcase_add_test(tcase, pins_are_read);
	return tcase;
}

int main(void)
{
	Suite *suite = suite_create("credentials");

	suite_add_tcase(suite, trust());
	suite_add_tcase(suite, identity());
	return suite_run(suite);
}
