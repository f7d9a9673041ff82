/* SPDX-License-Identifier: MIT
 *
 * A handle with the gateway's options that can be used beside a gateway: it has no board and no
 * outbox, and another name at the broker.
 */
#define _DEFAULT_SOURCE /* initgroups() */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cli.h"
#include "doctor/config_copy.h"
#include "doctor/doctor.h"

#define DEFAULT_CONFIG "/etc/iotkit/gateway.conf"

enum { PATH_SIZE = 4096 };

void setup_add_device(struct doctor *doctor, const char *name, const char *uri)
{
	if (doctor->device_count == DOCTOR_DEVICES_MAX)
		cli_usage_error("more than %d devices", DOCTOR_DEVICES_MAX);
	doctor->devices[doctor->device_count++] =
		(struct doctor_device){findings_copy(name), findings_copy(uri)};
}

/* ---- The file ----------------------------------------------------------- */

static void choose_config(struct doctor *doctor)
{
	if (doctor->by_default && access(DEFAULT_CONFIG, F_OK) == 0)
		doctor->config = DEFAULT_CONFIG;
}

static void tell_bad_config(struct doctor *doctor, const struct config_copy *copy)
{
	int denied = access(doctor->config, R_OK) == 0 ? 0 : errno;
	char *why = config_copy_restore(copy, doctor->config, iotkit_last_error());
	const char *what = "the gateway refuses this configuration file";
	const char *mend = "";

	if (denied == EACCES) {
		what = "this user may not read it";
		mend = "; run this program as the user that the gateway runs as, or as root";
	} else if (denied == ENOENT) {
		mend = ": correct its name, or let 'iotkit-broker init DIR' make a broker and "
		       "DIR/gateway.conf for it";
	}
	finding_mend(findings_add(&doctor->findings, FINDING_PROBLEM, "config.bad", doctor->config,
				  "%s", what),
		     "%s%s", why, mend);
	free(why);
}

/* Whether a gateway would take the file; its ports and its outbox are looked at later. */
static bool judge_config(struct doctor *doctor)
{
	struct config_copy copy = {.file = NULL};
	iotkit *iot = NULL;
	bool copied = config_copy_to_judge(doctor->config, &copy);
	iotkit_status status = iotkit_open(NULL, &iot);

	/* The original would have the library open the gateway's outbox and ports. */
	if (!copied && copy.file == NULL && access(doctor->config, R_OK) == 0) {
		cli_error("cannot make a copy of %s in memory: memfd_create() fails here",
			  doctor->config);
		exit(EXIT_FAILURE);
	}
	/* The library says best why a file cannot be read, and it has no effect then. */
	if (status == IOTKIT_OK)
		status = iotkit_load_config(iot, copied ? copy.path : doctor->config);
	if (status != IOTKIT_OK)
		tell_bad_config(doctor, &copy);
	iotkit_close(iot);
	config_copy_close(&copy);
	return status == IOTKIT_OK;
}

static void tell_config(struct doctor *doctor)
{
	struct finding *finding;

	if (doctor->config == NULL) {
		findings_add(&doctor->findings, FINDING_NOTE, "config.none", "configuration",
			     "no file: examined is what the command line says, else the "
			     "library's defaults (%s)",
			     doctor->by_default ? "there is no " DEFAULT_CONFIG
						: "-c FILE names one");
		return;
	}
	finding = findings_add(&doctor->findings, FINDING_OK, "config.good", "configuration", "%s",
			       doctor->config);
	finding_number(finding, "boards", (int64_t)doctor->device_count);
	finding_detail(finding, "outbox", "%s", doctor->outbox != NULL ? doctor->outbox : "");
}

/* ---- The handle --------------------------------------------------------- */

static void set(iotkit *iot, const char *name, const char *value)
{
	if (iotkit_set_option(iot, name, value) == IOTKIT_OK)
		return;
	cli_error("%s", iotkit_last_error());
	exit(EXIT_FAILURE);
}

static void get(iotkit *iot, const char *name, char *value, size_t size)
{
	if (iotkit_get_option(iot, name, value, size) != IOTKIT_OK)
		value[0] = '\0';
}

/* Paths in the file are relative to it. */
static void restore_paths(const struct doctor *doctor, const struct config_copy *copy)
{
	char value[PATH_SIZE];

	for (int32_t i = 0; i < iotkit_option_count(); i++) {
		const iotkit_option_info *option = iotkit_option_at(i);
		if (option->type != IOTKIT_OPTION_PATH)
			continue;
		get(doctor->iot, option->name, value, sizeof value);
		char *path = config_copy_restore(copy, doctor->config, value);
		if (strcmp(path, value) != 0)
			set(doctor->iot, option->name, path);
		free(path);
	}
}

