/* SPDX-License-Identifier: MIT */
#include "link/packet_text.h"

#include <inttypes.h>
#include <string.h>

#include "link/packet_properties.h"
#include "link/reason_words.h"

enum { VERSION_3_1_1 = 4, VERSION_5 = 5 };

/* One packet on its way into words. */
struct telling {
	const struct packet_seen *seen;
	const struct packet_facts *facts;
	struct cursor at; /* in the body */
	struct phrase *phrase;
};

static void tell_properties(struct telling *telling)
{
	struct cursor *at = &telling->at;

	if (!telling->seen->version_5 || at->left == 0)
		return;
	struct cursor properties = cursor_part(at, cursor_varint(at));
	packet_properties_tell(&properties, telling->phrase);
	at->is_short = at->is_short || properties.is_short;
}

static void tell_quoted(struct telling *telling)
{
	struct cursor_bytes text = cursor_field(&telling->at);

	phrase_item_quote(telling->phrase, &text);
}

static void tell_id(struct telling *telling)
{
	phrase_item(telling->phrase, "m%u", (unsigned)telling->facts->id);
}

/* A code that is not there is success. */
static void tell_reason(struct telling *telling)
{
	unsigned type = telling->facts->type;
	unsigned code = telling->at.left > 0 ? cursor_number(&telling->at, 1) : 0;

	phrase_item(telling->phrase, "reason 0x%02x %s", code,
		    telling->seen->version_5 ? reason_words_5(type, code) : reason_words_3(code));
}

/* ---- CONNECT ---- */

static void tell_protocol(struct telling *telling, struct cursor_bytes *name, unsigned level)
{
	bool is_mqtt = name->size == 4 && memcmp(name->at, "MQTT", 4) == 0;

	if (is_mqtt && level == VERSION_5)
		phrase_item(telling->phrase, "MQTT 5");
	else if (is_mqtt && level == VERSION_3_1_1)
		phrase_item(telling->phrase, "MQTT 3.1.1");
	else {
		phrase_item(telling->phrase, "protocol ");
		phrase_quote(telling->phrase, name);
		phrase_add(telling->phrase, " %u", level);
	}
}

static void tell_will(struct telling *telling, unsigned flags)
{
	struct phrase *phrase = telling->phrase;
	struct cursor properties = {0};

	if (telling->seen->version_5)
		properties = cursor_part(&telling->at, cursor_varint(&telling->at));
	struct cursor_bytes topic = cursor_field(&telling->at);
	struct cursor_bytes payload = cursor_field(&telling->at);
	phrase_item(phrase, "will q%u r%u ", flags >> 3 & 3, flags >> 5 & 1);
	phrase_quote(phrase, &topic);
	phrase_add(phrase, " %zu bytes", payload.size);
	packet_properties_tell(&properties, phrase);
	telling->at.is_short = telling->at.is_short || properties.is_short;
}

static void tell_connect(struct telling *telling)
{
	struct cursor *at = &telling->at;
	struct phrase *phrase = telling->phrase;
	struct cursor_bytes name = cursor_field(at);
	unsigned level = cursor_number(at, 1);
	unsigned flags = cursor_number(at, 1);
	unsigned keep_alive = cursor_number(at, 2);
	struct cursor properties = {0};

	if (telling->seen->version_5)
		properties = cursor_part(at, cursor_varint(at));
	tell_protocol(telling, &name, level);
	tell_quoted(telling); /* the client id */
	phrase_item(phrase, "clean start %u", flags >> 1 & 1);
	phrase_item(phrase, "keep-alive %u s", keep_alive);
	packet_properties_tell(&properties, phrase);
	if ((flags & 0x04) != 0)
		tell_will(telling, flags);
	if ((flags & 0x80) != 0) {
		cursor_field(at);
		phrase_item(phrase, "with user name");
	}
	if ((flags & 0x40) != 0) {
		cursor_field(at);
		phrase_item(phrase, "with password");
	}
	at->is_short = at->is_short || properties.is_short;
}

/* ---- the others ---- */

static void tell_connack(struct telling *telling)
{
	phrase_item(telling->phrase, "session present %u", cursor_number(&telling->at, 1) & 1);
	tell_reason(telling);
	tell_properties(telling);
}

