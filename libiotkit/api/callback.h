/* SPDX-License-Identifier: MIT
 *
 * Bringing events to the application, rather than having them taken.
 */
#ifndef IOTKIT_API_CALLBACK_H
#define IOTKIT_API_CALLBACK_H

#include <stdbool.h>

#include "iotkit.h"

/* Whether events are brought to a callback. */
bool callback_is_set(iotkit *iot);

/* No callback is called any more when it returns. False when the callback itself asks: then
 * iotkit_close() comes once it has returned. */
bool callback_end(iotkit *iot);

#endif
