/* SPDX-License-Identifier: MIT
 *
 * Memory that runs out where the test wants it to: this program's own malloc(), which all
 * libraries in it use. It also counts what is not freed.
 *
 * What the test itself asks for is always given. So is what paho.mqtt.c asks for, since it does not
 * survive without (it uses what it did not get); so is what the loader needs for a thread, which
 * pthread_create() tells.
 */
#ifndef TESTS_STRESS_SHORT_MEMORY_H
#define TESTS_STRESS_SHORT_MEMORY_H

#include <stdbool.h>

/* From now on what is taken is counted; of what may fail the n-th, from 1, is refused, and as many
 * in a row as burst says. n = 0: none. */
void memory_watch(unsigned long n, unsigned long burst);

/* The n-th that this thread asks for from now on, and none before. */
void memory_refuse_mine(unsigned long n);

/* Nothing is refused any more. */
void memory_give(void);

/* Since memory_watch(): how many may have failed, and how many did. */
unsigned long memory_asked(void);
unsigned long memory_refused(void);

/* How many blocks that were taken since memory_watch() are not freed. */
unsigned long memory_held(void);

/* Tells on stderr who was refused first, and who holds what. */
void memory_tell(void);

#endif
