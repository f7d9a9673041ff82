/* SPDX-License-Identifier: MIT
 *
 * Why a chain is refused, in one sentence: what was presented, what was expected,
 * and what mends it. What is quoted is cut so that the mend never is.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/hex.h"
#include "base/utf8.h"
#include "tls/verification.h"
#include "tls/verification_mend.h"
#include "tls/x509/compat.h"

enum { QUOTE_SIZE = 60, NAMES_SIZE = 88, ALSO_SIZE = 112 };

/* What sentences are made of. */
struct story {
	const struct verification *v;
	char address[QUOTE_SIZE]; /* "localhost:8883" */
	char host[QUOTE_SIZE];
	char subject[QUOTE_SIZE]; /* of the culprit */
	char issuer[QUOTE_SIZE];
	char trust[QUOTE_SIZE + 16]; /* "tls.ca_file ca.crt" */
	char crl_file[QUOTE_SIZE];
	char who[QUOTE_SIZE * 2 + 64]; /* "the certificate of localhost:8883" */
	char also[ALSO_SIZE]; /* what else is wrong; begins with a space, or is "" */
};

/* Copies whole characters, and ends with "..." when cut. */
static void quote(char *out, size_t size, const char *text)
{
	size_t used = 0, length = strlen(text);
	bool cut = length >= size;
	size_t room = cut ? size - sizeof "..." : length;

	while (used < room) {
		size_t step = utf8_character(text + used, length - used);
		step = step > 0 ? step : 1;
		if (used + step > room)
			break;
		used += step;
	}
	snprintf(out, size, "%.*s%s", (int)used, text, cut ? "..." : "");
}

static void tell_trust(const struct tls_settings *settings, char *out, size_t size)
{
	bool file = settings->ca_file[0] != '\0', path = settings->ca_path[0] != '\0';
	char name[QUOTE_SIZE];

	quote(name, sizeof name, file ? settings->ca_file : settings->ca_path);
	if (file || path)
		snprintf(out, size, "%s %s", file ? "tls.ca_file" : "tls.ca_path", name);
	else
		snprintf(out, size, "the system's trusted CAs");
}

/* Of a CA that signed itself nobody wants to hear that it did: what it vouches for
 * is the server's certificate. */
static void tell_who(struct story *story, enum flaw flaw)
{
	bool is_root = flaw == FLAW_UNTRUSTED && story->v->culprit.self_signed;

	if (story->v->culprit_depth == 0 || is_root)
		snprintf(story->who, sizeof story->who, "the certificate of %s", story->address);
	else
		snprintf(story->who, sizeof story->who, "the CA certificate '%s' behind %s",
			 story->subject, story->address);
}

static void tell_what_else(struct story *story, enum flaw told)
{
	static const char *const words[] = {
		[FLAW_UNTRUSTED] = "not trusted", [FLAW_REVOKED] = "revoked",
		[FLAW_WEAK_HASH] = "weak hash",   [FLAW_WEAK_KEY] = "weak key",
		[FLAW_PIN] = "wrong pin",         [FLAW_NAME] = "other name",
		[FLAW_USAGE] = "wrong usage",     [FLAW_NOT_YET_VALID] = "not yet valid",
		[FLAW_EXPIRED] = "expired",       [FLAW_REVOCATION_LIST] = "revocation list",
	};
	const struct verification *v = story->v;
	size_t used = 0;

	for (enum flaw flaw = told + 1; flaw < FLAW_OTHER; flaw++)
		if (flaw_is_in(flaw, v->flags, v->wrong_pin))
			used += (size_t)snprintf(story->also + used, ALSO_SIZE - used, "%s%s",
						 used > 0 ? ", " : " (also wrong: ", words[flaw]);
	if (used > 0)
		snprintf(story->also + used, ALSO_SIZE - used, ")");
}

