/* SPDX-License-Identifier: MIT */
#include "device/port_identity.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "device/quote.h"

bool port_identity_begins(const char *text)
{
	static const char *const beginnings[] = {"usb=", "serial=", "by-path="};

	for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
		if (strncmp(text, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	return false;
}

/* ---- Reading ------------------------------------------------------------ */

/* Four hexadecimal digits. */
static bool read_id(const char *text, int *out)
{
	unsigned id;

	if (strspn(text, "0123456789abcdefABCDEF") < 4 || sscanf(text, "%4x", &id) != 1)
		return false;
	*out = (int)id;
	return true;
}

static iotkit_status set_ids(struct port_identity *identity, const char *value)
{
	struct quote quote;

	if (strlen(value) != 9 || value[4] != ':' || !read_id(value, &identity->vid) ||
	    !read_id(value + 5, &identity->pid))
		return error_set(IOTKIT_EINVAL,
				 "usb=%s is no pair of USB ids; write usb=2341:0043, four "
				 "hexadecimal digits each, as iotkit-ports shows them",
				 quote_text(&quote, value));
	identity->has_ids = true;
	return IOTKIT_OK;
}

static iotkit_status set_part(char part[PORT_IDENTITY_PART_MAX + 1], const char *key,
			      const char *value)
{
	size_t size = strlen(value);

	if (size == 0 || size > PORT_IDENTITY_PART_MAX)
		return error_set(IOTKIT_EINVAL,
				 "%s= takes 1 to %d bytes; copy it from iotkit-ports, which shows "
				 "the URI of each board",
				 key, PORT_IDENTITY_PART_MAX);
	memcpy(part, value, size + 1);
	return IOTKIT_OK;
}

iotkit_status port_identity_set(struct port_identity *identity, const char *key, const char *value)
{
	iotkit_status status;
	struct quote quote;

	if (strcmp(key, "usb") == 0)
		status = set_ids(identity, value);
	else if (strcmp(key, "serial") == 0)
		status = set_part(identity->serial, key, value);
	else if (strcmp(key, "by-path") == 0)
		status = set_part(identity->by_path, key, value);
	else
		status = error_set(IOTKIT_EINVAL,
				   "a board is not known by '%s'; there are usb=, serial= and "
				   "by-path=",
				   quote_text(&quote, key));
	size_t size = strlen(identity->text);
	if (status == IOTKIT_OK)
		snprintf(identity->text + size, sizeof identity->text - size, "%s%s=%s",
			 size > 0 ? "," : "", key, value);
	return status;
}

bool port_identity_fits(const struct port_identity *identity, const iotkit_port_info *port)
{
	if (identity->has_ids && (identity->vid != port->usb_vid || identity->pid != port->usb_pid))
		return false;
	if (*identity->serial != '\0' && strcmp(identity->serial, port->serial_number) != 0)
		return false;
	return *identity->by_path == '\0' || strcmp(identity->by_path, port->usb_path) == 0;
}

/* ---- Writing ------------------------------------------------------------ */

/* Appends text with all that a URI gives a meaning to percent-encoded; false when there
 * is no room. */
static bool append(char *uri, size_t uri_size, const char *key, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~:/";
	size_t size = strlen(uri);
	int step = snprintf(uri + size, uri_size - size, "%s", key);

	for (; step >= 0 && (size_t)step < uri_size - size; text++) {
		size += (size_t)step;
		if (*text == '\0')
			return true;
		step = snprintf(uri + size, uri_size - size,
				strchr(plain, *text) != NULL ? "%c" : "%%%02X",
				(unsigned char)*text);
	}
	return false;
}

void port_identity_uri(iotkit_port_info *port, bool by_socket)
{
	char *uri = port->uri;
	bool by_serial = !by_socket && *port->serial_number != '\0';
	const char *key = by_serial ? ",serial=" : ",by-path=";
	const char *value = by_serial ? port->serial_number : port->usb_path;

	snprintf(uri, sizeof port->uri, "serial:usb=%04x:%04x", (unsigned)port->usb_vid,
		 (unsigned)port->usb_pid);
	if (port->usb_vid >= 0 && *value != '\0' && append(uri, sizeof port->uri, key, value))
		return;
	*uri = '\0';
	if (!append(uri, sizeof port->uri, "serial:", port->path))
		*uri = '\0';
}
