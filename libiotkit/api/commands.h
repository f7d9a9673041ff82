/* SPDX-License-Identifier: MIT
 *
 * Commands to boards: from the application, and from MQTT on
 * `{topic.base}/{device}/{name}/set`.
 */
#ifndef IOTKIT_API_COMMANDS_H
#define IOTKIT_API_COMMANDS_H

#include "api/handle.h"

/* A board of which commands by MQTT are taken from now on, and not any more. */
void commands_know(iotkit *iot, const char *device);
void commands_forget(iotkit *iot, const char *device);

/* Subscribes for all boards known; once options are settled. */
void commands_subscribe(iotkit *iot);

/* Whether it is a topic that a board's commands come under. */
bool commands_may_come(iotkit *iot, const char *topic);

/* Whether a message was a command to a board of ours; then it is on its way. */
bool commands_take(iotkit *iot, const struct session_message *message);

void commands_ended(iotkit *iot, const struct device_result *result);
void commands_free(iotkit *iot);

#endif
