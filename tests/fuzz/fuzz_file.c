/* SPDX-License-Identifier: MIT
 *
 * Bytes as a file: to be described, as the clock's, and as one with a secret in its
 * first line. Promised for any of them: a description that a terminal can show, or a
 * sentence; a clock that never goes back; a line that keeps its bounds.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/private_file.h"
#include "fuzz.h"
#include "tls/x509/describe.h"
#include "tls/x509/moment.h"

enum { DESCRIPTION_MAX = 65536, LINE_SIZE = 64 };

static void promise(bool kept)
{
	if (!kept)
		abort();
}

static bool may_be_shown(char byte)
{
	return byte == '\n' || byte == '\t' || ((unsigned char)byte >= ' ' && byte != 0x7f);
}

static void describe(const char *path)
{
	struct buffer text;

	buffer_init(&text, DESCRIPTION_MAX);
	error_set(IOTKIT_OK, "%s", "");
	promise(describe_file(path, &text) == IOTKIT_OK || *error_last() != '\0');
	for (size_t i = 0; i < text.size; i++)
		promise(may_be_shown(text.bytes[i]));
	buffer_free(&text);
}

static void tell_time(const char *path)
{
	const struct moment_clock clock = {.floor = true, .file = path};
	struct moment moment = moment_now(&clock);

	promise(moment.now >= moment.system);
}

static void read_line(const char *path)
{
	const struct private_file file = {.what = "password file", .option = "o", .path = path};
	char line[LINE_SIZE];

	error_set(IOTKIT_OK, "%s", "");
	if (private_file_read_line(&file, line, sizeof line) == IOTKIT_OK) {
		promise(line[0] != '\0' && memchr(line, '\0', sizeof line) != NULL);
		promise(strpbrk(line, "\r\n") == NULL);
	} else {
		promise(*error_last() != '\0');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	char path[32];

	promise(fd >= 0 && fchmod(fd, 0600) == 0 && write(fd, bytes, size) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	describe(path);
	tell_time(path);
	read_line(path);
	close(fd);
	return 0;
}
