/* SPDX-License-Identifier: MIT */
#include "lamp.h"

#include <string.h>

#define COMMAND_EVERY_S 3
#define FIRST_COMMAND_S 2 /* so that the board is there */

bool lamp_open(struct lamp *lamp, const char *log)
{
	lamp->pin = fopen(log, "r");
	return lamp->pin != NULL;
}

void lamp_close(struct lamp *lamp)
{
	if (lamp->pin != NULL)
		fclose(lamp->pin);
}

bool lamp_command(struct lamp *lamp, iotkit *iot, double now_s)
{
	if (lamp->next_s == 0)
		lamp->next_s = now_s + FIRST_COMMAND_S;
	if (now_s < lamp->next_s)
		return false;
	lamp->next_s = now_s + COMMAND_EVERY_S;
	if (iotkit_publish(iot, lamp->topic, lamp->wanted ? "0" : "1", 1, 1, 0, NULL) != IOTKIT_OK)
		return false;
	lamp->wanted = !lamp->wanted;
	lamp->commands++;
	return true;
}

/* The log grows while it is read; simboard writes whole lines, as "pin B5 1". */
bool lamp_look(struct lamp *lamp)
{
	char line[64];
	bool before = lamp->on;

	clearerr(lamp->pin);
	while (fgets(line, sizeof line, lamp->pin) != NULL) {
		if (strncmp(line, "pin ", 4) != 0)
			continue;
		lamp->on = strchr(line + 4, '1') != NULL;
		lamp->switched++;
	}
	return lamp->on != before;
}
