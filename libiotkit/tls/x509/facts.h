/* SPDX-License-Identifier: MIT
 *
 * What a certificate says, as text and numbers that outlive it.
 */
#ifndef IOTKIT_TLS_X509_FACTS_H
#define IOTKIT_TLS_X509_FACTS_H

#include <mbedtls/x509_crt.h>
#include <stdbool.h>
#include <stdint.h>

enum { FACTS_TEXT_SIZE = 160, FACTS_NAMES_SIZE = 256 };

struct facts {
	char subject[FACTS_TEXT_SIZE]; /* "CN=dev, O=course" */
	char issuer[FACTS_TEXT_SIZE];
	char names[FACTS_NAMES_SIZE]; /* "'dev', 'dev.local', '192.168.1.5'", cut with "..." */
	bool self_signed;
	char key[24]; /* "RSA 2048 bits" */
	char hash[16]; /* of its signature, "SHA256" */
	int64_t not_before; /* seconds since 1970-01-01 UTC */
	int64_t not_after;
};

/* "CN=dev, O=course", safe to show. */
void facts_name(const mbedtls_x509_name *name, char text[FACTS_TEXT_SIZE]);

/* Seconds since 1970-01-01 UTC. */
int64_t facts_moment(const mbedtls_x509_time *time);

void facts_of(const mbedtls_x509_crt *certificate, struct facts *facts);

/* Calls visit for each name until one returns true, and returns whether one did. Kinds
 * are those of subjectAltName; a common name counts as a DNS name where there is none. */
typedef bool facts_visit(void *context, int kind, const mbedtls_x509_buf *name);
bool facts_each_name(const mbedtls_x509_crt *certificate, facts_visit *visit, void *context);
bool facts_has_alternative_names(const mbedtls_x509_crt *certificate);

/* A DNS name or an IP address, safe to show; false if it is neither. */
bool facts_host_text(int kind, const mbedtls_x509_buf *name, char text[FACTS_NAMES_SIZE]);

/* Whether the certificate is for this host name or IP address.
 * Source: RFC 6125 section 6, RFC 9525. */
bool facts_match(const mbedtls_x509_crt *certificate, const char *host);

/* Whether the host is an IP address rather than a name. */
bool facts_is_address(const char *host);

/* SHA-256 of its SubjectPublicKeyInfo. Source: RFC 7469 section 2.4. */
void facts_pin(const mbedtls_x509_crt *certificate, unsigned char pin[32]);

#endif
