/* SPDX-License-Identifier: MIT
 *
 * Serial ports: those there are, and the boards that the gateway is to read.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli.h"
#include "doctor/doctor.h"
#include "doctor/listen.h"

enum { PORTS_MAX = 256, SUBJECT_SIZE = 300, PROCESSES_MAX = 65536, PORTS_TEXT_SIZE = 3072 };

static const char gateway[] = "iotkit-gateway";

/* ---- The gateway itself ------------------------------------------------- */

static bool is_gateway(const char *pid)
{
	char path[300], name[32] = "";

	snprintf(path, sizeof path, "/proc/%s/comm", pid);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return false;
	if (fgets(name, sizeof name, file) == NULL)
		name[0] = '\0';
	fclose(file);
	name[strcspn(name, "\n")] = '\0';
	return strcmp(name, gateway) == 0;
}

/* Anybody may see that, but not which ports it has. */
static bool gateway_runs(void)
{
	DIR *processes = opendir("/proc");
	const struct dirent *entry;
	bool runs = false;

	if (processes == NULL)
		return false;
	for (int i = 0; i < PROCESSES_MAX && !runs && (entry = readdir(processes)) != NULL; i++)
		runs = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
		       is_gateway(entry->d_name);
	closedir(processes);
	return runs;
}

/* ---- What became of a port ---------------------------------------------- */

static void tell_busy(struct findings *findings, const char *subject,
		      const struct listener *listener)
{
	char held[64];

	snprintf(held, sizeof held, " held by %s (pid ", gateway);
	if (strstr(listener->state, held) != NULL)
		finding_mend(findings_add(findings, FINDING_OK, "board.gateway-has-it", subject,
					  "not listened to, because a gateway reads it, as it "
					  "should"),
			     "the gateway's log says what comes from it");
	else if (strstr(listener->state, " does not show ") != NULL && gateway_runs())
		finding_mend(findings_add(findings, FINDING_NOTE, "board.held-by-a-gateway-perhaps",
					  subject,
					  "not listened to, because somebody has it; most "
					  "likely the gateway that runs"),
			     "as root this program can see who it is");
	else
		finding_mend(findings_add(findings, FINDING_PROBLEM, "board.held", subject,
					  "somebody else has the port"),
			     "%s", listener->state);
}

static void tell_closed(struct findings *findings, const char *subject,
			const struct listener *listener)
{
	if (listener->status == IOTKIT_EBUSY)
		tell_busy(findings, subject, listener);
	else if (listener->status == IOTKIT_EINVAL)
		finding_mend(findings_add(findings, FINDING_PROBLEM, "board.bad-uri", subject,
					  "its URI cannot be understood"),
			     "%s", listener->state);
	else if (listener->status == IOTKIT_ENOENT)
		finding_mend(findings_add(findings, FINDING_PROBLEM, "board.absent", subject,
					  "it is not there"),
			     "%s", listener->state);
	else if (strncmp(listener->state, "permission denied", 17) == 0)
		finding_mend(findings_add(findings, FINDING_PROBLEM, "board.denied", subject,
					  "this user may not use the port"),
			     "%s", listener->state);
	else
		finding_mend(findings_add(findings, FINDING_PROBLEM, "board.unusable", subject,
					  "its port cannot be used"),
			     "%s", listener->state);
}

static void tell_nothing(struct findings *findings, const char *subject, int listen_ms)
{
	finding_mend(findings_add(findings, FINDING_WARNING, "board.silent", subject,
				  "the port is open, but the board said nothing in %d s",
				  listen_ms / 1000),
		     "does its sketch run, and print by Serial.println()? Is it the right port? "
		     "If it sleeps for longer, give --listen SECONDS");
}

static void tell_heard(struct findings *findings, const char *subject,
		       const struct listener *listener, int listen_ms)
{
	if (listener->stats.frames > 0)
		findings_add(findings, FINDING_OK, "board.kit", subject,
			     "it speaks with the library IoTKit%s%s",
			     listener->greeting[0] != '\0' ? ": " : "", listener->greeting);
	else if (listener->metric[0] != '\0')
		findings_add(findings, FINDING_OK, "board.plain", subject,
			     "it prints lines that are understood, as: %s", listener->metric);
	else if (listener->searched)
		finding_mend(findings_add(findings, FINDING_PROBLEM, "board.noise", subject,
					  "what comes is noise"),
			     "%s", listener->complaint);
	else if (listener->stats.device_bytes == 0)
		tell_nothing(findings, subject, listen_ms);
	else
		finding_mend(findings_add(findings, FINDING_WARNING, "board.no-metrics", subject,
					  "%" PRIu64 " bytes came, and no metric in them",
					  listener->stats.device_bytes),
			     "%s",
			     listener->complaint[0] != '\0'
				     ? listener->complaint
				     : "docs/lines.md says which lines are understood; give "
				       "--listen SECONDS if it measures seldom");
}

