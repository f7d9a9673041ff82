/* SPDX-License-Identifier: MIT
 *
 * iotkit-gateway reads boards and publishes what they measure, for as long as
 * it runs. `{topic.base}/gateway/{client id}/status` tells whether it does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <iotkit.h>

#include "common/cli.h"
#include "common/option_list.h"
#include "common/session.h"
#include "common/tls_flags.h"
#include "common/wait.h"
#include "gateway_log.h"
#include "gateway_reload.h"
#include "gateway_service.h"

#define DEVICES_MAX 256
#define GOODBYE_MS 5000
#define RETRY_MS 1000
#define TOPIC_MAX 65536

enum { KEY_BROKER = CLI_LONG_ONLY, KEY_DEVICE, KEY_OPTION, KEY_PRINT, KEY_LIST };

struct gateway {
	struct session session;
	iotkit *iot;
	const char *config;
	char *devices[DEVICES_MAX]; /* "NAME=URI" from the command line */
	size_t device_count;
	bool print;
	bool owes_online; /* connected, but the outbox had no room to tell it */
	bool refused; /* by the broker, for good */
	char status_topic[TOPIC_MAX];
};

static const struct cli_option options[] = {
	{'c', "config", "FILE", "read options and devices from this INI file"},
	{KEY_BROKER, "broker", "URI",
	 "mqtts://[USER@]HOST[:PORT][,HOST...], or mqtt:// without\n"
	 "TLS; default mqtt://localhost:1883"},
	{KEY_DEVICE, "device", "NAME=URI",
	 "read this board, as\ngreenhouse=serial:/dev/ttyACM0?baud=115200; repeatable"},
	{KEY_OPTION, "option", "NAME=VALUE", "set an option of the library; repeatable"},
	{KEY_PRINT, "print", NULL, "print each metric on standard output"},
	{'q', "quiet", NULL, "log nothing but errors"},
	{KEY_LIST, "list-options", "[=FORM]", "print the library's options and exit"},
	{0, NULL, NULL, NULL},
};

static const struct cli_option *const shared[] = {tls_flags, NULL};

static const struct cli_program program = {
	.name = "iotkit-gateway",
	.usage = "[-c FILE] [--broker URI] [--device NAME=URI]... [OPTION]...",
	.summary = "Publish by MQTT what boards on serial ports measure.",
	.options = options,
	.shared = shared,
	.notes = "What the command line says overrides the file. The client id (mqtt.client_id)\n"
		 "is iotkit-gateway-HOSTNAME unless set. SIGHUP takes up new certificates and\n"
		 "passwords.\n"
		 "Exit status: 0 ended by a signal, 1 it failed, 2 called wrongly.",
};

