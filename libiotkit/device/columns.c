/* SPDX-License-Identifier: MIT */
#include "device/columns.h"

#include <string.h>

#include "base/error.h"

/* False when there are too many. The text has room for any that fit a line. */
static bool append(struct columns *columns, const struct label *label)
{
	size_t unit_size = strlen(label->unit);

	if (columns->count == READINGS_MAX)
		return false;
	char *end = columns->text + columns->size;
	memcpy(end, label->name, label->size);
	end[label->size] = '\0';
	memcpy(end + label->size + 1, label->unit, unit_size + 1);
	columns->size += label->size + 1 + unit_size + 1;
	columns->count++;
	return true;
}

iotkit_status columns_parse(const char *text, struct columns *out)
{
	struct columns columns = {.count = 0};
	struct label label;
	struct quote quote;

	if (strlen(text) > COLUMNS_TEXT_MAX)
		return error_set(IOTKIT_EINVAL,
				 "columns= is longer than %d bytes; shorten the names",
				 COLUMNS_TEXT_MAX);
	for (const char *field = text;; field++) {
		size_t size = strcspn(field, ",");
		if (!label_read(field, size, &label))
			return error_set(IOTKIT_EINVAL,
					 "'%s' in columns= is no name; write "
					 "columns=temperature,humidity with names of letters, "
					 "digits, spaces and _ - .",
					 quote_bytes(&quote, field, size));
		if (!append(&columns, &label))
			return error_set(IOTKIT_EINVAL,
					 "columns= names more than %d columns, the most of a line",
					 READINGS_MAX);
		field += size;
		if (*field == '\0')
			break;
	}
	*out = columns;
	return IOTKIT_OK;
}

bool columns_read_header(const char *line, struct columns *out)
{
	const char *separators = strpbrk(line, ",;|\t") != NULL ? ",;|\t" : " ";
	struct columns columns = {.count = 0};
	struct label label;

	for (const char *field = line + strspn(line, separators); *field != '\0';) {
		size_t size = strcspn(field, separators);
		if (!label_read(field, size, &label) || !label_is_identifier(&label) ||
		    !append(&columns, &label))
			return false;
		field += size;
		field += strspn(field, separators);
	}
	*out = columns;
	return columns.count > 0;
}

const char *columns_at(const struct columns *columns, size_t index, const char **unit)
{
	const char *name = columns->text;

	for (size_t i = 0; i < index; i++) {
		name += strlen(name) + 1;
		name += strlen(name) + 1;
	}
	*unit = name + strlen(name) + 1;
	return name;
}
