/* SPDX-License-Identifier: MIT
 *
 * iotkit-doctor says why a gateway does not work, and what to do. It examines what a gateway
 * needs, from this machine's clock to the broker's rights, and may do so beside one that runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli.h"
#include "common/tls_flags.h"
#include "common/wait.h"
#include "doctor/config_copy.h"
#include "doctor/doctor.h"

enum { KEY_BROKER = CLI_LONG_ONLY, KEY_DEVICE, KEY_OPTION, KEY_JSON, KEY_TIMEOUT, KEY_LISTEN };

static const struct cli_option options[] = {
	{'c', "config", "FILE", "the gateway's configuration file"},
	{KEY_BROKER, "broker", "URI",
	 "mqtts://[USER@]HOST[:PORT][,HOST...], or mqtt:// without\n"
	 "TLS; default mqtt://localhost:1883"},
	{KEY_DEVICE, "device", "NAME=URI",
	 "examine this board, as\ngreenhouse=serial:/dev/ttyACM0?baud=115200; repeatable"},
	{KEY_OPTION, "option", "NAME=VALUE", "set an option of the library; repeatable"},
	{KEY_JSON, "json", NULL, "print one JSON object"},
	{KEY_TIMEOUT, "timeout", "SECONDS",
	 "time for each step on the way to the broker;\ndefault 10"},
	{KEY_LISTEN, "listen", "SECONDS", "time in which a board must say something; default 5"},
	{0, NULL, NULL, NULL},
};

static const struct cli_option *const shared[] = {tls_flags, NULL};

static const struct cli_program program = {
	.name = "iotkit-doctor",
	.usage = "[-c FILE] [--broker URI] [--device NAME=URI]... [OPTION]...",
	.summary = "Say why a gateway does not work, and what to do.",
	.options = options,
	.shared = shared,
	.notes = "Without any of -c, --broker, --device, --option and flags for TLS it examines\n"
		 "/etc/iotkit/gateway.conf, or where that is missing the library's defaults.\n"
		 "Nothing is changed, and a gateway may run meanwhile.\n"
		 "Exit status: 0 all is well, 1 there are problems or warnings, 2 called wrongly.",
};

static void note_device(struct doctor *doctor, char *device)
{
	char *equals = strchr(device, '=');

	if (equals == NULL || equals == device)
		cli_usage_error("--device needs NAME=URI, not '%s'", device);
	*equals = '\0';
	setup_add_device(doctor, device, equals + 1);
}

static void note_outbox(struct doctor *doctor, char *path)
{
	if (path == NULL)
		return;
	free(doctor->outbox);
	doctor->outbox = path;
}

/* The library would open the outbox as soon as it is named. */
static void note_option(struct doctor *doctor, char *pair)
{
	static const char outbox[] = "outbox.path=";

	if (strncmp(pair, outbox, strlen(outbox)) == 0)
		note_outbox(doctor, findings_copy(pair + strlen(outbox)));
	else
		session_set_pair(&doctor->session, pair);
}

static void take_option(struct doctor *doctor, int key, char *argument, bool *json)
{
	doctor->by_default =
		doctor->by_default && (key == KEY_JSON || key == KEY_TIMEOUT || key == KEY_LISTEN);
	switch (key) {
	case 'c':
		doctor->config = argument;
		break;
	case KEY_BROKER:
		note_outbox(doctor, config_cut_outbox(argument));
		session_set_broker(&doctor->session, argument);
		break;
	case KEY_DEVICE:
		note_device(doctor, argument);
		break;
	case KEY_OPTION:
		note_option(doctor, argument);
		break;
	case KEY_JSON:
		*json = true;
		break;
	case KEY_TIMEOUT:
		doctor->timeout_ms = 1000 * cli_integer(argument, 1, 600, "--timeout");
		break;
	case KEY_LISTEN:
		doctor->listen_ms = 1000 * cli_integer(argument, 1, 3600, "--listen");
		break;
	default:
		tls_flag(&doctor->session, key, argument);
	}
}

typedef void examine(struct doctor *doctor);

/* From what all else stands on to what stands on it; ports with all the rights there are, since
 * root sees who has one. */
static void examine_all(struct doctor *doctor, bool json)
{
	static examine *const examinations[] = {setup,       check_machine, check_service,
						check_ports, setup_user,    check_broker,
						check_outbox};

	for (size_t i = 0; i < sizeof examinations / sizeof examinations[0]; i++) {
		if (wait_stopped())
			exit(EXIT_FAILURE);
		examinations[i](doctor);
		if (!json)
			findings_print_new(&doctor->findings);
	}
	if (json)
		findings_print_json(&doctor->findings);
	else
		findings_print_sum(&doctor->findings);
}

static void doctor_free(struct doctor *doctor)
{
	iotkit_close(doctor->iot);
	findings_free(&doctor->findings);
	for (size_t i = 0; i < doctor->device_count; i++) {
		free(doctor->devices[i].name);
		free(doctor->devices[i].uri);
	}
	free(doctor->outbox);
}

int main(int argc, char **argv)
{
	static struct doctor doctor = {.by_default = true, .timeout_ms = 10000, .listen_ms = 5000};
	char *argument = NULL;
	bool json = false;
	int key;

	wait_start();
	cli_start(&program, argc, argv);
	while ((key = cli_next(&argument)) != -1)
		take_option(&doctor, key, argument, &json);
	examine_all(&doctor, json);
	bool well = findings_all_well(&doctor.findings);
	doctor_free(&doctor);
	return cli_flush_output() && well ? EXIT_SUCCESS : EXIT_FAILURE;
}
