/* SPDX-License-Identifier: MIT
 *
 * Want of what the operating system has. Each lasts until scarce_end().
 */
#ifndef TESTS_SCARCE_H
#define TESTS_SCARCE_H

/* No descriptor is left. */
void scarce_descriptors(void);

enum { SCARCE_DISK_MAX = 262144 };

/* No file may be larger than so many bytes, as if the disk were full. (Check writes to a file at
 * each assertion, a little.) */
void scarce_disk(void);

/* pthread_create() fails. The program's own takes the place of the system's for that, so it is
 * linked with ENABLE_EXPORTS. */
void scarce_threads(void);

/* The same with the random numbers that mbedTLS makes a key of. */
void scarce_random(void);

void scarce_end(void);

#endif
