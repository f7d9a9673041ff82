/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memfd_create() */
#include "doctor/config_copy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cli.h"
#include "doctor/percent.h"

#define COPIES "/proc/self/fd/"

enum { SECTION_SIZE = 320 };

static const char byte_order_mark[] = "\xef\xbb\xbf"; /* of Windows' editors */
static const char board_prefix[] = "device ";
static const char port_nowhere[] = "port = serial:/nonexistent/iotkit-doctor\n";

struct copying {
	struct doctor *doctor; /* NULL: the copy is to be judged */
	FILE *to;
	char section[SECTION_SIZE];
};

/* ---- Lines, as inih takes them ------------------------------------------ */

static char *trim(char *text)
{
	char *begin = text + strspn(text, " \t\r\n");
	size_t size = strlen(begin);

	while (size > 0 && strchr(" \t\r\n", begin[size - 1]) != NULL)
		size--;
	begin[size] = '\0';
	return begin;
}

/* A ';' behind white space begins a comment. */
static void cut_comment(char *value)
{
	for (char *at = value; *at != '\0'; at++)
		if (*at == ';' && at > value && strchr(" \t", at[-1]) != NULL) {
			*at = '\0';
			return;
		}
}

static void enter_section(struct copying *copying, const char *text)
{
	snprintf(copying->section, sizeof copying->section, "%.*s", (int)strcspn(text + 1, "]\r\n"),
		 text + 1);
}

static bool is_board(const struct copying *copying)
{
	return strncmp(copying->section, board_prefix, strlen(board_prefix)) == 0;
}

/* Whether the key, which ends where the separator is, is this option. */
static bool is_option(const struct copying *copying, const char *key, const char *option)
{
	char name[2 * SECTION_SIZE];

	snprintf(name, sizeof name, "%s%s%s", copying->section,
		 copying->section[0] != '\0' ? "." : "", key);
	return strcmp(name, option) == 0;
}

static char *value_of(char *behind_key)
{
	cut_comment(behind_key);
	return trim(behind_key);
}

static void note_outbox(struct copying *copying, const char *path)
{
	struct doctor *doctor = copying->doctor;

	if (doctor == NULL)
		return;
	free(doctor->outbox);
	doctor->outbox = config_path_beside(doctor->config, path);
}

/* Writes what the library is to read in place of a board's line. */
static void copy_board_line(struct copying *copying, const char *line, char *key, char *value)
{
	bool is_port = key != NULL && strcmp(key, "port") == 0;

	if (copying->doctor == NULL) {
		fputs(is_port ? port_nowhere : line, copying->to);
		return;
	}
	if (is_port)
		setup_add_device(copying->doctor, copying->section + strlen(board_prefix),
				 value_of(value));
	fputc('\n', copying->to);
}

static void copy_line(struct copying *copying, char *line)
{
	char *text = line + (strncmp(line, byte_order_mark, 3) == 0 ? 3 : 0);
	text += strspn(text, " \t");
	char *own = findings_copy(text);
	size_t size = strlen(own);
	char *key = own;
	char *value = own + strcspn(own, "=:");
	bool is_pair = strchr(";#[", *own) == NULL && *value != '\0';

	if (*text == '[')
		enter_section(copying, text);
	if (is_pair) {
		*value++ = '\0';
		key = trim(own);
	}
	if (is_board(copying)) {
		copy_board_line(copying, line, is_pair ? key : NULL, value);
	} else if (is_pair && is_option(copying, key, "outbox.path")) {
		note_outbox(copying, value_of(value));
		fputc('\n', copying->to);
	} else {
		char *outbox = is_pair && is_option(copying, key, "broker")
				       ? config_cut_outbox(line)
				       : NULL;
		if (outbox != NULL)
			note_outbox(copying, outbox);
		free(outbox);
		fputs(line, copying->to);
	}
	explicit_bzero(own, size);
	free(own);
}

/* ---- Copies ------------------------------------------------------------- */

