/* SPDX-License-Identifier: MIT
 *
 * How often one board may complain: a wrong baud rate makes thousands of bad
 * lines a second, and one sentence is enough.
 */
#ifndef IOTKIT_DEVICE_REPORT_H
#define IOTKIT_DEVICE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

enum { REPORT_PAUSE_MS = 1000 };

enum report_kind {
	REPORT_TOO_LONG,
	REPORT_CONTROL,
	REPORT_NOT_UTF8,
	REPORT_CUT,
	REPORT_MALFORMED,
	REPORT_NOT_A_NUMBER,
	REPORT_DAMAGED, /* a frame */
	REPORT_FOREIGN, /* a frame that came as it was sent */
	REPORT_KINDS
};

/* All zero is a fresh one. */
struct report {
	struct {
		int64_t again_ms; /* kept back until then */
		uint64_t kept_back;
	} kinds[REPORT_KINDS];
};

/* May one be told now? If so kept_back is how many were not since the last. */
bool report_due(struct report *report, enum report_kind kind, int64_t now_ms, uint64_t *kept_back);

#endif
