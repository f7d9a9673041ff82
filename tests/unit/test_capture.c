/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "packet/conversation.h"
#include "suite.h"
#include "workshop.h"

enum { SIZE_MAX_USUAL = 1 << 20, CAPTURE_MAX = 1 << 21 };

static struct capture *capture;
static size_t stops;
static iotkit_status stop_status;
static char stop_text[512];

static void on_stopped(void *context, iotkit_status status, const char *text)
{
	ck_assert_ptr_eq(context, &stops);
	stops++;
	stop_status = status;
	snprintf(stop_text, sizeof stop_text, "%s", text);
}

static iotkit_status open_capture(const char *name, uint64_t size_max)
{
	const struct capture_sink sink = {.context = &stops, .stopped = on_stopped};

	stops = 0;
	capture = NULL;
	return capture_open(at(name), size_max, &sink, &capture);
}

static void must_open(uint64_t size_max)
{
	iotkit_status status = open_capture("c.pcap", size_max);

	ck_assert_msg(status == IOTKIT_OK, "%s", iotkit_last_error());
}

static off_t size_of(const char *name)
{
	struct stat file;

	ck_assert_int_eq(stat(at(name), &file), 0);
	return file.st_size;
}

/* All is whole blocks, each as long at its end as at its beginning; how many. */
static size_t count_blocks(const char *name)
{
	static unsigned char bytes[CAPTURE_MAX];
	int fd = open(at(name), O_RDONLY);
	ssize_t size = read(fd, bytes, sizeof bytes);
	size_t blocks = 0;

	close(fd);
	for (ssize_t offset = 0; offset < size; blocks++) {
		uint32_t length, again;
		ck_assert_int_ge(size - offset, 12);
		memcpy(&length, bytes + offset + 4, 4);
		ck_assert_int_le(length, size - offset);
		memcpy(&again, bytes + offset + length - 4, 4);
		ck_assert_uint_eq(length, again);
		ck_assert_uint_eq(length % 4, 0);
		offset += (ssize_t)length;
	}
	return blocks;
}

static void talk(size_t bytes)
{
	static const char payload[65536];
	struct conversation conversation;

	conversation_begin(&conversation, capture, -1, "localhost:8883 over TLS");
	conversation_pass(&conversation, CONVERSATION_CLIENT, payload, bytes);
	conversation_end(&conversation, CONVERSATION_BROKER);
	capture_flush(capture);
}

START_TEST(it_is_made_for_its_owner_alone)
{
	struct stat file;

	must_open(SIZE_MAX_USUAL);
	ck_assert_int_eq(stat(at("c.pcap"), &file), 0);
	ck_assert_int_eq(file.st_mode & 0777, 0600);
	ck_assert_uint_eq(count_blocks("c.pcap"), 2); /* the head */
	capture_close(capture);
}
END_TEST

START_TEST(a_conversation_has_a_beginning_and_an_end)
{
	must_open(SIZE_MAX_USUAL);
	talk(10);
	ck_assert_uint_eq(count_blocks("c.pcap"), 2 + 3 + 1 + 3);
	talk(TCP_PAYLOAD_MAX + 1); /* in two segments */
	ck_assert_uint_eq(count_blocks("c.pcap"), 2 + 7 + 8);
	capture_close(capture);
	ck_assert_uint_eq(stops, 0);
}
END_TEST

START_TEST(what_others_can_read_is_refused)
{
	sh("touch c.pcap; chmod 644 c.pcap");
	assert_fails(open_capture("c.pcap", SIZE_MAX_USUAL), IOTKIT_EINVAL, "run 'chmod 600 /");
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "(trace.pcap)"));
}
END_TEST

START_TEST(a_symbolic_link_or_no_file_is_refused)
{
	sh("touch c.pcap; ln -s c.pcap link; mkfifo fifo");
	assert_fails(open_capture("link", SIZE_MAX_USUAL), IOTKIT_EINVAL,
		     "could lead the packets to where others read them");
	assert_fails(open_capture("fifo", SIZE_MAX_USUAL), IOTKIT_EINVAL, "is not a file");
	assert_fails(open_capture("no/such", SIZE_MAX_USUAL), IOTKIT_ESYSTEM,
		     "No such file or directory");
}
END_TEST

