/* SPDX-License-Identifier: MIT */
#include "tls/x509/facts.h"

#include <arpa/inet.h>
#include <mbedtls/md.h>
#include <mbedtls/oid.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "tls/x509/compat.h"
#include "tls/x509/moment.h"

static const char more[] = "...";

/* mbedTLS leaves nothing but printable ASCII. */
void facts_name(const mbedtls_x509_name *name, char text[FACTS_TEXT_SIZE])
{
	char whole[1024] = "";
	/* What does not fit is cut, but what did is there. */
	bool cut = mbedtls_x509_dn_gets(whole, sizeof whole, name) < 0;
	size_t size = strlen(whole), room = FACTS_TEXT_SIZE - sizeof more;

	if (size > room)
		cut = true;
	snprintf(text, FACTS_TEXT_SIZE, "%.*s%s", (int)(size < room ? size : room), whole,
		 cut ? more : "");
}

int64_t facts_moment(const mbedtls_x509_time *time)
{
	return moment_of(&(struct moment_parts){time->year, time->mon, time->day, time->hour,
						time->min, time->sec});
}

bool facts_has_alternative_names(const mbedtls_x509_crt *certificate)
{
	return (certificate->MBEDTLS_PRIVATE(ext_types) & MBEDTLS_X509_EXT_SUBJECT_ALT_NAME) != 0;
}

static bool same_bytes(const mbedtls_x509_buf *a, const mbedtls_x509_buf *b)
{
	return a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
}

bool facts_each_name(const mbedtls_x509_crt *certificate, facts_visit *visit, void *context)
{
	const mbedtls_x509_sequence *entry = &certificate->subject_alt_names;
	const mbedtls_x509_name *part = &certificate->subject;

	if (facts_has_alternative_names(certificate)) {
		for (; entry != NULL && entry->buf.p != NULL; entry = entry->next)
			if (visit(context, entry->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK,
				  &entry->buf))
				return true;
		return false;
	}
	for (; part != NULL; part = part->next)
		if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &part->oid) == 0 &&
		    visit(context, MBEDTLS_X509_SAN_DNS_NAME, &part->val))
			return true;
	return false;
}

/* What no host name has, quotes above all, is written as \xHH. */
static void name_text(const mbedtls_x509_buf *name, char text[FACTS_NAMES_SIZE])
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._* ";
	size_t used = 0, i = 0, room = FACTS_NAMES_SIZE - sizeof more;

	for (; i < name->len && used + 4 <= room; i++)
		used += (size_t)snprintf(
			text + used, FACTS_NAMES_SIZE - used,
			name->p[i] != '\0' && strchr(plain, name->p[i]) ? "%c" : "\\x%02x",
			name->p[i]);
	snprintf(text + used, FACTS_NAMES_SIZE - used, "%s", i < name->len ? more : "");
}

bool facts_host_text(int kind, const mbedtls_x509_buf *name, char text[FACTS_NAMES_SIZE])
{
	if (kind == MBEDTLS_X509_SAN_DNS_NAME) {
		name_text(name, text);
		return true;
	}
	if (kind != MBEDTLS_X509_SAN_IP_ADDRESS)
		return false;
	if (name->len == sizeof(struct in_addr))
		return inet_ntop(AF_INET, name->p, text, FACTS_NAMES_SIZE) != NULL;
	return name->len == sizeof(struct in6_addr) &&
	       inet_ntop(AF_INET6, name->p, text, FACTS_NAMES_SIZE) != NULL;
}

/* Appends a name in quotes; true when there is no room for more. */
static bool list_name(void *context, int kind, const mbedtls_x509_buf *name)
{
	char *names = context;
	char text[FACTS_NAMES_SIZE], item[FACTS_NAMES_SIZE + 8];
	size_t used = strlen(names);

	if (!facts_host_text(kind, name, text))
		return false;
	int size = snprintf(item, sizeof item, "%s'%s'", used > 0 ? ", " : "", text);
	bool fits = used + (size_t)size + sizeof ", ..." <= FACTS_NAMES_SIZE;
	snprintf(names + used, FACTS_NAMES_SIZE - used, "%s",
		 fits       ? item
		 : used > 0 ? ", ..."
			    : more);
	return !fits;
}

