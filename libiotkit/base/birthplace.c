/* SPDX-License-Identifier: MIT */
#include "base/birthplace.h"

#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Linux 4.14 and later. An emulator that says yes to everything has done nothing. */
static bool is_emptied_in_children(void *page)
{
	enum { NO_ADVICE = -1 };

	return madvise(page, page_size(), NO_ADVICE) != 0 &&
	       madvise(page, page_size(), MADV_WIPEONFORK) == 0;
}

void birthplace_note(struct birthplace *birthplace)
{
	void *page =
		mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*birthplace = (struct birthplace){.process = getpid()};
	if (page == MAP_FAILED)
		return;
	if (!is_emptied_in_children(page)) {
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
