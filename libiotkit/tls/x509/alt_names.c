/* SPDX-License-Identifier: MIT */
#include "tls/x509/alt_names.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <mbedtls/asn1write.h>
#include <mbedtls/oid.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"

enum {
	HOST_MAX = 253,
	LABEL_MAX = 63,
	HEADER_MAX = 8, /* a tag and a length */
	DER_MAX = 24576,
	TAG_DNS = MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_X509_SAN_DNS_NAME,
	TAG_IP = MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_X509_SAN_IP_ADDRESS
};

void alt_names_init(struct alt_names *names)
{
	names->count = 0;
	buffer_init(&names->der, DER_MAX);
}

void alt_names_free(struct alt_names *names)
{
	buffer_free(&names->der);
}

static bool same_name(unsigned char tag, const void *a, const void *b, size_t size)
{
	if (tag == TAG_DNS)
		return strncasecmp(a, b, size) == 0;
	return memcmp(a, b, size) == 0;
}

static bool has(const struct alt_names *names, unsigned char tag, const void *bytes, size_t size)
{
	unsigned char *at = (unsigned char *)names->der.bytes;

	for (size_t i = 0; i < names->count; i++) {
		const unsigned char *end = (unsigned char *)names->der.bytes + names->der.size;
		unsigned char its_tag = *at++;
		size_t its_size = 0;
		if (mbedtls_asn1_get_len(&at, end, &its_size) != 0)
			return false;
		if (its_tag == tag && its_size == size && same_name(tag, at, bytes, size))
			return true;
		at += its_size;
	}
	return false;
}

static iotkit_status add(struct alt_names *names, unsigned char tag, const void *bytes, size_t size)
{
	unsigned char header[HEADER_MAX] = {0};
	unsigned char *at = header + sizeof header;

	if (has(names, tag, bytes, size))
		return IOTKIT_OK;
	if (names->count == ALT_NAMES_MAX)
		return error_set(IOTKIT_EINVAL,
				 "a certificate can have %d names and addresses here, not more; "
				 "make another one for the rest",
				 ALT_NAMES_MAX);
	/* It is written backwards. */
	mbedtls_asn1_write_len(&at, header, size);
	*--at = tag;
	iotkit_status status =
		buffer_append(&names->der, at, (size_t)(header + sizeof header - at));
	if (status == IOTKIT_OK)
		status = buffer_append(&names->der, bytes, size);
	if (status == IOTKIT_OK)
		names->count++;
	return status;
}

static bool is_label(const char *label, size_t size)
{
	if (size == 0 || size > LABEL_MAX || label[0] == '-' || label[size - 1] == '-')
		return false;
	for (size_t i = 0; i < size; i++)
		if (!isascii(label[i]) || (!isalnum((unsigned char)label[i]) && label[i] != '-'))
			return false;
	return true;
}

/* Labels of letters, digits and hyphens; the last one is no number, since that
 * is an IP address with a slip in it. */
static bool is_host_name(const char *name)
{
	const char *label = strncmp(name, "*.", 2) == 0 ? name + 2 : name;
	bool number = false;

	if (strlen(name) > HOST_MAX)
		return false;
	for (bool more = true; more;) {
		size_t size = strcspn(label, ".");
		if (!is_label(label, size))
			return false;
		number = strspn(label, "0123456789") == size;
		more = label[size] == '.';
		label += size + 1;
	}
	return !number;
}

iotkit_status alt_names_add(struct alt_names *names, const char *text)
{
	unsigned char address[16];

	if (inet_pton(AF_INET, text, address) == 1)
		return add(names, TAG_IP, address, 4);
	if (inet_pton(AF_INET6, text, address) == 1)
		return add(names, TAG_IP, address, 16);
	if (is_host_name(text))
		return add(names, TAG_DNS, text, strlen(text));
	return error_set(
		IOTKIT_EINVAL,
		"'%.80s' is neither a host name nor an IP address: a host name has letters, "
		"digits and hyphens between its dots (a name in another script is written "
		"'xn--...'), and may begin with '*.'",
		text);
}

static iotkit_status add_trimmed(struct alt_names *names, const char *text, size_t size)
{
	while (size > 0 && text[0] == ' ') {
		text++;
		size--;
	}
	while (size > 0 && text[size - 1] == ' ')
		size--;
	char *name = strndup(text, size);
	if (name == NULL)
		return error_set_no_memory();
	iotkit_status status = alt_names_add(names, name);
	free(name);
	return status;
}

iotkit_status alt_names_add_list(struct alt_names *names, const char *list)
{
	for (;;) {
		size_t size = strcspn(list, ",");
		iotkit_status status = add_trimmed(names, list, size);
		if (status != IOTKIT_OK || list[size] == '\0')
			return status;
		list += size + 1;
	}
}

iotkit_status alt_names_copy(struct alt_names *names, const mbedtls_x509_crt *certificate)
{
	const mbedtls_x509_sequence *entry = &certificate->subject_alt_names;

	for (; entry != NULL; entry = entry->next) {
		if (entry->buf.p == NULL)
			continue;
		iotkit_status status =
			add(names, (unsigned char)entry->buf.tag, entry->buf.p, entry->buf.len);
		if (status != IOTKIT_OK)
			return status;
	}
	return IOTKIT_OK;
}

int alt_names_write(const struct alt_names *names, mbedtls_x509write_cert *writer)
{
	unsigned char header[HEADER_MAX] = {0};
	unsigned char *at = header + sizeof header;
	struct buffer value;

	if (names->count == 0)
		return 0;
	mbedtls_asn1_write_len(&at, header, names->der.size);
	*--at = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
	buffer_init(&value, DER_MAX + HEADER_MAX);
	int result = MBEDTLS_ERR_X509_ALLOC_FAILED;
	if (buffer_append(&value, at, (size_t)(header + sizeof header - at)) == IOTKIT_OK &&
	    buffer_append(&value, names->der.bytes, names->der.size) == IOTKIT_OK)
		result = mbedtls_x509write_crt_set_extension(
			writer, MBEDTLS_OID_SUBJECT_ALT_NAME,
			MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME), 0,
			(const unsigned char *)value.bytes, value.size);
	buffer_free(&value);
	return result;
}
