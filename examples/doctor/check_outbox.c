/* SPDX-License-Identifier: MIT
 *
 * The outbox's file: whether a gateway can use it, and for how long. It is only read.
 */
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/time_text.h"
#include "doctor/doctor.h"

static char subject[4200]; /* "outbox FILE" */

struct limits {
	uint64_t rows, bytes;
};

static uint64_t limit(iotkit *iot, const char *name)
{
	char text[32] = "";

	iotkit_get_option(iot, name, text, sizeof text);
	return strtoull(text, NULL, 10);
}

/* ---- Where it lies ------------------------------------------------------ */

/* SQLite makes files beside it, so the folder must be writable too. */
static bool check_folder(struct doctor *doctor, const char *folder)
{
	struct stat status;

	if (stat(folder, &status) != 0 || !S_ISDIR(status.st_mode)) {
		finding_mend(findings_add(&doctor->findings, FINDING_PROBLEM, "outbox.no-folder",
					  subject, "its folder cannot be used: %s",
					  stat(folder, &status) != 0 ? strerror(errno)
								     : "it is no folder"),
			     "make it ('mkdir -p %s'), or correct outbox.path", folder);
		return false;
	}
	if (access(folder, W_OK | X_OK) == 0)
		return true;
	finding_mend(findings_add(&doctor->findings, FINDING_PROBLEM, "outbox.folder-not-writable",
				  subject, "its folder cannot be written to: %s", strerror(errno)),
		     "the user that runs the gateway must be able to make files in %s (it belongs "
		     "to uid %u, and this program runs as uid %u)",
		     folder, (unsigned)status.st_uid, (unsigned)geteuid());
	return false;
}

static bool check_rights(struct doctor *doctor, const char *folder)
{
	struct stat file, around;

	if (access(doctor->outbox, R_OK | W_OK) != 0) {
		const char *why = strerror(errno);
		unsigned owner = stat(doctor->outbox, &file) == 0 ? (unsigned)file.st_uid : 0;
		finding_mend(findings_add(&doctor->findings, FINDING_PROBLEM, "outbox.not-writable",
					  subject, "it cannot be read and written: %s", why),
			     "it belongs to uid %u, and this program runs as uid %u: run both as "
			     "the same user, or 'sudo chown' it together with the files beside it",
			     owner, (unsigned)geteuid());
		return false;
	}
	/* Root may do all, so this is all that root can see of it. */
	if (geteuid() == 0 && stat(doctor->outbox, &file) == 0 && stat(folder, &around) == 0 &&
	    file.st_uid == 0 && around.st_uid != 0)
		finding_mend(findings_add(&doctor->findings, FINDING_WARNING, "outbox.other-owner",
					  subject, "it belongs to root, and its folder to uid %u",
					  (unsigned)around.st_uid),
			     "a gateway was once run as root: 'sudo chown %u %s*', or its user "
			     "cannot open it",
			     (unsigned)around.st_uid, doctor->outbox);
	return true;
}

/* A message takes a little more than its bytes. */
static void check_space(struct doctor *doctor, const char *folder, const struct limits *limits,
			uint64_t used)
{
	struct statvfs disk;

	if (statvfs(folder, &disk) != 0)
		return;
	uint64_t free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
	uint64_t wanted = limits->bytes > used ? limits->bytes - used : 0;
	if (free_bytes >= wanted)
		return;
	struct finding *finding = findings_add(
		&doctor->findings, FINDING_WARNING, "outbox.little-space", subject,
		"%" PRIu64 " bytes are free on its disk, and it may come to need %" PRIu64,
		free_bytes, wanted);
	finding_mend(finding, "make room, or lower outbox.max_bytes (now %" PRIu64 ")",
		     limits->bytes);
	finding_number(finding, "free_bytes", (int64_t)free_bytes);
	finding_number(finding, "wanted_bytes", (int64_t)wanted);
}

/* ---- What is in it ------------------------------------------------------ */

static void tell_unreadable(struct doctor *doctor, iotkit_status status)
{
	const char *id = status == IOTKIT_EINVAL    ? "outbox.not-one"
			 : status == IOTKIT_ENOTSUP ? "outbox.newer"
						    : "outbox.damaged";
	const char *what = status == IOTKIT_EINVAL    ? "it is no outbox"
			   : status == IOTKIT_ENOTSUP ? "a newer library made it"
						      : "it cannot be read to its end";

	finding_mend(findings_add(&doctor->findings, FINDING_PROBLEM, id, subject, "%s", what),
		     "%s", iotkit_last_error());
}

