/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "link/packet_text.h"
#include "suite.h"

static struct packet_facts facts;
static struct phrase phrase;

/* The bytes are in memory of their own, so that a sanitizer sees whoever reads beyond. */
static const char *tell(const struct packet_seen *seen)
{
	unsigned char *copy = malloc(seen->kept);
	struct packet_seen same = *seen;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, seen->bytes, seen->kept);
	same.bytes = copy;
	packet_read(&same, &facts);
	packet_tell(&same, &facts, &phrase);
	free(copy);
	ck_assert_uint_eq(strlen(phrase.text), phrase.used);
	ck_assert_uint_lt(phrase.used, sizeof phrase.text);
	ck_assert(utf8_valid(phrase.text, phrase.used));
	bool is_clean = true;
	for (const char *c = phrase.text; *c != '\0'; c++)
		is_clean = is_clean && (unsigned char)*c >= ' ';
	ck_assert(is_clean);
	return phrase.text;
}

static const char *tell_all(const char *bytes, size_t size, bool version_5)
{
	return tell(&(struct packet_seen){.version_5 = version_5,
					  .bytes = (const unsigned char *)bytes,
					  .kept = size,
					  .passed = size});
}

#define BYTES(text) (text), sizeof(text) - 1

static const struct example {
	const char *bytes;
	size_t size;
	bool version_5;
	const char *text; /* behind "received " */
} examples[] = {
	{BYTES("\x10\x0e\0\4MQTT\4\2\0\x3c\0\2gw"), false,
	 "CONNECT (MQTT 3.1.1, 'gw', clean start 1, keep-alive 60 s)"},
	{BYTES("\x10\x1e\0\4MQTT\4\xee\0\x0f\0\2gw\0\1w\0\4gone\0\1u\0\2pw"), false,
	 "CONNECT (MQTT 3.1.1, 'gw', clean start 1, keep-alive 15 s, will q1 r1 'w' 4 bytes, with "
	 "user name, with password)"},
	{BYTES("\x10\x27\0\4MQTT\5\xc4\0\0\x08\x11\0\0\x0e\x10\x21\0\x14\0\0\5\x18\0\0\0\7\0\1w\0"
	       "\0\0\1u\0\2pw"),
	 true,
	 "CONNECT (MQTT 5, '', clean start 0, keep-alive 0 s, session expiry 3600 s, receive "
	 "maximum 20, will q0 r0 'w' 0 bytes, will delay 7 s, with user name, with password)"},
	{BYTES("\x10\x0e\0\6MQIsdp\3\2\0\x3c\0\0"), false,
	 "CONNECT (protocol 'MQIsdp' 3, '', clean start 1, keep-alive 60 s)"},
	{BYTES("\x20\2\1\0"), false, "CONNACK (session present 1, reason 0x00 accepted)"},
	{BYTES("\x20\2\0\5"), false, "CONNACK (session present 0, reason 0x05 not authorised)"},
	{BYTES("\x20\x16\0\x87\x13\x12\0\4id-7\x22\0\x0a\x1f\0\3no!\x13\0\x1e"), true,
	 "CONNACK (session present 0, reason 0x87 not authorised, assigned client id 'id-7', "
	 "topic alias maximum 10, reason string 'no!', server keep-alive 30 s)"},
	{BYTES("\x30\x0a\0\3a/bhello"), false, "PUBLISH (d0, q0, r0, m0, 'a/b', 5 bytes)"},
	{BYTES("\x3b\x0c\0\3a/b\0\7hello"), false, "PUBLISH (d1, q1, r1, m7, 'a/b', 5 bytes)"},
	{BYTES("\x34\x21\0\3a/b\1\0\x14\2\0\0\0\x3c\x23\0\3\x26\0\5epoch\0\2"
	       "12hello"),
	 true,
	 "PUBLISH (d0, q2, r0, m256, 'a/b', 5 bytes, message expiry 60 s, topic alias 3, user "
	 "property 'epoch'='12')"},
	{BYTES("\x30\x13\0\0\x10\3\0\1t\x08\0\1r\x09\0\2cd\x0b\x80\1"), true,
	 "PUBLISH (d0, q0, r0, m0, '', 0 bytes, content type 't', response topic 'r', correlation "
	 "data 2 bytes, subscription identifier 128)"},
	{BYTES("\x40\2\0\7"), false, "PUBACK (m7)"},
	{BYTES("\x40\2\0\7"), true, "PUBACK (m7, reason 0x00 success)"},
	{BYTES("\x40\3\0\7\x10"), true, "PUBACK (m7, reason 0x10 no matching subscribers)"},
	{BYTES("\x50\4\0\7\x97\0"), true, "PUBREC (m7, reason 0x97 quota exceeded)"},
	{BYTES("\x62\3\0\7\x92"), true, "PUBREL (m7, reason 0x92 packet identifier not found)"},
	{BYTES("\x70\2\xff\xff"), false, "PUBCOMP (m65535)"},
	{BYTES("\x82\x0b\0\1\0\3a/#\1\0\0\2"), false, "SUBSCRIBE (m1, 'a/#' q1, '' q2)"},
	{BYTES("\x82\x09\0\1\0\0\3a/#\x2d"), true,
	 "SUBSCRIBE (m1, 'a/#' q1 no local retain as published retain handling 2)"},
	{BYTES("\x90\4\0\1\2\x80"), false, "SUBACK (m1, 0x02 granted q2, 0x80 unspecified error)"},
	{BYTES("\x90\5\0\1\0\0\x87"), true, "SUBACK (m1, 0x00 granted q0, 0x87 not authorised)"},
	{BYTES("\xa2\7\0\2\0\3a/#"), false, "UNSUBSCRIBE (m2, 'a/#')"},
	{BYTES("\xa2\7\0\2\0\0\2a#"), true, "UNSUBSCRIBE (m2, 'a#')"},
	{BYTES("\xb0\2\0\2"), false, "UNSUBACK (m2)"},
	{BYTES("\xb0\5\0\2\0\0\x11"), true,
	 "UNSUBACK (m2, 0x00 success, 0x11 no subscription existed)"},
	{BYTES("\xc0\0"), true, "PINGREQ"},
	{BYTES("\xd0\0"), false, "PINGRESP"},
	{BYTES("\xe0\0"), false, "DISCONNECT"},
	{BYTES("\xe0\0"), true, "DISCONNECT (reason 0x00 normal disconnection)"},
	{BYTES("\xe0\1\x8e"), true, "DISCONNECT (reason 0x8e session taken over)"},
	{BYTES("\xf0\x0d\x18\x0b\x15\0\2"
	       "KE\x16\0\3abc"),
	 true,
	 "AUTH (reason 0x18 continue authentication, authentication method 'KE', authentication "
	 "data 3 bytes)"},
};

