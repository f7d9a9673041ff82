/* SPDX-License-Identifier: MIT
 *
 * Whether a peer's chain of certificates is good, by our clock, for our name;
 * and if not, why, in words.
 */
#ifndef IOTKIT_TLS_VERIFICATION_H
#define IOTKIT_TLS_VERIFICATION_H

#include <mbedtls/x509_crt.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "iotkit.h"
#include "tls/credentials.h"
#include "tls/settings.h"
#include "tls/x509/facts.h"
#include "tls/x509/moment.h"

struct verification {
	/* Set by the caller; borrowed. */
	const struct tls_settings *settings;
	struct credentials *credentials;
	const char *host; /* the name asked for: tls.server_name, or the host */
	const char *address; /* "host:port", for sentences */
	struct moment moment;
	struct buffer *chain; /* NULL, or receives the presented chain in words */

	/* What was found; begins anew when the callback meets seen unset. */
	bool seen; /* a chain was presented */
	uint32_t flags; /* MBEDTLS_X509_BADCERT_* and BADCRL_* of the whole chain; 0: good */
	bool wrong_pin;
	struct facts leaf;
	unsigned char pin[SHA256_SIZE]; /* the leaf's */
	struct facts culprit; /* the certificate with the first of the flaws */
	int culprit_depth; /* 0: the leaf */
};

/* What can be wrong, the most fundamental first. */
enum flaw {
	FLAW_UNTRUSTED,
	FLAW_REVOKED,
	FLAW_WEAK_HASH,
	FLAW_WEAK_KEY,
	FLAW_PIN,
	FLAW_NAME,
	FLAW_USAGE,
	FLAW_NOT_YET_VALID,
	FLAW_EXPIRED,
	FLAW_REVOCATION_LIST,
	FLAW_OTHER,
	FLAW_NONE
};

bool flaw_is_in(enum flaw flaw, uint32_t flags, bool wrong_pin);
enum flaw flaw_first(uint32_t flags, bool wrong_pin);

/* For mbedtls_ssl_conf_verify(), context being a struct verification: judges dates
 * by our moment and the leaf by our name and pins, instead of what mbedTLS did. It
 * leaves in flags what is wrong, less what tls.verify lets pass. */
int verification_callback(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags);

/* Judges a chain that was kept. */
bool verification_passes(struct verification *verification, mbedtls_x509_crt *chain);

/* Sets the last error to why the chain is refused; returns IOTKIT_ETLS. */
iotkit_status verification_explain(const struct verification *verification);

/* Whether only time may mend it: expired, or not yet valid, and nothing else. */
bool verification_is_matter_of_time(const struct verification *verification);

#endif
