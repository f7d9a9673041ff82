/* SPDX-License-Identifier: MIT */
#include "tls/x509/describe.h"

#include <mbedtls/md.h>
#include <mbedtls/oid.h>
#include <stdbool.h>

#include "base/clock.h"
#include "tls/x509/compat.h"
#include "tls/x509/facts.h"
#include "tls/x509/moment.h"
#include "tls/x509/words.h"

enum { MINUTE_S = 60, SHA256_BYTES = 32 };

static const char *kind_of(const mbedtls_x509_crt *certificate)
{
	bool server = mbedtls_x509_crt_check_extended_key_usage(
			      certificate, MBEDTLS_OID_SERVER_AUTH,
			      MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) == 0;
	bool client = mbedtls_x509_crt_check_extended_key_usage(
			      certificate, MBEDTLS_OID_CLIENT_AUTH,
			      MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH)) == 0;

	if (certificate->MBEDTLS_PRIVATE(ca_istrue))
		return "of a CA, which may sign others";
	if (server && client)
		return "of a server or client";
	if (server || client)
		return server ? "of a server" : "of a client";
	return "for neither servers nor clients";
}

struct names {
	struct words *words;
	size_t count;
};

static bool add_name(void *context, int kind, const mbedtls_x509_buf *name)
{
	struct names *names = context;
	char host[FACTS_NAMES_SIZE];

	if (names->count++ == 0)
		words_begin(names->words, "names");
	else
		words_add(names->words, ", ");
	if (facts_host_text(kind, name, host))
		words_add(names->words, "%s", host);
	else if (kind == MBEDTLS_X509_SAN_RFC822_NAME ||
		 kind == MBEDTLS_X509_SAN_UNIFORM_RESOURCE_IDENTIFIER)
		words_add_text(names->words, name->p, name->len);
	else
		words_add(names->words, "(another kind of name)");
	return false;
}

/* Those that the host of a connection is compared with. */
static void add_names(struct words *words, const mbedtls_x509_crt *certificate)
{
	struct names names = {.words = words};

	facts_each_name(certificate, add_name, &names);
	if (names.count == 0)
		return;
	if (!facts_has_alternative_names(certificate))
		words_add(words, " (its common name)");
	words_end(words);
}

static void add_days(struct words *words, const char *before, int64_t seconds, const char *after)
{
	long long days = (long long)(seconds / MOMENT_DAY_S);

	if (days == 0)
		words_add(words, " (%s less than a day%s)", before, after);
	else
		words_add(words, " (%s %lld day%s%s)", before, days, days == 1 ? "" : "s", after);
}

static void add_validity(struct words *words, const mbedtls_x509_crt *certificate)
{
	int64_t now = clock_wall_ms() / 1000;
	int64_t from = facts_moment(&certificate->valid_from);
	int64_t until = facts_moment(&certificate->valid_to);
	char text[MOMENT_TEXT_SIZE];

	moment_text(from, text);
	words_begin(words, "valid from");
	words_add(words, "%s", text);
	if (from > now)
		add_days(words, "not valid yet: begins in", from - now, "");
	words_end(words);
	moment_text(until, text);
	words_begin(words, "valid until");
	words_add(words, "%s", text);
	/* A moment after it was made for 825 days that is what it says. */
	if (until >= now)
		add_days(words, "expires in", until - now + MINUTE_S, "");
	else
		add_days(words, "expired", now - until, " ago");
	words_end(words);
}

static void add_uses(struct words *words, const mbedtls_x509_crt *certificate)
{
	static const struct {
		unsigned use;
		const char *name;
	} uses[] = {
		{MBEDTLS_X509_KU_DIGITAL_SIGNATURE, "digital signature"},
		{MBEDTLS_X509_KU_NON_REPUDIATION, "non-repudiation"},
		{MBEDTLS_X509_KU_KEY_ENCIPHERMENT, "key encipherment"},
		{MBEDTLS_X509_KU_DATA_ENCIPHERMENT, "data encipherment"},
		{MBEDTLS_X509_KU_KEY_AGREEMENT, "key agreement"},
		{MBEDTLS_X509_KU_KEY_CERT_SIGN, "signing certificates"},
		{MBEDTLS_X509_KU_CRL_SIGN, "signing revocation lists"},
	};
	const char *separator = "";

	if (!(certificate->MBEDTLS_PRIVATE(ext_types) & MBEDTLS_X509_EXT_KEY_USAGE))
		return;
	words_begin(words, "uses");
	for (size_t i = 0; i < sizeof uses / sizeof uses[0]; i++) {
		if (mbedtls_x509_crt_check_key_usage(certificate, uses[i].use) != 0)
			continue;
		words_add(words, "%s%s", separator, uses[i].name);
		separator = ", ";
	}
	words_end(words);
}

static void add_hashes(struct words *words, const mbedtls_x509_crt *certificate)
{
	unsigned char hash[SHA256_BYTES] = {0};

	mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), certificate->raw.p,
		   certificate->raw.len, hash);
	words_begin(words, "fingerprint");
	words_add_hex(words, hash, sizeof hash, ":");
	words_add(words, " (SHA-256)");
	words_end(words);
	facts_pin(certificate, hash);
	words_begin(words, "pin");
	words_add_hex(words, hash, sizeof hash, "");
	words_add(words, " (for tls.pin_sha256)");
	words_end(words);
}

static void add_certificate(struct words *words, const mbedtls_x509_crt *certificate)
{
	const char *signature = "an unknown algorithm";

	words_gap(words);
	words_line(words, "certificate", "%s", kind_of(certificate));
	words_name(words, "subject", &certificate->subject);
	words_name(words, "issuer", &certificate->issuer);
	add_names(words, certificate);
	add_validity(words, certificate);
	words_key(words, "key", &certificate->pk);
	add_uses(words, certificate);
	words_begin(words, "serial");
	words_add_hex(words, certificate->serial.p, certificate->serial.len, ":");
	words_end(words);
	mbedtls_oid_get_sig_alg_desc(&certificate->sig_oid, &signature);
	words_line(words, "signature", "%s", signature);
	add_hashes(words, certificate);
}

iotkit_status describe_certificate(const mbedtls_x509_crt *certificate, struct buffer *out)
{
	struct words words = {.out = out};
	size_t before = out->size;

	add_certificate(&words, certificate);
	if (words.status != IOTKIT_OK)
		out->size = before;
	return words.status;
}
