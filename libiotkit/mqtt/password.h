/* SPDX-License-Identifier: MIT
 *
 * The password for the broker, from wherever the settings say.
 */
#ifndef IOTKIT_MQTT_PASSWORD_H
#define IOTKIT_MQTT_PASSWORD_H

#include "mqtt/session.h"

/* In secret memory, for secret_free(); NULL when there is none. Reads the file
 * anew. Fails with IOTKIT_EINVAL or IOTKIT_ENOMEM. */
iotkit_status password_get(const struct session_settings *settings, char **out);

#endif
