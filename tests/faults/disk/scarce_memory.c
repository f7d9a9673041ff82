/* SPDX-License-Identifier: MIT */
#include "scarce_memory.h"

#include <stdatomic.h>
#include <stddef.h>

/* As ld's --wrap names them. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *memory);

static atomic_long requests;
static atomic_long fails_at;
static atomic_bool fails_on;
static atomic_long in_use;

void scarce_memory_begin(long at, bool from_then_on)
{
	requests = 0;
	fails_on = from_then_on;
	fails_at = at;
}

long scarce_memory_end(void)
{
	fails_at = 0;
	return requests;
}

long scarce_memory_in_use(void)
{
	return in_use;
}

static bool is_out(void)
{
	long request = atomic_fetch_add(&requests, 1) + 1;
	long at = fails_at;

	return at > 0 && (request == at || (fails_on && request > at));
}

static void *count(void *memory)
{
	if (memory != NULL)
		in_use++;
	return memory;
}

void *__wrap_malloc(size_t size)
{
	return is_out() ? NULL : count(__real_malloc(size));
}

void *__wrap_calloc(size_t number, size_t size)
{
	return is_out() ? NULL : count(__real_calloc(number, size));
}

void *__wrap_realloc(void *memory, size_t size)
{
	if (is_out())
		return NULL;
	void *result = __real_realloc(memory, size);
	return memory == NULL ? count(result) : result;
}

char *__wrap_strdup(const char *text)
{
	return is_out() ? NULL : count(__real_strdup(text));
}

void __wrap_free(void *memory)
{
	if (memory != NULL)
		in_use--;
	__real_free(memory);
}
