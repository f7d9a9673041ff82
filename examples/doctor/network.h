/* SPDX-License-Identifier: MIT
 *
 * The way to a broker, before anything is said on it: its name, and TCP.
 */
#ifndef EXAMPLES_DOCTOR_NETWORK_H
#define EXAMPLES_DOCTOR_NETWORK_H

#include "doctor/doctor.h"

enum { NETWORK_HOSTS_MAX = 16, NETWORK_TEXT_SIZE = 320 };

struct network_host {
	char host[NETWORK_TEXT_SIZE]; /* a name, or an address without brackets */
	char port[8];
	char uri[2 * NETWORK_TEXT_SIZE]; /* of this host alone */
	char label[NETWORK_TEXT_SIZE + 8]; /* "localhost:1883" */
	char name_subject[NETWORK_TEXT_SIZE + 16]; /* of findings: "name localhost", ... */
	char tcp_subject[NETWORK_TEXT_SIZE + 16]; /* ... "TCP localhost:1883", ... */
	char tls_subject[NETWORK_TEXT_SIZE + 16]; /* ... "TLS localhost:8883" */
};

/* Takes the hosts of the option `broker` apart; returns how many there are. */
size_t network_hosts(const char *uri, struct network_host hosts[static NETWORK_HOSTS_MAX]);

/* Looks the name up, connects, and hangs up; tells of both. Whether it was reached. */
bool network_reach(struct doctor *doctor, const struct network_host *host);

#endif
