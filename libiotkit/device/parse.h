/* SPDX-License-Identifier: MIT
 *
 * What a line says, in any of the forms that sketches print: name:value pairs
 * (plotter.c), one JSON object (json_line.c), bare values (csv.c), a header that
 * names them, or a '#' comment.
 */
#ifndef IOTKIT_DEVICE_PARSE_H
#define IOTKIT_DEVICE_PARSE_H

#include "device/columns.h"
#include "device/reading.h"

/* What a board has said of its columns so far. All zero is nothing. */
struct parser {
	struct columns columns; /* in force; none: value, or value1, value2 ... */
	/* The last line, when it was nothing but words: it names the columns if as
	 * many bare values follow, and is noise if anything else does. */
	struct columns header;
	bool fixed; /* columns= named them: header lines do not count */
};

enum parsed_kind {
	PARSED_METRICS, /* readings has them */
	PARSED_COMMENT, /* text is what stands behind the '#' */
	PARSED_HEADER /* to be seen when the next line comes */
};

struct parsed {
	enum parsed_kind kind;
	bool header_was_noise; /* of the line before this one */
	struct readings readings;
	const char *text;
	char line[LINE_SIZE_MAX + 1]; /* the line without blanks at its ends */
};

/* columns is NULL when columns= was not given. */
void parser_start(struct parser *parser, const struct columns *columns);

/* The port was opened anew: a header that waits for its values waits in vain.
 * Names in force stay, since not every board starts anew with its port. */
void parser_reopen(struct parser *parser);

/* Reads one line without its newline. IOTKIT_EFORMAT with a sentence when it is
 * malformed; header_was_noise is set even then. */
iotkit_status parse_line(struct parser *parser, const char *line, size_t size, struct parsed *out);

/* The forms, each in its file. The line has no blanks at its ends. */
iotkit_status plotter_parse(const char *line, struct readings *out);
iotkit_status json_line_parse(char *line, struct readings *out);

/* Bare values, whose count_out is told even where names is of another count. */
struct csv_field {
	bool empty;
	bool finite;
	double value;
	char unit[METRIC_UNIT_MAX + 1];
};
iotkit_status csv_split(const char *line, struct csv_field *fields, size_t *count_out);
iotkit_status csv_name(const struct csv_field *fields, size_t count, const struct columns *columns,
		       struct readings *out);

#endif
