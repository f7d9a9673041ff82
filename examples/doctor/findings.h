/* SPDX-License-Identifier: MIT
 *
 * What was found: each finding is a verdict on one subject, and what to do about it.
 */
#ifndef EXAMPLES_DOCTOR_FINDINGS_H
#define EXAMPLES_DOCTOR_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define FINDINGS_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define FINDINGS_PRINTF(text, first)
#endif

enum severity {
	FINDING_OK,
	FINDING_NOTE, /* nothing to do, or it could not be examined */
	FINDING_WARNING, /* it works, or may; but not for long, or not as wished */
	FINDING_PROBLEM, /* it does not work */
	FINDING_SEVERITIES
};

struct detail {
	const char *name;
	char *text;
	bool is_number;
};

enum { FINDING_DETAILS_MAX = 12 };

struct finding {
	enum severity severity;
	const char *id; /* as "tcp.failed": docs/doctor.md has them all */
	char *subject;
	char *what;
	char *mend; /* or NULL */
	struct detail details[FINDING_DETAILS_MAX];
	size_t detail_count;
};

struct findings {
	struct finding *list;
	size_t count, capacity;
	size_t printed;
	size_t counts[FINDING_SEVERITIES];
};

/* Adds one; the format is of what was found. `id` is static. The finding is valid until
 * the next one is added. Exits when there is no memory. */
struct finding *findings_add(struct findings *findings, enum severity severity, const char *id,
			     const char *subject, const char *format, ...) FINDINGS_PRINTF(5, 6);

/* What to do about it; usually a sentence of the library, which has cause and mend. */
void finding_mend(struct finding *finding, const char *format, ...) FINDINGS_PRINTF(2, 3);

/* `name` is static. */
void finding_detail(struct finding *finding, const char *name, const char *format, ...)
	FINDINGS_PRINTF(3, 4);
void finding_number(struct finding *finding, const char *name, int64_t number);

/* A copy of a text; exits when there is no memory. */
char *findings_copy(const char *text);

/* Whether there is nothing to mend. */
bool findings_all_well(const struct findings *findings);

/* For people: those that were added since the last call; and what they come to. */
void findings_print_new(struct findings *findings);
void findings_print_sum(const struct findings *findings);

/* For programs: all of them, as one JSON object. */
void findings_print_json(const struct findings *findings);

void findings_free(struct findings *findings);

#endif
