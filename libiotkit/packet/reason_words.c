/* SPDX-License-Identifier: MIT */
#include "packet/reason_words.h"

#include <stddef.h>

#include "packet/facts.h"

static const char unknown[] = "a code not in the standard";

const char *reason_words_3(unsigned code)
{
	static const char *const words[] = {
		"accepted",           "unacceptable protocol version", "client identifier rejected",
		"server unavailable", "bad user name or password",     "not authorised",
	};

	return code < sizeof words / sizeof words[0] ? words[code] : unknown;
}

static const char *success_words(unsigned type, unsigned code)
{
	static const char *const granted[] = {"granted q0", "granted q1", "granted q2"};

	if (type == PACKET_SUBACK)
		return code < sizeof granted / sizeof granted[0] ? granted[code] : unknown;
	switch (code) {
	case 0x00:
		return type == PACKET_DISCONNECT ? "normal disconnection" : "success";
	case 0x04:
		return "disconnect with will message";
	case 0x10:
		return "no matching subscribers";
	case 0x11:
		return "no subscription existed";
	case 0x18:
		return "continue authentication";
	case 0x19:
		return "re-authenticate";
	default:
		return unknown;
	}
}

const char *reason_words_5(unsigned type, unsigned code)
{
	enum { FIRST_REFUSAL = 0x80 };
	static const char *const words[] = {
		[0x00] = "unspecified error",
		[0x01] = "malformed packet",
		[0x02] = "protocol error",
		[0x03] = "implementation specific error",
		[0x04] = "unsupported protocol version",
		[0x05] = "client identifier not valid",
		[0x06] = "bad user name or password",
		[0x07] = "not authorised",
		[0x08] = "server unavailable",
		[0x09] = "server busy",
		[0x0a] = "banned",
		[0x0b] = "server shutting down",
		[0x0c] = "bad authentication method",
		[0x0d] = "keep-alive timeout",
		[0x0e] = "session taken over",
		[0x0f] = "topic filter not valid",
		[0x10] = "topic name not valid",
		[0x11] = "packet identifier in use",
		[0x12] = "packet identifier not found",
		[0x13] = "receive maximum exceeded",
		[0x14] = "topic alias not valid",
		[0x15] = "packet too large",
		[0x16] = "message rate too high",
		[0x17] = "quota exceeded",
		[0x18] = "administrative action",
		[0x19] = "payload format not valid",
		[0x1a] = "retained messages not supported",
		[0x1b] = "QoS not supported",
		[0x1c] = "use another server",
		[0x1d] = "server moved",
		[0x1e] = "shared subscriptions not supported",
		[0x1f] = "connection rate exceeded",
		[0x20] = "maximum connect time",
		[0x21] = "subscription identifiers not supported",
		[0x22] = "wildcard subscriptions not supported",
	};

	if (code < FIRST_REFUSAL)
		return success_words(type, code);
	size_t i = code - FIRST_REFUSAL;
	return i < sizeof words / sizeof words[0] ? words[i] : unknown;
}
