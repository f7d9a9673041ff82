/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <string.h>

#include "broker_uri.h"
#include "tls_flags.h"
#include "trace.h"

#define PASSWORD_VARIABLE "IOTKIT_PASSWORD"
#define SESSION_NEVER_EXPIRES "4294967295"

enum {
	KEY_BROKER = CLI_LONG_ONLY + 100,
	KEY_OPTION,
	KEY_QUIET,
	KEY_WILL_TOPIC,
	KEY_WILL_PAYLOAD,
	KEY_WILL_QOS,
	KEY_WILL_RETAIN
};

static const struct cli_option connection_flags[] = {
	{'h', "host", "HOST", "broker to connect to; default localhost"},
	{'p', "port", "PORT",
	 "its port; default 1883, or 8883 with TLS; 8883 implies\nTLS, as any flag for TLS does"},
	{KEY_BROKER, "broker", "URI",
	 "instead of -h and -p: mqtts://HOST[:PORT][,HOST...]\nor mqtt://"},
	{'i', "id", "ID", "client id (mqtt.client_id)"},
	{'u', "username", "NAME", "user name (mqtt.username)"},
	{'P', "pw", "PASSWORD",
	 "password; others can read it on a command line:\n"
	 "prefer --option mqtt.password_file=FILE, or set\n"
	 "IOTKIT_PASSWORD in the environment"},
	{'k', "keepalive", "SECONDS", "keep-alive interval (mqtt.keepalive_s)"},
	{'V', "protocol-version", "VERSION", "311 or 5 (mqtt.version); mqttv311 and mqttv5 too"},
	{'c', "disable-clean-session", NULL, "keep the session at the broker; needs -i"},
	{KEY_WILL_TOPIC, "will-topic", "TOPIC", "topic of the message sent if this program dies"},
	{KEY_WILL_PAYLOAD, "will-payload", "TEXT", "its payload; default empty"},
	{KEY_WILL_QOS, "will-qos", "QOS", "its QoS: 0, 1 or 2; default 0"},
	{KEY_WILL_RETAIN, "will-retain", NULL, "have the broker retain it"},
	{KEY_OPTION, "option", "NAME=VALUE",
	 "any option of the library; see\n"
	 "iotkit-gateway --list-options"},
	{'d', "debug", NULL,
	 "tell on standard error what happens, and each packet\n(trace=packets)"},
	{KEY_QUIET, "quiet", NULL, "print no errors and warnings"},
	{0, NULL, NULL, NULL},
};

const struct cli_option *const session_flags[] = {connection_flags, tls_flags, NULL};

void session_begin(struct session *session)
{
	/* The library would resume the session of a client id; mosquitto's programs
	 * do that with -c only. */
	session_set(session, "mqtt.clean_start", "on");
}

void session_set(struct session *session, const char *name, const char *value)
{
	if (session->setting_count == SESSION_SETTINGS_MAX)
		cli_usage_error("more than %d options", SESSION_SETTINGS_MAX);
	session->settings[session->setting_count++] = (struct setting){name, value};
}

void session_set_broker(struct session *session, char *uri)
{
	session->broker = secrets_guard(&session->secrets, "broker", uri);
}

void session_set_pair(struct session *session, char *pair)
{
	char *equals = strchr(pair, '=');

	if (equals == NULL || equals == pair)
		cli_usage_error("--option needs NAME=VALUE, not '%s'", pair);
	*equals = '\0';
	session_set(session, pair, secrets_guard(&session->secrets, pair, equals + 1));
}

static const char *protocol_version(const char *text)
{
	static const struct {
		const char *theirs;
		const char *ours;
	} versions[] = {
		{"311", "3.1.1"}, {"mqttv311", "3.1.1"}, {"3.1.1", "3.1.1"},
		{"5", "5"},       {"mqttv5", "5"},
	};

	for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
		if (strcmp(text, versions[i].theirs) == 0)
			return versions[i].ours;
	if (strcmp(text, "31") == 0 || strcmp(text, "mqttv31") == 0)
		cli_usage_error("MQTT 3.1 is not supported; use -V 311 or -V 5");
	cli_usage_error("there is no MQTT version '%s'; use -V 311 or -V 5", text);
}

