/* SPDX-License-Identifier: MIT
 *
 * What all examinations know. Each looks at one concern and adds its findings.
 */
#ifndef EXAMPLES_DOCTOR_DOCTOR_H
#define EXAMPLES_DOCTOR_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <iotkit.h>

#include "common/session.h"
#include "doctor/findings.h"

enum { DOCTOR_DEVICES_MAX = 256, DOCTOR_URI_SIZE = 65536 };

struct doctor_device {
	char *name;
	char *uri;
};

struct doctor {
	struct findings findings;
	struct session session; /* the command line's */
	const char *config; /* the file that is examined, or NULL */
	bool by_default; /* nobody named it */
	struct doctor_device devices[DOCTOR_DEVICES_MAX];
	size_t device_count;
	char *outbox; /* the file of outbox.path, or NULL */
	int timeout_ms; /* for each step on the way to the broker */
	int listen_ms; /* to boards */

	/* The gateway's options, but no board and no outbox, and a client id of its own: it can
	 * connect beside a gateway that runs. NULL when the configuration is no good. */
	iotkit *iot;
	bool commands; /* the gateway subscribes to commands for its boards */
};

/* Makes doctor->iot of the file and the command line. */
void setup(struct doctor *doctor);

/* Root goes on as the user whom the configuration belongs to, for good: root may read what a
 * gateway may not, and the library takes a file with a secret only from its own user. */
void setup_user(struct doctor *doctor);

/* Notes a board; it must not be named twice. */
void setup_add_device(struct doctor *doctor, const char *name, const char *uri);

void check_machine(struct doctor *doctor);
void check_service(struct doctor *doctor);
void check_ports(struct doctor *doctor);
void check_broker(struct doctor *doctor);
void check_outbox(struct doctor *doctor);

#endif
