/* SPDX-License-Identifier: MIT
 *
 * Memory for passwords and keys: kept out of core files where the system can do
 * so, and wiped before it is given back.
 */
#ifndef IOTKIT_BASE_SECRET_H
#define IOTKIT_BASE_SECRET_H

#include <stddef.h>

/* Zeroed memory; NULL when there is none. */
void *secret_alloc(size_t size);
char *secret_copy(const char *text);
void secret_free(void *memory); /* wipes it; NULL is fine */

/* Wipes memory that is not ours to give back. */
void secret_wipe(void *memory, size_t size);

#endif
