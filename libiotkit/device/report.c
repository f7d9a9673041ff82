/* SPDX-License-Identifier: MIT */
#include "device/report.h"

bool report_due(struct report *report, enum report_kind kind, int64_t now_ms, uint64_t *kept_back)
{
	if (now_ms < report->kinds[kind].again_ms) {
		report->kinds[kind].kept_back++;
		return false;
	}
	*kept_back = report->kinds[kind].kept_back;
	report->kinds[kind].kept_back = 0;
	report->kinds[kind].again_ms = now_ms + REPORT_PAUSE_MS;
	return true;
}
