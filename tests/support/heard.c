/* SPDX-License-Identifier: MIT */
#include "heard.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "suite.h"

enum { PATIENCE_S = 20 };

void heard_init(struct heard *heard)
{
	pthread_mutex_init(&heard->lock, NULL);
	pthread_cond_init(&heard->more, NULL);
	heard->count = 0;
	heard->cursor = 0;
}

void heard_destroy(struct heard *heard)
{
	pthread_cond_destroy(&heard->more);
	pthread_mutex_destroy(&heard->lock);
}

void heard_add(struct heard *heard, const char *format, ...)
{
	va_list args;

	pthread_mutex_lock(&heard->lock);
	va_start(args, format);
	vsnprintf(heard->texts[heard->count++ % HEARD_MAX], HEARD_TEXT_MAX, format, args);
	va_end(args);
	pthread_cond_broadcast(&heard->more);
	pthread_mutex_unlock(&heard->lock);
}

/* Number of the oldest text that is kept. The lock is held. */
static size_t oldest(const struct heard *heard)
{
	return heard->count > HEARD_MAX ? heard->count - HEARD_MAX : 0;
}

/* Moves the cursor behind the next text that contains part. The lock is held. */
static bool advance(struct heard *heard, const char *part)
{
	if (heard->cursor < oldest(heard))
		heard->cursor = oldest(heard);
	while (heard->cursor < heard->count)
		if (strstr(heard->texts[heard->cursor++ % HEARD_MAX], part) != NULL)
			return true;
	return false;
}

void heard_wait(struct heard *heard, const char *part)
{
	struct timespec until;
	int rc = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_S;
	pthread_mutex_lock(&heard->lock);
	bool found = advance(heard, part);
	while (!found && rc != ETIMEDOUT) {
		rc = pthread_cond_timedwait(&heard->more, &heard->lock, &until);
		found = advance(heard, part);
	}
	const char *last =
		heard->count > 0 ? heard->texts[(heard->count - 1) % HEARD_MAX] : "nothing";
	pthread_mutex_unlock(&heard->lock);
	ck_assert_msg(found, "'%s' was not heard; the last was '%s'", part, last);
}

size_t heard_count(struct heard *heard, const char *part)
{
	size_t found = 0;

	pthread_mutex_lock(&heard->lock);
	for (size_t i = oldest(heard); i < heard->count; i++)
		if (strstr(heard->texts[i % HEARD_MAX], part) != NULL)
			found++;
	pthread_mutex_unlock(&heard->lock);
	return found;
}

void heard_clear(struct heard *heard)
{
	pthread_mutex_lock(&heard->lock);
	heard->count = 0;
	heard->cursor = 0;
	pthread_mutex_unlock(&heard->lock);
}
