/* SPDX-License-Identifier: MIT */
#include "base/secret.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

/* In front of the memory; as long as any alignment asks for. */
union header {
	size_t mapped;
	max_align_t align;
};

/* Pages of its own, since what shares a page with a secret would stay out of core
 * files as well. */
void *secret_alloc(size_t size)
{
	size_t mapped = size + sizeof(union header);

	if (size > PTRDIFF_MAX - sizeof(union header))
		return NULL;
	union header *header =
		mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (header == MAP_FAILED)
		return NULL;
#ifdef MADV_DONTDUMP
	madvise(header, mapped, MADV_DONTDUMP);
#endif
	header->mapped = mapped;
	return header + 1;
}

char *secret_copy(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = secret_alloc(size);

	if (copy != NULL)
		memcpy(copy, text, size);
	return copy;
}

void secret_free(void *memory)
{
	if (memory == NULL)
		return;
	union header *header = (union header *)memory - 1;
	size_t mapped = header->mapped;
	secret_wipe(header, mapped);
	munmap(header, mapped);
}

void secret_wipe(void *memory, size_t size)
{
	explicit_bzero(memory, size);
}
