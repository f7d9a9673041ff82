/* SPDX-License-Identifier: MIT */
#include "tls/verification.h"

#include <mbedtls/oid.h>
#include <string.h>

#include "tls/x509/compat.h"
#include "tls/x509/describe.h"

#define CERTIFICATE_DATES (MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE)
#define LIST_DATES (MBEDTLS_X509_BADCRL_EXPIRED | MBEDTLS_X509_BADCRL_FUTURE)
#define USAGE                                                                                      \
	(MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |                     \
	 MBEDTLS_X509_BADCERT_NS_CERT_TYPE)

static const uint32_t flags_of[] = {
	[FLAW_UNTRUSTED] = MBEDTLS_X509_BADCERT_NOT_TRUSTED,
	[FLAW_REVOKED] = MBEDTLS_X509_BADCERT_REVOKED,
	[FLAW_WEAK_HASH] = MBEDTLS_X509_BADCERT_BAD_MD,
	[FLAW_WEAK_KEY] = MBEDTLS_X509_BADCERT_BAD_KEY | MBEDTLS_X509_BADCERT_BAD_PK,
	[FLAW_PIN] = 0, /* has no flag of its own */
	[FLAW_NAME] = MBEDTLS_X509_BADCERT_CN_MISMATCH,
	[FLAW_USAGE] = USAGE,
	[FLAW_NOT_YET_VALID] = MBEDTLS_X509_BADCERT_FUTURE,
	[FLAW_EXPIRED] = MBEDTLS_X509_BADCERT_EXPIRED,
	[FLAW_REVOCATION_LIST] = LIST_DATES | MBEDTLS_X509_BADCRL_NOT_TRUSTED |
				 MBEDTLS_X509_BADCRL_BAD_MD | MBEDTLS_X509_BADCRL_BAD_PK |
				 MBEDTLS_X509_BADCRL_BAD_KEY,
	[FLAW_OTHER] = UINT32_MAX,
};

bool flaw_is_in(enum flaw flaw, uint32_t flags, bool wrong_pin)
{
	if (flaw == FLAW_PIN)
		return wrong_pin;
	return (flags & flags_of[flaw]) != 0;
}

enum flaw flaw_first(uint32_t flags, bool wrong_pin)
{
	enum flaw flaw = FLAW_UNTRUSTED;

	while (flaw < FLAW_NONE && !flaw_is_in(flaw, flags, wrong_pin))
		flaw++;
	return flaw;
}

static uint32_t judge_dates(const mbedtls_x509_crt *certificate, int64_t now)
{
	if (now < facts_moment(&certificate->valid_from))
		return MBEDTLS_X509_BADCERT_FUTURE;
	if (now > facts_moment(&certificate->valid_to))
		return MBEDTLS_X509_BADCERT_EXPIRED;
	return 0;
}

static uint32_t judge_list(const mbedtls_x509_crl *list, int64_t now)
{
	if (now < facts_moment(&list->this_update))
		return MBEDTLS_X509_BADCRL_FUTURE;
	/* The year is 0 where the list does not say when the next one comes. */
	if (list->next_update.year != 0 && now > facts_moment(&list->next_update))
		return MBEDTLS_X509_BADCRL_EXPIRED;
	return 0;
}

static bool is_from(const mbedtls_x509_crl *list, const mbedtls_x509_buf *issuer)
{
	return list->issuer_raw.len == issuer->len &&
	       memcmp(list->issuer_raw.p, issuer->p, issuer->len) == 0;
}

static bool is_self_signed(const mbedtls_x509_crt *certificate)
{
	const mbedtls_x509_buf *subject = &certificate->subject_raw;

	return certificate->issuer_raw.len == subject->len &&
	       memcmp(certificate->issuer_raw.p, subject->p, subject->len) == 0;
}

/* One current list of the issuer is enough. There must be one of who signed the leaf. */
static uint32_t judge_lists(const struct verification *verification,
			    const mbedtls_x509_crt *certificate, int depth)
{
	const mbedtls_x509_crl *list = &verification->credentials->crl;
	bool needed = depth == 0 && !is_self_signed(certificate);
	uint32_t flags = needed ? MBEDTLS_X509_BADCRL_NOT_TRUSTED : 0;

	for (; list != NULL; list = list->next) {
		if (list->version == 0 || !is_from(list, &certificate->issuer_raw))
			continue;
		flags = judge_list(list, verification->moment.now);
		if (flags == 0)
			break;
	}
	return flags;
}

