/* SPDX-License-Identifier: MIT
 *
 * What outlives one connection: settings, counters and the session to resume.
 */
#include "tls/tls.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "base/secret.h"
#include "tls/internal.h"
#include "tls/x509/compat.h"

iotkit_status tls_open(const struct tls_settings *settings, const struct tls_sink *sink,
		       struct tls **out)
{
	if (!compat_prepare())
		return error_set(IOTKIT_ETLS, "mbedTLS cannot be initialised");
	struct tls *tls = secret_alloc(sizeof *tls);
	if (tls == NULL)
		return error_set_no_memory();
	tls->settings = settings;
	tls->sink = *sink;
	mbedtls_ssl_session_init(&tls->session);
	mbedtls_x509_crt_init(&tls->session_peer);
	*out = tls;
	return IOTKIT_OK;
}

void tls_close(struct tls *tls)
{
	if (tls == NULL)
		return;
	mbedtls_ssl_session_free(&tls->session);
	mbedtls_x509_crt_free(&tls->session_peer);
	secret_free(tls);
}

void tls_count(const struct tls *tls, struct tls_counters *out)
{
	*out = tls->counters;
}

bool tls_failed_for_good(const struct tls *tls)
{
	return tls->failed_for_good;
}

void tls_warn(const struct tls *tls, const char *format, ...)
{
	char text[ERROR_TEXT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	tls->sink.warn(tls->sink.context, text);
}

void tls_describe_library(char *text, size_t size)
{
	char version[sizeof "99.99.99-beta99"];

	mbedtls_version_get_string(version);
	snprintf(text, size, "mbedTLS %s", version);
}
