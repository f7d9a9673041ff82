/* SPDX-License-Identifier: MIT */
#include "broker_uri.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define TLS_PORT 8883
#define URI_SIZE 65536

static const char plain_scheme[] = "mqtt://";

static bool wants_tls(const struct session *session)
{
	return session->tls_flag != NULL ||
	       (session->port != NULL && atoi(session->port) == TLS_PORT);
}

static void make_uri(const struct session *session, char *buffer, size_t size)
{
	const char *host = session->host != NULL ? session->host : "localhost";
	const char *port = session->port;

	if (host[0] == '\0' || strpbrk(host, "/?#@,% ") != NULL)
		cli_usage_error("'%s' is no host name; a URI is given by --broker", host);
	bool ipv6 = host[0] != '[' && strchr(host, ':') != NULL;
	int length = snprintf(buffer, size, "%s%s%s%s%s%s",
			      wants_tls(session) ? "mqtts://" : plain_scheme, ipv6 ? "[" : "", host,
			      ipv6 ? "]" : "", port != NULL ? ":" : "", port != NULL ? port : "");
	if ((size_t)length >= size)
		cli_usage_error("the host name is too long");
}

const char *broker_uri(const struct session *session, const char *config, char *buffer, size_t size)
{
	bool named = session->host != NULL || session->port != NULL;

	if (session->broker != NULL && named)
		cli_usage_error("--broker goes without -h and -p");
	if (session->broker != NULL)
		return session->broker;
	if (!named && (config != NULL || !wants_tls(session)))
		return NULL;
	make_uri(session, buffer, size);
	return buffer;
}

int broker_uri_hosts(const char *uri)
{
	int hosts = 1;

	for (; *uri != '\0' && *uri != '?'; uri++)
		hosts += *uri == ',';
	return hosts;
}

void broker_uri_check_tls(const struct session *session, iotkit *iot)
{
	char uri[URI_SIZE];

	if (session->tls_flag == NULL ||
	    iotkit_get_option(iot, "broker", uri, sizeof uri) != IOTKIT_OK ||
	    strncmp(uri, plain_scheme, strlen(plain_scheme)) != 0)
		return;
	iotkit_close(iot);
	cli_usage_error("--%s is for TLS, and the broker's URI, %.200s, is without: let it begin "
			"with mqtts:// (its port is %d as a rule), or leave the flag out",
			session->tls_flag, uri, TLS_PORT);
}
