/* SPDX-License-Identifier: MIT
 *
 * The broker hears of us in time. paho pings when it has said nothing for the keep-alive; but of
 * what it says the link keeps acknowledgements of messages that the application has not taken, and
 * then nothing goes. A broker waits for one and a half of it: MQTT 5.0 section 3.1.2.10.
 */
#include "base/clock.h"
#include "mqtt/internal.h"

enum { PATIENCE_MS_PER_S = 1250 /* of the keep-alive; paho comes first, if it comes at all */ };

static const char pingreq[] = {(char)0xc0, 0x00};

int64_t keepalive_heed(struct session *session)
{
	int64_t patience = session->settings->keepalive_s * PATIENCE_MS_PER_S;
	int64_t now = clock_monotonic_ms();

	if (patience == 0)
		return CLOCK_NEVER;
	if (session->live.sent != session->said) {
		session->said = session->live.sent;
		session->said_at = now;
	}
	if (now >= session->said_at + patience) {
		link_send(session->link, pingreq, sizeof pingreq);
		session->said_at = now;
	}
	return session->said_at + patience;
}
