/* SPDX-License-Identifier: MIT */
#ifndef BENCH_BOARDS_PORT_H
#define BENCH_BOARDS_PORT_H

/* Opens it raw, at 115200 baud, to read from without waiting. Returns its descriptor, or -1
 * with errno. */
int port_open(const char *path);

#endif
