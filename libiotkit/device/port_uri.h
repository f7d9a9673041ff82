/* SPDX-License-Identifier: MIT
 *
 * Where a board is and how it talks, as a URI:
 * "serial:/dev/ttyACM0?baud=9600&parity=even&columns=temperature,humidity",
 * "serial:usb=2341:0043,serial=75735303930351307151", "serial:auto?baud=9600" or
 * "tcp://192.168.1.20:2000?columns=temperature".
 */
#ifndef IOTKIT_DEVICE_PORT_URI_H
#define IOTKIT_DEVICE_PORT_URI_H

#include <stdint.h>

#include "device/columns.h"
#include "device/port_identity.h"
#include "iotkit.h"

enum {
	PORT_PATH_MAX = 1023,
	PORT_HOST_MAX = 255,
	PORT_BAUD_MIN = 300,
	PORT_BAUD_MAX = 2000000,
	PORT_BAUD_DEFAULT = 115200,
	PORT_SILENT_MAX_MS = 86400000 /* a day */
};

enum port_kind {
	PORT_AT_PATH,
	PORT_OF_BOARD, /* wherever the board of this identity is plugged in */
	PORT_OF_ANY_BOARD, /* serial:auto: makes a device of each board it finds, auto.h */
	PORT_OVER_TCP
};

enum port_parity { PORT_PARITY_NONE, PORT_PARITY_EVEN, PORT_PARITY_ODD };
enum port_flow { PORT_FLOW_NONE, PORT_FLOW_RTSCTS, PORT_FLOW_XONXOFF };
enum port_lines { PORT_LINES_AUTO, PORT_LINES_PLAIN, PORT_LINES_FRAMED };

struct port_settings {
	enum port_kind kind;
	/* Of a board with an identity: where it was found last, "" before. Over TCP: the
	 * URI, for a person. */
	char path[PORT_PATH_MAX + 1];
	struct port_identity identity; /* PORT_OF_BOARD */
	char host[PORT_HOST_MAX + 1]; /* PORT_OVER_TCP; an IPv6 address without brackets */
	uint16_t tcp_port;
	int baud; /* 0 over TCP */
	int data_bits; /* 7 or 8 */
	int stop_bits; /* 1 or 2 */
	enum port_parity parity;
	enum port_flow flow;
	struct columns columns; /* none: not given */
	int64_t silent_ms; /* a board that says nothing for so long is gone; -1: not given */
	int reset_on_open; /* an enum device_reset; -1: not given */
	enum port_lines lines;
};

/* IOTKIT_EINVAL with a sentence when it cannot be understood. */
iotkit_status port_uri_parse(const char *uri, struct port_settings *out);

#endif
