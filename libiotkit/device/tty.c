/* SPDX-License-Identifier: MIT */
#include "device/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/file.h>
#include <termios.h>
#include <unistd.h>

#include "base/error.h"
#include "device/port_explain.h"

static const struct {
	int baud;
	speed_t speed;
} speeds[] = {
	{300, B300},         {600, B600},         {1200, B1200},       {1800, B1800},
	{2400, B2400},       {4800, B4800},       {9600, B9600},       {19200, B19200},
	{38400, B38400},     {57600, B57600},     {115200, B115200},   {230400, B230400},
	{460800, B460800},   {500000, B500000},   {576000, B576000},   {921600, B921600},
	{1000000, B1000000}, {1152000, B1152000}, {1500000, B1500000}, {2000000, B2000000},
};

static bool find_speed(int baud, speed_t *out)
{
	for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
		if (speeds[i].baud == baud) {
			*out = speeds[i].speed;
			return true;
		}
	}
	return false;
}

/* Raw: bytes come as they were sent, at once, and nothing is echoed. */
static void make_raw(struct termios *mode)
{
	mode->c_iflag &= (tcflag_t) ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL |
				      IMAXBEL | IXON | IXOFF | IXANY | INPCK);
	mode->c_oflag &= (tcflag_t)~OPOST;
	mode->c_lflag &= (tcflag_t) ~(ISIG | ICANON | ECHO | ECHONL | IEXTEN);
	mode->c_cflag |= CLOCAL | CREAD;
}

static void apply(struct termios *mode, const struct port_settings *settings)
{
	mode->c_cflag &= (tcflag_t) ~(CSIZE | CSTOPB | PARENB | PARODD);
	mode->c_cflag |= settings->data_bits == 7 ? CS7 : CS8;
	if (settings->stop_bits == 2)
		mode->c_cflag |= CSTOPB;
	if (settings->parity != PORT_PARITY_NONE)
		mode->c_cflag |= PARENB;
	if (settings->parity == PORT_PARITY_ODD)
		mode->c_cflag |= PARODD;
	if (settings->flow == PORT_FLOW_XONXOFF)
		mode->c_iflag |= IXON | IXOFF;
}

static iotkit_status set_speed(int fd, struct termios *mode, const struct port_settings *settings,
			       int baud)
{
	speed_t speed;

	if (!find_speed(baud, &speed))
		return error_set(IOTKIT_ENOTSUP,
				 "%s does not do %d baud as a plain terminal; use a usual rate, as "
				 "115200, 230400, 500000 or 1000000",
				 settings->path, baud);
	cfsetispeed(mode, speed);
	cfsetospeed(mode, speed);
	if (tcsetattr(fd, TCSANOW, mode) != 0)
		return error_set_system(errno, "cannot set %s to %d baud", settings->path, baud);
	return IOTKIT_OK;
}

static iotkit_status configure(int fd, const struct port_settings *settings)
{
	struct termios mode;

	if (tcgetattr(fd, &mode) != 0)
		return port_explain(errno, settings->path);
	make_raw(&mode);
	apply(&mode, settings);
	return set_speed(fd, &mode, settings, settings->baud);
}

iotkit_status tty_set_baud(int fd, const struct port_settings *settings, int baud)
{
	struct termios mode;

	if (tcgetattr(fd, &mode) != 0)
		return port_explain(errno, settings->path);
	return set_speed(fd, &mode, settings, baud);
}

iotkit_status tty_claim(int fd, const struct port_settings *settings)
{
	/* A lock rather than TIOCEXCL, which outlives a killed program on a pty, and
	 * then keeps out all but root. */
	if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		return port_explain(EBUSY, settings->path);
	return IOTKIT_OK;
}

iotkit_status tty_open(const struct port_settings *settings, int *fd_out)
{
	int fd = open(settings->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return port_explain(errno, settings->path);
	iotkit_status status = tty_claim(fd, settings);
	if (status == IOTKIT_OK)
		status = configure(fd, settings);
	if (status == IOTKIT_OK)
		status = tty_finish(fd, settings);
	if (status != IOTKIT_OK) {
		close(fd);
		return status;
	}
	*fd_out = fd;
	return IOTKIT_OK;
}

iotkit_status tty_finish(int fd, const struct port_settings *settings)
{
	struct termios mode;

	if (tcgetattr(fd, &mode) != 0)
		return port_explain(errno, settings->path);
	mode.c_cc[VMIN] = 1;
	mode.c_cc[VTIME] = 0;
	/* A fall and rise of DTR resets most boards: none at closing, or when we are killed. */
	mode.c_cflag &= (tcflag_t) ~(CRTSCTS | HUPCL);
	if (settings->flow == PORT_FLOW_RTSCTS)
		mode.c_cflag |= CRTSCTS;
	if (tcsetattr(fd, TCSANOW, &mode) != 0)
		return port_explain(errno, settings->path);
	tcflush(fd, TCIFLUSH);
	return IOTKIT_OK;
}
