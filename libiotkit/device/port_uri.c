/* SPDX-License-Identifier: MIT */
#include "device/port_uri.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/percent.h"
#include "base/utf8.h"
#include "device/device.h"
#include "device/quote.h"

#define SERIAL "serial:"
#define TCP "tcp://"

/* One of the words a key takes, and what it stands for. */
struct choice {
	const char *word;
	int meaning;
};

/* Decodes a part of the URI, which what names for a person. */
static iotkit_status decode(const char *what, const char *text, size_t size, char *out,
			    size_t out_size)
{
	char *decoded;
	iotkit_status status = percent_decode(text, size, &decoded);

	if (status != IOTKIT_OK)
		return status;
	size_t length = strlen(decoded);
	if (length >= out_size)
		status = error_set(IOTKIT_EINVAL, "the %s is longer than %zu bytes", what,
				   out_size - 1);
	else if (!utf8_valid(decoded, length))
		status = error_set(IOTKIT_EINVAL, "the %s is not UTF-8", what);
	else
		memcpy(out, decoded, length + 1);
	free(decoded);
	return status;
}

static iotkit_status set_baud(const char *value, struct port_settings *out)
{
	char *end;
	long baud = strtol(value, &end, 10);
	struct quote quote;

	if (*value < '0' || *value > '9' || *end != '\0' || baud < PORT_BAUD_MIN ||
	    baud > PORT_BAUD_MAX)
		return error_set(IOTKIT_EINVAL,
				 "baud=%s is not a whole number from %d to %d; use the number the "
				 "sketch gives to Serial.begin()",
				 quote_text(&quote, value), PORT_BAUD_MIN, PORT_BAUD_MAX);
	out->baud = (int)baud;
	return IOTKIT_OK;
}

static iotkit_status choose(const char *key, const char *value, const struct choice *choices,
			    const char *words, int *out)
{
	struct quote quote;

	for (; choices->word != NULL; choices++) {
		if (strcmp(choices->word, value) == 0) {
			*out = choices->meaning;
			return IOTKIT_OK;
		}
	}
	return error_set(IOTKIT_EINVAL, "%s=%s is not one of %s", key, quote_text(&quote, value),
			 words);
}

static iotkit_status set_data_bits(const char *value, struct port_settings *out)
{
	static const struct choice choices[] = {{"7", 7}, {"8", 8}, {NULL, 0}};

	return choose("data_bits", value, choices, "7 and 8", &out->data_bits);
}

static iotkit_status set_stop_bits(const char *value, struct port_settings *out)
{
	static const struct choice choices[] = {{"1", 1}, {"2", 2}, {NULL, 0}};

	return choose("stop_bits", value, choices, "1 and 2", &out->stop_bits);
}

static iotkit_status set_parity(const char *value, struct port_settings *out)
{
	static const struct choice choices[] = {
		{"none", PORT_PARITY_NONE},
		{"even", PORT_PARITY_EVEN},
		{"odd", PORT_PARITY_ODD},
		{NULL, 0},
	};
	int meaning = 0;
	iotkit_status status = choose("parity", value, choices, "none, even and odd", &meaning);

	if (status == IOTKIT_OK)
		out->parity = (enum port_parity)meaning;
	return status;
}

static iotkit_status set_flow(const char *value, struct port_settings *out)
{
	static const struct choice choices[] = {
		{"none", PORT_FLOW_NONE},
		{"rtscts", PORT_FLOW_RTSCTS},
		{"xonxoff", PORT_FLOW_XONXOFF},
		{NULL, 0},
	};
	int meaning = 0;
	iotkit_status status = choose("flow", value, choices, "none, rtscts and xonxoff", &meaning);

	if (status == IOTKIT_OK)
		out->flow = (enum port_flow)meaning;
	return status;
}

static iotkit_status set_silent(const char *value, struct port_settings *out)
{
	char *end;
	long silent = strtol(value, &end, 10);
	struct quote quote;

	if (*value < '0' || *value > '9' || *end != '\0' || silent > PORT_SILENT_MAX_MS)
		return error_set(IOTKIT_EINVAL,
				 "silent_ms=%s is not a whole number from 0 to %d; write "
				 "silent_ms=60000 for a minute, or 0 for never",
				 quote_text(&quote, value), PORT_SILENT_MAX_MS);
	out->silent_ms = silent;
	return IOTKIT_OK;
}

