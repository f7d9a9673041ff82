/* SPDX-License-Identifier: MIT
 *
 * Programs that were compiled with other sizes of the structs than the library: older ones, whose
 * structs are smaller, and newer ones. The library keeps within what they told.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "expect.h"
#include "suite.h"

enum { MARK = 0x5a, ROOM = 512 };

/* A struct of any size, and what lies behind it. */
union room {
	uint32_t struct_size;
	uint64_t align;
	unsigned char bytes[4 * ROOM];
};

static union room room;
static char folder[64], box[96];

static void set_up(void)
{
	memset(&room, MARK, sizeof room);
	strcpy(folder, "/tmp/iotkit-sizes-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	strcpy(box, folder);
	strcat(box, "/box");
}

static void tear_down(void)
{
	static const char *const ends[] = {"", "-recent", "-wal", "-shm", "-lock"};
	char path[128];

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		strcpy(path, box);
		strcat(path, ends[i]);
		unlink(path);
	}
	rmdir(folder);
}

static void assert_all(const unsigned char *bytes, size_t from, size_t to, unsigned char value)
{
	for (size_t i = from; i < to; i++)
		ck_assert_msg(bytes[i] == value, "byte %zu is %02x", i, bytes[i]);
}

START_TEST(counters_are_written_as_far_as_the_struct_reaches_and_no_farther)
{
	iotkit *iot = expect_open(NULL, NULL);

	expect_published(iot, "t", "x", 1);
	const iotkit_stats all = expect_stats(iot);
	for (size_t size = 8; size <= ROOM; size += 4) {
		memset(&room, MARK, sizeof room);
		room.struct_size = (uint32_t)size;
		ck_assert_int_eq(iotkit_get_stats(iot, (iotkit_stats *)&room), IOTKIT_OK);
		ck_assert_uint_eq(room.struct_size, size);
		size_t known = size < sizeof all ? size : sizeof all;
		ck_assert_mem_eq(room.bytes + 4, (const unsigned char *)&all + 4, known - 4);
		assert_all(room.bytes, known, size, 0);
		assert_all(room.bytes, size, sizeof room, MARK);
	}
	iotkit_close(iot);
}
END_TEST

/* The first release's is the smallest there can be. */
START_TEST(a_summary_of_a_newer_program_is_cleared_where_it_is_unknown)
{
	iotkit *iot = expect_open(NULL, (const char *const[]){"outbox.path", box, NULL});

	expect_published(iot, "t", "x", 1);
	iotkit_close(iot);
	for (size_t size = sizeof(iotkit_outbox_summary); size <= ROOM; size += 4) {
		memset(&room, MARK, sizeof room);
		room.struct_size = (uint32_t)size;
		ck_assert_int_eq(iotkit_outbox_summarize(box, (iotkit_outbox_summary *)&room),
				 IOTKIT_OK);
		ck_assert_uint_eq(((iotkit_outbox_summary *)&room)->rows, 1);
		ck_assert_uint_eq(room.struct_size, size);
		assert_all(room.bytes, sizeof(iotkit_outbox_summary), size, 0);
		assert_all(room.bytes, size, sizeof room, MARK);
	}
}
END_TEST

/* Whatever ports there are: none is written beyond its own place. */
START_TEST(ports_lie_as_far_apart_as_the_first_one_tells)
{
	const size_t sizes[] = {16, 64, sizeof(iotkit_port_info), sizeof(iotkit_port_info) + 64};

	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		size_t count = 0;
		memset(&room, MARK, sizeof room);
		room.struct_size = (uint32_t)sizes[i];
		ck_assert_int_eq(iotkit_list_ports((iotkit_port_info *)&room, 1, &count),
				 IOTKIT_OK);
		if (count > 0)
			ck_assert_uint_eq(room.struct_size, sizes[i]);
		assert_all(room.bytes, sizes[i], sizeof room, MARK);
	}
}
END_TEST

static iotkit_certificate_request *request_of(size_t size, unsigned char beyond)
{
	iotkit_certificate_request *request = (iotkit_certificate_request *)&room;

	memset(&room, beyond, sizeof room);
	*request = (iotkit_certificate_request){.struct_size = (uint32_t)size,
						.kind = IOTKIT_CERTIFICATE_CA,
						.name = "sizes",
						.certificate_file = "/nowhere/ca.crt",
						.key_file = "/nowhere/ca.key"};
	return request;
}

START_TEST(a_request_of_a_newer_program_is_taken_when_it_asks_for_nothing_new)
{
	const size_t size = sizeof(iotkit_certificate_request) + 24;
	iotkit_status status = iotkit_create_certificate(request_of(size, 0));

	/* It came as far as the files. */
	ck_assert_msg(status == IOTKIT_ESYSTEM || status == IOTKIT_ENOENT, "%s",
		      iotkit_last_error());
	assert_fails(iotkit_create_certificate(request_of(size, MARK)), IOTKIT_ENOTSUP,
		     "install the version");
	status = iotkit_create_certificate(request_of(sizeof(iotkit_certificate_request), MARK));
	ck_assert_int_ne(status, IOTKIT_ENOTSUP); /* what is behind the struct is not asked for */
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sizes");
	TCase *structs = tcase_create("structs");

	tcase_add_checked_fixture(structs, set_up, tear_down);
	tcase_add_test(structs, counters_are_written_as_far_as_the_struct_reaches_and_no_farther);
	tcase_add_test(structs, a_summary_of_a_newer_program_is_cleared_where_it_is_unknown);
	tcase_add_test(structs, ports_lie_as_far_apart_as_the_first_one_tells);
	tcase_add_test(structs, a_request_of_a_newer_program_is_taken_when_it_asks_for_nothing_new);
	suite_add_tcase(suite, structs);
	return suite_run(suite);
}