static bool will_option(struct session *session, int key, const char *argument)
{
	switch (key) {
	case KEY_WILL_TOPIC:
		session->will_topic = argument;
		return true;
	case KEY_WILL_PAYLOAD:
		session->will_payload = argument;
		return true;
	case KEY_WILL_QOS:
		session->will_qos = argument;
		return true;
	case KEY_WILL_RETAIN:
		session->will_retain = true;
		return true;
	default:
		return false;
	}
}

/* The library's option that a flag stands for, NULL when it is not as simple. */
static const char *option_of(int key)
{
	switch (key) {
	case 'i':
		return "mqtt.client_id";
	case 'u':
		return "mqtt.username";
	case 'P':
		return "mqtt.password";
	case 'k':
		return "mqtt.keepalive_s";
	default:
		return NULL;
	}
}

static void keep_session(struct session *session)
{
	session->keep = true;
	session_set(session, "mqtt.clean_start", "off");
	session_set(session, "mqtt.session_expiry_s", SESSION_NEVER_EXPIRES);
}

bool session_option(struct session *session, int key, char *argument)
{
	switch (key) {
	case 'h':
		session->host = argument;
		return true;
	case 'p':
		cli_integer(argument, 1, 65535, "the port");
		session->port = argument;
		return true;
	case KEY_BROKER:
		session_set_broker(session, argument);
		return true;
	case 'V':
		session_set(session, "mqtt.version", protocol_version(argument));
		return true;
	case 'c':
		keep_session(session);
		return true;
	case KEY_OPTION:
		session_set_pair(session, argument);
		return true;
	case 'd':
		session->debug = true;
		session_set(session, "trace", "packets");
		return true;
	case KEY_QUIET:
		cli_quiet();
		return true;
	default:
		break;
	}
	if (option_of(key) == NULL)
		return will_option(session, key, argument) || tls_flag(session, key, argument);
	session_set(session, option_of(key),
		    secrets_guard(&session->secrets, option_of(key), argument));
	return true;
}

void session_error(void)
{
	cli_error("%s", iotkit_last_error());
}

/* Whether a call on what the command line said went well. Exits when the
 * command line was wrong, as opposed to the machine. */
static bool accepted(iotkit *iot, iotkit_status status)
{
	if (status == IOTKIT_OK)
		return true;
	if (status == IOTKIT_EINVAL || status == IOTKIT_ENOENT || status == IOTKIT_ENOTSUP) {
		iotkit_close(iot);
		cli_usage_error("%s", iotkit_last_error());
	}
	session_error();
	return false;
}

static bool set_will(const struct session *session, iotkit *iot)
{
	const char *payload = session->will_payload != NULL ? session->will_payload : "";
	int qos = 0;

	if (session->will_topic == NULL) {
		if (session->will_payload != NULL || session->will_qos != NULL ||
		    session->will_retain)
			cli_usage_error("the --will options need --will-topic");
		return true;
	}
	if (session->will_qos != NULL)
		qos = cli_integer(session->will_qos, 0, 2, "--will-qos");
	return accepted(iot, iotkit_set_will(iot, session->will_topic, payload, strlen(payload),
					     qos, session->will_retain));
}

/* Whatever else names a password comes later, and wins. */
static bool set_password_variable(iotkit *iot)
{
	char *password = secrets_take_variable(PASSWORD_VARIABLE);
	bool good =
		password == NULL || iotkit_set_option(iot, "mqtt.password", password) == IOTKIT_OK;

	secrets_forget(password);
	if (!good)
		cli_error("the variable " PASSWORD_VARIABLE ": %s", iotkit_last_error());
	return good;
}