static iotkit_status set_reset(const char *value, struct port_settings *out)
{
	static const struct choice choices[] = {
		{"auto", DEVICE_RESET_AUTO},
		{"never", DEVICE_RESET_NEVER},
		{"always", DEVICE_RESET_ALWAYS},
		{NULL, 0},
	};

	return choose("reset.on_open", value, choices, "auto, never and always",
		      &out->reset_on_open);
}

static iotkit_status set_lines(const char *value, struct port_settings *out)
{
	static const struct choice choices[] = {
		{"auto", PORT_LINES_AUTO},
		{"plain", PORT_LINES_PLAIN},
		{"framed", PORT_LINES_FRAMED},
		{NULL, 0},
	};
	int meaning = 0;
	iotkit_status status = choose("lines", value, choices, "auto, plain and framed", &meaning);

	if (status == IOTKIT_OK)
		out->lines = (enum port_lines)meaning;
	return status;
}

static iotkit_status set_columns(const char *value, struct port_settings *out)
{
	return columns_parse(value, &out->columns);
}

static const struct {
	const char *key;
	iotkit_status (*set)(const char *value, struct port_settings *out);
	bool over_tcp;
} keys[] = {
	{"baud", set_baud, false},           {"data_bits", set_data_bits, false},
	{"parity", set_parity, false},       {"stop_bits", set_stop_bits, false},
	{"flow", set_flow, false},           {"columns", set_columns, true},
	{"lines", set_lines, true},          {"silent_ms", set_silent, true},
	{"reset.on_open", set_reset, false},
};

static iotkit_status refuse_key(bool over_tcp, const char *key, size_t size)
{
	struct quote quote;

	if (over_tcp)
		return error_set(IOTKIT_EINVAL,
				 "a tcp: port has no '%s'; there are columns, lines and silent_ms; "
				 "baud rate and parity are set where the board is plugged in",
				 quote_bytes(&quote, key, size));
	return error_set(IOTKIT_EINVAL,
			 "a serial port has no '%s'; there are baud, data_bits, parity, stop_bits, "
			 "flow, columns, lines, silent_ms and reset.on_open",
			 quote_bytes(&quote, key, size));
}

/* One key=value of the query. */
static iotkit_status set_pair(const char *pair, size_t size, struct port_settings *out)
{
	const char *equals = memchr(pair, '=', size);
	size_t key_size = equals != NULL ? (size_t)(equals - pair) : size;
	bool over_tcp = out->kind == PORT_OVER_TCP;
	char value[COLUMNS_TEXT_MAX + 1];

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		if (strlen(keys[i].key) != key_size || memcmp(keys[i].key, pair, key_size) != 0 ||
		    (over_tcp && !keys[i].over_tcp))
			continue;
		if (equals == NULL)
			return error_set(IOTKIT_EINVAL, "%s has no value; write %s=...",
					 keys[i].key, keys[i].key);
		iotkit_status status =
			decode(keys[i].key, equals + 1, size - key_size - 1, value, sizeof value);
		return status == IOTKIT_OK ? keys[i].set(value, out) : status;
	}
	return refuse_key(over_tcp, pair, key_size);
}

/* ---- Where it is -------------------------------------------------------- */

static iotkit_status set_path(const char *path, size_t size, struct port_settings *out)
{
	struct quote quote;
	iotkit_status status = decode("path of the port", path, size, out->path, sizeof out->path);

	if (status != IOTKIT_OK)
		return status;
	if (strchr(out->path, '/') == NULL)
		return error_set(
			IOTKIT_EINVAL,
			"the port '%s' is no whole path; write it as serial:/dev/ttyACM0, and see "
			"iotkit-ports for those there are",
			quote_text(&quote, out->path));
	out->kind = PORT_AT_PATH;
	return IOTKIT_OK;
}

