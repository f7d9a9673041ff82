/* SPDX-License-Identifier: MIT
 *
 * What the calls of bad_calls.py are made with: all that is good, so that the one bad argument
 * alone is what a call fails for.
 */
#ifndef TESTS_ABI_BAD_CALLS_H
#define TESTS_ABI_BAD_CALLS_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "iotkit.h"

enum { STAGE_PATH_SIZE = 160 };

/* Where calls write to. A call that fails leaves all of it as it was. */
struct stage_out {
	iotkit *iot;
	iotkit_dedup *dedup;
	iotkit_outbox_rows *rows;
	uint64_t id;
	uint64_t count;
	size_t ports_count;
	iotkit_stats stats;
	iotkit_outbox_summary summary;
	iotkit_port_info ports[2];
	char buffer[16384];
};

struct stage {
	char folder[64];
	char config[STAGE_PATH_SIZE]; /* a configuration file */
	char box[STAGE_PATH_SIZE]; /* an outbox with a message, which nobody has open */
	char certificate[STAGE_PATH_SIZE];
	char dedup_path[STAGE_PATH_SIZE];
	char new_certificate[STAGE_PATH_SIZE];
	char new_key[STAGE_PATH_SIZE];
	const char *long_text; /* longer than any string of MQTT */
	const char *text_256;
	const char *a_filter;

	/* Made anew for each call. */
	iotkit *iot;
	iotkit_dedup *dedup;
	iotkit_outbox_rows *rows;
	iotkit_certificate_request request;
	struct stage_out out;
	struct stage_out before; /* as it was when the call was made */
};

/* Sets of codes that a call may answer. */
#define ONE(status) (1u << (unsigned)-(status))

struct bad_call {
	const char *what;
	iotkit_status (*make)(struct stage *stage);
	unsigned allowed;
	bool reports; /* writes what it knows also when it fails */
};

/* All of them, made by bad_calls.py. */
extern const struct bad_call bad_calls[];
extern const size_t bad_calls_count;

/* The handle has a device, shed. */
void stage_add_device(struct stage *stage);

/* The handle's broker is one of TLS, where nobody listens. */
void stage_use_tls(struct stage *stage);

/* All is prepared: what is in `out` now must stay, should the call fail. */
void stage_ready(struct stage *stage);

/* For what answers a pointer or a number of its own: a refusal is IOTKIT_EINVAL, anything else
 * IOTKIT_OK. NULL without an error is no refusal. */
iotkit_status refused(struct stage *stage, const void *pointer);
iotkit_status seen(int32_t answer);

/* The text is there, whatever it is. */
void is_text(const char *text);

/* A callback. */
void ignore_event(const iotkit_event *event, void *context);

#endif
