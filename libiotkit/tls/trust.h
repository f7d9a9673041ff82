/* SPDX-License-Identifier: MIT
 *
 * Whom we trust: CAs, and what they have revoked.
 */
#ifndef IOTKIT_TLS_TRUST_H
#define IOTKIT_TLS_TRUST_H

#include <mbedtls/x509_crl.h>
#include <mbedtls/x509_crt.h>

#include "iotkit.h"
#include "tls/settings.h"

/* From tls.ca_file and tls.ca_path, or else from the system. */
iotkit_status trust_load(const struct tls_settings *settings, mbedtls_x509_crt *ca);

iotkit_status trust_load_crl(const char *path, mbedtls_x509_crl *crl);

#endif
