/* SPDX-License-Identifier: MIT */
#include "mqtt/reason.h"

#include <stddef.h>
#include <stdio.h>

#include "packet/facts.h"
#include "packet/reason_words.h"

#define CHECK_LOGIN "check user name and password (mqtt.username, mqtt.password_file)"
#define CHECK_ACL "check the broker's ACL for this user"
#define CHECK_VERSION "set mqtt.version to the other of 3.1.1 and 5"
#define CHECK_ID "choose another mqtt.client_id"

static const struct broker_answer connack_3[] = {
	{1, IOTKIT_EPROTOCOL, true, CHECK_VERSION},
	{2, IOTKIT_EREFUSED, true, CHECK_ID},
	{3, IOTKIT_EREFUSED, false, ""},
	{4, IOTKIT_EAUTH, true, CHECK_LOGIN},
	{5, IOTKIT_EAUTH, true, CHECK_LOGIN},
};

static const struct broker_answer code_5[] = {
	{0x80, IOTKIT_EREFUSED, false, "see the broker's log"},
	{0x81, IOTKIT_EPROTOCOL, true, ""},
	{0x82, IOTKIT_EPROTOCOL, true, ""},
	{0x83, IOTKIT_EREFUSED, false, "see the broker's log"},
	{0x84, IOTKIT_EPROTOCOL, true, CHECK_VERSION},
	{0x85, IOTKIT_EREFUSED, true, CHECK_ID},
	{0x86, IOTKIT_EAUTH, true, CHECK_LOGIN},
	{0x87, IOTKIT_EAUTH, true, CHECK_ACL},
	{0x88, IOTKIT_EREFUSED, false, ""},
	{0x89, IOTKIT_EREFUSED, false, ""},
	{0x8a, IOTKIT_EAUTH, true, "ask who runs the broker"},
	{0x8b, IOTKIT_ENETWORK, false, ""},
	{0x8c, IOTKIT_EAUTH, true, ""},
	{0x8d, IOTKIT_ENETWORK, false, ""},
	{0x8e, IOTKIT_EREFUSED, true,
	 "another client connected with the same mqtt.client_id; give each its own"},
	{0x8f, IOTKIT_EREFUSED, true, ""},
	{0x90, IOTKIT_EREFUSED, true, "check topic.base and the will"},
	{0x91, IOTKIT_EPROTOCOL, false, ""},
	{0x92, IOTKIT_EPROTOCOL, false, ""},
	{0x93, IOTKIT_EPROTOCOL, false, ""},
	{0x94, IOTKIT_EPROTOCOL, false, ""},
	{0x95, IOTKIT_EREFUSED, false, "send smaller messages"},
	{0x96, IOTKIT_EREFUSED, false, ""},
	{0x97, IOTKIT_EREFUSED, false, ""},
	{0x98, IOTKIT_EREFUSED, false, ""},
	{0x99, IOTKIT_EREFUSED, true, ""},
	{0x9a, IOTKIT_EREFUSED, true, "set metric.retain=off"},
	{0x9b, IOTKIT_EREFUSED, true, "lower metric.qos"},
	{0x9c, IOTKIT_EREFUSED, false, ""},
	{0x9d, IOTKIT_EREFUSED, false, ""},
	{0x9e, IOTKIT_EREFUSED, true, ""},
	{0x9f, IOTKIT_EREFUSED, false, ""},
	{0xa0, IOTKIT_EREFUSED, false, ""},
	{0xa1, IOTKIT_EREFUSED, true, ""},
	{0xa2, IOTKIT_EREFUSED, true, ""},
};

/* Mosquitto says this to a wrong password, too. */
static const struct broker_answer not_authorised_5 = {0x87, IOTKIT_EAUTH, true, CHECK_LOGIN};

static const struct broker_answer unknown = {-1, IOTKIT_EREFUSED, false, "see the broker's log"};

static const struct broker_answer *find(const struct broker_answer *table, size_t count, int code)
{
	for (size_t i = 0; i < count; i++)
		if (table[i].code == code)
			return &table[i];
	return &unknown;
}

const struct broker_answer *reason_of_connack_3(int code)
{
	return find(connack_3, sizeof connack_3 / sizeof connack_3[0], code);
}

const struct broker_answer *reason_of_code_5(int code)
{
	return find(code_5, sizeof code_5 / sizeof code_5[0], code);
}

const struct broker_answer *reason_of_connack_5(int code)
{
	/* Who knows only MQTT 3.1.1 answers in its terms. */
	if (code < 0x80)
		return reason_of_connack_3(code);
	return code == not_authorised_5.code ? &not_authorised_5 : reason_of_code_5(code);
}

const char *reason_words(int code)
{
	return code < 0x80 ? reason_words_3((unsigned)code)
			   : reason_words_5(PACKET_CONNACK, (unsigned)code);
}

void reason_describe(const struct broker_answer *known, int code, const char *broker_words,
		     char text[ANSWER_TEXT_SIZE])
{
	bool quoted = broker_words[0] != '\0';
	const char *words = reason_words(known->code);

	snprintf(text, ANSWER_TEXT_SIZE, "%s (code 0x%02x%s%s%s)%s%s", words, (unsigned)code,
		 quoted ? ", '" : "", broker_words, quoted ? "'" : "",
		 known->mend[0] != '\0' ? ": " : "", known->mend);
}
