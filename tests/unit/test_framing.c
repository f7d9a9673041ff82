/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "packet/framing.h"
#include "suite.h"

/* CONNACK, PINGRESP, PUBLISH of 200 bytes, PINGRESP */
static char stream[4 + 2 + 3 + 200 + 2];
static const size_t ends[] = {0, 4, 6, 209, 211};

static void start(void)
{
	memset(stream, 0x30, sizeof stream);
	memcpy(stream, "\x20\x02\x00\x00\xd0\x00\x30\xc8\x01", 9);
	memcpy(stream + 209, "\xd0\x00", 2);
}

static bool is_end(size_t at)
{
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		if (ends[i] == at)
			return true;
	return false;
}

START_TEST(packets_end_where_they_end_byte_by_byte)
{
	struct framing framing = {0};

	for (size_t i = 0; i < sizeof stream; i++) {
		ck_assert_msg(framing_is_between(&framing) == is_end(i), "at %zu", i);
		framing_pass(&framing, stream + i, 1);
	}
	ck_assert(framing_is_between(&framing));
}
END_TEST

START_TEST(packets_end_where_they_end_in_any_two_pieces)
{
	for (size_t cut = 0; cut <= sizeof stream; cut++) {
		struct framing framing = {0};
		framing_pass(&framing, stream, cut);
		ck_assert_msg(framing_is_between(&framing) == is_end(cut), "cut at %zu", cut);
		framing_pass(&framing, stream + cut, sizeof stream - cut);
		ck_assert(framing_is_between(&framing));
	}
}
END_TEST

START_TEST(a_length_of_five_bytes_breaks_it_for_good)
{
	struct framing framing = {0};

	framing_pass(&framing, "\x30\xff\xff\xff\xff", 5);
	ck_assert(!framing_is_between(&framing));
	framing_pass(&framing, stream, sizeof stream);
	ck_assert(!framing_is_between(&framing));
}
END_TEST

START_TEST(the_longest_packet_is_counted_to_its_end)
{
	const size_t body = 268435455, step = 1 << 20;
	struct framing framing = {0};
	char *bytes = calloc(1, step);

	framing_pass(&framing, "\x30\xff\xff\xff\x7f", 5);
	for (size_t left = body - 1; left > 0;) {
		size_t size = left < step ? left : step;
		framing_pass(&framing, bytes, size);
		left -= size;
	}
	ck_assert(!framing_is_between(&framing));
	framing_pass(&framing, bytes, 1);
	ck_assert(framing_is_between(&framing));
	free(bytes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("framing");
	TCase *packets = tcase_create("packets");

	tcase_add_checked_fixture(packets, start, NULL);
	tcase_add_test(packets, packets_end_where_they_end_byte_by_byte);
	tcase_add_test(packets, packets_end_where_they_end_in_any_two_pieces);
	tcase_add_test(packets, a_length_of_five_bytes_breaks_it_for_good);
	tcase_add_test(packets, the_longest_packet_is_counted_to_its_end);
	suite_add_tcase(suite, packets);
	return suite_run(suite);
}
