/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#undef error_set
#undef error_set_system
#undef error_set_no_memory

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static const struct {
	iotkit_status status;
	const char *name;
	const char *meaning;
} codes[] = {
	{IOTKIT_OK, "IOTKIT_OK", "success"},
	{IOTKIT_EINVAL, "IOTKIT_EINVAL", "an argument is not valid"},
	{IOTKIT_ENOMEM, "IOTKIT_ENOMEM", "out of memory"},
	{IOTKIT_ESTATE, "IOTKIT_ESTATE", "not possible at this moment"},
	{IOTKIT_ETIMEOUT, "IOTKIT_ETIMEOUT", "the time allowed ran out"},
	{IOTKIT_EFULL, "IOTKIT_EFULL", "a limit is reached"},
	{IOTKIT_ENOENT, "IOTKIT_ENOENT", "no such thing"},
	{IOTKIT_EEXIST, "IOTKIT_EEXIST", "it exists already"},
	{IOTKIT_ESYSTEM, "IOTKIT_ESYSTEM", "the operating system refused"},
	{IOTKIT_ERESOLVE, "IOTKIT_ERESOLVE", "the host name could not be looked up"},
	{IOTKIT_ENETWORK, "IOTKIT_ENETWORK", "no connection"},
	{IOTKIT_EPROTOCOL, "IOTKIT_EPROTOCOL", "the peer breaks the protocol"},
	{IOTKIT_EAUTH, "IOTKIT_EAUTH", "not authorised"},
	{IOTKIT_EREFUSED, "IOTKIT_EREFUSED", "refused by the broker"},
	{IOTKIT_ENOTSUP, "IOTKIT_ENOTSUP", "not supported"},
	{IOTKIT_ETLS, "IOTKIT_ETLS", "TLS failed"},
	{IOTKIT_EFORMAT, "IOTKIT_EFORMAT", "not a metric"},
	{IOTKIT_EBUSY, "IOTKIT_EBUSY", "in use by another"},
};

static _Thread_local char last_error[ERROR_TEXT_SIZE];
static _Thread_local iotkit_status last_status;

/* A sentence may quote anything, and may be cut within a character: it is one line of UTF-8. */
static void make_plain(char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		size_t length = utf8_character(text, left);
		if (length == 0 || (unsigned char)*text < ' ' || *text == '\x7f') {
			*text = '?';
			length = 1;
		}
		text += length;
		left -= length;
	}
}

iotkit_status error_set(iotkit_status status, const char *format, ...)
{
	/* Formatted aside first: an argument may be the last error itself. */
	char text[ERROR_TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	make_plain(text);
	memcpy(last_error, text, sizeof text);
	last_status = status;
	return status;
}

iotkit_status error_set_system(int errno_code, const char *format, ...)
{
	char what[ERROR_TEXT_SIZE / 2];
	char why[128];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	if (errno_code == ENOMEM)
		return error_set_no_memory();
	if (strerror_r(errno_code, why, sizeof why) != 0)
		snprintf(why, sizeof why, "error %d", errno_code);
	return error_set(IOTKIT_ESYSTEM, "%s: %s", what, why);
}

iotkit_status error_set_no_memory(void)
{
	return error_set(IOTKIT_ENOMEM, "out of memory; nothing was changed");
}

const char *error_last(void)
{
	return last_error;
}

void reason_set(struct reason *reason, iotkit_status status, const char *format, ...)
{
	va_list args;

	reason->status = status;
	va_start(args, format);
	vsnprintf(reason->text, sizeof reason->text, format, args);
	va_end(args);
	make_plain(reason->text);
}

void reason_capture(struct reason *reason)
{
	reason_set(reason, last_status, "%s", last_error);
}

iotkit_status reason_raise(const struct reason *reason)
{
	return error_set(reason->status, "%s", reason->text);
}

const char *error_name(iotkit_status status)
{
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (codes[i].status == status)
			return codes[i].name;
	return NULL;
}

const char *error_meaning(iotkit_status status)
{
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (codes[i].status == status)
			return codes[i].meaning;
	return NULL;
}
