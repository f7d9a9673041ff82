/* SPDX-License-Identifier: MIT
 *
 * Showing what is in files, and what a broker presents.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <iotkit.h>

#include "certs.h"
#include "common/cli.h"

enum { FILE_TEXT_SIZE = 1048576, REPORT_SIZE = 65536, VALUE_SIZE = 64 };

int certs_inspect(const struct certs *certs)
{
	int status = EXIT_SUCCESS;
	char *text = malloc(FILE_TEXT_SIZE);

	if (text == NULL) {
		cli_error("out of memory");
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < certs->operand_count; i++) {
		const char *path = certs->operands[i];
		if (iotkit_describe_certificate(path, text, FILE_TEXT_SIZE) != IOTKIT_OK) {
			cli_error("%s", iotkit_last_error());
			status = EXIT_FAILURE;
			continue;
		}
		if (certs->operand_count > 1)
			printf("%s== %s ==\n", i > 0 ? "\n" : "", path);
		printf("%s", text);
	}
	free(text);
	return cli_flush_output() ? status : EXIT_FAILURE;
}

static void set(iotkit *iot, const char *name, const char *value)
{
	if (value != NULL && iotkit_set_option(iot, name, value) != IOTKIT_OK)
		cli_usage_error("%s", iotkit_last_error());
}

/* The caller gives it to secrets_forget(). */
static char *make_uri(const char *broker)
{
	const char *scheme = strstr(broker, "://") != NULL ? "" : "mqtts://";
	size_t size = strlen(scheme) + strlen(broker) + 1;
	char *uri = malloc(size);

	if (uri == NULL) {
		cli_error("out of memory");
		exit(EXIT_FAILURE);
	}
	snprintf(uri, size, "%s%s", scheme, broker);
	return uri;
}

static iotkit *open_broker(const struct certs *certs)
{
	char *uri = make_uri(certs->operands[0]);
	iotkit *iot = NULL;
	iotkit_status status = iotkit_open(uri, &iot);

	secrets_forget(uri);
	if (status != IOTKIT_OK)
		cli_usage_error("%s", iotkit_last_error());
	set(iot, "tls.ca_file", certs->ca_file);
	set(iot, "tls.cert_file", certs->cert);
	set(iot, "tls.key_file", certs->key);
	for (size_t i = 0; i < certs->setting_count; i++)
		set(iot, certs->settings[i].name, certs->settings[i].value);
	return iot;
}

/* Whether the option has this value. */
static bool is(iotkit *iot, const char *name, const char *value)
{
	char text[VALUE_SIZE];

	return iotkit_get_option(iot, name, text, sizeof text) == IOTKIT_OK &&
	       strcmp(text, value) == 0;
}

/* Why a broker is good that the library did not refuse; NULL: it was not judged. */
static const char *praise(iotkit *iot)
{
	if (!is(iot, "tls.verify", "none"))
		return "good: this broker is trusted";
	if (!is(iot, "tls.psk_identity", ""))
		return "good: this broker has the pre-shared key";
	if (!is(iot, "tls.pin_sha256", ""))
		return "good: its key has the pin; nothing else was judged (tls.verify=none)";
	return NULL;
}

static bool tell_verdict(iotkit *iot, iotkit_status status, const char *report)
{
	const char *good = status == IOTKIT_OK ? praise(iot) : NULL;
	const char *bad = status == IOTKIT_OK ? "not judged (tls.verify=none): anybody may be "
						"behind this certificate"
					      : iotkit_last_error();

	if (report[0] == '\0' && status != IOTKIT_OK)
		cli_error("%s", bad);
	else
		printf("%s\nverdict:      %s\n", report, good != NULL ? good : bad);
	return good != NULL;
}

static int32_t timeout_ms(iotkit *iot)
{
	char text[VALUE_SIZE] = "";

	iotkit_get_option(iot, "connect.timeout_ms", text, sizeof text);
	return (int32_t)strtol(text, NULL, 10);
}

int certs_check(const struct certs *certs)
{
	char *report = calloc(1, REPORT_SIZE);

	if (report == NULL) {
		cli_error("out of memory");
		return EXIT_FAILURE;
	}
	secrets_warn(&certs->secrets);
	iotkit *iot = open_broker(certs);
	iotkit_status status = iotkit_check_broker(iot, timeout_ms(iot), report, REPORT_SIZE);
	bool good = tell_verdict(iot, status, report);
	iotkit_close(iot);
	free(report);
	return cli_flush_output() && good ? EXIT_SUCCESS : EXIT_FAILURE;
}
