/* SPDX-License-Identifier: MIT
 *
 * Where a board is plugged in and how it talks, as a URI:
 * "serial:/dev/ttyACM0?baud=9600&parity=even&columns=temperature,humidity".
 */
#ifndef IOTKIT_DEVICE_PORT_URI_H
#define IOTKIT_DEVICE_PORT_URI_H

#include "device/columns.h"
#include "iotkit.h"

enum {
	PORT_PATH_MAX = 1023,
	PORT_BAUD_MIN = 300,
	PORT_BAUD_MAX = 2000000,
	PORT_BAUD_DEFAULT = 115200
};

enum port_parity { PORT_PARITY_NONE, PORT_PARITY_EVEN, PORT_PARITY_ODD };
enum port_flow { PORT_FLOW_NONE, PORT_FLOW_RTSCTS, PORT_FLOW_XONXOFF };

struct port_settings {
	char path[PORT_PATH_MAX + 1];
	int baud;
	int data_bits; /* 7 or 8 */
	int stop_bits; /* 1 or 2 */
	enum port_parity parity;
	enum port_flow flow;
	struct columns columns; /* none: not given */
};

/* IOTKIT_EINVAL with a sentence when it cannot be understood. */
iotkit_status port_uri_parse(const char *uri, struct port_settings *out);

#endif
