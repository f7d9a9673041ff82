/* SPDX-License-Identifier: MIT
 *
 * Reading a file or standard input piece by piece, whole or as lines, so that
 * a program can wait for other things too between the pieces.
 */
#ifndef EXAMPLES_COMMON_INPUT_H
#define EXAMPLES_COMMON_INPUT_H

#include <stdbool.h>
#include <stddef.h>

/* More than fits into one MQTT message is an error. */
#define INPUT_MAX ((size_t)268435455)

struct input {
	int fd;
	bool ended;
	char *data;
	size_t start; /* what lies before was handed out already */
	size_t scanned; /* up to here there is no newline */
	size_t end;
	size_t capacity;
};

/* One read() appended to `data`; false with errno set when it fails. */
bool input_read(struct input *input);

/* The next line without its newline, valid until the next read. Once the input
 * has ended, also a last line that has none. False: read more first, or none. */
bool input_line(struct input *input, const char **line, size_t *size);

void input_free(struct input *input);

#endif
