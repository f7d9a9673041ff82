/* SPDX-License-Identifier: MIT */
#include "port.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

int port_open(const char *path)
{
	struct termios settings;
	int port = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (port < 0)
		return -1;
	if (tcgetattr(port, &settings) == 0) {
		cfmakeraw(&settings);
		cfsetspeed(&settings, B115200);
		if (tcsetattr(port, TCSANOW, &settings) == 0)
			return port;
	}
	close(port);
	return -1;
}
