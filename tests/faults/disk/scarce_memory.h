/* SPDX-License-Identifier: MIT
 *
 * Memory that runs out at the n-th request. Linked as the
 * CMakeLists.txt says, this is what all our objects ask for memory, and none of the shared
 * libraries does.
 */
#ifndef TESTS_DISK_SCARCE_MEMORY_H
#define TESTS_DISK_SCARCE_MEMORY_H

#include <stdbool.h>

/* Counts from 0; fails the n-th request from now, or all from then on; 0: none. */
void scarce_memory_begin(long at, bool from_then_on);
/* How many there were; from now on there is enough. */
long scarce_memory_end(void);

/* Pieces that were had since the beginning of the process and not freed. */
long scarce_memory_in_use(void);

#endif
