/* SPDX-License-Identifier: MIT
 *
 * The MQTT session as the command line describes it: broker, options, will;
 * and what becomes of its connection.
 */
#ifndef EXAMPLES_COMMON_SESSION_H
#define EXAMPLES_COMMON_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <iotkit.h>

#include "cli.h"
#include "secrets.h"

#define SESSION_SETTINGS_MAX 64

struct setting {
	const char *name;
	const char *value;
};

struct session {
	const char *broker; /* a whole URI; else it is made from host and port */
	const char *host;
	const char *port;
	struct setting settings[SESSION_SETTINGS_MAX]; /* a later one wins */
	size_t setting_count;
	struct secrets secrets; /* that settings and broker lead to */
	const char *will_topic;
	const char *will_payload;
	const char *will_qos;
	bool will_retain;
	bool keep; /* -c: the broker keeps the session */
	const char *tls_flag; /* one that was given, without its dashes */
	bool debug;
	bool patient; /* goes on although the first attempt to connect failed */
	bool connected; /* was, at least once */
	uint64_t messages; /* taken so far */
	int hosts; /* that are to be tried before giving up */
	int failures; /* before the first connection */
};

/* mosquitto_pub's and mosquitto_sub's flags for the connection. */
extern const struct cli_option *const session_flags[];

/* Sets what those flags mean when none is given. */
void session_begin(struct session *session);

/* Takes one of session_flags; false when the key is none of them. */
bool session_option(struct session *session, int key, char *argument);

/* Notes one option of the library, by its name and value. */
void session_set(struct session *session, const char *name, const char *value);

/* Takes --broker's. */
void session_set_broker(struct session *session, char *uri);

/* Takes --option's "name=value", which is cut in two. */
void session_set_pair(struct session *session, char *pair);

/* Makes the handle: first the environment, then the file, unless it is NULL, then
 * the command line. NULL after telling what was wrong; exits when the command line was. */
iotkit *session_open(struct session *session, const char *config);

/* Looks at an event for what it says about the connection, and tells the user.
 * False when the program must give up. */
bool session_event(struct session *session, const iotkit_event *event);

/* Once disconnected: shows the last packets that the option trace=packets tells of, if
 * no message waits before them. */
void session_print_rest(const struct session *session, iotkit *iot);

/* Prints a failed call's sentence. */
void session_error(void);

#endif
