/* SPDX-License-Identifier: MIT
 *
 * What iotkit-certs was told on its command line, and its commands.
 */
#ifndef EXAMPLES_CERTS_H
#define EXAMPLES_CERTS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/secrets.h"

enum { CERTS_OPERANDS_MAX = 64, CERTS_SETTINGS_MAX = 64 };

/* Borrowed from the command line; NULL or 0: not given. */
struct certs {
	const char *operands[CERTS_OPERANDS_MAX]; /* what follows the command */
	size_t operand_count;
	const char *addresses[CERTS_OPERANDS_MAX]; /* of --ip */
	size_t address_count;
	const char *name;
	const char *key;
	const char *ca;
	const char *ca_key;
	const char *password_file;
	const char *dir;
	const char *out;
	int days;
	bool renew;
	const char *ca_file; /* of check, as the two below */
	const char *cert;
	struct {
		const char *name;
		const char *value;
	} settings[CERTS_SETTINGS_MAX]; /* of --option */
	size_t setting_count;
	struct secrets secrets; /* that operands and settings lead to */
};

/* Each returns the exit status. */
int certs_ca(const struct certs *certs);
int certs_server(const struct certs *certs);
int certs_client(const struct certs *certs);
int certs_inspect(const struct certs *certs);
int certs_check(const struct certs *certs);

#endif
