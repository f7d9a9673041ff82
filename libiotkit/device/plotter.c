/* SPDX-License-Identifier: MIT
 *
 * Lines as Arduino's Serial Plotter takes them, and as people print them for
 * themselves: "temperature:23.5,humidity:40", "Temp: 23.5 C  Heat index: 24 C".
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "device/label.h"
#include "device/parse.h"
#include "device/scan.h"

struct plotter {
	const char *at;
	struct label label; /* the last one read */
	size_t values; /* read for that label */
	bool name_due; /* at the beginning and after a comma */
};

/* "Temperature: 23.00°C 73.40°F": a second value of the same name. But "1:512" is
 * the name 1. */
static bool is_further_value(const struct plotter *plotter)
{
	if (plotter->name_due)
		return false;
	const char *end = scan_blanks(plotter->at + strcspn(plotter->at, " \t:=,;|"));
	return *end != ':' && *end != '=' && scan_is_value(plotter->at);
}

static iotkit_status take_name(struct plotter *plotter)
{
	const char *name = plotter->at;
	size_t size = strcspn(name, ":=,;|");
	struct quote quote;

	if (name[size] != ':' && name[size] != '=')
		return error_set(IOTKIT_EFORMAT, "'%s' has no name; print name:value",
				 quote_bytes(&quote, name, size));
	if (!label_read(name, size, &plotter->label))
		return error_set(IOTKIT_EFORMAT,
				 "'%s' is no name of a value; print name:value with names of "
				 "letters, digits, spaces and _ - .",
				 quote_bytes(&quote, name, size));
	plotter->at = scan_blanks(name + size + 1);
	plotter->values = 0;
	return IOTKIT_OK;
}

static iotkit_status take_value(struct plotter *plotter, struct readings *out)
{
	const struct label *label = &plotter->label;
	const char *name = label->name;
	size_t size = label->size;
	char numbered[METRIC_NAME_MAX + 32];
	struct scanned value;
	iotkit_status status = scan_value(&plotter->at, SCAN_UNIT_ANY, &value);

	if (status != IOTKIT_OK)
		return status;
	if (++plotter->values > 1) {
		snprintf(numbered, sizeof numbered, "%.*s_%zu", (int)size, name, plotter->values);
		name = numbered;
		size = strlen(numbered);
	}
	if (!value.finite) {
		readings_skip(out, name, size);
		return IOTKIT_OK;
	}
	return readings_add(out, name, size, value.value,
			    value.unit[0] != '\0' ? value.unit : label->unit);
}

static void take_separators(struct plotter *plotter)
{
	const char *at = scan_blanks(plotter->at);

	plotter->name_due = false;
	for (; scan_is_separator(*at); at = scan_blanks(at + 1))
		plotter->name_due = true;
	plotter->at = at;
}

iotkit_status plotter_parse(const char *line, struct readings *out)
{
	struct plotter plotter = {.at = line};

	take_separators(&plotter);
	plotter.name_due = true;
	while (*plotter.at != '\0') {
		iotkit_status status = IOTKIT_OK;
		if (!is_further_value(&plotter))
			status = take_name(&plotter);
		if (status == IOTKIT_OK)
			status = take_value(&plotter, out);
		if (status != IOTKIT_OK)
			return status;
		take_separators(&plotter);
	}
	return IOTKIT_OK;
}
