/* SPDX-License-Identifier: MIT
 *
 * A peer that is no good broker: it accepts connections on a loopback port,
 * reads what comes first, answers with bytes of the test's choice, and reads
 * on, or closes.
 */
#ifndef TESTS_FAKE_H
#define TESTS_FAKE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fake {
	/* Set these before fake_start(). */
	const void *answer; /* to the first bytes of each connection */
	size_t answer_size;
	const void *parting; /* after the answer, when parts is set, with an end */
	size_t parting_size;
	bool greets; /* answers before it has read anything */
	bool closes; /* right after the answer */
	bool deaf; /* reads nothing after the answer */

	uint16_t port;
	char uri[64];
	atomic_int connections; /* so far */
	atomic_bool parts; /* set it to have the parting sent */
	int listener;
	int stop_fds[2];
	pthread_t thread;
};

void fake_start(struct fake *fake);
void fake_stop(struct fake *fake);

#endif