START_TEST(something_else_is_never_overwritten)
{
	sh("echo precious > c.pcap; echo abc > short");
	assert_fails(open_capture("c.pcap", SIZE_MAX_USUAL), IOTKIT_EINVAL, "would be lost");
	assert_fails(open_capture("short", SIZE_MAX_USUAL), IOTKIT_EINVAL, "would be lost");
	sh("test \"$(cat c.pcap)\" = precious");
}
END_TEST

START_TEST(an_older_capture_makes_room)
{
	must_open(SIZE_MAX_USUAL);
	talk(1000);
	capture_close(capture);
	must_open(SIZE_MAX_USUAL);
	capture_close(capture);
	ck_assert_uint_eq(count_blocks("c.pcap"), 2);
	sh("printf '\\324\\303\\262\\241 of tcpdump' > c.pcap");
	must_open(SIZE_MAX_USUAL);
	capture_close(capture);
	ck_assert_uint_eq(count_blocks("c.pcap"), 2);
}
END_TEST

START_TEST(two_do_not_write_the_same_file)
{
	must_open(SIZE_MAX_USUAL);
	struct capture *first = capture;
	assert_fails(open_capture("c.pcap", SIZE_MAX_USUAL), IOTKIT_EBUSY, "another handle");
	capture_close(first);
	must_open(SIZE_MAX_USUAL);
	capture_close(capture);
}
END_TEST

START_TEST(at_its_bound_it_ends_with_a_whole_packet)
{
	must_open(65536);
	for (int i = 0; i < 10; i++)
		talk(20000);
	ck_assert_uint_eq(stops, 1);
	ck_assert_int_eq(stop_status, IOTKIT_EFULL);
	ck_assert_ptr_nonnull(strstr(stop_text, "65536 bytes (trace.pcap_max_bytes)"));
	ck_assert_int_le(size_of("c.pcap"), 65536);
	ck_assert_int_gt(size_of("c.pcap"), 40000);
	ck_assert_uint_gt(count_blocks("c.pcap"), 6);
	capture_close(capture);
}
END_TEST

/* Half a write goes in, then none: as on a disk that is full. */
static void limit_files(rlim_t size)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size == 0 ? limit.rlim_max : size;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(when_it_cannot_be_written_it_ends_with_a_whole_packet)
{
	signal(SIGXFSZ, SIG_IGN);
	must_open(SIZE_MAX_USUAL);
	for (int i = 0; i < 4; i++) /* more than Check notes down, in a file that is limited too */
		talk(50000);
	size_t before = count_blocks("c.pcap");
	limit_files((rlim_t)size_of("c.pcap") + 700);
	talk(1000);
	talk(1000);
	limit_files(0);
	ck_assert_uint_eq(stops, 1);
	ck_assert_int_eq(stop_status, IOTKIT_ESYSTEM);
	ck_assert_ptr_nonnull(strstr(stop_text, "cannot write the capture /"));
	ck_assert_ptr_nonnull(strstr(stop_text, strerror(EFBIG)));
	ck_assert_uint_eq(count_blocks("c.pcap"), before);
	capture_close(capture);
}
END_TEST

START_TEST(every_connection_has_numbers_of_its_own)
{
	enum { MANY = 200 };
	static uint32_t seen[MANY];

	must_open(SIZE_MAX_USUAL);
	for (size_t i = 0; i < MANY; i++) {
		seen[i] = capture_sequence(capture);
		for (size_t before = 0; before < i; before++)
			ck_assert_uint_ne(seen[i], seen[before]);
	}
	capture_close(capture);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("capture");
	TCase *tests = tcase_create("capture");

	tcase_add_checked_fixture(tests, workshop_open, workshop_close);
	tcase_add_test(tests, it_is_made_for_its_owner_alone);
	tcase_add_test(tests, a_conversation_has_a_beginning_and_an_end);
	tcase_add_test(tests, what_others_can_read_is_refused);
	tcase_add_test(tests, a_symbolic_link_or_no_file_is_refused);
	tcase_add_test(tests, something_else_is_never_overwritten);
	tcase_add_test(tests, an_older_capture_makes_room);
	tcase_add_test(tests, two_do_not_write_the_same_file);
	tcase_add_test(tests, at_its_bound_it_ends_with_a_whole_packet);
	tcase_add_test(tests, when_it_cannot_be_written_it_ends_with_a_whole_packet);
	tcase_add_test(tests, every_connection_has_numbers_of_its_own);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