static bool has_pin(const struct credentials *credentials, const unsigned char pin[SHA256_SIZE])
{
	for (size_t i = 0; i < credentials->pin_count; i++)
		if (memcmp(credentials->pins[i], pin, SHA256_SIZE) == 0)
			return true;
	return credentials->pin_count == 0;
}

static bool allows(const mbedtls_x509_crt *certificate, unsigned int usage)
{
	return mbedtls_x509_crt_check_key_usage(certificate, usage) == 0;
}

/* mbedTLS judges the usage after this callback, and not at all on resumption. */
static uint32_t judge_usage(const mbedtls_x509_crt *certificate)
{
	if (mbedtls_x509_crt_check_extended_key_usage(certificate, MBEDTLS_OID_SERVER_AUTH,
						      MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) !=
	    0)
		return MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
	/* Which of them is needed depends on the cipher suite. */
	if (!allows(certificate, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) &&
	    !allows(certificate, MBEDTLS_X509_KU_KEY_ENCIPHERMENT) &&
	    !allows(certificate, MBEDTLS_X509_KU_KEY_AGREEMENT))
		return MBEDTLS_X509_BADCERT_KEY_USAGE;
	return 0;
}

static uint32_t judge_leaf(struct verification *verification, const mbedtls_x509_crt *certificate)
{
	uint32_t flags = judge_usage(certificate);

	facts_of(certificate, &verification->leaf);
	facts_pin(certificate, verification->pin);
	verification->wrong_pin = !has_pin(verification->credentials, verification->pin);
	if (verification->settings->verify == TLS_VERIFY_FULL &&
	    !facts_match(certificate, verification->host))
		flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
	return flags;
}

/* mbedTLS's own verdict on dates is by the system's clock, and on the name by
 * rules that know no IP addresses. */
static uint32_t judge(struct verification *verification, const mbedtls_x509_crt *certificate,
		      int depth, uint32_t flags)
{
	flags &= ~(uint32_t)(CERTIFICATE_DATES | LIST_DATES | MBEDTLS_X509_BADCERT_CN_MISMATCH);
	flags |= judge_dates(certificate, verification->moment.now);
	if (verification->credentials->has_crl)
		flags |= judge_lists(verification, certificate, depth);
	if (depth == 0)
		flags |= judge_leaf(verification, certificate);
	if (verification->settings->verify == TLS_VERIFY_NONE)
		flags = 0;
	if (depth == 0 && verification->wrong_pin)
		flags |= MBEDTLS_X509_BADCERT_OTHER;
	return flags;
}

static void note(struct verification *verification, const mbedtls_x509_crt *certificate, int depth,
		 uint32_t flags)
{
	bool wrong_pin = depth == 0 && verification->wrong_pin;

	if (flaw_first(flags, wrong_pin) < flaw_first(verification->flags, false)) {
		facts_of(certificate, &verification->culprit);
		verification->culprit_depth = depth;
	}
	verification->flags |= flags;
}

static void forget(struct verification *verification)
{
	verification->seen = false;
	verification->flags = 0;
	verification->wrong_pin = false;
}

int verification_callback(void *context, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
	struct verification *verification = context;

	/* After a chain that was kept, the one that is presented is judged anew. */
	if (!verification->seen)
		forget(verification);
	verification->seen = true;
	*flags = judge(verification, certificate, depth, *flags);
	note(verification, certificate, depth, *flags);
	/* What does not fit into the description is left out of it. */
	if (verification->chain != NULL)
		(void)describe_certificate(certificate, verification->chain);
	return 0;
}

bool verification_passes(struct verification *verification, mbedtls_x509_crt *chain)
{
	struct credentials *credentials = verification->credentials;
	uint32_t flags = 0;

	forget(verification);
	int rc = mbedtls_x509_crt_verify_with_profile(
		chain, &credentials->ca, credentials->has_crl ? &credentials->crl : NULL,
		&mbedtls_x509_crt_profile_default, NULL, &flags, verification_callback,
		verification);
	/* A chain that mbedTLS gives up on never reaches the callback. */
	if (rc != 0 && verification->flags == 0)
		verification->flags = MBEDTLS_X509_BADCERT_OTHER;
	return rc == 0;
}

bool verification_is_matter_of_time(const struct verification *verification)
{
	return verification->flags != 0 &&
	       (verification->flags & ~(uint32_t)(CERTIFICATE_DATES | LIST_DATES)) == 0;
}
