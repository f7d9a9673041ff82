/* SPDX-License-Identifier: MIT
 *
 * In a file of its own, since the kernel's header and glibc's exclude each other.
 */
#include "line_speed.h"

#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <sys/ioctl.h>

int line_speed(int fd)
{
	struct termios2 mode;

	return ioctl(fd, TCGETS2, &mode) == 0 ? (int)mode.c_ospeed : -1;
}
