/* SPDX-License-Identifier: MIT
 *
 * Who we are: the client's certificate, and its private key.
 */
#ifndef IOTKIT_TLS_IDENTITY_H
#define IOTKIT_TLS_IDENTITY_H

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>
#include <stdbool.h>

#include "iotkit.h"
#include "tls/settings.h"

/* Leaves both empty when neither is set. */
iotkit_status identity_load(const struct tls_settings *settings, mbedtls_x509_crt *certificate,
			    mbedtls_pk_context *key, bool *has_own);

#endif