/* "usb=2341:0043,serial=7573" */
static iotkit_status set_identity(const char *text, size_t size, struct port_settings *out)
{
	const char *end = text + size;
	char key[16], value[PORT_PATH_MAX + 1];
	iotkit_status status = IOTKIT_OK;

	out->kind = PORT_OF_BOARD;
	while (status == IOTKIT_OK && text < end) {
		const char *comma = memchr(text, ',', (size_t)(end - text));
		const char *part_end = comma != NULL ? comma : end;
		const char *equals = memchr(text, '=', (size_t)(part_end - text));
		const char *key_end = equals != NULL ? equals : part_end;
		const char *begin = equals != NULL ? equals + 1 : part_end;
		status = decode("identity", text, (size_t)(key_end - text), key, sizeof key);
		if (status == IOTKIT_OK)
			status = decode("identity", begin, (size_t)(part_end - begin), value,
					sizeof value);
		if (status == IOTKIT_OK)
			status = port_identity_set(&out->identity, key, value);
		text = comma != NULL ? comma + 1 : end;
	}
	return status;
}

static iotkit_status set_serial(const char *place, size_t size, struct port_settings *out)
{
	if (size == strlen("auto") && memcmp(place, "auto", size) == 0) {
		out->kind = PORT_OF_ANY_BOARD;
		return IOTKIT_OK;
	}
	if (port_identity_begins(place))
		return set_identity(place, size, out);
	return set_path(place, size, out);
}

/* "host:2000" or "[::1]:2000" */
static iotkit_status set_tcp(const char *place, size_t size, struct port_settings *out)
{
	char text[PORT_HOST_MAX + 16];
	struct quote quote;
	char *end = NULL;
	unsigned long port = 0;
	iotkit_status status = decode("host", place, size, text, sizeof text);

	if (status != IOTKIT_OK)
		return status;
	size_t length = strlen(text);
	if (length > 0 && text[length - 1] == '/')
		text[--length] = '\0';
	char *host = *text == '[' ? text + 1 : text;
	char *host_end = *text == '[' ? strchr(text, ']') : strchr(text, ':');
	char *colon = host_end != NULL && *host_end == ']' ? host_end + 1 : host_end;
	if (colon != NULL && *colon == ':' && colon[1] >= '0' && colon[1] <= '9')
		port = strtoul(colon + 1, &end, 10);
	if (end == NULL || *end != '\0' || port == 0 || port > UINT16_MAX || host_end == host ||
	    (size_t)(host_end - host) > PORT_HOST_MAX)
		return error_set(IOTKIT_EINVAL,
				 "'%s' is no host and port; write tcp://192.168.1.20:2000, or "
				 "tcp://[fe80::1]:2000 for an IPv6 address",
				 quote_text(&quote, text));
	out->kind = PORT_OVER_TCP;
	out->baud = 0;
	out->tcp_port = (uint16_t)port;
	snprintf(out->path, sizeof out->path, TCP "%s", text);
	*host_end = '\0';
	memcpy(out->host, host, (size_t)(host_end - host) + 1);
	return IOTKIT_OK;
}

static iotkit_status set_place(const char *uri, const char **query, struct port_settings *out)
{
	struct quote quote;
	bool tcp = strncmp(uri, TCP, sizeof TCP - 1) == 0;

	if (!tcp && strncmp(uri, SERIAL, sizeof SERIAL - 1) != 0)
		return error_set(IOTKIT_EINVAL,
				 "the port '%s' is no serial: URI; write "
				 "serial:/dev/ttyACM0?baud=%d, or tcp://host:port",
				 quote_text(&quote, uri), PORT_BAUD_DEFAULT);
	const char *place = uri + (tcp ? sizeof TCP : sizeof SERIAL) - 1;
	size_t size = strcspn(place, "?");
	*query = place + size;
	return tcp ? set_tcp(place, size, out) : set_serial(place, size, out);
}

iotkit_status port_uri_parse(const char *uri, struct port_settings *out)
{
	struct port_settings settings = {
		.baud = PORT_BAUD_DEFAULT,
		.data_bits = 8,
		.stop_bits = 1,
		.silent_ms = -1,
		.reset_on_open = -1,
	};
	const char *at = "";

	if (uri == NULL)
		return error_set(IOTKIT_EINVAL, "the port is NULL; give serial:/dev/ttyACM0");
	iotkit_status status = set_place(uri, &at, &settings);
	while (status == IOTKIT_OK && *at != '\0') {
		at++;
		size_t pair_size = strcspn(at, "&");
		if (pair_size > 0)
			status = set_pair(at, pair_size, &settings);
		at += pair_size;
	}
	if (status == IOTKIT_OK)
		*out = settings;
	return status;
}
