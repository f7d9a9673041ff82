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

enum { FILE_TEXT_SIZE = 1048576, REPORT_SIZE = 65536, URI_SIZE = 1024, TIMEOUT_MS = 30000 };

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

static iotkit *open_broker(const struct certs *certs)
{
	const char *broker = certs->operands[0];
	bool whole = strstr(broker, "://") != NULL;
	char uri[URI_SIZE];
	iotkit *iot = NULL;

	if (snprintf(uri, sizeof uri, "%s%s", whole ? "" : "mqtts://", broker) >= URI_SIZE)
		cli_usage_error("the broker's name is too long");
	if (iotkit_open(uri, &iot) != IOTKIT_OK)
		cli_usage_error("%s", iotkit_last_error());
	set(iot, "tls.ca_file", certs->ca_file);
	set(iot, "tls.cert_file", certs->cert);
	set(iot, "tls.key_file", certs->key);
	for (size_t i = 0; i < certs->setting_count; i++) {
		char *value = strchr(certs->settings[i], '=');
		*value = '\0';
		set(iot, certs->settings[i], value + 1);
	}
	return iot;
}

int certs_check(const struct certs *certs)
{
	char *report = calloc(1, REPORT_SIZE);

	if (report == NULL) {
		cli_error("out of memory");
		return EXIT_FAILURE;
	}
	iotkit *iot = open_broker(certs);
	bool good = iotkit_check_broker(iot, TIMEOUT_MS, report, REPORT_SIZE) == IOTKIT_OK;
	if (report[0] == '\0' && !good)
		cli_error("%s", iotkit_last_error());
	else
		printf("%s\nverdict:      %s\n", report,
		       good ? "good: this broker is trusted" : iotkit_last_error());
	iotkit_close(iot);
	free(report);
	return cli_flush_output() && good ? EXIT_SUCCESS : EXIT_FAILURE;
}
