/* SPDX-License-Identifier: MIT
 *
 * The LED of a simulated board, switched by commands over MQTT. What its pin does is read from
 * what simboard says, which knows nothing of MQTT.
 */
#ifndef DEMO_LAMP_H
#define DEMO_LAMP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "iotkit.h"

struct lamp {
	const char *topic; /* of the command */
	FILE *pin; /* the log of simboard --watch-pin; NULL: none */
	double next_s; /* when the next command is due */
	uint64_t commands; /* sent */
	uint64_t switched; /* times that the pin has changed */
	bool wanted, on;
};

/* False when there is no such log. */
bool lamp_open(struct lamp *lamp, const char *log);
void lamp_close(struct lamp *lamp);

/* Sends the command that is due; true when it did. */
bool lamp_command(struct lamp *lamp, iotkit *iot, double now_s);

/* Looks at the pin; true when it has changed. */
bool lamp_look(struct lamp *lamp);

#endif
