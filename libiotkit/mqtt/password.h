/* SPDX-License-Identifier: MIT
 *
 * A password in a file that only its owner can read.
 */
#ifndef IOTKIT_MQTT_PASSWORD_H
#define IOTKIT_MQTT_PASSWORD_H

#include <stddef.h>

#include "iotkit.h"

/* Reads the first line. Refuses a file that others can read. */
iotkit_status password_read(const char *path, char *password, size_t size);

#endif
