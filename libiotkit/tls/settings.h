/* SPDX-License-Identifier: MIT
 *
 * What the options named tls.* and keylog.* say.
 */
#ifndef IOTKIT_TLS_SETTINGS_H
#define IOTKIT_TLS_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "tls/x509/moment.h"

enum tls_verify { TLS_VERIFY_FULL, TLS_VERIFY_CA, TLS_VERIFY_NONE };

/* Borrowed. A text that is not set is "". */
struct tls_settings {
	const char *ca_file;
	const char *ca_path;
	const char *cert_file;
	const char *key_file;
	const char *key_password_file;
	const char *psk_identity;
	const char *psk_file;
	const char *crl_file;
	const char *pin_sha256; /* of the peer's public key; several with commas between */
	const char *server_name; /* "": the host's own name */
	const char *alpn; /* protocols with commas between */
	const char *keylog_file;
	enum tls_verify verify;
	bool only_1_3; /* TLS 1.2 is not enough */
	struct moment_clock clock;
	bool resume; /* the last session, at a reconnect */
	int64_t expiry_warning_days;
};

#endif
