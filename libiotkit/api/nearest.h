/* SPDX-License-Identifier: MIT
 *
 * Which known name a misspelt one was meant to be.
 */
#ifndef IOTKIT_API_NEAREST_H
#define IOTKIT_API_NEAREST_H

#include <stddef.h>

/* Edits between two names: characters put in, left out or changed. */
size_t nearest_distance(const char *a, const char *b);

#endif
