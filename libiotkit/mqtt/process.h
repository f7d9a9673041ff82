/* SPDX-License-Identifier: MIT
 *
 * What paho is to the process: its threads are the process's, not a handle's, and are not
 * there in a child made by fork(), where its state says they are.
 */
#ifndef IOTKIT_MQTT_PROCESS_H
#define IOTKIT_MQTT_PROCESS_H

#include "iotkit.h"

/* One more session that uses paho, or one less. IOTKIT_ESTATE in a child of a process that
 * had sessions when it forked. */
iotkit_status process_enter(void);
void process_leave(void);

#endif
