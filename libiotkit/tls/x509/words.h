/* SPDX-License-Identifier: MIT
 *
 * Descriptions in lines of "label: value". Values come from strangers, so none can
 * steer the terminal. A buffer that is full is told once, by the status.
 */
#ifndef IOTKIT_TLS_X509_WORDS_H
#define IOTKIT_TLS_X509_WORDS_H

#include <mbedtls/pk.h>
#include <mbedtls/x509.h>

#include "base/buffer.h"
#include "iotkit.h"

struct words {
	struct buffer *out;
	iotkit_status status; /* of the first failure */
};

/* An empty line, but not at the beginning. */
void words_gap(struct words *words);

/* A line is begun with its label, then filled, then ended. */
void words_begin(struct words *words, const char *label);
void words_add(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));
void words_add_text(struct words *words, const void *bytes, size_t size);
void words_add_hex(struct words *words, const unsigned char *bytes, size_t size,
		   const char *separator);
void words_end(struct words *words);

/* Whole lines. */
void words_line(struct words *words, const char *label, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void words_name(struct words *words, const char *label, const mbedtls_x509_name *name);
void words_key(struct words *words, const char *label, const mbedtls_pk_context *key);

#endif
