/* SPDX-License-Identifier: MIT */
#include "test_ca.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char config[] = "[ca]\ndefault_ca=own\n"
			     "[own]\ndatabase=index\nrand_serial=yes\nnew_certs_dir=.\n"
			     "unique_subject=no\npolicy=any\ndefault_md=sha256\n"
			     "string_mask=utf8only\n"
			     "[any]\ncommonName=optional\norganizationName=optional\n"
			     "countryName=optional\n"
			     "[req]\ndistinguished_name=name\nstring_mask=utf8only\n[name]\n";

static void write_file(const struct test_ca *ca, const char *name, const char *text)
{
	FILE *file = fopen(test_ca_path(ca, name, ""), "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

__attribute__((format(printf, 2, 3))) static void run(const struct test_ca *ca, const char *format,
						      ...)
{
	char command[4096];
	va_list args;

	int used =
		snprintf(command, sizeof command, "cd %s && exec 2>log && set -x && ", ca->folder);
	va_start(args, format);
	vsnprintf(command + used, sizeof command - (size_t)used, format, args);
	va_end(args);
	if (system(command) != 0)
		ck_abort_msg("see %s/log: %s", ca->folder, command);
}

const char *test_ca_path(const struct test_ca *ca, const char *name, const char *suffix)
{
	static char paths[4][256];
	static unsigned int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof paths[0], "%s/%s%s", ca->folder, name, suffix);
	return path;
}

void test_ca_open(struct test_ca *ca)
{
	strcpy(ca->folder, "/tmp/iotkit-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(ca->folder));
	write_file(ca, "config", config);
	write_file(ca, "index", "");
}

void test_ca_issue(const struct test_ca *ca, const struct test_certificate *wanted)
{
	const char *name = wanted->name;
	const char *issuer = wanted->issuer != NULL ? wanted->issuer : name;
	const char *key = wanted->key != NULL ? wanted->key : "ec -pkeyopt ec_paramgen_curve:P-256";

	write_file(ca, "extensions", wanted->extensions);
	run(ca,
	    "openssl req -config config -new -nodes -utf8 -newkey %s -keyout %s.key -subj '%s' "
	    "-out csr",
	    key, name, wanted->subject);
	run(ca,
	    "openssl ca -config config -batch -notext -preserveDN %s%s.crt -keyfile %s.key -in csr "
	    "-out %s.crt -startdate %s -enddate %s -md %s -extfile extensions >out",
	    wanted->issuer == NULL ? "-selfsign -out " : "-cert ", issuer, issuer, name,
	    wanted->start != NULL ? wanted->start : "20200101000000Z",
	    wanted->end != NULL ? wanted->end : "20500101000000Z",
	    wanted->hash != NULL ? wanted->hash : "sha256");
}

void test_ca_revoke(const struct test_ca *ca, const char *name, const char *issuer)
{
	run(ca, "openssl ca -config config -revoke %s.crt -cert %s.crt -keyfile %s.key >out", name,
	    issuer, issuer);
}

void test_ca_list(const struct test_ca *ca, const char *issuer, const char *start, const char *end)
{
	run(ca,
	    "openssl ca -config config -gencrl -cert %s.crt -keyfile %s.key -out %s.crl "
	    "-crl_lastupdate %s -crl_nextupdate %s >out",
	    issuer, issuer, issuer, start, end);
}

void test_ca_close(struct test_ca *ca)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf %s", ca->folder);
	ck_assert_int_eq(system(command), 0);
}
