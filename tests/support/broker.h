/* SPDX-License-Identifier: MIT
 *
 * A private Mosquitto on a free loopback port, with its files in a folder of
 * its own. It dies with the test that started it.
 *
 *     struct broker broker = {.persistent = true};
 *     broker_start(&broker);
 *     ... mqtt://127.0.0.1:{broker.port}, or broker.uri ...
 *     broker_remove(&broker);
 */
#ifndef TESTS_BROKER_H
#define TESTS_BROKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct broker {
	/* Set these before broker_start(); all may be left 0. */
	const char *config; /* more lines for mosquitto.conf */
	const char *user; /* who alone may connect, with this password; NULL: anybody */
	const char *password;
	const char *acl; /* text of the ACL file */
	bool persistent; /* it keeps sessions and messages over a restart */

	/* Told by broker_start(). */
	uint16_t port;
	char uri[64]; /* mqtt://127.0.0.1:PORT */
	char folder[64];
	pid_t pid; /* 0: it does not run */
};

/* Each fails the test when it cannot be done. */

/* Returns when the broker takes connections. */
void broker_start(struct broker *broker);

/* As its service manager would end it; it stores what is persistent. */
void broker_stop(struct broker *broker);

/* kill -9 */
void broker_kill(struct broker *broker);

/* Starts it once more on the same port, after it was stopped or killed. */
void broker_restart(struct broker *broker);

/* It neither answers nor reads; the kernel still takes connections for it. */
void broker_freeze(struct broker *broker);
void broker_thaw(struct broker *broker);

/* Stops it if it runs, and removes its folder. */
void broker_remove(struct broker *broker);

/* Whether a line of its log contains this; the log begins anew at each start. */
bool broker_logged(const struct broker *broker, const char *part);

/* A port of 127.0.0.1 where nothing listens. It lies outside the range that the
 * kernel gives to outgoing connections, so it stays free for long. */
uint16_t broker_free_port(void);

#endif
