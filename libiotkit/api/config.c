/* SPDX-License-Identifier: MIT
 *
 * The configuration file: options by section, and a section a board.
 *
 * inih cuts lines that are longer than its buffer, and hides their numbers. So
 * it is fed line by line, which gives both away.
 */
#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "api/handle.h"
#include "base/error.h"
#include "base/secret.h"

enum { BOARDS_MAX = 256, NAME_SIZE = 320, PATH_SIZE = 4096, BUFFER_SIZE = 4096 };

static const char device_prefix[] = "device ";

struct board {
	char *name;
	char *port_uri;
};

struct reading {
	const char *path;
	FILE *file;
	int line;
	struct options *options;
	char section[NAME_SIZE]; /* the board whose section is being read, or "" */
	int section_line;
	struct board boards[BOARDS_MAX];
	size_t board_count;
	iotkit_status status;
	int status_line; /* where it went wrong */
};

/* Keeps the first error, and says in which line it is. */
static int refuse(struct reading *reading, iotkit_status status)
{
	char why[ERROR_TEXT_SIZE];

	if (reading->status == IOTKIT_OK) {
		reading->status_line = reading->line;
		snprintf(why, sizeof why, "%s", error_last());
		reading->status =
			error_set(status, "%.128s:%d: %s", reading->path, reading->line, why);
	}
	return 0;
}

/* inih takes an indented line for more of the value before it. */
static void outdent(char *line)
{
	size_t indent = strspn(line, " \t");

	memmove(line, line + indent, strlen(line + indent) + 1);
}

static struct board *find_board(struct reading *reading, const char *name)
{
	for (size_t i = 0; i < reading->board_count; i++)
		if (strcmp(reading->boards[i].name, name) == 0)
			return &reading->boards[i];
	return NULL;
}

/* inih says nothing of a section without a key, which is a board without a port. */
static void end_section(struct reading *reading)
{
	if (reading->section[0] == '\0' || find_board(reading, reading->section) != NULL)
		return;
	reading->line = reading->section_line;
	refuse(reading, error_set(IOTKIT_EINVAL,
				  "the device '%.64s' has no port: write 'port = "
				  "serial:/dev/ttyACM0?baud=115200' below it",
				  reading->section));
}

static void note_section(struct reading *reading, const char *line)
{
	const char *name = line + strspn(line, " \t");
	size_t prefix = strlen(device_prefix);

	if (*name != '[')
		return;
	end_section(reading);
	reading->section[0] = '\0';
	reading->section_line = reading->line;
	if (strncmp(name + 1, device_prefix, prefix) == 0)
		snprintf(reading->section, sizeof reading->section, "%.*s",
			 (int)strcspn(name + 1 + prefix, "]\r\n"), name + 1 + prefix);
}

static char *read_line(struct reading *reading, char *buffer, int size)
{
	if (reading->status != IOTKIT_OK || fgets(buffer, size, reading->file) == NULL)
		return NULL;
	reading->line++;
	note_section(reading, buffer);
	if (reading->status != IOTKIT_OK)
		return NULL;
	size_t length = strlen(buffer);
	if (length == (size_t)size - 1 && buffer[length - 1] != '\n') {
		refuse(reading,
		       error_set(IOTKIT_EINVAL, "a line is longer than %d bytes", size - 2));
		return NULL;
	}
	outdent(buffer);
	return buffer;
}

/* The buffer is inih's, who would leave it as it is. */
static char *next_line(char *buffer, int size, void *context)
{
	char *line = read_line(context, buffer, size);

	if (line == NULL)
		secret_wipe(buffer, (size_t)size);
	return line;
}

/* ---- boards ---- */

static iotkit_status add_board(struct reading *reading, const char *name, const char *port_uri)
{
	struct board board;

	if (find_board(reading, name) != NULL)
		return error_set(IOTKIT_EEXIST, "the device '%.64s' has a port already", name);
	if (reading->board_count == BOARDS_MAX)
		return error_set(IOTKIT_EFULL, "there are %d devices already", BOARDS_MAX);
	board.name = strdup(name);
	board.port_uri = strdup(port_uri);
	if (board.name == NULL || board.port_uri == NULL) {
		free(board.name);
		free(board.port_uri);
		return error_set_no_memory();
	}
	reading->boards[reading->board_count++] = board;
	return IOTKIT_OK;
}

