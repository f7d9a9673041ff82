/* SPDX-License-Identifier: MIT
 *
 * Bare values: one number, or several separated by commas, semicolons or bars,
 * or else by blanks.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "device/parse.h"
#include "device/scan.h"

static iotkit_status take_field(const char **at, struct csv_field *field)
{
	struct scanned value;

	*field = (struct csv_field){.empty = scan_is_separator(**at)};
	if (field->empty)
		return IOTKIT_OK;
	iotkit_status status = scan_value(at, SCAN_UNIT_KNOWN, &value);
	if (status != IOTKIT_OK)
		return status;
	field->finite = value.finite;
	field->value = value.value;
	strcpy(field->unit, value.unit);
	return IOTKIT_OK;
}

/* An empty field is a value that is missing this time; a comma behind the last
 * is what a loop that prints "value," leaves. */
iotkit_status csv_split(const char *line, struct csv_field *fields, size_t *count_out)
{
	bool separated = strpbrk(line, ",;|") != NULL;
	struct quote quote;
	size_t count = 0;

	for (const char *at = line; *at != '\0'; at = scan_blanks(at)) {
		if (count == READINGS_MAX)
			return error_set(IOTKIT_EFORMAT,
					 "a line has more than %d values; send them on several "
					 "lines",
					 READINGS_MAX);
		iotkit_status status = take_field(&at, &fields[count++]);
		if (status != IOTKIT_OK)
			return status;
		at = scan_blanks(at);
		if (!separated || *at == '\0')
			continue;
		if (!scan_is_separator(*at))
			return error_set(IOTKIT_EFORMAT, "a comma is missing before '%s'",
					 quote_text(&quote, at));
		at++;
	}
	*count_out = count;
	return IOTKIT_OK;
}

static iotkit_status refuse_count(size_t count, const struct columns *columns)
{
	const char *unit;
	struct quote first;
	struct quote last;

	return error_set(IOTKIT_EFORMAT,
			 "the line has %zu values, but there are %zu columns (%s to %s); change "
			 "the header line or columns=",
			 count, columns->count, quote_text(&first, columns_at(columns, 0, &unit)),
			 quote_text(&last, columns_at(columns, columns->count - 1, &unit)));
}

iotkit_status csv_name(const struct csv_field *fields, size_t count, const struct columns *columns,
		       struct readings *out)
{
	char numbered[32];

	if (columns->count > 0 && columns->count != count)
		return refuse_count(count, columns);
	for (size_t i = 0; i < count; i++) {
		const struct csv_field *field = &fields[i];
		const char *unit = "";
		const char *name = numbered;
		if (columns->count > 0)
			name = columns_at(columns, i, &unit);
		else if (count == 1)
			name = "value";
		else
			snprintf(numbered, sizeof numbered, "value%zu", i + 1);
		if (field->empty)
			continue;
		if (!field->finite) {
			readings_skip(out, name, strlen(name));
			continue;
		}
		iotkit_status status = readings_add(out, name, strlen(name), field->value,
						    field->unit[0] != '\0' ? field->unit : unit);
		if (status != IOTKIT_OK)
			return status;
	}
	return IOTKIT_OK;
}
