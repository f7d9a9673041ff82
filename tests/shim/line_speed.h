/* SPDX-License-Identifier: MIT
 *
 * The baud rate of a terminal as a number, which glibc's termios cannot tell.
 */
#ifndef TESTS_LINE_SPEED_H
#define TESTS_LINE_SPEED_H

/* -1 when it cannot be read. */
int line_speed(int fd);

#endif
