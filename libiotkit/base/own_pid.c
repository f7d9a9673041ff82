/* SPDX-License-Identifier: MIT
 *
 * The process's id lies in a page of its own, which the kernel empties in children (Linux 4.14
 * and later; where it does not, each call asks).
 */
#include "base/own_pid.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

static _Atomic(atomic_int *) kept; /* NULL before the first call */
static atomic_int nowhere; /* what kept is where there is no such page: always 0 */

static atomic_int *make_page(void)
{
	const size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	atomic_int *before = NULL;

	if (page != MAP_FAILED && madvise(page, size, MADV_WIPEONFORK) != 0) {
		munmap(page, size);
		page = MAP_FAILED;
	}
	atomic_int *made = page != MAP_FAILED ? page : &nowhere;
	if (atomic_compare_exchange_strong(&kept, &before, made))
		return made;
	if (page != MAP_FAILED)
		munmap(page, size); /* another thread was faster */
	return before;
}

static pid_t ask(atomic_int *page)
{
	const pid_t pid = getpid();

	if (page == NULL)
		page = make_page();
	if (page != &nowhere)
		atomic_store(page, pid);
	return pid;
}

pid_t own_pid(void)
{
	atomic_int *page = atomic_load(&kept);
	const pid_t pid = page != NULL ? atomic_load(page) : 0;

	return pid != 0 ? pid : ask(page);
}
