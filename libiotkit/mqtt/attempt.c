/* SPDX-License-Identifier: MIT */
#include "mqtt/attempt.h"

#include <inttypes.h>

#include "mqtt/reason.h"

void attempt_explain_refusal(const struct session *session, const struct answer *answer,
			     struct attempt *attempt)
{
	const struct broker_answer *known = session->settings->version_5
						    ? reason_of_connack_5(answer->code)
						    : reason_of_connack_3(answer->code);
	char text[ANSWER_TEXT_SIZE];

	attempt->lasting = known->lasting;
	reason_describe(known, answer->code, answer->words, text);
	reason_set(&attempt->reason, known->status,
		   "the broker %.64s:%u refuses the connection: %s",
		   session_broker_now(session)->host, (unsigned)session_broker_now(session)->port,
		   text);
}

void attempt_explain_goodbye(const struct session *session, const struct answer *answer,
			     struct attempt *attempt)
{
	const struct broker_answer *known = reason_of_code_5(answer->code);
	char text[ANSWER_TEXT_SIZE];

	attempt->lasting = known->lasting;
	reason_describe(known, answer->code, answer->words, text);
	reason_set(&attempt->reason, known->status, "the broker %.64s:%u ended the connection: %s",
		   session_broker_now(session)->host, (unsigned)session_broker_now(session)->port,
		   text);
}

void attempt_explain_silence(const struct session *session, struct attempt *attempt)
{
	reason_set(&attempt->reason, IOTKIT_ETIMEOUT,
		   "%s:%u took the connection but did not answer CONNECT in time: it is "
		   "overloaded, or "
		   "no MQTT broker; connect.timeout_ms sets the time",
		   session_broker_now(session)->host, (unsigned)session_broker_now(session)->port);
}

void attempt_explain_closed(const struct session *session, struct attempt *attempt)
{
	const struct session_broker *broker = session_broker_now(session);
	unsigned port = broker->port;

	if (attempt->connected_at > 0)
		reason_set(
			&attempt->reason, IOTKIT_ENETWORK,
			"the broker %s:%u closed the connection without a reason; if that repeats, "
			"another client may use the same mqtt.client_id",
			broker->host, port);
	else if (session->tls != NULL)
		reason_set(
			&attempt->reason, IOTKIT_ENETWORK,
			"the broker %s:%u closed the connection instead of answering CONNECT: it "
			"may want another mqtt.version; its log may tell",
			broker->host, port);
	else
		reason_set(
			&attempt->reason, IOTKIT_ENETWORK,
			"the broker %s:%u closed the connection instead of answering CONNECT: most "
			"likely it speaks TLS on this port (use mqtts://%s:%u), or it wants "
			"another "
			"mqtt.version",
			broker->host, port, broker->host, port);
}

void attempt_explain_no_ping(const struct session *session, struct attempt *attempt)
{
	reason_set(&attempt->reason, IOTKIT_ENETWORK,
		   "the broker %s:%u did not answer pings (mqtt.keepalive_s is %" PRId64
		   "): it hangs, or the network is cut",
		   session_broker_now(session)->host, (unsigned)session_broker_now(session)->port,
		   session->settings->keepalive_s);
}
