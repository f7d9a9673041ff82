/* SPDX-License-Identifier: MIT
 *
 *     mqtt://[user[:password]@]host[:port][,host[:port]...][/][?option=value&...]
 */
#include "api/uri.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/percent.h"

static const char scheme[] = "mqtt://";

enum { DEFAULT_PORT = 1883, URI_MAX = 65535 };

/* A part of the URI, not ended by a NUL. text is NULL when it is not there. */
struct part {
	const char *text;
	size_t size;
};

struct uri_parts {
	struct part user;
	struct part password;
	struct part hosts;
	struct part query;
};

/* Splits off what comes before the separator, all of it when there is none.
 * Returns whether the separator was there. */
static bool split(struct part *rest, char separator, struct part *before)
{
	const char *at = memchr(rest->text, separator, rest->size);

	*before = *rest;
	if (at == NULL) {
		*rest = (struct part){.text = rest->text + rest->size};
		return false;
	}
	before->size = (size_t)(at - rest->text);
	rest->text = at + 1;
	rest->size -= before->size + 1;
	return true;
}

static iotkit_status check_scheme(const char *uri)
{
	if (strncmp(uri, scheme, strlen(scheme)) == 0)
		return IOTKIT_OK;
	if (strncmp(uri, "mqtts://", strlen("mqtts://")) == 0)
		return error_set(
			IOTKIT_ENOTSUP,
			"TLS (mqtts://) is not in version %s of libiotkit yet; use mqtt:// on a "
			"network that you trust",
			iotkit_version());
	return error_set(
		IOTKIT_EINVAL,
		"a broker URI begins with 'mqtt://', as in mqtt://localhost:1883; this one "
		"does not");
}

static iotkit_status take_apart(const char *uri, struct uri_parts *out)
{
	iotkit_status status = check_scheme(uri);

	if (status != IOTKIT_OK)
		return status;
	if (strlen(uri) > URI_MAX)
		return error_set(IOTKIT_EINVAL, "the broker URI is longer than %d bytes", URI_MAX);
	struct part rest = {.text = uri + strlen(scheme), .size = strlen(uri) - strlen(scheme)};
	struct part authority, user_and_password;

	*out = (struct uri_parts){0};
	if (split(&rest, '?', &authority))
		out->query = rest;
	if (memchr(authority.text, '@', authority.size) != NULL) {
		split(&authority, '@', &user_and_password);
		if (split(&user_and_password, ':', &out->user))
			out->password = user_and_password;
	}
	split(&authority, '/', &out->hosts);
	/* Neither is quoted, since it may be the end of a password. */
	if (authority.size > 0)
		return error_set(
			IOTKIT_EINVAL,
			"the broker URI has a path behind the host, which MQTT does not know; "
			"write a '/' in a password as %%2F");
	if (out->query.size > 0 && memchr(out->query.text, '@', out->query.size) != NULL)
		return error_set(
			IOTKIT_EINVAL,
			"the broker URI has an '@' behind its '?'; write a '?' in a password as "
			"%%3F, and an '@' in a value as %%40");
	return IOTKIT_OK;
}

/* ---- options ---- */

static iotkit_status set_decoded(struct options *options, enum option option, struct part part)
{
	char *value = NULL;
	iotkit_status status = percent_decode(part.text, part.size, &value);

	if (status == IOTKIT_OK)
		status = options_set(options, option, value);
	if (value != NULL)
		explicit_bzero(value, strlen(value));
	free(value);
	return status;
}

static iotkit_status apply_pair(struct options *options, struct part pair)
{
	struct part name;
	enum option option;
	char *key = NULL;

	if (!split(&pair, '=', &name))
		return error_set(IOTKIT_EINVAL,
				 "the broker URI's query has '%.*s' where option=value is expected",
				 (int)name.size, name.text);
	iotkit_status status = percent_decode(name.text, name.size, &key);
	if (status == IOTKIT_OK)
		status = options_find(key, &option);
	free(key);
	if (status != IOTKIT_OK)
		return status;
	if (option == OPTION_BROKER)
		return error_set(IOTKIT_EINVAL,
				 "a broker URI cannot set the option 'broker' again");
	return set_decoded(options, option, pair);
}

static iotkit_status apply_query(struct options *options, struct part query)
{
	iotkit_status status = IOTKIT_OK;
	struct part pair;

	while (status == IOTKIT_OK && query.size > 0) {
		split(&query, '&', &pair);
		if (pair.size > 0)
			status = apply_pair(options, pair);
	}
	return status;
}