static void tell_publish(struct telling *telling)
{
	const struct packet_facts *facts = telling->facts;
	struct cursor properties = facts->properties;

	phrase_item(telling->phrase, "d%d", packet_is_dup(facts));
	phrase_item(telling->phrase, "q%u", packet_qos(facts));
	phrase_item(telling->phrase, "r%d", packet_is_retained(facts));
	tell_id(telling);
	phrase_item_quote(telling->phrase, &facts->topic);
	phrase_item(telling->phrase, "%" PRIu64 " bytes", facts->payload_size);
	packet_properties_tell(&properties, telling->phrase);
	telling->at.is_short = telling->at.is_short || properties.is_short;
	telling->at.left = 0; /* the payload */
}

static void tell_answer(struct telling *telling)
{
	tell_id(telling);
	if (telling->seen->version_5) {
		tell_reason(telling);
		tell_properties(telling);
	}
}

static void tell_subscribe(struct telling *telling)
{
	tell_id(telling);
	tell_properties(telling);
	do {
		tell_quoted(telling);
		unsigned options = cursor_number(&telling->at, 1);
		phrase_add(telling->phrase, " q%u", options & 3);
		if ((options & 0x04) != 0)
			phrase_add(telling->phrase, " no local");
		if ((options & 0x08) != 0)
			phrase_add(telling->phrase, " retain as published");
		if ((options & 0x30) != 0)
			phrase_add(telling->phrase, " retain handling %u", options >> 4 & 3);
	} while (telling->at.left > 0);
}

static void tell_unsubscribe(struct telling *telling)
{
	tell_id(telling);
	tell_properties(telling);
	do
		tell_quoted(telling);
	while (telling->at.left > 0);
}

static void tell_codes(struct telling *telling)
{
	tell_id(telling);
	tell_properties(telling);
	while (telling->at.left > 0) {
		unsigned code = cursor_number(&telling->at, 1);
		phrase_item(telling->phrase, "0x%02x %s", code,
			    reason_words_5(telling->facts->type, code));
	}
}

static void tell_goodbye(struct telling *telling)
{
	if (telling->seen->version_5) {
		tell_reason(telling);
		tell_properties(telling);
	}
}

static void tell_nothing(struct telling *telling)
{
	(void)telling;
}

static const struct {
	const char *name;
	void (*tell)(struct telling *telling);
} types[16] = {
	[0] = {"a packet of type 0", tell_nothing},
	[PACKET_CONNECT] = {"CONNECT", tell_connect},
	[PACKET_CONNACK] = {"CONNACK", tell_connack},
	[PACKET_PUBLISH] = {"PUBLISH", tell_publish},
	[PACKET_PUBACK] = {"PUBACK", tell_answer},
	[PACKET_PUBREC] = {"PUBREC", tell_answer},
	[PACKET_PUBREL] = {"PUBREL", tell_answer},
	[PACKET_PUBCOMP] = {"PUBCOMP", tell_answer},
	[PACKET_SUBSCRIBE] = {"SUBSCRIBE", tell_subscribe},
	[PACKET_SUBACK] = {"SUBACK", tell_codes},
	[PACKET_UNSUBSCRIBE] = {"UNSUBSCRIBE", tell_unsubscribe},
	[PACKET_UNSUBACK] = {"UNSUBACK", tell_codes},
	[PACKET_PINGREQ] = {"PINGREQ", tell_nothing},
	[PACKET_PINGRESP] = {"PINGRESP", tell_nothing},
	[PACKET_DISCONNECT] = {"DISCONNECT", tell_goodbye},
	[PACKET_AUTH] = {"AUTH", tell_goodbye},
};

static bool is_malformed(const struct telling *telling)
{
	const struct packet_facts *facts = telling->facts;

	return telling->at.is_short || telling->at.left > 0 || facts->type == 0 ||
	       (facts->type == PACKET_PUBLISH && packet_qos(facts) > 2);
}

/* What is wrong with it, or missing. */
static void tell_flaws(struct telling *telling)
{
	const struct packet_seen *seen = telling->seen;
	uint64_t size = telling->facts->size;

	if (size > seen->passed)
		phrase_item(telling->phrase, "cut off after %" PRIu64 " of %" PRIu64 " bytes",
			    seen->passed, size);
	else if (telling->at.is_short && size > seen->kept)
		phrase_item(telling->phrase, "...");
	else if (is_malformed(telling))
		phrase_item(telling->phrase, "malformed");
}

void packet_tell(const struct packet_seen *seen, const struct packet_facts *facts,
		 struct phrase *phrase)
{
	struct telling telling = {
		.seen = seen, .facts = facts, .at = facts->body, .phrase = phrase};

	phrase_begin(phrase);
	phrase_add(phrase, "%s %s", seen->sent ? "sent" : "received", types[facts->type].name);
	types[facts->type].tell(&telling);
	tell_flaws(&telling);
	phrase_end(phrase);
}
