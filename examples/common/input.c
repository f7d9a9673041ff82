/* SPDX-License-Identifier: MIT */
#include "input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE ((size_t)64 * 1024)

static bool make_room(struct input *input)
{
	if (input->start > 0) {
		memmove(input->data, input->data + input->start, input->end - input->start);
		input->end -= input->start;
		input->scanned -= input->start;
		input->start = 0;
	}
	if (input->capacity - input->end >= PIECE)
		return true;
	if (input->end > INPUT_MAX) {
		errno = EFBIG;
		return false;
	}
	size_t capacity = input->capacity * 2 + PIECE;
	char *data = realloc(input->data, capacity);
	if (data == NULL)
		return false;
	input->data = data;
	input->capacity = capacity;
	return true;
}

bool input_read(struct input *input)
{
	if (!make_room(input))
		return false;
	ssize_t count = read(input->fd, input->data + input->end, input->capacity - input->end);
	if (count < 0)
		return errno == EINTR || errno == EAGAIN;
	if (count == 0)
		input->ended = true;
	input->end += (size_t)count;
	return true;
}

bool input_line(struct input *input, const char **line, size_t *size)
{
	char *newline = NULL;

	if (input->scanned < input->end)
		newline = memchr(input->data + input->scanned, '\n', input->end - input->scanned);
	if (newline == NULL) {
		input->scanned = input->end;
		if (!input->ended || input->start == input->end)
			return false;
	}
	size_t stop = newline != NULL ? (size_t)(newline - input->data) : input->end;
	*line = input->data + input->start;
	*size = stop - input->start;
	input->start = newline != NULL ? stop + 1 : stop;
	input->scanned = input->start;
	return true;
}

void input_free(struct input *input)
{
	free(input->data);
	input->data = NULL;
}
