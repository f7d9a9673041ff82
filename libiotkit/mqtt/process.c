/* SPDX-License-Identifier: MIT */
#include "mqtt/process.h"

#include <MQTTAsync.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "mqtt/session.h"

/* The only state here that is no handle's, since paho's is none either: the process's id above
 * the number of its sessions. */
static atomic_uint_fast64_t users;

enum { PID_SHIFT = 32 };
#define COUNT_MASK UINT64_C(0xffffffff)

iotkit_status process_enter(void)
{
	uint64_t self = (uint64_t)getpid() << PID_SHIFT;
	uint_fast64_t before = atomic_load(&users);
	uint64_t after;

	do {
		uint64_t count = before & COUNT_MASK;
		if (count > 0 && (before & ~COUNT_MASK) != self)
			return error_set(
				IOTKIT_ESTATE,
				"this process was forked by process %llu while that had "
				"handles open, whose threads are missing here: fork() before "
				"the first iotkit_open(), or call exec() after it",
				(unsigned long long)(before >> PID_SHIFT));
		after = self | (count + 1);
	} while (!atomic_compare_exchange_weak(&users, &before, after));
	return IOTKIT_OK;
}

void process_leave(void)
{
	atomic_fetch_sub(&users, 1);
}

void session_describe_library(char *text, size_t size)
{
	const char *version = "";

	for (MQTTAsync_nameValue *info = MQTTAsync_getVersionInfo(); info->name != NULL; info++)
		if (strcmp(info->name, "Version") == 0)
			version = info->value;
	snprintf(text, size, "paho.mqtt.c %s", version);
}
