/* SPDX-License-Identifier: MIT
 *
 * One connection from the first attempt to its end, and that end in words.
 */
#ifndef IOTKIT_MQTT_ATTEMPT_H
#define IOTKIT_MQTT_ATTEMPT_H

#include "mqtt/internal.h"

/* How one connection went. */
struct attempt {
	int64_t connack_deadline;
	int64_t connected_at; /* 0: never */
	int64_t goodbye_deadline; /* CLOCK_NEVER: we have not said it */
	bool lasting; /* its end cannot be mended by another attempt */
	struct reason reason;
};

/* The broker refused CONNECT, said DISCONNECT, never answered, closed the
 * connection, or left pings unanswered. */
void attempt_explain_refusal(const struct session *session, const struct answer *answer,
			     struct attempt *attempt);
void attempt_explain_goodbye(const struct session *session, const struct answer *answer,
			     struct attempt *attempt);
void attempt_explain_silence(const struct session *session, struct attempt *attempt);
void attempt_explain_closed(const struct session *session, struct attempt *attempt);
void attempt_explain_no_ping(const struct session *session, struct attempt *attempt);

#endif