/* The newest moment ever seen is read, but not written: that file is the gateway's. */
static void use_clock_file(struct doctor *doctor)
{
	static struct config_copy copy; /* as long as the program runs */
	char clock[32], path[PATH_SIZE];

	get(doctor->iot, "tls.clock", clock, sizeof clock);
	get(doctor->iot, "tls.clock_file", path, sizeof path);
	if (strcmp(clock, "floor") != 0)
		return;
	if (path[0] == '\0' && doctor->outbox != NULL)
		snprintf(path, sizeof path, "%.4000s-clock", doctor->outbox);
	set(doctor->iot, "tls.clock_file",
	    path[0] != '\0' && config_copy_file(path, &copy) ? copy.path : "");
}

static void make_client_id(char id[static 64])
{
	unsigned char bytes[8] = {0};
	FILE *random = fopen("/dev/urandom", "re");
	size_t size = random != NULL ? fread(bytes, 1, sizeof bytes, random) : 0;

	if (random != NULL)
		fclose(random);
	if (size < sizeof bytes) {
		cli_error("cannot read /dev/urandom: %s", strerror(errno));
		exit(EXIT_FAILURE);
	}
	int length = snprintf(id, 64, "iotkit-doctor-");
	for (size_t i = 0; i < sizeof bytes; i++)
		length += snprintf(id + length, 64 - (size_t)length, "%02x", bytes[i]);
}

/* Nothing of the gateway's is touched, neither here nor at the broker. */
static void stand_aside(struct doctor *doctor)
{
	char id[64], commands[16];

	get(doctor->iot, "command.mqtt", commands, sizeof commands);
	doctor->commands = strcmp(commands, "on") == 0;
	make_client_id(id);
	set(doctor->iot, "mqtt.client_id", id);
	set(doctor->iot, "mqtt.clean_start", "on");
	set(doctor->iot, "mqtt.session_expiry_s", "0");
	set(doctor->iot, "keylog.file", "");
	set(doctor->iot, "trace.pcap", "");
}

static void open_handle(struct doctor *doctor)
{
	struct config_copy copy = {.file = NULL};
	char *outbox = doctor->outbox; /* that of the command line wins */

	doctor->outbox = NULL;
	if (doctor->config != NULL && !config_copy_to_use(doctor, &copy)) {
		cli_error("cannot read %s: %s", doctor->config, strerror(errno));
		exit(EXIT_FAILURE);
	}
	doctor->iot = session_open(&doctor->session, doctor->config != NULL ? copy.path : NULL);
	if (doctor->iot == NULL)
		exit(EXIT_FAILURE);
	if (outbox != NULL) {
		free(doctor->outbox);
		doctor->outbox = outbox;
	}
	if (doctor->outbox != NULL && doctor->outbox[0] == '\0') {
		free(doctor->outbox);
		doctor->outbox = NULL;
	}
	if (doctor->config != NULL)
		restore_paths(doctor, &copy);
	config_copy_close(&copy);
	stand_aside(doctor);
}

void setup(struct doctor *doctor)
{
	choose_config(doctor);
	if (doctor->config != NULL && !judge_config(doctor))
		return;
	open_handle(doctor);
	tell_config(doctor);
}

/* ---- The user ----------------------------------------------------------- */

static bool become(uid_t user, gid_t group)
{
	const struct passwd *known = getpwuid(user);
	int result = known != NULL ? initgroups(known->pw_name, known->pw_gid) : setgroups(0, NULL);

	return result == 0 && setgid(known != NULL ? known->pw_gid : group) == 0 &&
	       setuid(user) == 0;
}

static void become_owner(struct doctor *doctor)
{
	struct stat config;

	if (geteuid() != 0 || doctor->config == NULL || stat(doctor->config, &config) != 0 ||
	    config.st_uid == 0)
		return;
	if (become(config.st_uid, config.st_gid))
		findings_add(&doctor->findings, FINDING_NOTE, "user.owner", "user",
			     "broker and outbox are examined as uid %u, whose the configuration is",
			     (unsigned)config.st_uid);
	else
		findings_add(&doctor->findings, FINDING_NOTE, "user.owner", "user",
			     "the configuration is uid %u's, but broker and outbox are examined as "
			     "uid %u: %s",
			     (unsigned)config.st_uid, (unsigned)geteuid(), strerror(errno));
}

void setup_user(struct doctor *doctor)
{
	if (doctor->iot == NULL)
		return;
	become_owner(doctor);
	use_clock_file(doctor);
}
