/* SPDX-License-Identifier: MIT */
#include "device/port_uri.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/percent.h"
#include "base/utf8.h"
#include "device/quote.h"

#define SCHEME "serial:"

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

static iotkit_status set_columns(const char *value, struct port_settings *out)
{
	return columns_parse(value, &out->columns);
}

static const struct {
	const char *key;
	iotkit_status (*set)(const char *value, struct port_settings *out);
} keys[] = {
	{"baud", set_baud},           {"data_bits", set_data_bits}, {"parity", set_parity},
	{"stop_bits", set_stop_bits}, {"flow", set_flow},           {"columns", set_columns},
};

/* One key=value of the query. */
static iotkit_status set_pair(const char *pair, size_t size, struct port_settings *out)
{
	const char *equals = memchr(pair, '=', size);
	size_t key_size = equals != NULL ? (size_t)(equals - pair) : size;
	char value[COLUMNS_TEXT_MAX + 1];
	struct quote quote;

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		if (strlen(keys[i].key) != key_size || memcmp(keys[i].key, pair, key_size) != 0)
			continue;
		if (equals == NULL)
			return error_set(IOTKIT_EINVAL, "%s has no value; write %s=...",
					 keys[i].key, keys[i].key);
		iotkit_status status =
			decode(keys[i].key, equals + 1, size - key_size - 1, value, sizeof value);
		return status == IOTKIT_OK ? keys[i].set(value, out) : status;
	}
	return error_set(IOTKIT_EINVAL,
			 "a serial port has no '%s'; there are baud, data_bits, parity, stop_bits, "
			 "flow and columns",
			 quote_bytes(&quote, pair, key_size));
}

static iotkit_status set_path(const char *path, size_t size, struct port_settings *out)
{
	struct quote quote;
	iotkit_status status = decode("path of the port", path, size, out->path, sizeof out->path);

	if (status != IOTKIT_OK)
		return status;
	if (strchr(out->path, '/') == NULL)
		return error_set(IOTKIT_EINVAL,
				 "the port '%s' is no path; write serial:/dev/ttyACM0, and see "
				 "iotkit-ports for those there are",
				 quote_text(&quote, out->path));
	return IOTKIT_OK;
}

iotkit_status port_uri_parse(const char *uri, struct port_settings *out)
{
	struct port_settings settings = {
		.baud = PORT_BAUD_DEFAULT,
		.data_bits = 8,
		.stop_bits = 1,
	};
	struct quote quote;

	if (uri == NULL)
		return error_set(IOTKIT_EINVAL, "the port is NULL; give serial:/dev/ttyACM0");
	if (strncmp(uri, SCHEME, sizeof SCHEME - 1) != 0)
		return error_set(
			IOTKIT_EINVAL,
			"the port '%s' is no serial: URI; write serial:/dev/ttyACM0?baud=%d",
			quote_text(&quote, uri), PORT_BAUD_DEFAULT);
	const char *path = uri + sizeof SCHEME - 1;
	size_t size = strcspn(path, "?");
	iotkit_status status = set_path(path, size, &settings);
	for (const char *at = path + size; *at != '\0' && status == IOTKIT_OK;) {
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
