/* SPDX-License-Identifier: MIT
 *
 * The commands and addresses that mend a refused certificate.
 */
#include "tls/verification_mend.h"

#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 128, SHORT_NAME_SIZE = 32 };

/* Takes the next of "'dev', 'dev.local'"; false at the end, and at one that is cut,
 * or could harm the shell that it is pasted into: anybody may have made it. */
static bool next_name(const char **list, char *out, size_t size)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._*:";
	const char *start = *list + strspn(*list, ", ");
	size_t length = *start == '\'' ? strspn(start + 1, plain) : 0;

	if (length == 0 || length >= size || start[1] == '-' || start[length + 1] != '\'')
		return false;
	snprintf(out, size, "%.*s", (int)length, start + 1);
	*list = start + length + 2;
	return true;
}

/* False when there was no room for it. */
static bool add(char *text, size_t size, const char *before, const char *word)
{
	size_t used = strlen(text);
	int length = snprintf(text + used, size - used, "%s%s", before, word);

	return (size_t)length < size - used;
}

static bool add_host(char *text, size_t size, const char *host)
{
	return add(text, size, facts_is_address(host) ? " --ip " : " ", host);
}

/* iotkit-certs finds the file by the first host name, which there may be none of yet. */
static bool add_file(char *text, size_t size, char *address)
{
	for (char *c = address; *c != '\0'; c++)
		*c = *c == ':' ? '_' : *c;
	return add(text, size, " --out ", address);
}

static bool add_server_command(const struct verification *v, char *text, size_t size)
{
	const char *list = v->leaf.names;
	char name[NAME_SIZE], first[NAME_SIZE] = "";
	bool fits = add(text, size, " / 'iotkit-certs server", "");

	while (fits && next_name(&list, name, sizeof name)) {
		fits = add_host(text, size, name);
		if (first[0] == '\0' || !facts_is_address(name))
			strcpy(first, name);
	}
	fits = fits && *list == '\0' && add_host(text, size, v->host);
	if (fits && facts_is_address(first) && !facts_is_address(v->host))
		fits = add_file(text, size, first);
	return fits && add(text, size, " --renew'", "");
}

void mend_uri(const struct verification *v, char *out, size_t size)
{
	const char *port = strrchr(v->address, ':'), *list = v->leaf.names;
	char name[SHORT_NAME_SIZE];

	out[0] = '\0';
	if (port == NULL || !next_name(&list, name, sizeof name) || name[0] == '*')
		return;
	bool is_v6 = strchr(name, ':') != NULL;
	snprintf(out, size, " (mqtts://%s%s%s%.6s)", is_v6 ? "[" : "", name, is_v6 ? "]" : "",
		 port);
}

void mend_add_host(const struct verification *v, const char *host, char *out, size_t size)
{
	snprintf(out, size, "'iotkit-broker renew DIR %s %s'",
		 facts_is_address(v->host) ? "--ip" : "--name", host);
	size_t kept = strlen(out);
	if (!add_server_command(v, out, size))
		out[kept] = '\0';
}

void mend_renew(const struct verification *v, char *out, size_t size)
{
	const char *list = v->leaf.names;
	char name[NAME_SIZE / 2];

	if (!next_name(&list, name, sizeof name))
		strcpy(name, "NAME");
	snprintf(out, size, "'iotkit-certs server%s%s --renew'",
		 facts_is_address(name) ? " --ip " : " ", name);
}