static void describe_key(const mbedtls_x509_crt *certificate, struct facts *facts)
{
	const mbedtls_pk_context *key = &certificate->pk;
	const mbedtls_md_info_t *hash =
		mbedtls_md_info_from_type(certificate->MBEDTLS_PRIVATE(sig_md));

	snprintf(facts->key, sizeof facts->key, "%s %zu bits", mbedtls_pk_get_name(key),
		 mbedtls_pk_get_bitlen(key));
	snprintf(facts->hash, sizeof facts->hash, "%s",
		 hash != NULL ? mbedtls_md_get_name(hash) : "an unknown hash");
}

void facts_of(const mbedtls_x509_crt *certificate, struct facts *facts)
{
	*facts = (struct facts){
		.self_signed = same_bytes(&certificate->subject_raw, &certificate->issuer_raw),
		.not_before = facts_moment(&certificate->valid_from),
		.not_after = facts_moment(&certificate->valid_to),
	};
	facts_name(&certificate->subject, facts->subject);
	facts_name(&certificate->issuer, facts->issuer);
	facts_each_name(certificate, list_name, facts->names);
	describe_key(certificate, facts);
}

/* The host that is asked for: a name, or one of the two kinds of address. */
struct wanted {
	const char *name;
	size_t size; /* of the name, less the dot at its end */
	unsigned char address[sizeof(struct in6_addr)];
	size_t address_size; /* 0: it is a name */
};

static struct wanted wanted_of(const char *host)
{
	struct wanted wanted = {.name = host, .size = strlen(host)};
	char address[INET6_ADDRSTRLEN];
	size_t without_zone = strcspn(host, "%"); /* as in fe80::1%eth0 */

	if (without_zone < sizeof address) {
		memcpy(address, host, without_zone);
		address[without_zone] = '\0';
		if (inet_pton(AF_INET6, address, wanted.address) == 1)
			wanted.address_size = sizeof(struct in6_addr);
	}
	if (inet_pton(AF_INET, host, wanted.address) == 1)
		wanted.address_size = sizeof(struct in_addr);
	if (wanted.size > 0 && host[wanted.size - 1] == '.')
		wanted.size--;
	return wanted;
}

/* A NUL in a certificate's name differs from whatever the host has there. */
static bool same_text(const char *a, size_t a_size, const char *b, size_t b_size)
{
	return a_size == b_size && a_size > 0 && strncasecmp(a, b, a_size) == 0;
}

static bool name_matches(const struct wanted *wanted, const char *name, size_t size)
{
	if (same_text(name, size, wanted->name, wanted->size))
		return true;
	const char *dot = memchr(wanted->name, '.', wanted->size);
	if (size < 3 || name[0] != '*' || dot == NULL || dot == wanted->name)
		return false;
	return same_text(name + 1, size - 1, dot, wanted->size - (size_t)(dot - wanted->name));
}

static bool is_wanted(void *context, int kind, const mbedtls_x509_buf *name)
{
	const struct wanted *wanted = context;

	if (wanted->address_size > 0)
		return kind == MBEDTLS_X509_SAN_IP_ADDRESS && name->len == wanted->address_size &&
		       memcmp(name->p, wanted->address, name->len) == 0;
	return kind == MBEDTLS_X509_SAN_DNS_NAME &&
	       name_matches(wanted, (const char *)name->p, name->len);
}

bool facts_match(const mbedtls_x509_crt *certificate, const char *host)
{
	struct wanted wanted = wanted_of(host);

	return facts_each_name(certificate, is_wanted, &wanted);
}

bool facts_is_address(const char *host)
{
	return wanted_of(host).address_size > 0;
}

void facts_pin(const mbedtls_x509_crt *certificate, unsigned char pin[32])
{
	mbedtls_md(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), certificate->pk_raw.p,
		   certificate->pk_raw.len, pin);
}
