/* SPDX-License-Identifier: MIT
 *
 * Making and renewing certificates, and telling what to do with them.
 */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <iotkit.h>

#include "certs.h"
#include "common/cli.h"

enum { NAMES_SIZE = 20480, TEXT_SIZE = 32768, HOST_SIZE = 256, NAME_MAX_CHARACTERS = 64 };

/* The paths of a request, and its names in one text. */
struct files {
	char certificate[PATH_MAX];
	char key[PATH_MAX];
	char ca_certificate[PATH_MAX];
	char ca_key[PATH_MAX];
	char names[NAMES_SIZE];
};

static int32_t key_kind(const char *key)
{
	if (key == NULL)
		return 0;
	if (strcmp(key, "ec") == 0)
		return IOTKIT_KEY_EC_P256;
	if (strcmp(key, "rsa2048") == 0)
		return IOTKIT_KEY_RSA_2048;
	if (strcmp(key, "rsa4096") == 0)
		return IOTKIT_KEY_RSA_4096;
	cli_usage_error("the key must be ec, rsa2048 or rsa4096, not '%s'", key);
}

static void join_path(char path[PATH_MAX], const char *dir, const char *name, const char *ending)
{
	int size = snprintf(path, PATH_MAX, "%s%s%s%s", dir != NULL ? dir : "",
			    dir != NULL ? "/" : "", name, ending);

	if (size >= PATH_MAX)
		cli_usage_error("the path of %s%s is too long", name, ending);
}

static bool fits_file_name(char c, bool first)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_' || (c == '.' && !first);
}

/* A host name may begin with "*.", and a client's name can be anything. */
static void file_name_of(char out[HOST_SIZE], const char *name)
{
	size_t size = 0;

	for (; name[size] != '\0' && size < HOST_SIZE - 1; size++)
		out[size] = name[size];
	out[size] = '\0';
	for (size_t i = 0; i < size; i++)
		if (!fits_file_name(out[i], i == 0))
			out[i] = '_';
}

static void set_paths(struct files *files, const struct certs *certs, const char *name)
{
	char plain[HOST_SIZE];
	const char *out = certs->out;

	if (out == NULL) {
		file_name_of(plain, name);
		out = plain;
	}
	join_path(files->certificate, certs->dir, out, ".crt");
	join_path(files->key, certs->dir, out, ".key");
	join_path(files->ca_certificate, certs->dir, "ca", ".crt");
	join_path(files->ca_key, certs->dir, "ca", ".key");
	if (certs->ca != NULL)
		join_path(files->ca_certificate, NULL, certs->ca, "");
	if (certs->ca_key != NULL)
		join_path(files->ca_key, NULL, certs->ca_key, "");
}

static iotkit_certificate_request request_for(int32_t kind, const struct certs *certs,
					      const struct files *files)
{
	return (iotkit_certificate_request){
		.struct_size = sizeof(iotkit_certificate_request),
		.kind = kind,
		.key = key_kind(certs->key),
		.days = certs->days,
		.renew = certs->renew,
		.certificate_file = files->certificate,
		.key_file = files->key,
		.ca_certificate_file = kind == IOTKIT_CERTIFICATE_CA ? NULL : files->ca_certificate,
		.ca_key_file = kind == IOTKIT_CERTIFICATE_CA ? NULL : files->ca_key,
		.ca_password_file = certs->password_file,
	};
}

/* What the library says of the certificate on the line with this label. */
static void print_fact(const char *description, const char *label)
{
	char start[32];

	snprintf(start, sizeof start, "\n%s:", label);
	const char *line = strstr(description, start);
	if (line != NULL)
		printf("  %.*s\n", (int)strcspn(line + 1, "\n"), line + 1);
}

/* The names in such a text, as "a, b"; "" when there are none. */
static void get_names(const char *description, char names[TEXT_SIZE])
{
	static const char label[] = "\nnames:";
	const char *line = strstr(description, label);

	names[0] = '\0';
	if (line == NULL)
		return;
	line += strlen(label) + strspn(line + strlen(label), " ");
	snprintf(names, TEXT_SIZE, "%.*s", (int)strcspn(line, "\n"), line);
}

static bool is_among(const char *names, const char *name, size_t length)
{
	while (strncasecmp(names, name, length) != 0 || strchr(", ", names[length]) == NULL) {
		names += strcspn(names, ",");
		if (*names == '\0')
			return false;
		names += strspn(names, ", ");
	}
	return true;
}

/* Who names some of a certificate's names when it is renewed loses the others. */
static void print_dropped(const char *old_description, const char *description)
{
	char old[TEXT_SIZE], now[TEXT_SIZE];

	get_names(old_description, old);
	get_names(description, now);
	for (const char *name = old; *name != '\0'; name += strspn(name, ", ")) {
		size_t length = strcspn(name, ", ");
		if (!is_among(now, name, length))
			printf("  no longer: %.*s\n", (int)length, name);
		name += strcspn(name, ",");
	}
}

/* False after telling why not. */
static bool make(const iotkit_certificate_request *request)
{
	char old[TEXT_SIZE] = "", text[TEXT_SIZE];

	if (request->renew)
		iotkit_describe_certificate(request->certificate_file, old, sizeof old);
	if (iotkit_create_certificate(request) != IOTKIT_OK ||
	    iotkit_describe_certificate(request->certificate_file, text, sizeof text) !=
		    IOTKIT_OK) {
		cli_error("%s", iotkit_last_error());
		return false;
	}
	printf("%s %s\n", request->renew ? "renewed" : "wrote", request->certificate_file);
	print_fact(text, "subject");
	print_fact(text, "names");
	print_dropped(old, text);
	print_fact(text, "valid until");
	if (request->renew)
		printf("its key %s is still the same\n", request->key_file);
	else
		printf("wrote %s\n  its private key, which only you can read\n", request->key_file);
	return true;
}