/* The URI is kept without user and query, which are options by then. */
static iotkit_status keep_hosts(struct options *options, struct part hosts)
{
	struct buffer kept;

	buffer_init(&kept, URI_MAX + 1);
	iotkit_status status = buffer_append_text(&kept, scheme);
	if (status == IOTKIT_OK)
		status = buffer_append(&kept, hosts.text, hosts.size);
	if (status == IOTKIT_OK)
		status = buffer_append(&kept, "", 1);
	if (status == IOTKIT_OK)
		status = options_set(options, OPTION_BROKER, kept.bytes);
	buffer_free(&kept);
	return status;
}

iotkit_status uri_apply(const char *uri, struct options *options)
{
	struct broker_list brokers;
	struct uri_parts parts;
	iotkit_status status = take_apart(uri, &parts);

	if (status == IOTKIT_OK)
		status = keep_hosts(options, parts.hosts);
	if (status == IOTKIT_OK)
		status = uri_brokers(options_text(options, OPTION_BROKER), &brokers);
	if (status != IOTKIT_OK)
		return status;
	broker_list_free(&brokers);
	if (parts.user.text != NULL)
		status = set_decoded(options, OPTION_USERNAME, parts.user);
	if (status == IOTKIT_OK && parts.password.text != NULL)
		status = set_decoded(options, OPTION_PASSWORD, parts.password);
	if (status == IOTKIT_OK && parts.query.text != NULL)
		status = apply_query(options, parts.query);
	return status;
}

/* ---- hosts ---- */

static iotkit_status parse_port(struct part text, uint16_t *out)
{
	unsigned long port = 0;

	for (size_t i = 0; i < text.size; i++) {
		if (text.text[i] < '0' || text.text[i] > '9' || port > UINT16_MAX) {
			port = 0;
			break;
		}
		port = port * 10 + (unsigned long)(text.text[i] - '0');
	}
	/* Not quoted: "mqtt://user:password" without a host puts the password here. */
	if (port < 1 || port > UINT16_MAX)
		return error_set(
			IOTKIT_EINVAL,
			"the broker URI's port must be a number from 1 to 65535; with a user "
			"it is mqtt://USER:PASSWORD@HOST:PORT");
	*out = (uint16_t)port;
	return IOTKIT_OK;
}

/* Takes "[::1]:1883", "host:1883" and "host" apart. */
static iotkit_status split_host(struct part part, struct part *host, struct part *port)
{
	struct part rest = part;
	bool bracketed = part.size > 0 && part.text[0] == '[';
	bool closed = true;

	*port = (struct part){0};
	if (bracketed) {
		rest = (struct part){.text = part.text + 1, .size = part.size - 1};
		closed = split(&rest, ']', host);
		if (closed && rest.size > 0 && rest.text[0] == ':')
			*port = (struct part){.text = rest.text + 1, .size = rest.size - 1};
		else if (rest.size > 0)
			closed = false;
	} else if (split(&rest, ':', host)) {
		*port = rest;
	}
	if (!closed || host->size == 0)
		return error_set(
			IOTKIT_EINVAL,
			"the broker URI has no host; write mqtt://HOST:PORT, an IPv6 address in "
			"brackets");
	return IOTKIT_OK;
}

static iotkit_status add_broker(struct broker_list *list, struct part part)
{
	struct part host, port;
	struct session_broker broker = {.port = DEFAULT_PORT};

	/* It may be the end of a password: not for everybody's eyes. */
	if (part.size > 0 && memchr(part.text, '@', part.size) != NULL)
		return error_set(IOTKIT_EINVAL,
				 "the broker URI has more than one '@'; write one that belongs to "
				 "the user name or password as '%%40'");

	if (list->count == SESSION_BROKERS_MAX)
		return error_set(IOTKIT_EINVAL, "the broker URI has more than %d hosts",
				 SESSION_BROKERS_MAX);
	iotkit_status status = split_host(part, &host, &port);
	if (status == IOTKIT_OK && port.text != NULL)
		status = parse_port(port, &broker.port);
	if (status == IOTKIT_OK)
		status = percent_decode(host.text, host.size, &broker.host);
	if (status == IOTKIT_OK)
		list->brokers[list->count++] = broker;
	return status;
}

iotkit_status uri_brokers(const char *uri, struct broker_list *out)
{
	struct part rest = {.text = uri + strlen(scheme), .size = strlen(uri) - strlen(scheme)};
	iotkit_status status;
	struct part one;
	bool more;

	*out = (struct broker_list){0};
	do {
		more = split(&rest, ',', &one);
		status = add_broker(out, one);
	} while (status == IOTKIT_OK && more);
	if (status != IOTKIT_OK)
		broker_list_free(out);
	return status;
}

void broker_list_free(struct broker_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->brokers[i].host);
	list->count = 0;
}
