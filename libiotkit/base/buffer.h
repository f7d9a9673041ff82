/* SPDX-License-Identifier: MIT
 *
 * Bytes that grow up to a limit set at birth.
 */
#ifndef IOTKIT_BASE_BUFFER_H
#define IOTKIT_BASE_BUFFER_H

#include <stddef.h>

#include "iotkit.h"

struct buffer {
	char *bytes;
	size_t size; /* bytes in use */
	size_t capacity; /* at most the limit */
	size_t limit;
	char *first; /* memory that is not its own, and where its bytes are at first; or NULL */
};

/* An empty buffer that owns no memory yet. */
void buffer_init(struct buffer *buffer, size_t limit);

/* The same, which owns none before it is larger than first. That has to outlive it. */
void buffer_init_in(struct buffer *buffer, char *first, size_t size, size_t limit);
void buffer_free(struct buffer *buffer);

/* Each appends all or nothing; IOTKIT_EFULL beyond the limit. */
iotkit_status buffer_append(struct buffer *buffer, const void *bytes, size_t size);
iotkit_status buffer_append_text(struct buffer *buffer, const char *text);

/* The same with bytes that the caller writes: where, is told. */
iotkit_status buffer_extend(struct buffer *buffer, size_t size, char **out);

/* Empties it, and keeps its memory. */
void buffer_clear(struct buffer *buffer);

#endif
