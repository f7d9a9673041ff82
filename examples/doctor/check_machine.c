/* SPDX-License-Identifier: MIT
 *
 * The libraries, and the clock, by which certificates are judged and measurements are dated.
 */
#define _DEFAULT_SOURCE /* adjtimex() */
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>

#include "common/time_text.h"
#include "doctor/doctor.h"

#ifndef DOCTOR_BUILD_TIME
#error "DOCTOR_BUILD_TIME, the seconds since 1970 of this build, comes from CMakeLists.txt"
#endif

enum { LIBRARIES_SIZE = 1024 };

static void tell_libraries(struct doctor *doctor)
{
	char text[LIBRARIES_SIZE];
	char list[LIBRARIES_SIZE] = "";
	size_t size = 0;

	if (iotkit_describe_libraries(text, sizeof text) != IOTKIT_OK)
		snprintf(text, sizeof text, "%s", iotkit_last_error());
	for (const char *at = text; *at != '\0' && size + 3 < sizeof list;) {
		size_t length = strcspn(at, "\n");
		size += (size_t)snprintf(list + size, sizeof list - size, "%s%.*s",
					 size > 0 ? ", " : "", (int)length, at);
		at += length + (at[length] == '\n' ? 1 : 0);
	}
	struct finding *finding = findings_add(&doctor->findings, FINDING_OK, "library.versions",
					       "libiotkit", "%s, with %s", iotkit_version(), list);
	finding_detail(finding, "library", "%s", iotkit_version());
	finding_detail(finding, "dependencies", "%s", list);
}

static void tell_clock(struct doctor *doctor)
{
	struct findings *findings = &doctor->findings;
	struct timex timex = {.modes = 0};
	char text[TIME_TEXT_SIZE], built[TIME_TEXT_SIZE];
	int64_t now = time_now();
	bool synchronised = adjtimex(&timex) >= 0 && (timex.status & STA_UNSYNC) == 0;
	struct finding *finding;

	time_text(now, text);
	if (now / 1000 < DOCTOR_BUILD_TIME) {
		finding = findings_add(findings, FINDING_PROBLEM, "clock.wrong", "clock",
				       "it says %s, and this program was built on %s", text,
				       time_text(DOCTOR_BUILD_TIME * INT64_C(1000), built));
		finding_mend(finding,
			     "set the clock ('sudo timedatectl set-ntp on'), or use "
			     "tls.clock=floor where there is none that runs on: until then "
			     "certificates seem not yet valid, and measurements are dated wrongly");
	} else if (!synchronised) {
		finding = findings_add(findings, FINDING_NOTE, "clock.not-synchronised", "clock",
				       "%s; no time server keeps it right", text);
		finding_mend(finding, "if it is wrong: 'sudo timedatectl set-ntp on'");
	} else {
		finding = findings_add(findings, FINDING_OK, "clock.synchronised", "clock",
				       "%s, kept right by a time server", text);
	}
	finding_detail(finding, "time", "%s", text);
}

void check_machine(struct doctor *doctor)
{
	tell_libraries(doctor);
	tell_clock(doctor);
}