static int end(void)
{
	return cli_flush_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Cut, since host names can be longer than names in certificates. */
static void default_ca_name(char name[NAME_MAX_CHARACTERS + 1])
{
	char host[HOST_SIZE] = "";

	if (gethostname(host, sizeof host - 1) != 0)
		strcpy(host, "localhost");
	snprintf(name, NAME_MAX_CHARACTERS + 1, "iotkit CA of %.50s", host);
}

int certs_ca(const struct certs *certs)
{
	struct files files = {0};
	char name[NAME_MAX_CHARACTERS + 1];

	set_paths(&files, certs, "ca");
	default_ca_name(name);
	iotkit_certificate_request request = request_for(IOTKIT_CERTIFICATE_CA, certs, &files);
	request.name = certs->renew || certs->name != NULL ? certs->name : name;
	if (!make(&request))
		return EXIT_FAILURE;
	if (certs->renew)
		printf("\nNext: give %s to all clients and to the broker. What the CA has "
		       "signed stays valid.\n",
		       files.certificate);
	else
		printf("\nNext: 'iotkit-certs server NAME' makes the broker's certificate; NAME is "
		       "what clients\nconnect to. They trust it with the option tls.ca_file=%s "
		       "(mosquitto_pub: --cafile).\nKeep %s away from others: who has it can "
		       "pretend to be any broker.\n",
		       files.certificate, files.key);
	return end();
}

/* A renewal that needs its one name to find the file keeps the names in there. */
static const char *name_for(const struct certs *certs, const char *name)
{
	return certs->renew && certs->out == NULL ? NULL : name;
}

/* Behind the first name come the others, then the addresses. */
static void join_names(struct files *files, const char *const *list, size_t count)
{
	size_t used = strlen(files->names);

	for (size_t i = 0; i < count; i++) {
		int size = snprintf(files->names + used, sizeof files->names - used, "%s%s",
				    used > 0 ? "," : "", list[i]);
		used += (size_t)size;
		if (used >= sizeof files->names)
			cli_usage_error("the names are too long");
	}
}

/* With a slash behind, or "" when the path needs no folder before it. */
static void folder_before(const char *path, char folder[PATH_MAX])
{
	if (path[0] == '/' || getcwd(folder, PATH_MAX - 1) == NULL)
		folder[0] = '\0';
	else
		strcat(folder, "/");
}

/* Paths are whole, since mosquitto may be started anywhere. */
static void tell_server(const struct certs *certs, const struct files *files)
{
	char folder[PATH_MAX];

	folder_before(files->key, folder);
	if (certs->renew)
		printf("\nNext: restart the broker, or send it SIGHUP, so that it reads the new "
		       "one.\n");
	else
		printf("\nNext, in mosquitto.conf:\n"
		       "    listener 8883\n"
		       "    certfile %s%s\n"
		       "    keyfile %s%s\n"
		       "Its user, mosquitto, must be able to read the key: give it a copy, and "
		       "name "
		       "that, as\nby 'sudo install -o mosquitto -m 600 %s /etc/mosquitto/certs/'. "
		       "Nobody gets in\nwithout 'password_file' or 'allow_anonymous true'. "
		       "('iotkit-broker init' does it all.)\n"
		       "Clients trust it with the option tls.ca_file=%s (mosquitto_pub: "
		       "--cafile).\n",
		       folder, files->certificate, folder, files->key, files->key,
		       files->ca_certificate);
}

int certs_server(const struct certs *certs)
{
	struct files files = {0};
	bool named = certs->operand_count > 0;
	bool addressed = !named && certs->address_count > 0;
	const char *first = named ? certs->operands[0] : addressed ? certs->addresses[0] : NULL;

	set_paths(&files, certs, first);
	if (named)
		join_names(&files, certs->operands + 1, certs->operand_count - 1);
	join_names(&files, certs->addresses + addressed, certs->address_count - addressed);
	iotkit_certificate_request request = request_for(IOTKIT_CERTIFICATE_SERVER, certs, &files);
	request.alternative_names = files.names[0] != '\0' ? files.names : NULL;
	request.name = request.alternative_names != NULL ? first : name_for(certs, first);
	if (!make(&request))
		return EXIT_FAILURE;
	tell_server(certs, &files);
	return end();
}

int certs_client(const struct certs *certs)
{
	struct files files = {0};

	set_paths(&files, certs, certs->operands[0]);
	iotkit_certificate_request request = request_for(IOTKIT_CERTIFICATE_CLIENT, certs, &files);
	request.name = name_for(certs, certs->operands[0]);
	if (!make(&request))
		return EXIT_FAILURE;
	if (certs->renew)
		printf("\nNext: nothing. libiotkit reads it when it connects again.\n");
	else
		printf("\nNext: give the client the options tls.cert_file=%s and tls.key_file=%s\n"
		       "(mosquitto_pub: --cert and --key). In mosquitto.conf, 'cafile %s' and\n"
		       "'require_certificate true' ask for it.\n",
		       files.certificate, files.key, files.ca_certificate);
	return end();
}