static noreturn void list_options(const char *form)
{
	if (form == NULL)
		option_list_text();
	else if (strcmp(form, "markdown") == 0)
		option_list_markdown();
	else if (strcmp(form, "man") == 0)
		option_list_man();
	else
		cli_usage_error("--list-options prints text, markdown or man, not '%s'", form);
	exit(cli_flush_output() ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void note_device(struct gateway *gateway, char *device)
{
	const char *equals = strchr(device, '=');

	if (equals == NULL || equals == device)
		cli_usage_error("--device needs NAME=URI, not '%s'", device);
	if (gateway->device_count == DEVICES_MAX)
		cli_usage_error("more than %d devices", DEVICES_MAX);
	gateway->devices[gateway->device_count++] = device;
}

static void take_option(struct gateway *gateway, int key, char *argument)
{
	switch (key) {
	case 'c':
		gateway->config = argument;
		break;
	case KEY_BROKER:
		session_set_broker(&gateway->session, argument);
		break;
	case KEY_DEVICE:
		note_device(gateway, argument);
		break;
	case KEY_OPTION:
		session_set_pair(&gateway->session, argument);
		break;
	case KEY_PRINT:
		gateway->print = true;
		session_set(&gateway->session, "events.metrics", "on");
		break;
	case 'q':
		gateway_log_quiet();
		break;
	case KEY_LIST:
		list_options(argument);
	default:
		tls_flag(&gateway->session, key, argument);
	}
}

/* What may not stand in one level of a topic becomes '_', as in the names of
 * devices. */
static void make_level(char *text)
{
	for (; *text != '\0'; text++)
		if (strchr("+#/", *text) != NULL || (unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '_';
}

/* A gateway needs a name that outlives it: by it the broker finds its session
 * again, and others its status. Without one of the user's it is the host's. */
static bool get_client_id(iotkit *iot, char *id, size_t size)
{
	char host[256] = "";

	if (iotkit_get_option(iot, "mqtt.client_id", id, size) != IOTKIT_OK)
		return false;
	if (id[0] != '\0')
		return true;
	gethostname(host, sizeof host - 1);
	snprintf(id, size, "iotkit-gateway-%s", host);
	return iotkit_set_option(iot, "mqtt.client_id", id) == IOTKIT_OK;
}

static bool set_will(struct gateway *gateway)
{
	static char base[TOPIC_MAX], id[TOPIC_MAX];

	if (iotkit_get_option(gateway->iot, "topic.base", base, sizeof base) != IOTKIT_OK ||
	    !get_client_id(gateway->iot, id, sizeof id))
		return false;
	make_level(id);
	snprintf(gateway->status_topic, sizeof gateway->status_topic,
		 "%.32000s/gateway/%.32000s/status", base, id);
	return iotkit_set_will(gateway->iot, gateway->status_topic, "offline", strlen("offline"), 1,
			       1) == IOTKIT_OK;
}

static bool add_devices(struct gateway *gateway)
{
	for (size_t i = 0; i < gateway->device_count; i++) {
		char *name = gateway->devices[i];
		char *uri = strchr(name, '=');

		*uri++ = '\0';
		iotkit_status status = iotkit_add_device(gateway->iot, name, uri);
		if (status == IOTKIT_EINVAL) {
			iotkit_close(gateway->iot);
			cli_usage_error("%s", iotkit_last_error());
		}
		if (status != IOTKIT_OK)
			return false;
		gateway_log("device %s: %s", name, uri);
	}
	return true;
}

/* False when the outbox has no room for it now. */
static bool tell_status(struct gateway *gateway, const char *text)
{
	iotkit_status status =
		iotkit_publish(gateway->iot, gateway->status_topic, text, strlen(text), 1, 1, NULL);

	if (status != IOTKIT_OK && status != IOTKIT_EFULL)
		gateway_log_error("%s", iotkit_last_error());
	return status != IOTKIT_EFULL;
}

/* False when the gateway cannot go on. */
static bool take_event(struct gateway *gateway, const iotkit_event *event)
{
	gateway_log_missed(event);
	if (event->type == IOTKIT_EVENT_METRIC)
		return !gateway->print || gateway_print_metric(event);
	gateway_log_event(event);
	gateway_service_event(gateway->iot, event);
	if (event->type == IOTKIT_EVENT_CONNECTED) {
		gateway->owes_online = true;
		return gateway_reload_connected(gateway->iot);
	}
	if (event->type != IOTKIT_EVENT_DISCONNECTED)
		return true;
	gateway->owes_online = false;
	gateway->refused = event->retry_ms < 0 && event->status != IOTKIT_OK;
	return !gateway->refused;
}

static bool reload(struct gateway *gateway)
{
	gateway_service_reloading();
	if (!gateway_reload(gateway->iot))
		return false;
	gateway_service_ready();
	return true;
}

/* False when the gateway cannot go on. */
static bool serve_once(struct gateway *gateway)
{
	const iotkit_event *event = iotkit_next_event(gateway->iot, 0);

	if (event != NULL && !take_event(gateway, event))
		return false;
	if (wait_reload_asked() && !reload(gateway))
		return false;
	if (gateway->owes_online)
		gateway->owes_online = !tell_status(gateway, "online");
	int64_t deadline = gateway_service_alive(gateway->iot);
	if (gateway->owes_online && deadline > wait_now() + RETRY_MS)
		deadline = wait_now() + RETRY_MS;
	if (event == NULL)
		wait_for(gateway->iot, -1, deadline);
	return true;
}

static int serve(struct gateway *gateway)
{
	while (!wait_stopped())
		if (!serve_once(gateway))
			return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

/* The goodbye itself is among them. */
static void log_last_packets(iotkit *iot)
{
	const iotkit_event *event;

	while ((event = iotkit_next_event(iot, 0)) != NULL)
		if (event->type == IOTKIT_EVENT_TRACE)
			gateway_log_event(event);
}

/* The boards' own `offline` is the library's part. */
static int say_goodbye(struct gateway *gateway, int result)
{
	/* After a goodbye the broker sends no will, so this must find its room. */
	if (!tell_status(gateway, "offline")) {
		iotkit_flush(gateway->iot, GOODBYE_MS);
		tell_status(gateway, "offline");
	}
	if (iotkit_disconnect(gateway->iot, GOODBYE_MS) != IOTKIT_OK)
		gateway_log_error("%s", iotkit_last_error());
	log_last_packets(gateway->iot);
	return result;
}

static int run(struct gateway *gateway)
{
	if (!set_will(gateway) || !add_devices(gateway) ||
	    iotkit_connect(gateway->iot, 0) != IOTKIT_OK) {
		session_error();
		return EXIT_FAILURE;
	}
	/* Also without a broker, which may come later: boards are read, and nothing is lost. */
	gateway_service_ready();
	int result = serve(gateway);
	gateway_service_stopping();
	gateway_log_dropped_rest();
	return gateway->refused ? result : say_goodbye(gateway, result);
}

/* The library has read the file already: it is well formed. */
static bool file_has_device(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[128];
	bool found = false;

	while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
		found = strncmp(line + strspn(line, " \t"), "[device ", 8) == 0;
	if (file != NULL)
		fclose(file);
	return found;
}

static void log_start(const struct gateway *gateway)
{
	gateway_log("%s %s starts", program.name, iotkit_version());
	if (gateway->config != NULL)
		gateway_log("configuration: %s", gateway->config);
	if (gateway->device_count == 0 && gateway->config == NULL)
		gateway_log("no device is given, so there is nothing to read: use --device "
			    "NAME=serial:/dev/ttyACM0, or -c FILE");
	else if (gateway->device_count == 0 && !file_has_device(gateway->config))
		gateway_log("no device is given, so there is nothing to read: write two lines into "
			    "%s, '[device arduino]' and 'port = serial:/dev/ttyACM0?baud=115200' "
			    "(iotkit-ports lists the ports)",
			    gateway->config);
	gateway_log_broker(gateway->iot);
}

int main(int argc, char **argv)
{
	static struct gateway gateway;
	char *argument = NULL;
	int status = EXIT_FAILURE;
	int key;

	wait_start();
	wait_for_reloads();
	gateway_log_start();
	cli_start(&program, argc, argv);
	session_set(&gateway.session, "events.delivered", "off"); /* nobody here looks at them */
	while ((key = cli_next(&argument)) != -1)
		take_option(&gateway, key, argument);
	gateway_reload_start(gateway.config);
	gateway.iot = session_open(&gateway.session, gateway.config);
	if (gateway.iot != NULL) {
		log_start(&gateway);
		status = run(&gateway);
	}
	iotkit_close(gateway.iot);
	return status;
}