/* Looks at each message. False after telling what is wrong. */
static bool check_messages(struct doctor *doctor)
{
	iotkit_outbox_rows *rows = NULL;
	const iotkit_outbox_row *row;
	uint64_t damaged = 0;
	iotkit_status status = iotkit_outbox_rows_open(doctor->outbox, 0, &rows);

	if (status == IOTKIT_OK) {
		while ((row = iotkit_outbox_rows_next(rows)) != NULL)
			damaged += row->topic == NULL;
		status = iotkit_outbox_rows_status(rows);
		iotkit_outbox_rows_close(rows);
	}
	if (status != IOTKIT_OK) {
		tell_unreadable(doctor, status);
		return false;
	}
	if (damaged > 0)
		finding_mend(findings_add(&doctor->findings, FINDING_PROBLEM, "outbox.damaged",
					  subject, "%" PRIu64 " of its messages are damaged",
					  damaged),
			     "check the disk; a gateway keeps what can be read, and tells of the "
			     "rest");
	return damaged == 0;
}

/* Who has it, in the library's words: nothing is older than 1970, so nothing is deleted. */
static void tell_user(struct doctor *doctor)
{
	const char *who = iotkit_outbox_purge(doctor->outbox, 0, NULL) == IOTKIT_EBUSY
				  ? iotkit_last_error()
				  : "a process has it open";
	int length = (int)strlen(who);
	const char *colon = strstr(who, " already: ");

	if (colon != NULL)
		length = (int)(colon - who);
	findings_add(&doctor->findings, FINDING_OK, "outbox.in-use", subject, "%.*s", length, who);
}

static void tell_contents(struct doctor *doctor, const iotkit_outbox_summary *summary,
			  const struct limits *limits)
{
	char age[TIME_TEXT_SIZE];
	bool full = summary->rows >= limits->rows || summary->bytes >= limits->bytes;
	struct finding *finding;

	time_span_text(time_now() - summary->oldest_ms, age);
	if (full) {
		finding = findings_add(&doctor->findings, FINDING_WARNING, "outbox.full", subject,
				       "it is full: %" PRIu64 " messages wait, the oldest for %s",
				       summary->rows, age);
		finding_mend(finding, "have the gateway reach its broker; outbox.max_rows, "
				      "outbox.max_bytes and outbox.policy say what becomes of "
				      "newer messages");
	} else if (summary->rows > 0) {
		finding = findings_add(&doctor->findings, FINDING_OK, "outbox.good", subject,
				       "good; %" PRIu64 " messages wait, the oldest for %s",
				       summary->rows, age);
	} else {
		finding = findings_add(&doctor->findings, FINDING_OK, "outbox.good", subject,
				       "good; no message waits");
	}
	finding_number(finding, "messages", (int64_t)summary->rows);
	finding_number(finding, "bytes", (int64_t)summary->bytes);
	finding_number(finding, "disk_bytes", (int64_t)summary->disk_bytes);
	finding_number(finding, "oldest_ms", summary->oldest_ms);
	finding_detail(finding, "client_id", "%s", summary->client_id);
}

static void check_file(struct doctor *doctor, const char *folder, const struct limits *limits)
{
	iotkit_outbox_summary summary = {.struct_size = sizeof summary};

	if (!check_rights(doctor, folder))
		return;
	iotkit_status status = iotkit_outbox_summarize(doctor->outbox, &summary);
	if (status != IOTKIT_OK) {
		tell_unreadable(doctor, status);
		return;
	}
	if (!check_messages(doctor))
		return;
	if (summary.in_use)
		tell_user(doctor);
	tell_contents(doctor, &summary, limits);
	check_space(doctor, folder, limits, summary.bytes);
}

void check_outbox(struct doctor *doctor)
{
	if (doctor->iot == NULL) {
		findings_add(&doctor->findings, FINDING_NOTE, "outbox.not-examined", "outbox",
			     "not examined, because the configuration is no good");
		return;
	}
	if (doctor->outbox == NULL) {
		finding_mend(findings_add(&doctor->findings, FINDING_NOTE, "outbox.in-memory",
					  "outbox",
					  "in memory: what waits when the gateway ends "
					  "is lost"),
			     "outbox.path=FILE keeps it");
		return;
	}
	const struct limits limits = {.rows = limit(doctor->iot, "outbox.max_rows"),
				      .bytes = limit(doctor->iot, "outbox.max_bytes")};
	snprintf(subject, sizeof subject, "outbox %.4096s", doctor->outbox);
	char *copy = findings_copy(doctor->outbox);
	const char *folder = dirname(copy);
	bool there = access(doctor->outbox, F_OK) == 0;
	if (check_folder(doctor, folder) && there) {
		check_file(doctor, folder, &limits);
	} else if (access(folder, W_OK | X_OK) == 0 && !there) {
		findings_add(&doctor->findings, FINDING_OK, "outbox.new", subject,
			     "not there yet; the gateway can make it");
		check_space(doctor, folder, &limits, 0);
	}
	free(copy);
}