static void tell(struct doctor *doctor, const char *name, const char *uri,
		 const struct listener *listener)
{
	struct findings *findings = &doctor->findings;
	char subject[SUBJECT_SIZE];

	snprintf(subject, sizeof subject, "board %.256s", name);
	if (!listener->told)
		finding_mend(findings_add(findings, FINDING_WARNING, "board.not-found", subject,
					  "nothing is known of its port after %d s",
					  doctor->listen_ms / 1000),
			     "with serial:auto: no known board is plugged in, or it said nothing; "
			     "iotkit-ports lists those there are");
	else if (listener->status != IOTKIT_OK)
		tell_closed(findings, subject, listener);
	else
		tell_heard(findings, subject, listener, doctor->listen_ms);
	struct finding *finding = &findings->list[findings->count - 1];
	finding_detail(finding, "uri", "%s", uri);
	if (listener->status == IOTKIT_OK && listener->told) {
		finding_detail(finding, "port", "%s", listener->state);
		finding_number(finding, "bytes", (int64_t)listener->stats.device_bytes);
		finding_number(finding, "lines", (int64_t)listener->stats.lines);
		finding_number(finding, "frames", (int64_t)listener->stats.frames);
	}
}

/* ---- Ports -------------------------------------------------------------- */

/* Without boards in the configuration, those that are known are looked at. */
static void adopt_known_boards(struct doctor *doctor, const iotkit_port_info *ports, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ports[i].board[0] != '\0' && doctor->device_count < DOCTOR_DEVICES_MAX)
			setup_add_device(doctor, ports[i].path, ports[i].uri);
}

static void tell_ports(struct doctor *doctor, const iotkit_port_info *ports, size_t count)
{
	char text[PORTS_TEXT_SIZE] = "";

	if (count == 0) {
		finding_mend(
			findings_add(&doctor->findings, FINDING_NOTE, "ports.none", "serial ports",
				     "there are none"),
			"a board that is plugged in and does not show: try another cable (some "
			"only carry power), and see 'sudo dmesg' for what the system says");
		return;
	}
	size_t size = 0;
	for (size_t i = 0; i < count && size + sizeof ports[i].path < sizeof text; i++)
		size += (size_t)snprintf(text + size, sizeof text - size, "%s%s%s%s%s",
					 i > 0 ? ", " : "", ports[i].path,
					 ports[i].board[0] != '\0' ? " (" : "", ports[i].board,
					 ports[i].board[0] != '\0' ? ")" : "");
	struct finding *finding = findings_add(&doctor->findings, FINDING_OK, "ports.present",
					       "serial ports", "%s", text);
	finding_number(finding, "count", (int64_t)count);
}

static void list_ports(struct doctor *doctor)
{
	iotkit_port_info *ports = calloc(PORTS_MAX, sizeof *ports);
	size_t count = 0;

	if (ports == NULL) {
		cli_error("out of memory");
		exit(EXIT_FAILURE);
	}
	ports[0].struct_size = sizeof *ports;
	if (iotkit_list_ports(ports, PORTS_MAX, &count) != IOTKIT_OK) {
		finding_mend(findings_add(&doctor->findings, FINDING_WARNING, "ports.unlisted",
					  "serial ports", "they cannot be listed"),
			     "%s", iotkit_last_error());
		free(ports);
		return;
	}
	count = count < PORTS_MAX ? count : PORTS_MAX;
	tell_ports(doctor, ports, count);
	if (doctor->device_count == 0)
		adopt_known_boards(doctor, ports, count);
	free(ports);
}

void check_ports(struct doctor *doctor)
{
	bool named = doctor->device_count > 0;

	list_ports(doctor);
	if (!named)
		findings_add(&doctor->findings, FINDING_NOTE, "board.none-named", "boards",
			     "the gateway is given no board to read%s",
			     doctor->device_count > 0 ? "; listened to are those that are known"
						      : "");
	struct listener *listeners = calloc(doctor->device_count + 1, sizeof *listeners);
	if (listeners == NULL) {
		cli_error("out of memory");
		exit(EXIT_FAILURE);
	}
	for (size_t i = 0; i < doctor->device_count; i++)
		listen_begin(&listeners[i], doctor->devices[i].name, doctor->devices[i].uri);
	listen_all(listeners, doctor->device_count, doctor->listen_ms);
	for (size_t i = 0; i < doctor->device_count; i++) {
		tell(doctor, doctor->devices[i].name, doctor->devices[i].uri, &listeners[i]);
		listen_end(&listeners[i]);
	}
	free(listeners);
}