static iotkit_status take_board_key(struct reading *reading, const char *device, const char *key,
				    const char *value)
{
	if (strcmp(key, "port") != 0)
		return error_set(IOTKIT_ENOENT,
				 "a device has only the key 'port', not '%.64s': write 'port = "
				 "serial:/dev/ttyACM0?baud=115200'",
				 key);
	return add_board(reading, device, value);
}

/* ---- options ---- */

/* Paths are relative to the file, wherever the program was started. */
static iotkit_status set_path(struct reading *reading, enum option option, const char *value)
{
	char path[PATH_SIZE];
	const char *slash = strrchr(reading->path, '/');
	int folder = slash != NULL ? (int)(slash - reading->path) + 1 : 0;

	if (value[0] == '/' || value[0] == '\0')
		folder = 0;
	if (snprintf(path, sizeof path, "%.*s%s", folder, reading->path, value) >= (int)sizeof path)
		return error_set(IOTKIT_EINVAL, "the path is longer than %d bytes", PATH_SIZE - 1);
	return options_set(reading->options, option, path);
}

static iotkit_status check_private(const struct reading *reading)
{
	struct stat status;

	if (fstat(fileno(reading->file), &status) != 0)
		return error_set_system(errno, "cannot look at the mode of %s", reading->path);
	if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return error_set(IOTKIT_EINVAL,
				 "others can read the password in %.64s: run 'chmod 600 %.256s'",
				 reading->path, reading->path);
	return IOTKIT_OK;
}

/* A URI's password may be in its query, too: applying it alone shows it. */
static iotkit_status set_broker(struct reading *reading, const char *uri)
{
	struct options alone;
	iotkit_status status = options_init(&alone);

	if (status != IOTKIT_OK)
		return status;
	status = uri_apply(uri, &alone);
	if (status == IOTKIT_OK && options_text(&alone, OPTION_PASSWORD)[0] != '\0')
		status = check_private(reading);
	options_free(&alone);
	return status == IOTKIT_OK ? uri_apply(uri, reading->options) : status;
}

static iotkit_status take_option(struct reading *reading, const char *section, const char *key,
				 const char *value)
{
	char name[NAME_SIZE];
	enum option option;

	snprintf(name, sizeof name, "%s%s%s", section, section[0] != '\0' ? "." : "", key);
	iotkit_status status = options_find(name, &option);
	if (status != IOTKIT_OK)
		return status;
	if (option == OPTION_BROKER)
		return set_broker(reading, value);
	if (options_info(option)->type == IOTKIT_OPTION_PATH)
		return set_path(reading, option, value);
	if (options_info(option)->type == IOTKIT_OPTION_SECRET && value[0] != '\0')
		status = check_private(reading);
	return status != IOTKIT_OK ? status : options_set(reading->options, option, value);
}

static int take_pair(void *context, const char *section, const char *key, const char *value)
{
	struct reading *reading = context;
	size_t prefix = strlen(device_prefix);
	iotkit_status status;

	if (strcmp(section, "device") == 0 || strcmp(section, device_prefix) == 0)
		status = error_set(IOTKIT_EINVAL, "a device needs a name: [device arduino]");
	else if (strncmp(section, device_prefix, prefix) == 0)
		status = take_board_key(reading, section + prefix, key, value);
	else
		status = take_option(reading, section, key, value);
	return status == IOTKIT_OK ? 1 : refuse(reading, status);
}

/* ---- the file ---- */

