/* SPDX-License-Identifier: MIT */
#include "packet/properties.h"

enum kind { NONE, BYTE, TWO_BYTES, FOUR_BYTES, VARINT, TEXT, BINARY, PAIR };

static const struct property {
	const char *name;
	const char *unit;
	enum kind kind;
} properties[] = {
	[0x01] = {"payload format", "", BYTE},
	[0x02] = {"message expiry", " s", FOUR_BYTES},
	[0x03] = {"content type", "", TEXT},
	[0x08] = {"response topic", "", TEXT},
	[0x09] = {"correlation data", "", BINARY},
	[0x0b] = {"subscription identifier", "", VARINT},
	[0x11] = {"session expiry", " s", FOUR_BYTES},
	[0x12] = {"assigned client id", "", TEXT},
	[0x13] = {"server keep-alive", " s", TWO_BYTES},
	[0x15] = {"authentication method", "", TEXT},
	[0x16] = {"authentication data", "", BINARY},
	[0x17] = {"request problem information", "", BYTE},
	[0x18] = {"will delay", " s", FOUR_BYTES},
	[0x19] = {"request response information", "", BYTE},
	[0x1a] = {"response information", "", TEXT},
	[0x1c] = {"server reference", "", TEXT},
	[0x1f] = {"reason string", "", TEXT},
	[0x21] = {"receive maximum", "", TWO_BYTES},
	[0x22] = {"topic alias maximum", "", TWO_BYTES},
	[0x23] = {"topic alias", "", TWO_BYTES},
	[0x24] = {"maximum QoS", "", BYTE},
	[0x25] = {"retain available", "", BYTE},
	[0x26] = {"user property", "", PAIR},
	[0x27] = {"maximum packet size", " bytes", FOUR_BYTES},
	[0x28] = {"wildcard subscriptions", "", BYTE},
	[0x29] = {"subscription identifiers", "", BYTE},
	[0x2a] = {"shared subscriptions", "", BYTE},
};

static bool is_known(uint32_t id)
{
	return id < sizeof properties / sizeof properties[0] && properties[id].kind != NONE;
}

bool packet_property_next(struct cursor *cursor, struct packet_property *out)
{
	*out = (struct packet_property){0};
	if (cursor->left == 0)
		return false;
	out->id = cursor_varint(cursor);
	if (!is_known(out->id)) {
		out->is_unknown = cursor->is_short = true;
		cursor->left = 0;
		return false;
	}
	switch (properties[out->id].kind) {
	case NONE:
		break;
	case BYTE:
		out->number = cursor_number(cursor, 1);
		break;
	case TWO_BYTES:
		out->number = cursor_number(cursor, 2);
		break;
	case FOUR_BYTES:
		out->number = cursor_number(cursor, 4);
		break;
	case VARINT:
		out->number = cursor_varint(cursor);
		break;
	case TEXT:
	case BINARY:
		out->bytes = cursor_field(cursor);
		break;
	case PAIR:
		out->bytes = cursor_field(cursor);
		out->value = cursor_field(cursor);
		break;
	}
	return true;
}

static void tell(struct phrase *phrase, const struct packet_property *property)
{
	const struct property *known = &properties[property->id];

	if (known->kind == BINARY) {
		phrase_item(phrase, "%s %zu bytes", known->name, property->bytes.size);
	} else if (known->kind == TEXT || known->kind == PAIR) {
		phrase_item(phrase, "%s ", known->name);
		phrase_quote(phrase, &property->bytes);
	} else {
		phrase_item(phrase, "%s %lu%s", known->name, (unsigned long)property->number,
			    known->unit);
	}
	if (known->kind == PAIR) {
		phrase_add(phrase, "=");
		phrase_quote(phrase, &property->value);
	}
}

void packet_properties_tell(struct cursor *cursor, struct phrase *phrase)
{
	struct packet_property property;

	while (packet_property_next(cursor, &property))
		tell(phrase, &property);
	if (property.is_unknown)
		phrase_item(phrase, "property 0x%02lx, which MQTT does not know",
			    (unsigned long)property.id);
}
