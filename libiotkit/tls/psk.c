/* SPDX-License-Identifier: MIT */
#include "tls/psk.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hex.h"
#include "base/private_file.h"
#include "base/secret.h"

enum { LINE_SIZE = 1024 };

iotkit_status psk_parse(const char *line, const char *name, unsigned char psk[PSK_MAX],
			size_t *size)
{
	const char *digits = line + strspn(line, " \t");
	size_t count = strcspn(digits, " \t");

	if (count == 0)
		return error_set(IOTKIT_EINVAL, "the first line of the %s is empty", name);
	if (digits[count + strspn(digits + count, " \t")] != '\0' ||
	    strspn(digits, "0123456789abcdefABCDEF") != count)
		return error_set(IOTKIT_EINVAL,
				 "the key in the %s is not hexadecimal: its first line must have "
				 "digits 0-9 and a-f only, as 'openssl rand -hex 32' writes them",
				 name);
	if (count % 2 != 0)
		return error_set(
			IOTKIT_EINVAL,
			"the key in the %s has %zu digits, an odd number: two make a byte; "
			"is the last one missing?",
			name, count);
	if (count > 2 * PSK_MAX)
		return error_set(IOTKIT_EINVAL,
				 "the key in the %s has %zu bytes, more than %d: use a shorter one",
				 name, count / 2, PSK_MAX);
	*size = count / 2;
	hex_decode(digits, psk, *size);
	return IOTKIT_OK;
}

static iotkit_status load(const struct private_file *file, char *line, unsigned char *psk,
			  size_t *size)
{
	char name[FILE_NAME_SIZE];
	iotkit_status status = private_file_read_line(file, line, LINE_SIZE);

	if (status != IOTKIT_OK)
		return status;
	file_name(file->what, file->path, file->option, name);
	return psk_parse(line, name, psk, size);
}

iotkit_status psk_load(const char *path, unsigned char **psk_out, size_t *size_out)
{
	const struct private_file file = {
		.what = "PSK file", .option = "tls.psk_file", .path = path};
	char line[LINE_SIZE];
	unsigned char *psk = secret_alloc(PSK_MAX);

	if (psk == NULL)
		return error_set_no_memory();
	iotkit_status status = load(&file, line, psk, size_out);
	secret_wipe(line, sizeof line);
	if (status == IOTKIT_OK)
		*psk_out = psk;
	else
		secret_free(psk);
	return status;
}
