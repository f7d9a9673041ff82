/* SPDX-License-Identifier: MIT
 *
 * The gateway as a service of systemd.
 */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/doctor.h"

#define UNIT "iotkit-gateway.service"

enum { VALUE_SIZE = 128 };

struct unit {
	char load[VALUE_SIZE]; /* "loaded", "not-found", "masked" */
	char active[VALUE_SIZE]; /* "active", "failed", "inactive", "activating" */
	char file[VALUE_SIZE]; /* "enabled", "disabled" */
	char result[VALUE_SIZE]; /* "success", or why it failed */
};

static void take_line(struct unit *unit, const char *line)
{
	const struct {
		const char *name;
		char *value;
	} properties[] = {{"LoadState=", unit->load},
			  {"ActiveState=", unit->active},
			  {"UnitFileState=", unit->file},
			  {"Result=", unit->result}};

	for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++) {
		size_t size = strlen(properties[i].name);
		if (strncmp(line, properties[i].name, size) == 0)
			snprintf(properties[i].value, VALUE_SIZE, "%.*s",
				 (int)strcspn(line + size, "\n"), line + size);
	}
}

/* False when there is no systemd that answers. */
static bool ask_systemd(struct unit *unit)
{
	char line[512];
	FILE *answer = popen("systemctl show " UNIT " --property=LoadState,ActiveState,"
			     "UnitFileState,Result 2>/dev/null </dev/null",
			     "re");

	*unit = (struct unit){.load = ""};
	if (answer == NULL)
		return false;
	while (fgets(line, sizeof line, answer) != NULL)
		take_line(unit, line);
	return pclose(answer) == 0 && unit->load[0] != '\0';
}

static void tell_stopped(struct findings *findings, const struct unit *unit)
{
	if (strcmp(unit->active, "failed") == 0)
		finding_mend(findings_add(findings, FINDING_PROBLEM, "service.failed", UNIT,
					  "it failed (%s)", unit->result),
			     "'journalctl -u " UNIT " -n 50' shows what it said last; once that is "
			     "mended: 'sudo systemctl restart " UNIT "'");
	else
		finding_mend(findings_add(findings, FINDING_PROBLEM, "service.stopped", UNIT,
					  "it is installed, and does not run (%s)", unit->active),
			     "'sudo systemctl enable --now " UNIT "' starts it, now and at boot");
}

static void tell_unit(struct findings *findings, const struct unit *unit)
{
	bool runs = strcmp(unit->active, "active") == 0 || strcmp(unit->active, "reloading") == 0;

	if (strcmp(unit->load, "not-found") == 0)
		findings_add(findings, FINDING_NOTE, "service.not-installed", UNIT,
			     "there is none: the gateway runs only while somebody has started it");
	else if (!runs)
		tell_stopped(findings, unit);
	else if (strncmp(unit->file, "enabled", strlen("enabled")) != 0)
		finding_mend(findings_add(findings, FINDING_WARNING, "service.not-enabled", UNIT,
					  "it runs, but will not be started at boot (%s)",
					  unit->file),
			     "'sudo systemctl enable " UNIT "'");
	else
		findings_add(findings, FINDING_OK, "service.runs", UNIT,
			     "it runs, and is started at boot");
}

void check_service(struct doctor *doctor)
{
	struct unit unit;

	if (!ask_systemd(&unit)) {
		findings_add(&doctor->findings, FINDING_NOTE, "service.no-systemd", UNIT,
			     "not examined: there is no systemd that answers here");
		return;
	}
	tell_unit(&doctor->findings, &unit);
	struct finding *finding = &doctor->findings.list[doctor->findings.count - 1];
	finding_detail(finding, "load", "%s", unit.load);
	finding_detail(finding, "active", "%s", unit.active);
	finding_detail(finding, "enabled", "%s", unit.file);
}
