/* SPDX-License-Identifier: MIT
 *
 * A pseudo-terminal in place of a board's serial port: what is written to it here
 * is what the program under test reads from its path.
 */
#ifndef TESTS_PTY_H
#define TESTS_PTY_H

#include <stddef.h>

struct pty {
	int master;
	char path[64]; /* the port, as /dev/pts/3 */
};

/* Each fails the test when it cannot be done. */
void pty_open(struct pty *pty);

/* The board is unplugged: who has the port open hears of it. */
void pty_close(struct pty *pty);

/* Waits for room, at most 10 s in all. */
void pty_write(const struct pty *pty, const void *bytes, size_t size);
void pty_print(const struct pty *pty, const char *text);

/* Makes a symbolic link to the port, in one step where there was one already. */
void pty_link(const struct pty *pty, const char *link);

#endif