enum { EXAMPLES = sizeof examples / sizeof examples[0] };

START_TEST(every_packet_reads_as_a_line)
{
	for (size_t i = 0; i < EXAMPLES; i++) {
		const struct example *example = &examples[i];
		const char *text = tell_all(example->bytes, example->size, example->version_5);
		ck_assert_int_eq(strncmp(text, "received ", 9), 0);
		ck_assert_str_eq(text + 9, example->text);
		ck_assert_uint_eq(facts.size, example->size);
	}
}
END_TEST

START_TEST(a_password_is_in_none_of_them)
{
	static const char connect[] = "\x10\x16\0\4MQTT\4\xc2\0\x3c\0\0\0\1u\0\5swish";

	ck_assert_ptr_null(strstr(tell_all(BYTES(connect), false), "swish"));
	ck_assert_ptr_nonnull(strstr(phrase.text, "with password"));
}
END_TEST

/* As of a connection that breaks, and as one whose rest was not kept. */
START_TEST(what_is_cut_anywhere_is_told_as_far_as_it_is_known)
{
	for (size_t i = 0; i < EXAMPLES; i++)
		for (size_t size = 1; size < examples[i].size; size++) {
			struct packet_seen seen = {.sent = true,
						   .version_5 = examples[i].version_5,
						   .bytes =
							   (const unsigned char *)examples[i].bytes,
						   .kept = size,
						   .passed = size};
			const char *flaw = size == 1 ? "malformed" : "cut off after";
			ck_assert_msg(strstr(tell(&seen), flaw) != NULL, "%s", phrase.text);
			seen.passed = examples[i].size;
			ck_assert_ptr_null(strstr(tell(&seen), "cut off"));
		}
}
END_TEST

START_TEST(a_packet_cut_off_says_how_much_of_it_went)
{
	static const char publish[] = "\x32\x0c\0\3a/b\0\7he";

	ck_assert_str_eq(tell_all(BYTES(publish), false),
			 "received PUBLISH (d0, q1, r0, m7, 'a/b', 5 bytes, cut off after 11 of 14 "
			 "bytes)");
}
END_TEST

