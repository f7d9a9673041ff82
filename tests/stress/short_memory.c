/* SPDX-License-Identifier: MIT */
#include "short_memory.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* glibc's own, under the names that it keeps for such as this. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

enum { BLOCKS_MAX = 1 << 13, BUCKETS = 1 << 14, DEPTH = 24 };

/* Where in memory a library lies. */
struct range {
	const char *name; /* a part of its file's name */
	uintptr_t from, to;
};

struct block {
	const void *at;
	const void *caller;
	struct block *next; /* in its bucket, or among the free ones */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards all below */
static struct range libc = {.name = "/libc.so"};
static struct range loader = {.name = "/ld-linux"};
static struct range program = {.name = ""}; /* the first to be listed: the test itself */
static struct range paho = {.name = "/libpaho-mqtt3a"};
static bool watching;
static unsigned long first, last, asked, refused, held;
static _Thread_local unsigned long mine; /* this one, counted down, is refused too; 0: none */
static struct block blocks[BLOCKS_MAX], *unused, *buckets[BUCKETS];
static void *refusal[DEPTH]; /* who was refused first */
static int refusal_depth;
static _Thread_local bool inside; /* backtrace() may ask for memory itself */

static bool lies_in(const struct range *range, const void *address)
{
	return (uintptr_t)address >= range->from && (uintptr_t)address < range->to;
}

static int note_range(struct dl_phdr_info *info, size_t size, void *context)
{
	struct range *range = context;

	(void)size;
	if (strstr(info->dlpi_name, range->name) == NULL)
		return 0;
	range->from = UINTPTR_MAX;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		if (part->p_type != PT_LOAD)
			continue;
		uintptr_t from = info->dlpi_addr + part->p_vaddr;
		range->from = from < range->from ? from : range->from;
		range->to = from + part->p_memsz > range->to ? from + part->p_memsz : range->to;
	}
	return 1;
}

/* Whom libc asks for, when it asks; the lock is not held. */
static const void *who(const void *caller)
{
	void *frames[DEPTH];

	if (!lies_in(&libc, caller) || inside)
		return caller;
	inside = true;
	int depth = backtrace(frames, DEPTH);
	inside = false;
	for (int i = 2; i < depth; i++) /* behind who() and its caller */
		if (!lies_in(&libc, frames[i]))
			return frames[i];
	return caller;
}

/* Neither refused nor counted. */
static bool is_spared(const void *caller)
{
	return lies_in(&paho, caller) || lies_in(&loader, caller) || lies_in(&program, caller) ||
	       inside;
}

static bool refuse(const void *caller)
{
	void *frames[DEPTH];
	bool is_first = false;

	pthread_mutex_lock(&lock);
	bool spared = is_spared(caller);
	bool no = !spared && ++asked >= first && asked <= last;
	no = no || (!spared && mine > 0 && --mine == 0);
	if (no)
		is_first = refused++ == 0;
	pthread_mutex_unlock(&lock);
	if (is_first) {
		inside = true;
		refusal_depth = backtrace(frames, DEPTH);
		inside = false;
		memcpy(refusal, frames, sizeof frames);
	}
	if (no)
		errno = ENOMEM;
	return no;
}

/* ---- what is held ---- */