/* As private as the original, which the library looks at. */
static bool open_copy(FILE *from, struct config_copy *copy)
{
	struct stat original;
	int fd = memfd_create("iotkit-doctor", MFD_CLOEXEC);

	if (fd < 0)
		return false;
	copy->file = fdopen(fd, "w+");
	if (copy->file == NULL) {
		close(fd);
		return false;
	}
	snprintf(copy->path, sizeof copy->path, COPIES "%d", fd);
	return fstat(fileno(from), &original) == 0 && fchmod(fd, original.st_mode & 07777) == 0;
}

typedef void take_line(struct copying *copying, char *line);

static bool copy_lines(const char *path, struct copying *copying, take_line *take,
		       struct config_copy *copy)
{
	FILE *from = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (from == NULL)
		return false;
	bool good = open_copy(from, copy);
	copying->to = copy->file;
	while (good && getline(&line, &size, from) >= 0)
		take(copying, line);
	good = good && !ferror(from) && fflush(copy->file) == 0;
	if (line != NULL)
		explicit_bzero(line, size);
	free(line);
	fclose(from);
	return good;
}

bool config_copy_to_judge(const char *path, struct config_copy *copy)
{
	struct copying copying = {.doctor = NULL};

	return copy_lines(path, &copying, copy_line, copy);
}

bool config_copy_to_use(struct doctor *doctor, struct config_copy *copy)
{
	struct copying copying = {.doctor = doctor};

	return copy_lines(doctor->config, &copying, copy_line, copy);
}

static void copy_as_it_is(struct copying *copying, char *line)
{
	fputs(line, copying->to);
}

bool config_copy_file(const char *path, struct config_copy *copy)
{
	struct copying copying = {.doctor = NULL};

	return copy_lines(path, &copying, copy_as_it_is, copy);
}

void config_copy_close(struct config_copy *copy)
{
	if (copy->file != NULL)
		fclose(copy->file);
	copy->file = NULL;
}

/* ---- Names -------------------------------------------------------------- */

static char *join(const char *first, size_t size, const char *second)
{
	size_t whole = size + strlen(second) + 1;
	char *text = malloc(whole);

	if (text == NULL) {
		cli_error("out of memory");
		exit(EXIT_FAILURE);
	}
	snprintf(text, whole, "%.*s%s", (int)size, first, second);
	return text;
}

char *config_path_beside(const char *file, const char *path)
{
	const char *slash = strrchr(file, '/');
	size_t folder = slash != NULL ? (size_t)(slash - file) + 1 : 0;

	return join(file, path[0] == '/' || path[0] == '\0' ? 0 : folder, path);
}

/* `text`, which is freed, with each `from` in it become `to`. */
static char *replace(char *text, const char *from, const char *to)
{
	char *at = text;

	while ((at = strstr(at, from)) != NULL) {
		size_t before = (size_t)(at - text);
		char *rest = join(to, strlen(to), at + strlen(from));
		char *whole = join(text, before, rest);
		free(rest);
		free(text);
		text = whole;
		at = text + before + strlen(to);
	}
	return text;
}

char *config_copy_restore(const struct config_copy *copy, const char *original, const char *text)
{
	if (copy->file == NULL)
		return findings_copy(text);
	char *folder = config_path_beside(original, ".");
	char *restored = replace(findings_copy(text), copy->path, original);

	/* Without the dot */
	folder[strlen(folder) - 1] = '\0';
	restored = replace(restored, COPIES, folder);
	free(folder);
	return restored;
}

char *config_cut_outbox(char *uri)
{
	static const char name[] = "outbox.path=";
	char *at = strchr(uri, '?');

	while (at != NULL && strncmp(at + 1, name, strlen(name)) != 0)
		at = strchr(at + 1, '&');
	if (at == NULL)
		return NULL;
	char *value = at + 1 + strlen(name);
	size_t size = strcspn(value, "& \t\r\n");
	char *outbox = join(value, size, "");
	percent_decode(outbox);
	/* With the separator before it, or the one behind it. */
	char *rest = value + size + (value[size] == '&' ? 1 : 0);
	char *to = value[size] == '&' ? at + 1 : at;
	memmove(to, rest, strlen(rest) + 1);
	return outbox;
}
