/* SPDX-License-Identifier: MIT */
#include "base/birthplace.h"

#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

void birthplace_note(struct birthplace *birthplace)
{
	void *page =
		mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*birthplace = (struct birthplace){.process = getpid()};
	if (page == MAP_FAILED)
		return;
	/* Linux 4.14 and later. */
	if (madvise(page, page_size(), MADV_WIPEONFORK) != 0) {
		munmap(page, page_size());
		return;
	}
	birthplace->page = page;
	birthplace->page[0] = 1;
}

bool birthplace_is_here(const struct birthplace *birthplace)
{
	if (birthplace->page != NULL)
		return birthplace->page[0] != 0;
	return birthplace->process == getpid();
}

void birthplace_forget(struct birthplace *birthplace)
{
	if (birthplace->page != NULL)
		munmap(birthplace->page, page_size());
	birthplace->page = NULL;
}
