/* SPDX-License-Identifier: MIT
 *
 * The tables of an outbox's file, and the steps that make each version out of the
 * one before.
 */
#ifndef IOTKIT_OUTBOX_SCHEMA_H
#define IOTKIT_OUTBOX_SCHEMA_H

#include <stdint.h>

enum {
	SCHEMA_APPLICATION = 0x696f746b, /* "iotk" */
	SCHEMA_VERSION = 3,
	SCHEMA_PAGE_SIZE = 4096
};

/* What an empty file is told before its first table. */
extern const char schema_layout[];

/* From this version, 0: an empty file, to the next: one transaction. */
const char *schema_step(int64_t version);

#endif
