/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "link/tcp_segment.h"
#include "suite.h"

enum { IPV4_SIZE = 20, IPV6_SIZE = 40, TCP_SIZE = 20, PROTOCOL_TCP = 6 };

static const struct tcp_end ends_4[] = {{.address = {127, 0, 0, 1}, .port = 54970},
					{.address = {192, 0, 2, 255}, .port = 1883}};
static const struct tcp_end ends_6[] = {
	{.is_v6 = true, .address = {0x20, 1, 0x0d, 0xb8, [15] = 1}, .port = 54970},
	{.is_v6 = true, .address = {0xfe, 0x80, [14] = 0xff, 0xff}, .port = 1883}};
static unsigned char bytes[TCP_HEADERS_MAX + TCP_PAYLOAD_MAX];

/* RFC 1071: with the sum itself it comes to all ones. */
static uint32_t sum(uint32_t start, const unsigned char *from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		start += i % 2 == 0 ? (uint32_t)from[i] << 8 : from[i];
	while (start > 0xffff)
		start = (start & 0xffff) + (start >> 16);
	return start;
}

static void assert_tcp_sum(const struct tcp_end *ends, const unsigned char *tcp, size_t size)
{
	size_t address_size = ends[0].is_v6 ? 16 : 4;
	uint32_t pseudo = PROTOCOL_TCP + (uint32_t)size;

	for (int i = 0; i < 2; i++)
		pseudo = sum(pseudo, ends[i].address, address_size);
	ck_assert_uint_eq(sum(pseudo, tcp, size), 0xffff);
}

static size_t write_one(const struct tcp_end *ends, unsigned flags, const char *payload,
			size_t size)
{
	const struct tcp_segment segment = {.from = &ends[0],
					    .to = &ends[1],
					    .flags = flags,
					    .sequence = 0xfffffffe,
					    .acknowledged = 0x01020304,
					    .payload = payload,
					    .size = size};

	memset(bytes, 0xee, sizeof bytes);
	return tcp_segment_write(&segment, bytes);
}

START_TEST(ipv4_is_whole_and_its_sums_are_right)
{
	ck_assert_uint_eq(write_one(ends_4, TCP_ACK, "hello", 5), IPV4_SIZE + TCP_SIZE + 5);
	ck_assert_uint_eq(bytes[0], 0x45);
	ck_assert_uint_eq(bytes[3], IPV4_SIZE + TCP_SIZE + 5);
	ck_assert_mem_eq(bytes + 16, ends_4[1].address, 4);
	ck_assert_uint_eq(sum(0, bytes, IPV4_SIZE), 0xffff);
	assert_tcp_sum(ends_4, bytes + IPV4_SIZE, TCP_SIZE + 5);
	ck_assert_mem_eq(bytes + IPV4_SIZE, "\xd6\xba\x07\x5b\xff\xff\xff\xfe\1\2\3\4\x50\x10", 14);
	ck_assert_mem_eq(bytes + IPV4_SIZE + TCP_SIZE, "hello", 5);
}
END_TEST

START_TEST(ipv6_is_whole_and_its_sum_is_right)
{
	ck_assert_uint_eq(write_one(ends_6, TCP_ACK, "hello", 5), IPV6_SIZE + TCP_SIZE + 5);
	ck_assert_mem_eq(bytes, "\x60\0\0\0\0\x19\6", 7);
	ck_assert_mem_eq(bytes + 8, ends_6[0].address, 16);
	ck_assert_mem_eq(bytes + 24, ends_6[1].address, 16);
	assert_tcp_sum(ends_6, bytes + IPV6_SIZE, TCP_SIZE + 5);
}
END_TEST

START_TEST(what_begins_a_connection_asks_for_large_windows)
{
	ck_assert_uint_eq(write_one(ends_4, TCP_SYN, NULL, 0), IPV4_SIZE + TCP_SIZE + 4);
	ck_assert_uint_eq(bytes[IPV4_SIZE + 12], 0x60);
	ck_assert_mem_eq(bytes + IPV4_SIZE + TCP_SIZE, "\3\3\x0e\1", 4);
	assert_tcp_sum(ends_4, bytes + IPV4_SIZE, TCP_SIZE + 4);
}
END_TEST

START_TEST(the_largest_fits_and_no_byte_is_written_behind_it)
{
	static char payload[TCP_PAYLOAD_MAX];

	memset(payload, 0xff, sizeof payload);
	ck_assert_uint_eq(write_one(ends_6, TCP_SYN, payload, sizeof payload), sizeof bytes);
	assert_tcp_sum(ends_6, bytes + IPV6_SIZE, sizeof bytes - IPV6_SIZE);
	size_t size = write_one(ends_4, TCP_ACK, payload, sizeof payload);
	assert_tcp_sum(ends_4, bytes + IPV4_SIZE, size - IPV4_SIZE);
	ck_assert_uint_eq(bytes[size], 0xee);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tcp_segment");
	TCase *tests = tcase_create("tcp_segment");

	tcase_add_test(tests, ipv4_is_whole_and_its_sums_are_right);
	tcase_add_test(tests, ipv6_is_whole_and_its_sum_is_right);
	tcase_add_test(tests, what_begins_a_connection_asks_for_large_windows);
	tcase_add_test(tests, the_largest_fits_and_no_byte_is_written_behind_it);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