static iotkit_status parse(struct reading *reading)
{
	int rc = ini_parse_stream(next_line, reading, take_pair, reading);

	if (ferror(reading->file))
		reading->status = error_set_system(errno, "cannot read the configuration file %s",
						   reading->path);
	if (reading->status == IOTKIT_OK && rc == 0)
		end_section(reading);
	/* inih stops at nothing: the number is that of the first bad line. What it
	 * refuses itself comes before what it led to. */
	if (rc > 0 && (reading->status == IOTKIT_OK || rc < reading->status_line))
		reading->status =
			error_set(IOTKIT_EINVAL, "%.128s:%d: neither 'key = value' nor '[section]'",
				  reading->path, rc);
	return reading->status;
}

static iotkit_status read_file(struct reading *reading)
{
	reading->file = fopen(reading->path, "re");
	if (reading->file == NULL && errno == ENOENT)
		return error_set(IOTKIT_ENOENT, "there is no configuration file %s", reading->path);
	if (reading->file == NULL)
		return error_set_system(errno, "cannot open the configuration file %s",
					reading->path);
	char *buffer = secret_alloc(BUFFER_SIZE);
	iotkit_status status = buffer != NULL ? IOTKIT_OK : error_set_no_memory();
	if (status == IOTKIT_OK) {
		setvbuf(reading->file, buffer, _IOFBF, BUFFER_SIZE);
		status = parse(reading);
	}
	fclose(reading->file);
	secret_free(buffer);
	return status;
}

/* All or none: those added are removed again when one is refused. */
static iotkit_status add_devices(iotkit *iot, const struct reading *reading)
{
	for (size_t i = 0; i < reading->board_count; i++) {
		const struct board *board = &reading->boards[i];
		iotkit_status status = iotkit_add_device(iot, board->name, board->port_uri);
		if (status == IOTKIT_OK)
			continue;
		struct reason reason;
		reason_capture(&reason);
		while (i-- > 0)
			iotkit_remove_device(iot, reading->boards[i].name);
		return error_set(reason.status, "%.128s: %s", reading->path, reason.text);
	}
	return IOTKIT_OK;
}

/* Takes the options of the file over, and keeps those that were in force. */
static iotkit_status adopt_file(iotkit *iot, struct reading *reading, struct options *before)
{
	struct options options;
	iotkit_status status = handle_check_not_started(iot);

	if (status == IOTKIT_OK)
		status = options_copy(&options, &iot->options);
	if (status != IOTKIT_OK)
		return status;
	reading->options = &options;
	status = read_file(reading);
	if (status == IOTKIT_OK)
		status = options_copy(before, &iot->options);
	if (status == IOTKIT_OK) {
		status = handle_adopt(iot, &options);
		if (status != IOTKIT_OK)
			options_free(before);
	}
	options_free(&options);
	return status;
}

/* Best effort: once connected the options are settled. */
static void restore(iotkit *iot, struct options *before)
{
	pthread_rwlock_wrlock(&iot->options_lock);
	if (!iot->started)
		(void)handle_adopt(iot, before);
	pthread_rwlock_unlock(&iot->options_lock);
}

static iotkit_status load(iotkit *iot, struct reading *reading)
{
	struct options before;

	pthread_rwlock_wrlock(&iot->options_lock);
	iotkit_status status = adopt_file(iot, reading, &before);
	pthread_rwlock_unlock(&iot->options_lock);
	if (status != IOTKIT_OK)
		return status;
	/* Without the lock, which a board's metrics need. */
	status = add_devices(iot, reading);
	if (status != IOTKIT_OK) {
		struct reason reason;
		reason_capture(&reason);
		restore(iot, &before);
		status = reason_raise(&reason);
	}
	options_free(&before);
	return status;
}

iotkit_status iotkit_load_config(iotkit *iot, const char *path)
{
	iotkit_status status = handle_check(iot);

	if (status != IOTKIT_OK)
		return status;
	if (path == NULL)
		return error_set(IOTKIT_EINVAL, "the path of the configuration file is NULL");
	struct reading *reading = calloc(1, sizeof *reading);
	if (reading == NULL)
		return error_set_no_memory();
	reading->path = path;
	status = load(iot, reading);
	for (size_t i = 0; i < reading->board_count; i++) {
		free(reading->boards[i].name);
		free(reading->boards[i].port_uri);
	}
	free(reading);
	return status;
}
