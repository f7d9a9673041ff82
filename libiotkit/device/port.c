/* SPDX-License-Identifier: MIT
 *
 * The only file that knows libserialport. What 0.1.1 does not do, tty.c does: it
 * opens a port that others have open, puts CRTSCTS into the wrong word of termios,
 * and leaves a read of 0 bytes without meaning.
 */
#include "device/port.h"

#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/error.h"
#include "base/utf8.h"
#include "device/boards.h"
#include "device/device.h"
#include "device/port_explain.h"
#include "device/port_identity.h"
#include "device/port_place.h"
#include "device/tty.h"

/* DTR tells boards with native USB that somebody listens. RTS is raised by all
 * serial monitors; the driver takes it over where CRTSCTS is set. */
static enum sp_return fill_config(struct sp_port_config *config,
				  const struct port_settings *settings)
{
	static const enum sp_parity parities[] = {
		[PORT_PARITY_NONE] = SP_PARITY_NONE,
		[PORT_PARITY_EVEN] = SP_PARITY_EVEN,
		[PORT_PARITY_ODD] = SP_PARITY_ODD,
	};
	enum sp_xonxoff xonxoff =
		settings->flow == PORT_FLOW_XONXOFF ? SP_XONXOFF_INOUT : SP_XONXOFF_DISABLED;
	enum sp_return rc = sp_set_config_baudrate(config, settings->baud);

	if (rc == SP_OK)
		rc = sp_set_config_bits(config, settings->data_bits);
	if (rc == SP_OK)
		rc = sp_set_config_parity(config, parities[settings->parity]);
	if (rc == SP_OK)
		rc = sp_set_config_stopbits(config, settings->stop_bits);
	if (rc == SP_OK)
		rc = sp_set_config_xon_xoff(config, xonxoff);
	if (rc == SP_OK)
		rc = sp_set_config_rts(config, SP_RTS_ON);
	if (rc == SP_OK)
		rc = sp_set_config_dtr(config, SP_DTR_ON);
	return rc;
}

static iotkit_status configure(struct sp_port *serial, const struct port_settings *settings)
{
	struct sp_port_config *config;

	if (sp_new_config(&config) != SP_OK)
		return error_set_no_memory();
	enum sp_return rc = fill_config(config, settings);
	if (rc == SP_OK)
		rc = sp_set_config(serial, config);
	int why = sp_last_error_code();
	sp_free_config(config);
	if (rc == SP_OK)
		return IOTKIT_OK;
	if (rc == SP_ERR_FAIL)
		return error_set_system(why, "cannot set %s to %d baud", settings->path,
					settings->baud);
	return error_set(IOTKIT_ENOTSUP, "the driver of %s does not do these settings at %d baud",
			 settings->path, settings->baud);
}

static iotkit_status prepare(struct port *port, const struct port_settings *settings)
{
	iotkit_status status = tty_claim(port->fd, settings);

	if (status != IOTKIT_OK)
		return status;
	fcntl(port->fd, F_SETFD, FD_CLOEXEC);
	ioctl(port->fd, TIOCEXCL); /* keeps out programs that know no lock */
	status = configure(port->serial, settings);
	return status == IOTKIT_OK ? tty_finish(port->fd, settings) : status;
}

/* The port as libserialport knows it; NULL where it does not. It looks for the
 * device's own name, so links as those of /dev/serial/by-id are followed. */
static struct sp_port *find_serial(const char *path)
{
	char *device = realpath(path, NULL);
	struct sp_port *serial = NULL;

	if (device == NULL)
		return NULL;
	if (sp_get_port_by_name(device, &serial) != SP_OK)
		serial = NULL;
	free(device);
	return serial;
}

iotkit_status port_open(const struct port_settings *settings, struct port *out)
{
	struct port port = {.fd = -1};
	iotkit_status status = port_check_free(settings->path);

	*out = (struct port){.fd = -1};
	if (status != IOTKIT_OK)
		return status;
	port.serial = find_serial(settings->path);
	if (port.serial != NULL && sp_open(port.serial, SP_MODE_READ_WRITE) == SP_OK) {
		sp_get_port_handle(port.serial, &port.fd);
		status = prepare(&port, settings);
	} else {
		sp_free_port(port.serial);
		port.serial = NULL;
		status = tty_open(settings, &port.fd);
	}
	if (status != IOTKIT_OK)
		port_close(&port);
	else
		*out = port;
	return status;
}

void port_close(struct port *port)
{
	if (port->serial != NULL) {
		ioctl(port->fd, TIOCNXCL);
		sp_close(port->serial);
		sp_free_port(port->serial);
	} else if (port->fd >= 0) {
		close(port->fd);
	}
	*port = (struct port){.fd = -1};
}

iotkit_status port_set_baud(const struct port *port, const struct port_settings *settings, int baud)
{
	if (port->serial == NULL)
		return tty_set_baud(port->fd, settings, baud);
	enum sp_return rc = sp_set_baudrate(port->serial, baud);
	if (rc == SP_ERR_FAIL)
		return error_set_system(sp_last_error_code(), "cannot set %s to %d baud",
					settings->path, baud);
	if (rc != SP_OK)
		return error_set(IOTKIT_ENOTSUP, "the driver of %s does not do %d baud",
				 settings->path, baud);
	return tty_finish(port->fd, settings);
}

bool port_has_speed(const struct port *port)
{
	return isatty(port->fd) == 1;
}

void port_discard(const struct port *port)
{
	tcflush(port->fd, TCIFLUSH);
}

const char *port_driver(const struct port *port)
{
	return port->serial != NULL ? "through libserialport" : "as a terminal";
}

/* What a USB device says of itself may be anything; what we hand on is UTF-8. */
static void copy_text(char *to, size_t to_size, const char *text)
{
	size_t left = text != NULL ? strlen(text) : 0;
	size_t size = 0;

	while (left > 0) {
		size_t length = utf8_character(text, left);
		size_t step = length > 0 ? length : 1;
		if (size + step >= to_size)
			break;
		if (length == 0 || (unsigned char)*text < ' ')
			to[size] = '?';
		else
			memcpy(to + size, text, length);
		size += step;
		text += step;
		left -= step;
	}
	to[size] = '\0';
}

iotkit_status port_describe(const char *path, iotkit_port_info *out)
{
	struct sp_port *serial;
	enum sp_return rc = sp_get_port_by_name(path, &serial);

	if (rc == SP_ERR_MEM)
		return error_set_no_memory();
	if (rc != SP_OK)
		return port_explain(ENOENT, path);
	const char *product = sp_get_port_usb_product(serial);
	out->usb_vid = -1;
	out->usb_pid = -1;
	out->reserved = 0;
	if (sp_get_port_usb_vid_pid(serial, &out->usb_vid, &out->usb_pid) != SP_OK) {
		out->usb_vid = -1;
		out->usb_pid = -1;
	}
	copy_text(out->path, sizeof out->path, path);
	copy_text(out->description, sizeof out->description,
		  product != NULL ? product : sp_get_port_description(serial));
	copy_text(out->serial_number, sizeof out->serial_number, sp_get_port_usb_serial(serial));
	copy_text(out->board, sizeof out->board, board_name(out->usb_vid, out->usb_pid));
	port_place(path, out->usb_path, sizeof out->usb_path);
	port_identity_uri(out, false);
	sp_free_port(serial);
	return IOTKIT_OK;
}

void device_describe_library(char *text, size_t size)
{
	snprintf(text, size, "libserialport %s", sp_get_lib_version_string());
}