static bool configure(const struct session *session, iotkit *iot, const char *config,
		      const char *uri)
{
	if (!set_password_variable(iot))
		return false;
	if (config != NULL && iotkit_load_config(iot, config) != IOTKIT_OK) {
		session_error();
		return false;
	}
	if (uri != NULL && !accepted(iot, iotkit_set_option(iot, "broker", uri)))
		return false;
	for (size_t i = 0; i < session->setting_count; i++) {
		const struct setting *setting = &session->settings[i];
		if (!accepted(iot, iotkit_set_option(iot, setting->name, setting->value)))
			return false;
	}
	broker_uri_check_tls(session, iot);
	return set_will(session, iot);
}

static bool has_client_id(const struct session *session, const char *uri)
{
	if (uri != NULL && strstr(uri, "mqtt.client_id=") != NULL)
		return true;
	for (size_t i = 0; i < session->setting_count; i++)
		if (strcmp(session->settings[i].name, "mqtt.client_id") == 0)
			return true;
	return false;
}

iotkit *session_open(struct session *session, const char *config)
{
	char buffer[2048];
	const char *uri = broker_uri(session, config, buffer, sizeof buffer);
	iotkit *iot = NULL;

	/* A session under a name made up each time would be kept for nobody. */
	if (session->keep && !has_client_id(session, uri))
		cli_usage_error("-c needs a client id, given by -i");
	secrets_warn(&session->secrets);
	session->hosts = uri != NULL ? broker_uri_hosts(uri) : 1;
	if (!accepted(NULL, iotkit_open(NULL, &iot)))
		return NULL;
	if (!configure(session, iot, config, uri)) {
		iotkit_close(iot);
		iot = NULL;
	}
	secrets_wipe(&session->secrets);
	return iot;
}

static bool disconnected(struct session *session, const iotkit_event *event)
{
	const char *why = event->text != NULL ? event->text : iotkit_strerror(event->status);

	/* Our own goodbye. */
	if (event->retry_ms < 0 && event->status == IOTKIT_OK)
		return true;
	if (!session->connected)
		session->failures++;
	bool no_broker =
		!session->connected && !session->patient && session->failures >= session->hosts;
	if (event->retry_ms < 0 || no_broker) {
		cli_error("%s", why);
		return false;
	}
	cli_warning("%s; trying again in %.1f s", why, event->retry_ms / 1000.0);
	return true;
}

static void tell_all(const iotkit_event *event)
{
	if (event->text != NULL)
		cli_error("%s", event->text);
	else
		cli_error("%s%s%s", iotkit_event_name(event->type), event->topic != NULL ? " " : "",
			  event->topic != NULL ? event->topic : "");
}

void session_print_rest(const struct session *session, iotkit *iot)
{
	iotkit_stats stats = {.struct_size = sizeof stats};

	/* To take a message would be to say that it was printed. */
	if (iotkit_get_stats(iot, &stats) == IOTKIT_OK && stats.received == session->messages)
		trace_print_rest(iot);
}

bool session_event(struct session *session, const iotkit_event *event)
{
	/* Failures are told anyway, each by who knows what it means. */
	if (session->debug && event->status == IOTKIT_OK && event->type != IOTKIT_EVENT_TRACE)
		tell_all(event);
	switch (event->type) {
	case IOTKIT_EVENT_TRACE:
		trace_print(event);
		return true;
	case IOTKIT_EVENT_MESSAGE:
		session->messages++;
		return true;
	case IOTKIT_EVENT_CONNECTED:
		session->connected = true;
		return true;
	case IOTKIT_EVENT_DISCONNECTED:
		return disconnected(session, event);
	case IOTKIT_EVENT_LOG:
		if (event->status != IOTKIT_OK && event->text != NULL)
			cli_warning("%s", event->text);
		return true;
	default:
		return true;
	}
}