START_TEST(what_breaks_the_rules_is_called_malformed)
{
	static const struct {
		const char *bytes;
		size_t size;
		bool version_5;
	} bad[] = {
		{BYTES("\x00\0"), false}, /* no such type */
		{BYTES("\x30\xff\xff\xff\xff"), false}, /* a length of five bytes */
		{BYTES("\x30\1\0"), false}, /* half a topic's length */
		{BYTES("\x30\4\0\3ab"), false}, /* half a topic */
		{BYTES("\x32\5\0\3a/b"), false}, /* no packet id */
		{BYTES("\x30\4\0\1t\7"), true}, /* properties beyond the end */
		{BYTES("\x30\6\0\1t\2\4\0"), true}, /* a property that there is not */
		{BYTES("\x36\5\0\1t\0\7"), false}, /* QoS 3 */
		{BYTES("\x40\1\7"), false},
		{BYTES("\x40\5\0\7\0\0\0"), true}, /* more than there should be */
		{BYTES("\xc0\1x"), false},
		{BYTES("\x82\2\0\1"), false}, /* no filter */
	};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		const char *text = tell_all(bad[i].bytes, bad[i].size, bad[i].version_5);
		ck_assert_msg(strstr(text, "malformed") != NULL, "%s", text);
	}
}
END_TEST

START_TEST(text_from_outside_cannot_disturb_a_terminal)
{
	static const char evil[] = "\x30\x19\0\x17"
				   "a\x1b[31m\n\r\x7f\xc2\x9b\xe2\x80\xa8\xff\xc3\x28\xc3\xa4/b\0z";

	ck_assert_str_eq(
		tell_all(BYTES(evil), false),
		"received PUBLISH (d0, q0, r0, m0, 'a?[31m??\?\?\?\?\?(\xc3\xa4/b?z', 0 bytes)");
}
END_TEST

START_TEST(a_line_is_never_longer_than_it_may_be)
{
	static unsigned char packet[70000] = {0x82};
	struct packet_seen seen = {.bytes = packet, .kept = sizeof packet, .passed = sizeof packet};

	/* Filters that fill the packet, each of a hundred bytes. */
	memcpy(packet + 1, "\xec\xa2\x04\0\1", 5);
	for (size_t at = 6; at + 103 <= sizeof packet; at += 103) {
		memcpy(packet + at, "\0\x64", 2);
		memset(packet + at + 2, 'f', 100);
	}
	const char *text = tell(&seen);
	ck_assert_uint_eq(facts.size, sizeof packet);
	ck_assert_uint_gt(strlen(text), PHRASE_SIZE / 2);
	ck_assert_str_eq(text + strlen(text) - 4, "...)");
}
END_TEST

START_TEST(a_long_topic_is_shortened_in_the_line_alone)
{
	static unsigned char packet[4 + 2 + 1000] = {0x30, 0xea, 0x07, 0x03, 0xe8};
	struct packet_seen seen = {.bytes = packet, .kept = 1005, .passed = 1005};

	memset(packet + 5, 't', 1000);
	packet_read(&seen, &facts);
	packet_tell(&seen, &facts, &phrase);
	ck_assert_uint_eq(facts.topic.size, 1000);
	ck_assert_uint_eq(strspn(strchr(phrase.text, '\'') + 1, "t"), PHRASE_QUOTE_MAX);
	ck_assert_ptr_nonnull(strstr(phrase.text, "...', 0 bytes)"));
}
END_TEST

START_TEST(noise_is_survived)
{
	unsigned char noise[300];
	unsigned seed = 1;

	for (int round = 0; round < 5000; round++) {
		size_t size = 1 + (seed >> 8) % sizeof noise;
		for (size_t i = 0; i < size; i++)
			noise[i] = (unsigned char)((seed = seed * 1103515245 + 12345) >> 16);
		noise[1 % size] &= 0x7f;
		tell(&(struct packet_seen){
			.version_5 = round % 2 == 0, .bytes = noise, .kept = size, .passed = size});
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("packet_text");
	TCase *tests = tcase_create("packet_text");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, every_packet_reads_as_a_line);
	tcase_add_test(tests, a_password_is_in_none_of_them);
	tcase_add_test(tests, what_is_cut_anywhere_is_told_as_far_as_it_is_known);
	tcase_add_test(tests, a_packet_cut_off_says_how_much_of_it_went);
	tcase_add_test(tests, what_breaks_the_rules_is_called_malformed);
	tcase_add_test(tests, text_from_outside_cannot_disturb_a_terminal);
	tcase_add_test(tests, a_line_is_never_longer_than_it_may_be);
	tcase_add_test(tests, a_long_topic_is_shortened_in_the_line_alone);
	tcase_add_test(tests, noise_is_survived);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
