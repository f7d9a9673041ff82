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

static void tell_number(struct phrase *phrase, const struct property *property, uint32_t number)
{
	phrase_item(phrase, "%s %lu%s", property->name, (unsigned long)number, property->unit);
}

static void tell_text(struct phrase *phrase, const struct property *property, struct cursor *cursor)
{
	struct cursor_bytes text = cursor_field(cursor);

	phrase_item(phrase, "%s ", property->name);
	phrase_quote(phrase, &text);
}

static void tell(struct phrase *phrase, const struct property *property, struct cursor *cursor)
{
	struct cursor_bytes bytes;

	switch (property->kind) {
	case NONE:
		break;
	case BYTE:
		tell_number(phrase, property, cursor_number(cursor, 1));
		break;
	case TWO_BYTES:
		tell_number(phrase, property, cursor_number(cursor, 2));
		break;
	case FOUR_BYTES:
		tell_number(phrase, property, cursor_number(cursor, 4));
		break;
	case VARINT:
		tell_number(phrase, property, cursor_varint(cursor));
		break;
	case TEXT:
		tell_text(phrase, property, cursor);
		break;
	case BINARY:
		bytes = cursor_field(cursor);
		phrase_item(phrase, "%s %zu bytes", property->name, bytes.size);
		break;
	case PAIR:
		tell_text(phrase, property, cursor);
		bytes = cursor_field(cursor);
		phrase_add(phrase, "=");
		phrase_quote(phrase, &bytes);
		break;
	}
}

void packet_properties_tell(struct cursor *cursor, struct phrase *phrase)
{
	while (cursor->left > 0) {
		uint32_t id = cursor_varint(cursor);
		bool is_known = id < sizeof properties / sizeof properties[0] &&
				properties[id].kind != NONE;
		if (!is_known) {
			phrase_item(phrase, "property 0x%02lx, which MQTT does not know",
				    (unsigned long)id);
			cursor->left = 0;
			cursor->is_short = true;
			return;
		}
		tell(phrase, &properties[id], cursor);
	}
}
