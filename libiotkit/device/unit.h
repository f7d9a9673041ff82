/* SPDX-License-Identifier: MIT
 *
 * The units that sketches print, and how SenML writes them.
 */
#ifndef IOTKIT_DEVICE_UNIT_H
#define IOTKIT_DEVICE_UNIT_H

#include <stdbool.h>
#include <stddef.h>

/* The SenML name of a unit, or the text itself where SenML has no other. */
const char *unit_senml(const char *text);

/* Is it a unit when it stands alone, as the C of "23.5 C"? */
bool unit_known(const char *text, size_t size);

/* May these bytes be a unit at all: a letter, '%' or a sign like the degree
 * first; then digits and / ^ * . - _ too, as in "m/s^2"? */
size_t unit_span(const char *text);

#endif
