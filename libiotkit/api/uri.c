/* SPDX-License-Identifier: MIT
 *
 *     mqtts://[user[:password]@]host[:port][,host[:port]...][/][?option=value&...]
 */
#include "api/uri.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/percent.h"

enum { DEFAULT_PORT = 1883, DEFAULT_PORT_TLS = 8883, URI_MAX = 65535 };

static const char plain_scheme[] = "mqtt://";
static const char tls_scheme[] = "mqtts://";

/* A part of the URI, not ended by a NUL. text is NULL when it is not there. */
struct part {
	const char *text;
	size_t size;
};

struct uri_parts {
	const char *scheme;
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

/* NULL when it is neither. */
static const char *scheme_of(const char *uri)
{
	if (strncmp(uri, plain_scheme, strlen(plain_scheme)) == 0)
		return plain_scheme;
	return strncmp(uri, tls_scheme, strlen(tls_scheme)) == 0 ? tls_scheme : NULL;
}

bool uri_with_tls(const char *uri)
{
	return scheme_of(uri) == tls_scheme;
}

static iotkit_status take_apart(const char *uri, struct uri_parts *out)
{
	const char *scheme = scheme_of(uri);

	if (scheme == NULL)
		return error_set(
			IOTKIT_EINVAL,
			"a broker URI begins with 'mqtts://', as in mqtts://localhost:8883, or "
			"with 'mqtt://'; this one does not");
	if (strlen(uri) > URI_MAX)
		return error_set(IOTKIT_EINVAL, "the broker URI is longer than %d bytes", URI_MAX);
	struct part rest = {.text = uri + strlen(scheme), .size = strlen(uri) - strlen(scheme)};
	struct part authority, user_and_password;

	*out = (struct uri_parts){.scheme = scheme};
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
static iotkit_status keep_hosts(struct options *options, const char *scheme, struct part hosts)
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

static iotkit_status add_broker(struct broker_list *list, struct part part, uint16_t default_port)
{
	struct part host, port;
	struct session_broker broker = {.port = default_port};

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

static iotkit_status parse_hosts(struct part rest, bool with_tls, struct broker_list *out)
{
	uint16_t default_port = with_tls ? DEFAULT_PORT_TLS : DEFAULT_PORT;
	iotkit_status status;
	struct part one;
	bool more;

	*out = (struct broker_list){0};
	do {
		more = split(&rest, ',', &one);
		status = add_broker(out, one, default_port);
	} while (status == IOTKIT_OK && more);
	if (status != IOTKIT_OK)
		broker_list_free(out);
	return status;
}

iotkit_status uri_brokers(const char *uri, struct broker_list *out)
{
	const char *hosts = uri + strlen(scheme_of(uri));
	const struct part all = {.text = hosts, .size = strlen(hosts)};

	return parse_hosts(all, uri_with_tls(uri), out);
}

void broker_list_free(struct broker_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->brokers[i].host);
	list->count = 0;
}

/* ---- the whole ---- */

/* Before it is kept, for what is no host may be a password. */
static iotkit_status check_hosts(const struct uri_parts *parts)
{
	struct broker_list brokers;
	iotkit_status status = parse_hosts(parts->hosts, parts->scheme == tls_scheme, &brokers);

	if (status == IOTKIT_OK)
		broker_list_free(&brokers);
	return status;
}

iotkit_status uri_apply(const char *uri, struct options *options)
{
	struct uri_parts parts;
	iotkit_status status = take_apart(uri, &parts);

	if (status == IOTKIT_OK)
		status = check_hosts(&parts);
	if (status == IOTKIT_OK)
		status = keep_hosts(options, parts.scheme, parts.hosts);
	if (status == IOTKIT_OK && parts.user.text != NULL)
		status = set_decoded(options, OPTION_USERNAME, parts.user);
	if (status == IOTKIT_OK && parts.password.text != NULL)
		status = set_decoded(options, OPTION_PASSWORD, parts.password);
	if (status == IOTKIT_OK && parts.query.text != NULL)
		status = apply_query(options, parts.query);
	return status;
}