static struct block **bucket_of(const void *at)
{
	return &buckets[((uintptr_t)at >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 50];
}

static void note_taken(const void *at, const void *caller)
{
	if (at == NULL || is_spared(caller))
		return;
	pthread_mutex_lock(&lock);
	struct block *block = unused;
	if (block != NULL) {
		unused = block->next;
		struct block **bucket = bucket_of(at);
		*block = (struct block){.at = at, .caller = caller, .next = *bucket};
		*bucket = block;
		held++;
	}
	pthread_mutex_unlock(&lock);
}

static const void *note_freed(const void *at)
{
	const void *caller = NULL;

	pthread_mutex_lock(&lock);
	struct block **link = bucket_of(at);
	while (*link != NULL && (*link)->at != at)
		link = &(*link)->next;
	struct block *block = *link;
	if (block != NULL) {
		caller = block->caller;
		*link = block->next;
		block->next = unused;
		unused = block;
		held--;
	}
	pthread_mutex_unlock(&lock);
	return caller;
}

/* ---- in place of libc's ---- */

#define TAKE(call)                                                                                 \
	do {                                                                                       \
		if (!__atomic_load_n(&watching, __ATOMIC_ACQUIRE))                                 \
			return call;                                                               \
		const void *caller = who(__builtin_return_address(0));                             \
		if (refuse(caller))                                                                \
			return NULL;                                                               \
		void *at = call;                                                                   \
		note_taken(at, caller);                                                            \
		return at;                                                                         \
	} while (0)

void *malloc(size_t size)
{
	TAKE(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
	TAKE(__libc_calloc(count, size));
}

void *memalign(size_t alignment, size_t size)
{
	TAKE(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size)
{
	TAKE(__libc_memalign(alignment, size));
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
	void *at = memalign(alignment, size);

	if (at == NULL)
		return ENOMEM;
	*out = at;
	return 0;
}

void *realloc(void *block, size_t size)
{
	if (!__atomic_load_n(&watching, __ATOMIC_ACQUIRE))
		return __libc_realloc(block, size);
	const void *caller = who(__builtin_return_address(0));
	if (refuse(caller))
		return NULL;
	/* Forgotten first: another thread may be given its place at once. */
	const void *before = block != NULL ? note_freed(block) : NULL;
	void *at = __libc_realloc(block, size);
	if (at == NULL && size > 0)
		note_taken(block, before);
	else if (block == NULL || before != NULL)
		note_taken(at, caller);
	return at;
}

void free(void *block)
{
	if (block != NULL && __atomic_load_n(&watching, __ATOMIC_ACQUIRE))
		note_freed(block);
	__libc_free(block);
}

/* ---- for the test ---- */

void memory_watch(unsigned long n, unsigned long burst)
{
	void *frames[DEPTH];

	backtrace(frames, DEPTH); /* loads what it needs */
	if (libc.to == 0) {
		dl_iterate_phdr(note_range, &libc);
		dl_iterate_phdr(note_range, &loader);
		dl_iterate_phdr(note_range, &paho);
		dl_iterate_phdr(note_range, &program);
	}
	pthread_mutex_lock(&lock);
	first = n > 0 ? n : 1;
	last = n > 0 ? n + burst - 1 : 0;
	asked = refused = held = 0;
	memset(buckets, 0, sizeof buckets);
	unused = NULL;
	for (size_t i = 0; i < BLOCKS_MAX; i++) {
		blocks[i].next = unused;
		unused = &blocks[i];
	}
	pthread_mutex_unlock(&lock);
	__atomic_store_n(&watching, true, __ATOMIC_RELEASE);
}

void memory_refuse_mine(unsigned long n)
{
	mine = n;
}

void memory_give(void)
{
	mine = 0;
	pthread_mutex_lock(&lock);
	last = 0;
	pthread_mutex_unlock(&lock);
}

static unsigned long read_counter(const unsigned long *counter)
{
	pthread_mutex_lock(&lock);
	unsigned long value = *counter;
	pthread_mutex_unlock(&lock);
	return value;
}

unsigned long memory_asked(void)
{
	return read_counter(&asked);
}

unsigned long memory_refused(void)
{
	return read_counter(&refused);
}

unsigned long memory_held(void)
{
	return read_counter(&held);
}

void memory_tell(void)
{
	const int errors = fileno(stderr);
	int told = 0;

	fprintf(stderr, "refused first:\n");
	backtrace_symbols_fd(refusal, refusal_depth, errors);
	fprintf(stderr, "held: %lu\n", memory_held());
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct block *block = buckets[i]; block != NULL && told++ < 20;
		     block = block->next)
			backtrace_symbols_fd((void *[]){(void *)(uintptr_t)block->caller}, 1,
					     errors);
}
