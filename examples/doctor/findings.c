/* SPDX-License-Identifier: MIT */
#include "doctor/findings.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <iotkit.h>

#include "common/cli.h"
#include "common/text.h"

enum { SUBJECT_WIDTH = 24, SEVERITY_WIDTH = 9, TEXT_SIZE = 16384 };

static const char *const severities[FINDING_SEVERITIES] = {"ok", "note", "warning", "problem"};

/* ---- Collecting --------------------------------------------------------- */

static void *need(void *memory)
{
	if (memory == NULL) {
		cli_error("out of memory");
		exit(EXIT_FAILURE);
	}
	return memory;
}

char *findings_copy(const char *text)
{
	return need(strdup(text));
}

static char *make_text(const char *format, va_list args)
{
	char text[TEXT_SIZE];

	vsnprintf(text, sizeof text, format, args);
	return findings_copy(text);
}

struct finding *findings_add(struct findings *findings, enum severity severity, const char *id,
			     const char *subject, const char *format, ...)
{
	va_list args;

	if (findings->count == findings->capacity) {
		findings->capacity = findings->capacity == 0 ? 32 : 2 * findings->capacity;
		findings->list =
			need(realloc(findings->list, findings->capacity * sizeof *findings->list));
	}
	struct finding *finding = &findings->list[findings->count++];
	va_start(args, format);
	*finding = (struct finding){.severity = severity,
				    .id = id,
				    .subject = findings_copy(subject),
				    .what = make_text(format, args)};
	va_end(args);
	findings->counts[severity]++;
	return finding;
}

void finding_mend(struct finding *finding, const char *format, ...)
{
	va_list args;

	free(finding->mend);
	va_start(args, format);
	finding->mend = make_text(format, args);
	va_end(args);
}

static void add_detail(struct finding *finding, const char *name, char *text, bool is_number)
{
	if (finding->detail_count == FINDING_DETAILS_MAX) {
		free(text);
		return;
	}
	finding->details[finding->detail_count++] =
		(struct detail){.name = name, .text = text, .is_number = is_number};
}

void finding_detail(struct finding *finding, const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_detail(finding, name, make_text(format, args), false);
	va_end(args);
}

void finding_number(struct finding *finding, const char *name, int64_t number)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRId64, number);
	add_detail(finding, name, findings_copy(text), true);
}

bool findings_all_well(const struct findings *findings)
{
	return findings->counts[FINDING_WARNING] == 0 && findings->counts[FINDING_PROBLEM] == 0;
}

/* ---- For people --------------------------------------------------------- */

static void print_line(const char *text, size_t size)
{
	text_print_plain(text, size, SIZE_MAX);
	putchar('\n');
}

/* Each line of it below the verdict. */
static void print_mend(const char *text)
{
	while (*text != '\0') {
		size_t size = strcspn(text, "\n");
		printf("%*s", SEVERITY_WIDTH, "");
		print_line(text, size);
		text += size + (text[size] == '\n' ? 1 : 0);
	}
}

static void print_finding(const struct finding *finding)
{
	size_t width = text_width(finding->subject, strlen(finding->subject), SIZE_MAX);

	printf("%-*s", SEVERITY_WIDTH, severities[finding->severity]);
	text_print_plain(finding->subject, strlen(finding->subject), SIZE_MAX);
	printf("%*s", width < SUBJECT_WIDTH ? (int)(SUBJECT_WIDTH - width) : 1, "");
	print_line(finding->what, strlen(finding->what));
	if (finding->mend != NULL)
		print_mend(finding->mend);
}

void findings_print_new(struct findings *findings)
{
	for (; findings->printed < findings->count; findings->printed++)
		print_finding(&findings->list[findings->printed]);
	fflush(stdout);
}

static void print_count(size_t count, const char *what, const char *before)
{
	if (count > 0)
		printf("%s%zu %s%s", before, count, what, count == 1 ? "" : "s");
}

void findings_print_sum(const struct findings *findings)
{
	size_t problems = findings->counts[FINDING_PROBLEM];

	if (findings_all_well(findings)) {
		printf("\nAll is well.\n");
		return;
	}
	putchar('\n');
	print_count(problems, "problem", "");
	print_count(findings->counts[FINDING_WARNING], "warning", problems > 0 ? ", " : "");
	printf(": begin with the first.\n");
}

/* ---- For programs ------------------------------------------------------- */

static void print_member(const char *before, const char *name, const char *text)
{
	printf("%s\"%s\":", before, name);
	if (text != NULL)
		text_print_json(text, strlen(text));
	else
		printf("null");
}

static void print_details(const struct finding *finding)
{
	printf(",\"details\":{");
	for (size_t i = 0; i < finding->detail_count; i++) {
		const struct detail *detail = &finding->details[i];
		const char *comma = i > 0 ? "," : "";
		if (detail->is_number)
			printf("%s\"%s\":%s", comma, detail->name, detail->text);
		else
			print_member(comma, detail->name, detail->text);
	}
	putchar('}');
}

void findings_print_json(const struct findings *findings)
{
	printf("{\"ok\":%s", findings_all_well(findings) ? "true" : "false");
	print_member(",", "version", iotkit_version());
	printf(",\"findings\":[");
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->list[i];
		printf("%s\n{", i > 0 ? "," : "");
		print_member("", "id", finding->id);
		print_member(",", "subject", finding->subject);
		print_member(",", "severity", severities[finding->severity]);
		print_member(",", "what", finding->what);
		print_member(",", "mend", finding->mend);
		print_details(finding);
		putchar('}');
	}
	printf("\n]}\n");
}

void findings_free(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		struct finding *finding = &findings->list[i];
		free(finding->subject);
		free(finding->what);
		free(finding->mend);
		for (size_t j = 0; j < finding->detail_count; j++)
			free(finding->details[j].text);
	}
	free(findings->list);
	*findings = (struct findings){0};
}