/* The certificate among those we trust that has the name of the unknown signer. */
static const mbedtls_x509_crt *find_namesake(const struct verification *v)
{
	const mbedtls_x509_crt *trusted = &v->credentials->ca;

	for (; trusted != NULL && trusted->raw.p != NULL; trusted = trusted->next) {
		char subject[FACTS_TEXT_SIZE];
		facts_name(&trusted->subject, subject);
		if (strcmp(subject, v->culprit.issuer) == 0)
			return trusted;
	}
	return NULL;
}

/* What else is wrong is told where there is room for it. */
static iotkit_status refuse(const struct story *story, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static iotkit_status refuse(const struct story *story, const char *format, ...)
{
	char text[ERROR_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	int size = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	bool fits = (size_t)size + strlen(story->also) < sizeof text;
	return error_set(IOTKIT_ETLS, "%s%s", text, fits ? story->also : "");
}

static iotkit_status explain_namesake(const struct story *s, const mbedtls_x509_crt *namesake)
{
	if (!namesake->MBEDTLS_PRIVATE(ca_istrue))
		return refuse(s,
			      "%s is signed by '%s', whose certificate in %s is not that of a "
			      "CA (it lacks CA:TRUE): make a CA ('iotkit-certs ca') and issue "
			      "the server's certificate from it",
			      s->who, s->issuer, s->trust);
	return refuse(s,
		      "%s is signed by '%s', but not with the key of the CA of that name in %s: "
		      "the CA was made anew, or is another; get its present certificate and set "
		      "tls.ca_file to it",
		      s->who, s->issuer, s->trust);
}

static iotkit_status explain_untrusted(const struct story *s)
{
	const mbedtls_x509_crt *namesake = find_namesake(s->v);

	if (s->v->culprit.self_signed && s->v->culprit_depth == 0)
		return refuse(s,
			      "%s is self-signed ('%s') and unknown to %s: copy it from the "
			      "server and set tls.ca_file to it, or issue one from a CA "
			      "('iotkit-certs server')",
			      s->who, s->subject, s->trust);
	if (namesake != NULL)
		return explain_namesake(s, namesake);
	if (s->v->culprit.self_signed)
		return refuse(s,
			      "%s is signed by '%s', which is %s %s: set tls.ca_file to that CA's "
			      "certificate (ca.crt, usually on the broker's machine beside its "
			      "server.crt)",
			      s->who, s->issuer,
			      s->v->settings->ca_file[0] != '\0' ? "not in" : "unknown to",
			      s->trust);
	return refuse(s,
		      "%s is signed by '%s', which is unknown to %s: get that CA's certificate "
		      "and set tls.ca_file to it (if it is an intermediate CA, let the server "
		      "send its whole chain)",
		      s->who, s->issuer, s->trust);
}

static iotkit_status explain_revoked(const struct story *s)
{
	return refuse(s,
		      "%s ('%s') was revoked by '%s', says tls.crl_file %s: issue a new one with "
		      "a new key",
		      s->who, s->subject, s->issuer, s->crl_file);
}

static iotkit_status explain_weak_hash(const struct story *s)
{
	return refuse(s,
		      "%s ('%s') is signed with %s, which is too weak; SHA256 or better is "
		      "expected: issue it anew ('iotkit-certs')",
		      s->who, s->subject, s->v->culprit.hash);
}

static iotkit_status explain_weak_key(const struct story *s)
{
	return refuse(s,
		      "the key of %s ('%s', %s), or of its signer, is too weak; RSA of 2048 "
		      "bits or an elliptic curve of 256 is expected: issue it anew with a new "
		      "key ('iotkit-certs')",
		      s->who, s->subject, s->v->culprit.key);
}

static iotkit_status explain_pin(const struct story *s)
{
	char pin[2 * SHA256_SIZE + 1];

	hex_encode(s->v->pin, SHA256_SIZE, pin);
	return refuse(s,
		      "the public key of %s has the SHA-256 %s, which tls.pin_sha256 does not "
		      "list: if the server was given a new key, set tls.pin_sha256 to this; if "
		      "not, somebody is in between",
		      s->address, pin);
}

static iotkit_status explain_name(const struct story *s)
{
	enum { WORDS = 120 }; /* those of the longest sentence below, less the mend's */
	char names[NAMES_SIZE], uri[64], mend[ERROR_TEXT_SIZE];
	bool is_address = facts_is_address(s->v->host);
	const char *address = is_address ? "the IP address " : "";
	const char *other = is_address ? "" : "set tls.server_name, ";

	quote(names, sizeof names, s->v->leaf.names);
	mend_uri(s->v, uri, sizeof uri);
	mend_add_host(s->v, s->host, mend,
		      sizeof mend - WORDS - strlen(s->who) - strlen(names) - strlen(s->host) -
			      strlen(uri));
	if (names[0] == '\0')
		return refuse(s,
			      "%s is for no host at all, and so not for %s'%s': issue a new one "
			      "with 'iotkit-certs server %s%s'",
			      s->who, address, s->host, is_address ? "--ip " : "", s->host);
	if (s->v->settings->server_name[0] != '\0')
		return refuse(s,
			      "%s is for %s, not for '%s': correct tls.server_name, or renew it "
			      "with this name: %s",
			      s->who, names, s->host, mend);
	return refuse(s,
		      "%s is for %s, not for %s'%s': connect to one of these names%s, %sor renew "
		      "it with this %s: %s",
		      s->who, names, address, s->host, uri, other, is_address ? "address" : "name",
		      mend);
}

static iotkit_status explain_usage(const struct story *s)
{
	bool extended = (s->v->flags & MBEDTLS_X509_BADCERT_KEY_USAGE) == 0;

	return refuse(s,
		      "%s ('%s') is not for servers: its %s allows other things only, and %s is "
		      "expected (is it a client's or a CA's?); issue one with 'iotkit-certs server "
		      "NAME'",
		      s->who, s->subject, extended ? "extended key usage" : "key usage",
		      extended ? "serverAuth" : "digitalSignature");
}

static iotkit_status explain_not_yet_valid(const struct story *s)
{
	const struct moment *moment = &s->v->moment;
	char from[MOMENT_TEXT_SIZE], now[MOMENT_TEXT_SIZE];

	moment_text(s->v->culprit.not_before, from);
	moment_text(moment->now, now);
	return refuse(s,
		      "%s is valid only from %s, and our clock says %s: set the clock "
		      "(timedatectl)%s",
		      s->who, from, now,
		      s->v->settings->clock.floor
			      ? "; tls.clock=floor has seen no later moment either"
			      : ", or use tls.clock=floor where there is none that runs on");
}

static void tell_renewal(const struct verification *v, char *out, size_t size)
{
	char command[112];

	mend_renew(v, command, sizeof command);
	if (v->culprit_depth == 0)
		snprintf(out, size, "renew it with 'iotkit-broker renew DIR', %s or certbot",
			 command);
	else if (v->culprit.self_signed)
		snprintf(out, size,
			 "renew it with 'iotkit-certs ca --renew' and set tls.ca_file to it");
	else
		snprintf(out, size,
			 "have it renewed by who issued it, and let the server send the new one");
}

static iotkit_status explain_expired(const struct story *s)
{
	const struct verification *v = s->v;
	int64_t days = (v->moment.now - v->culprit.not_after) / MOMENT_DAY_S;
	char end[MOMENT_TEXT_SIZE], now[MOMENT_TEXT_SIZE], mend[176];

	moment_text(v->culprit.not_after, end);
	moment_text(v->moment.now, now);
	tell_renewal(v, mend, sizeof mend);
	return refuse(s, "%s expired on %s, %lld day%s ago (%s says %s): %s", s->who, end,
		      (long long)days, days == 1 ? "" : "s",
		      moment_is_floored(&v->moment) ? "tls.clock=floor" : "our clock", now, mend);
}

static const mbedtls_x509_crl *find_list(const struct verification *v)
{
	const mbedtls_x509_crl *list = &v->credentials->crl;

	for (; list != NULL && list->raw.p != NULL; list = list->next) {
		char issuer[FACTS_TEXT_SIZE];
		facts_name(&list->issuer, issuer);
		if (strcmp(issuer, v->culprit.issuer) == 0)
			return list;
	}
	return NULL;
}

static iotkit_status explain_list_dates(const struct story *s, const mbedtls_x509_crl *list)
{
	bool expired = (s->v->flags & MBEDTLS_X509_BADCRL_EXPIRED) != 0;
	char date[MOMENT_TEXT_SIZE], now[MOMENT_TEXT_SIZE];

	moment_text(facts_moment(expired ? &list->next_update : &list->this_update), date);
	moment_text(s->v->moment.now, now);
	return refuse(s,
		      "the revocation list of '%s' in tls.crl_file %s, which %s needs, %s %s, and "
		      "our clock says %s: %s",
		      s->issuer, s->crl_file, s->address, expired ? "expired on" : "is valid from",
		      date, now,
		      expired ? "get its CA's present list" : "set the clock (timedatectl)");
}

static iotkit_status explain_list(const struct story *s)
{
	const mbedtls_x509_crl *list = find_list(s->v);

	if (list == NULL)
		return refuse(s,
			      "%s is signed by '%s', of which there is no revocation list in "
			      "tls.crl_file %s: get that CA's list and append it to the file",
			      s->who, s->issuer, s->crl_file);
	if ((s->v->flags & (MBEDTLS_X509_BADCRL_EXPIRED | MBEDTLS_X509_BADCRL_FUTURE)) != 0)
		return explain_list_dates(s, list);
	return refuse(s,
		      "the revocation list of '%s' in tls.crl_file %s, which %s needs, is not "
		      "properly signed by that CA: get the list anew from the CA",
		      s->issuer, s->crl_file, s->address);
}

static iotkit_status explain_other(const struct story *s)
{
	char why[160] = "";

	mbedtls_x509_crt_verify_info(why, sizeof why, "", s->v->flags);
	why[strcspn(why, "\n")] = '\0';
	if (!s->v->seen)
		snprintf(why, sizeof why, "the chain is too long, or memory ran out");
	return refuse(s,
		      "the certificates of %s are refused: %s; see what is presented with "
		      "'iotkit-certs check %s'",
		      s->address, why, s->address);
}

static iotkit_status explain_missing(const struct story *s)
{
	return refuse(s,
		      "%s presented no certificate, and one is expected: give it one (certfile and "
		      "keyfile in mosquitto.conf; 'iotkit-certs server NAME' makes them)",
		      s->address);
}

iotkit_status verification_explain(const struct verification *verification)
{
	static iotkit_status (*const explain[])(const struct story *) = {
		[FLAW_UNTRUSTED] = explain_untrusted,
		[FLAW_REVOKED] = explain_revoked,
		[FLAW_WEAK_HASH] = explain_weak_hash,
		[FLAW_WEAK_KEY] = explain_weak_key,
		[FLAW_PIN] = explain_pin,
		[FLAW_NAME] = explain_name,
		[FLAW_USAGE] = explain_usage,
		[FLAW_NOT_YET_VALID] = explain_not_yet_valid,
		[FLAW_EXPIRED] = explain_expired,
		[FLAW_REVOCATION_LIST] = explain_list,
		[FLAW_OTHER] = explain_other,
		[FLAW_NONE] = explain_missing,
	};
	enum flaw flaw = flaw_first(verification->flags, verification->wrong_pin);
	struct story story = {.v = verification};

	quote(story.address, sizeof story.address, verification->address);
	quote(story.host, sizeof story.host, verification->host);
	quote(story.subject, sizeof story.subject, verification->culprit.subject);
	quote(story.issuer, sizeof story.issuer, verification->culprit.issuer);
	quote(story.crl_file, sizeof story.crl_file, verification->settings->crl_file);
	tell_trust(verification->settings, story.trust, sizeof story.trust);
	tell_who(&story, flaw);
	tell_what_else(&story, flaw);
	return explain[flaw](&story);
}
