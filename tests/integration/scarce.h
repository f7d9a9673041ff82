/* SPDX-License-Identifier: MIT
 *
 * Want of what the operating system has. Each lasts until scarce_end().
 */
#ifndef TESTS_SCARCE_H
#define TESTS_SCARCE_H

/* No descriptor is left. */
void scarce_descriptors(void);

/* Nothing can be written to a file, as if the disk were full. (Check does at assertions, but
 * keeps some thousand bytes in memory first.) */
void scarce_disk(void);

/* pthread_create() fails. The program's own takes the place of the system's for that, so it is
 * linked with ENABLE_EXPORTS. */
void scarce_threads(void);

/* The same with the random numbers that mbedTLS makes a key of. */
void scarce_random(void);

void scarce_end(void);

#endif
