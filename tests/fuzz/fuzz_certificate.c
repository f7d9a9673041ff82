/* SPDX-License-Identifier: MIT
 *
 * Certificates as a stranger may present them, DER or PEM: what is said about them
 * is safe to show, whatever is in them.
 */
#include <mbedtls/x509_crt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "tls/x509/describe.h"
#include "tls/x509/facts.h"

static const char *const hosts[] = {"dev", "a.example.org", "10.0.0.5", "fd00::5%eth0"};

static void promise(int kept)
{
	if (!kept)
		abort();
}

static void check_text(const char *text, size_t size)
{
	promise(strnlen(text, size) < size);
	for (; *text != '\0'; text++)
		promise(*text >= ' ' && *text < 0x7f);
}

static void check_description(const mbedtls_x509_crt *certificate)
{
	struct buffer text;

	buffer_init(&text, 16384);
	describe_certificate(certificate, &text);
	for (size_t i = 0; i < text.size; i++)
		promise(text.bytes[i] == '\n' || text.bytes[i] == '\t' ||
			((unsigned char)text.bytes[i] >= ' ' && text.bytes[i] != 0x7f));
	buffer_free(&text);
}

static void check_certificate(const mbedtls_x509_crt *certificate)
{
	struct facts facts;
	unsigned char pin[32];

	facts_of(certificate, &facts);
	check_text(facts.subject, sizeof facts.subject);
	check_text(facts.issuer, sizeof facts.issuer);
	check_text(facts.names, sizeof facts.names);
	check_text(facts.key, sizeof facts.key);
	check_text(facts.hash, sizeof facts.hash);
	for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
		facts_match(certificate, hosts[i]);
	promise(!facts_match(certificate, "") && !facts_match(certificate, "."));
	facts_pin(certificate, pin);
	check_description(certificate);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	mbedtls_x509_crt chain;
	/* PEM ends with a NUL, which counts. */
	unsigned char *text = calloc(1, size + 1);

	promise(text != NULL);
	if (size > 0)
		memcpy(text, bytes, size);
	mbedtls_x509_crt_init(&chain);
	if (mbedtls_x509_crt_parse(&chain, text, size) != 0)
		mbedtls_x509_crt_parse(&chain, text, size + 1);
	for (const mbedtls_x509_crt *c = &chain; c != NULL && c->raw.p != NULL; c = c->next)
		check_certificate(c);
	mbedtls_x509_crt_free(&chain);
	free(text);
	return 0;
}
