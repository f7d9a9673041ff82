/* SPDX-License-Identifier: MIT
 *
 * The floor: reads from all ports what comes, and forgets it. Nobody who reads lines as they
 * come can do it for less.
 *
 * Usage: floor PORT...
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "port.h"

enum { MOST_PORTS = 256 };

int main(int argc, char **argv)
{
	static struct pollfd polled[MOST_PORTS];
	static char bytes[4096];
	int count = argc - 1;

	if (count < 1 || count > MOST_PORTS)
		return EXIT_FAILURE;
	for (int i = 0; i < count; i++) {
		polled[i] = (struct pollfd){.fd = port_open(argv[i + 1]), .events = POLLIN};
		if (polled[i].fd < 0) {
			perror(argv[i + 1]);
			return EXIT_FAILURE;
		}
	}
	while (poll(polled, (nfds_t)count, -1) > 0) {
		for (int i = 0; i < count; i++) {
			if (polled[i].revents != 0 && read(polled[i].fd, bytes, sizeof bytes) <= 0)
				return EXIT_SUCCESS;
		}
	}
	return EXIT_FAILURE;
}
