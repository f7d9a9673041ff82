/* SPDX-License-Identifier: MIT
 *
 * Terminals through plain termios: what libserialport refuses, as ptys, which
 * have neither an entry in sysfs nor modem lines.
 */
#ifndef IOTKIT_DEVICE_TTY_H
#define IOTKIT_DEVICE_TTY_H

#include "device/port_uri.h"

/* Opens a terminal raw, with these settings, for us alone. IOTKIT_ENOENT,
 * IOTKIT_EBUSY, IOTKIT_ESYSTEM, or IOTKIT_ENOTSUP for a baud rate that termios has no name for. */
iotkit_status tty_open(const struct port_settings *settings, int *fd_out);

/* Takes an open port for us alone, before anything is changed of it. IOTKIT_EBUSY
 * when another program, or another device of this one, has it. */
iotkit_status tty_claim(int fd, const struct port_settings *settings);

/* Sets another baud rate. IOTKIT_ESYSTEM or IOTKIT_ENOTSUP. */
iotkit_status tty_set_baud(int fd, const struct port_settings *settings, int baud);

/* What every configured port gets, whoever configured it: a read of 0 bytes means
 * that it is gone, hardware flow control is as it was asked for, DTR stays up
 * after closing, and what came before is thrown away. IOTKIT_ESYSTEM. */
iotkit_status tty_finish(int fd, const struct port_settings *settings);

#endif
