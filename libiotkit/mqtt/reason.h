/* SPDX-License-Identifier: MIT
 *
 * What the broker's numbers mean, in words, and whether trying again can help.
 * Sources: MQTT 3.1.1 section 3.2.2.3; MQTT 5.0 section 2.4.
 */
#ifndef IOTKIT_MQTT_REASON_H
#define IOTKIT_MQTT_REASON_H

#include <stdbool.h>

#include "iotkit.h"

struct broker_answer {
	int code;
	iotkit_status status;
	bool lasting; /* a retry cannot mend it */
	const char *mend; /* may be "" */
};

/* A CONNACK's return code of MQTT 3.1.1, 1 to 5. */
const struct broker_answer *reason_of_connack_3(int code);

/* A reason code of MQTT 5, 0x80 and above; in a CONNACK, or in any other packet. */
const struct broker_answer *reason_of_connack_5(int code);
const struct broker_answer *reason_of_code_5(int code);

/* The words for any of these. */
const char *reason_words(int code);

/* "not authorised (code 0x87, 'its own words'): check ...", as much as there is. */
enum { ANSWER_TEXT_SIZE = 384 };
void reason_describe(const struct broker_answer *known, int code, const char *broker_words,
		     char text[ANSWER_TEXT_SIZE]);

#endif
