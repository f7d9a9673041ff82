/* SPDX-License-Identifier: MIT */
#include "tls/x509/issue_name.h"

#include <mbedtls/asn1write.h>
#include <mbedtls/oid.h>
#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"

enum { COMMON_NAME_MAX = 64 };

static bool has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

static size_t count_characters(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

iotkit_status issue_name_check(const char *common_name)
{
	if (common_name[0] == '\0')
		return error_set(IOTKIT_EINVAL, "a certificate's name cannot be empty");
	if (!utf8_valid(common_name, strlen(common_name)))
		return error_set(IOTKIT_EINVAL, "the certificate's name is not UTF-8 text");
	if (has_control(common_name))
		return error_set(IOTKIT_EINVAL,
				 "the certificate's name has a control character, as a newline");
	size_t count = count_characters(common_name);
	if (count > COMMON_NAME_MAX)
		return error_set(
			IOTKIT_EINVAL,
			"the certificate's name '%.80s...' has %zu characters, and X.509 "
			"allows %d: take a shorter one; a server's longer names can follow "
			"it as alternative names",
			common_name, count, COMMON_NAME_MAX);
	return IOTKIT_OK;
}

/* mbedTLS writes the list from its end, and would merge attributes of one kind. */
static int prepend(mbedtls_asn1_named_data **list, const void *oid, size_t oid_size, int tag,
		   const void *value, size_t size)
{
	mbedtls_asn1_named_data *node = NULL;

	if (mbedtls_asn1_store_named_data(&node, oid, oid_size, value, size) == NULL)
		return MBEDTLS_ERR_X509_ALLOC_FAILED;
	node->val.tag = tag;
	node->next = *list;
	*list = node;
	return 0;
}

int issue_name_set(mbedtls_asn1_named_data **list, const char *common_name)
{
	return prepend(list, MBEDTLS_OID_AT_CN, MBEDTLS_OID_SIZE(MBEDTLS_OID_AT_CN),
		       MBEDTLS_ASN1_UTF8_STRING, common_name, strlen(common_name));
}

int issue_name_copy(mbedtls_asn1_named_data **list, const mbedtls_x509_name *name)
{
	for (; name != NULL && name->oid.p != NULL; name = name->next) {
		int result = prepend(list, name->oid.p, name->oid.len, name->val.tag, name->val.p,
				     name->val.len);
		if (result != 0)
			return result;
	}
	return 0;
}
