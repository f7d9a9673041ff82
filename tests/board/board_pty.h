/* SPDX-License-Identifier: MIT
 *
 * A board's serial cable: a pseudo-terminal whose other end looks like
 * /dev/ttyACM0 to the program under test.
 */
#ifndef BOARD_PTY_H
#define BOARD_PTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct board_pty {
	int fd; /* our end, non-blocking; -1: there is none */
	char slave[64]; /* the other end, as /dev/pts/3 */
	const char *link; /* symbolic link to it, or NULL */
};

/* Opens the pair in raw mode and makes the link. On failure prints why. */
bool board_pty_open(struct board_pty *pty, const char *link);

/* Closes the pair; removes the link unless somebody has pointed it elsewhere. */
void board_pty_close(struct board_pty *pty);

/* Tells whether anybody has the other end open. */
bool board_pty_attached(const struct board_pty *pty);

/* Throws away what has been written and not read, as closing a real port does. */
void board_pty_forget(const struct board_pty *pty);

/* How many bytes have been written and not read. */
size_t board_pty_unread(const struct board_pty *pty);

/* Never wait. Return how many bytes went; what does not go is the caller's loss. */
size_t board_pty_read(struct board_pty *pty, uint8_t *bytes, size_t size);
size_t board_pty_write(struct board_pty *pty, const uint8_t *bytes, size_t size);

#endif
