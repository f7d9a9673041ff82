/* SPDX-License-Identifier: MIT
 *
 * What the numbers in acknowledgements mean, in words.
 * Sources: MQTT 3.1.1 sections 3.2.2.3 and 3.9.3; MQTT 5.0 section 2.4.
 */
#ifndef IOTKIT_PACKET_REASON_WORDS_H
#define IOTKIT_PACKET_REASON_WORDS_H

/* Of a CONNACK of MQTT 3.1.1. */
const char *reason_words_3(unsigned code);

/* Of a packet of MQTT 5, whose type (PACKET_*) gives the first codes their meaning; also of a
 * SUBACK of MQTT 3.1.1. */
const char *reason_words_5(unsigned type, unsigned code);

#endif
