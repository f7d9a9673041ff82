/* SPDX-License-Identifier: MIT */
#include "tls/trust.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"
#include "tls/x509/certificate_file.h"
#include "tls/x509/compat.h"
#include "tls/x509/look.h"

enum { FOLDER_FILES_MAX = 2048, FOLDER_MIB_MAX = 16, PATH_SIZE = 4096 };

/* Debian, Fedora, openSUSE, Alpine and macOS, in this order. */
static const char *const stores[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",
};

static iotkit_status load_system(mbedtls_x509_crt *ca)
{
	struct certificate_file file = {.what = "system's CA file", .option = ""};

	for (size_t i = 0; i < sizeof stores / sizeof stores[0]; i++) {
		file.path = stores[i];
		if (access(file.path, F_OK) == 0)
			return certificate_file_read_good(&file, ca);
	}
	return error_set(IOTKIT_EINVAL,
			 "this system has no list of trusted CAs (as %s): install the "
			 "package ca-certificates, or set tls.ca_file",
			 stores[0]);
}

/* Adds what is in one file; a file with no certificate in it is passed over. */
static iotkit_status load_entry(const char *folder, const char *entry, mbedtls_x509_crt *ca)
{
	char path[PATH_SIZE];
	const struct certificate_file file = {
		.what = "CA file", .option = "tls.ca_path", .path = path};

	if (snprintf(path, sizeof path, "%s/%s", folder, entry) >= (int)sizeof path)
		return IOTKIT_OK;
	iotkit_status status = certificate_file_read_good(&file, ca);
	return status == IOTKIT_ENOMEM ? status : IOTKIT_OK;
}

static size_t size_of(const mbedtls_x509_crt *chain)
{
	size_t size = 0;

	for (; chain != NULL; chain = chain->next)
		size += sizeof *chain + chain->raw.len;
	return size;
}

static iotkit_status load_entries(DIR *folder, const char *path, const char *name,
				  mbedtls_x509_crt *ca)
{
	const struct dirent *entry;
	unsigned int files = 0;

	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (++files > FOLDER_FILES_MAX)
			return error_set(IOTKIT_EINVAL,
					 "the %s has more than %d files: is it the right one?",
					 name, FOLDER_FILES_MAX);
		iotkit_status status = load_entry(path, entry->d_name, ca);
		if (status != IOTKIT_OK)
			return status;
		if (size_of(ca) > FOLDER_MIB_MAX * 1048576)
			return error_set(IOTKIT_EINVAL,
					 "the %s has more than %d MiB of certificates in it: is it "
					 "the right one?",
					 name, FOLDER_MIB_MAX);
	}
	if (ca->version == 0)
		return error_set(IOTKIT_EINVAL,
				 "none of the %u files in the %s has a certificate in it: put the "
				 "CA's there, or name its file as tls.ca_file",
				 files, name);
	return IOTKIT_OK;
}

static iotkit_status load_folder(const char *path, mbedtls_x509_crt *ca)
{
	char name[FILE_NAME_SIZE];
	DIR *folder = opendir(path);

	file_name("CA folder", path, "tls.ca_path", name);
	if (folder == NULL && errno == ENOENT)
		return error_set(IOTKIT_EINVAL, "there is no %s", name);
	if (folder == NULL && errno == ENOTDIR)
		return error_set(IOTKIT_EINVAL,
				 "the %s is not a folder: name a single file as tls.ca_file", name);
	if (folder == NULL)
		return error_set_system(errno, "cannot read the %s", name);
	iotkit_status status = load_entries(folder, path, name, ca);
	closedir(folder);
	return status;
}

iotkit_status trust_load(const struct tls_settings *settings, mbedtls_x509_crt *ca)
{
	const struct certificate_file file = {
		.what = "CA file", .option = "tls.ca_file", .path = settings->ca_file};
	iotkit_status status = IOTKIT_OK;

	if (settings->ca_file[0] == '\0' && settings->ca_path[0] == '\0')
		return load_system(ca);
	if (settings->ca_path[0] != '\0')
		status = load_folder(settings->ca_path, ca);
	if (status == IOTKIT_OK && settings->ca_file[0] != '\0')
		status = certificate_file_read(&file, ca);
	return status;
}

static iotkit_status parse_crl(const char *name, const char *bytes, size_t size,
			       mbedtls_x509_crl *crl)
{
	enum look look = look_at(bytes, size);
	size_t nul = strstr(bytes, "-----BEGIN X509 CRL-----") != NULL ? 1 : 0;

	if (nul == 0 && look != LOOKS_CRL)
		return error_set(IOTKIT_EINVAL,
				 "the %s holds %s, not a revocation list, which begins with "
				 "'-----BEGIN X509 CRL-----': name the file that the CA publishes",
				 name, look_name(look));
	int rc = mbedtls_x509_crl_parse(crl, (const unsigned char *)bytes, size + nul);
	if (compat_is_no_memory(rc))
		return error_set_no_memory();
	if (rc != 0)
		return error_set(IOTKIT_EINVAL,
				 "the revocation list in the %s is damaged: fetch it anew", name);
	return IOTKIT_OK;
}

iotkit_status trust_load_crl(const char *path, mbedtls_x509_crl *crl)
{
	const struct file file = {.what = "CRL file",
				  .option = "tls.crl_file",
				  .path = path,
				  .size_max = CERTIFICATE_FILE_MAX};
	char name[FILE_NAME_SIZE];
	char *bytes;
	size_t size;
	iotkit_status status = file_read(&file, &bytes, &size);

	if (status != IOTKIT_OK)
		return status;
	file_name(file.what, path, file.option, name);
	status = parse_crl(name, bytes, size, crl);
	secret_free(bytes);
	return status;
}
