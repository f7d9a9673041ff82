/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "suite.h"
#include "tls/pin.h"

#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define HEX_UPPER "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"
#define COLONS                                                                                     \
	"00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:"                                         \
	"10:11:12:13:14:15:16:17:18:19:1a:1b:1c:1d:1e:1f"
#define BASE64 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

static unsigned char pins[PINS_MAX][SHA256_SIZE];
static size_t count;

static void assert_pins(const char *text, size_t expected)
{
	memset(pins, 0xee, sizeof pins);
	ck_assert_msg(pin_parse(text, pins, &count) == IOTKIT_OK, "%s: %s", text,
		      iotkit_last_error());
	ck_assert_uint_eq(count, expected);
	for (size_t i = 0; i < count; i++)
		for (unsigned int k = 0; k < SHA256_SIZE; k++)
			ck_assert_uint_eq(pins[i][k], k);
}

START_TEST(a_pin_is_hexadecimal_or_base64)
{
	assert_pins(HEX, 1);
	assert_pins(HEX_UPPER, 1);
	assert_pins(COLONS, 1);
	assert_pins(BASE64, 1);
	assert_pins("sha256//" BASE64, 1);
	assert_pins("sha256//" HEX, 1);
	assert_pins("  " BASE64 "\t", 1);
}
END_TEST

START_TEST(several_have_commas_between)
{
	assert_pins(HEX "," BASE64 " , sha256//" BASE64, 3);
	assert_pins(HEX "," HEX "," HEX "," HEX "," HEX "," HEX "," HEX "," HEX, PINS_MAX);
	assert_fails(pin_parse(HEX "," HEX "," HEX "," HEX "," HEX "," HEX "," HEX "," HEX "," HEX,
			       pins, &count),
		     IOTKIT_EINVAL, "more than 8 pins");
	assert_fails(pin_parse(HEX " " HEX, pins, &count), IOTKIT_EINVAL, "comma");
}
END_TEST

START_TEST(what_is_no_pin_is_quoted)
{
	static const char *const texts[] = {
		"",
		"wrong",
		HEX "00",
		"0" HEX,
		HEX "=",
		"sha256//",
		"sha1//" BASE64,
		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISI=", /* 35 bytes */
		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==", /* 31 bytes */
		HEX ",",
		"," HEX,
		HEX ",," HEX,
	};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_fails(pin_parse(texts[i], pins, &count), IOTKIT_EINVAL, "is no SHA-256");
	assert_fails(pin_parse(HEX ", other", pins, &count), IOTKIT_EINVAL, "'other'");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pin");
	TCase *text = tcase_create("text");

	tcase_add_test(text, a_pin_is_hexadecimal_or_base64);
	tcase_add_test(text, several_have_commas_between);
	tcase_add_test(text, what_is_no_pin_is_quoted);
	suite_add_tcase(suite, text);
	return suite_run(suite);
}
