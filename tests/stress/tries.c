/* SPDX-License-Identifier: MIT */
#include "tries.h"

#include <stdio.h>
#include <string.h>

enum { CALLS_MAX = 64, NAME_SIZE = 64 };

static struct called {
	char name[NAME_SIZE];
	bool was_short;
} called[CALLS_MAX];
unsigned long place, place_in_call;
bool keys_are_read;

static struct called *find_call(const char *call)
{
	size_t length = strcspn(call, "(");
	struct called *one = called;

	ck_assert_uint_lt(length, NAME_SIZE);
	while (one->name[0] != '\0' &&
	       (strncmp(one->name, call, length) != 0 || one->name[length] != '\0'))
		ck_assert(++one < called + CALLS_MAX);
	memcpy(one->name, call, length);
	return one;
}

void begin(const char *call)
{
	find_call(call);
	if (place_in_call > 0)
		memory_refuse_mine(place_in_call);
}

unsigned try_publish(iotkit *iot, int32_t qos)
{
	static unsigned serial;
	unsigned number = serial++;
	char topic[32];

	snprintf(topic, sizeof topic, "short/%u.", number);
	TRY(iotkit_publish(iot, topic, topic, strlen(topic), qos, 0, NULL));
	return number;
}

/* That this is documented, and is to be seen here. */
static bool may_be_short(const char *name)
{
	char line[256], function[NAME_SIZE], code[16];
	FILE *table = fopen(ABI_ERRORS, "r");
	bool found = false;

	ck_assert_ptr_nonnull(table);
	while (!found && fgets(line, sizeof line, table) != NULL)
		found = sscanf(line, "%63s %15s", function, code) == 2 &&
			strcmp(function, name) == 0 && strcmp(code, "ENOMEM") == 0;
	fclose(table);
	return found;
}

void expect_each_was_short(void)
{
	for (const struct called *one = called; one->name[0] != '\0'; one++)
		ck_assert_msg(one->was_short == may_be_short(one->name),
			      "%s() %s, but errors.txt does not agree", one->name,
			      one->was_short ? "said IOTKIT_ENOMEM" : "never said IOTKIT_ENOMEM");
}

bool is_short(const char *call, iotkit_status status)
{
	memory_refuse_mine(0);
	if (status == IOTKIT_OK)
		return false;
	if (status == IOTKIT_ENOMEM)
		find_call(call)->was_short = true;
	if (keys_are_read && memory_refused() > 0 &&
	    (status == IOTKIT_ETLS || status == IOTKIT_EINVAL)) {
		memory_give();
		return true;
	}
	if (status != IOTKIT_ENOMEM || memory_refused() == 0 ||
	    strstr(iotkit_last_error(), "out of memory") == NULL) {
		memory_tell();
		ck_abort_msg("place %lu: %s returned %d: %s", place, call, (int)status,
			     iotkit_last_error());
	}
	memory_give();
	return true;
}

void fail_again(const char *call)
{
	memory_tell();
	ck_abort_msg("place %lu: %s fails again: %s", place, call, iotkit_last_error());
}
