/* SPDX-License-Identifier: MIT
 *
 * Where a password lies in the memory of a program that uses the library: while it
 * is needed, only where core files leave out, and afterwards nowhere. The program
 * searches all of its own memory for it.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker.h"
#include "expect.h"
#include "suite.h"

enum {
	NEEDLE_SIZE = 24,
	MASK = 0x55,
	OWN_SIZE = 1 << 20,
	USED_STACK = 256 * 1024,
	MAPPINGS = 8192
};

/* Larger ones are a sanitizer's bookkeeping. */
#define MAPPING_MAX ((uint64_t)1 << 30)

/* The password, masked, so that this copy is not found. */
static const volatile unsigned char masked[NEEDLE_SIZE] = {
	0x3f, 0x0d, 0x62, 0x24, 0x03, 0x6c, 0x2f, 0x1e, 0x61, 0x38, 0x02, 0x67,
	0x07, 0x3d, 0x66, 0x25, 0x1b, 0x6d, 0x21, 0x14, 0x60, 0x3e, 0x1f, 0x65};

struct mapping {
	uint64_t begin;
	uint64_t end;
	bool left_out; /* of core files */
	char name[64];
};

/* Where the password was found. */
struct found {
	size_t left_out;
	size_t elsewhere;
	char where[128]; /* the last of these */
};

static struct broker broker;
static iotkit *iot;
static char path[128];
static char *own; /* for the test's own copies; the search passes over it */

/* ---- the password ---- */

static char *unmask(void)
{
	char *needle = own;

	for (size_t i = 0; i < NEEDLE_SIZE; i++)
		needle[i] = (char)(masked[i] ^ MASK);
	needle[NEEDLE_SIZE] = '\0';
	return needle;
}

static void forget(void)
{
	explicit_bzero(own, OWN_SIZE);
}

/* What the test's own functions, and those of the C library, left there. */
static __attribute__((noinline)) void wipe_stack(void)
{
	char below[USED_STACK];

	explicit_bzero(below, sizeof below);
}

/* ---- the search ---- */

static bool is_needle(const char *bytes)
{
	for (size_t i = 0; i < NEEDLE_SIZE; i++)
		if ((unsigned char)bytes[i] != (masked[i] ^ MASK))
			return false;
	return true;
}

static size_t count_in(const char *bytes, size_t size)
{
	const char *end = bytes + size;
	const char *at = bytes;
	size_t count = 0;

	while (end - at >= NEEDLE_SIZE &&
	       (at = memchr(at, masked[0] ^ MASK, (size_t)(end - at) - NEEDLE_SIZE + 1)) != NULL)
		count += is_needle(at++);
	return count;
}

static void search_mapping(int memory, const struct mapping *mapping, struct found *found)
{
	for (uint64_t at = mapping->begin; at < mapping->end; at += OWN_SIZE - NEEDLE_SIZE + 1) {
		uint64_t left = mapping->end - at;
		ssize_t n =
			pread(memory, own, left < OWN_SIZE ? (size_t)left : OWN_SIZE, (off_t)at);
		size_t count = n > 0 ? count_in(own, (size_t)n) : 0;
		if (mapping->left_out) {
			found->left_out += count;
			continue;
		}
		found->elsewhere += count;
		if (count > 0)
			snprintf(found->where, sizeof found->where, "%" PRIx64 "-%" PRIx64 " %s",
				 mapping->begin, mapping->end, mapping->name);
	}
}

static size_t list_mappings(struct mapping *mappings)
{
	FILE *file = fopen("/proc/self/smaps", "r");
	char line[512];
	size_t count = 0;

	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof line, file) != NULL) {
		struct mapping next = {0};
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " r%*s %*s %*s %*s %63s", &next.begin,
			   &next.end, next.name) >= 2) {
			ck_assert_uint_lt(count, MAPPINGS);
			mappings[count++] = next;
		} else if (strncmp(line, "VmFlags:", 8) == 0 && count > 0) {
			mappings[count - 1].left_out = strstr(line, " dd") != NULL;
		}
	}
	fclose(file);
	return count;
}

static struct found search(void)
{
	static struct mapping mappings[MAPPINGS];
	size_t count = list_mappings(mappings);
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	struct found found = {0};

	ck_assert_int_ge(memory, 0);
	for (size_t i = 0; i < count; i++) {
		const struct mapping *mapping = &mappings[i];
		bool is_own = (uint64_t)(uintptr_t)own >= mapping->begin &&
			      (uint64_t)(uintptr_t)own < mapping->end;
		if (!is_own && mapping->end - mapping->begin < MAPPING_MAX)
			search_mapping(memory, mapping, &found);
	}
	close(memory);
	forget();
	return found;
}

static void assert_only_left_out(void)
{
	struct found found = search();

	ck_assert_msg(found.elsewhere == 0, "%zu times, last in %s", found.elsewhere, found.where);
}

static void assert_nowhere(void)
{
	assert_only_left_out();
	ck_assert_uint_eq(search().left_out, 0);
}

/* ---- the ways to give it ---- */

static void write_file(const char *before, const char *after)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, before, strlen(before)), (int)strlen(before));
	ck_assert_int_eq(write(fd, unmask(), NEEDLE_SIZE), NEEDLE_SIZE);
	ck_assert_int_eq(write(fd, after, strlen(after)), (int)strlen(after));
	close(fd);
	forget();
}

static iotkit_status by_option(void)
{
	return iotkit_set_option(iot, "mqtt.password", unmask());
}

static iotkit_status by_password_file(void)
{
	write_file("", "\n");
	return iotkit_set_option(iot, "mqtt.password_file", path);
}

static iotkit_status by_uri(void)
{
	char *uri = own + 2 * NEEDLE_SIZE;

	snprintf(uri, 128, "mqtt://anna:%s@127.0.0.1:%u", unmask(), (unsigned)broker.port);
	return iotkit_set_option(iot, "broker", uri);
}

static iotkit_status by_config(void)
{
	write_file("[mqtt]\nusername = anna\npassword = ", "\nkeepalive_s = 20\n");
	return iotkit_load_config(iot, path);
}

static iotkit_status by_uri_in_config(void)
{
	char end[64];

	snprintf(end, sizeof end, "@127.0.0.1:%u\npayload = json\n", (unsigned)broker.port);
	write_file("broker = mqtt://anna:", end);
	return iotkit_load_config(iot, path);
}

static const struct {
	iotkit_status (*give)(void);
	bool is_kept; /* for the next connect */
} ways[] = {{by_option, true},
	    {by_password_file, false},
	    {by_uri, true},
	    {by_config, true},
	    {by_uri_in_config, true}};

enum { WAYS = sizeof ways / sizeof ways[0] };

/* ---- the tests ---- */

static void start_with(char *password)
{
	own = mmap(NULL, OWN_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(own, MAP_FAILED);
	/* So that no neighbour is merged with it. */
	madvise(own, OWN_SIZE, MADV_DONTFORK);
	broker =
		(struct broker){.user = "anna", .password = password != NULL ? password : unmask()};
	broker_start(&broker);
	broker.password = NULL;
	snprintf(path, sizeof path, "%s.secret", broker.folder);
	forget();
	wipe_stack();
}

static void start(void)
{
	start_with(NULL);
}

static void start_with_another(void)
{
	start_with("another");
}

static void stop(void)
{
	iotkit_close(iot);
	iot = NULL;
	unlink(path);
	broker_remove(&broker);
	munmap(own, OWN_SIZE);
}

START_TEST(the_search_finds_what_is_there)
{
	char *copy = malloc(NEEDLE_SIZE);

	assert_nowhere();
	memcpy(copy, unmask(), NEEDLE_SIZE);
	ck_assert_uint_eq(search().elsewhere, 1);
	explicit_bzero(copy, NEEDLE_SIZE);
	free(copy);
	assert_nowhere();
}
END_TEST

START_TEST(a_password_lies_in_secret_memory_only_and_then_nowhere)
{
	const char *options[] = {"mqtt.username", "anna", NULL};

	iot = expect_open(broker.uri, options);
	ck_assert_msg(ways[_i].give() == IOTKIT_OK, "%s", iotkit_last_error());
	assert_only_left_out();
	ck_assert_msg(iotkit_connect(iot, EXPECT_MS) == IOTKIT_OK, "%s", iotkit_last_error());
	ck_assert_int_eq(iotkit_publish(iot, "t", "x", 1, 1, 0, NULL), IOTKIT_OK);
	ck_assert_int_eq(iotkit_flush(iot, EXPECT_MS), IOTKIT_OK);
	assert_only_left_out();
	ck_assert_uint_eq(search().left_out, ways[_i].is_kept);
	iotkit_close(iot);
	iot = NULL;
	assert_nowhere();
}
END_TEST

START_TEST(a_password_that_is_refused_leaves_nothing_either)
{
	const char *options[] = {"mqtt.username", "anna", NULL};

	iot = expect_open(broker.uri, options);
	ck_assert_msg(ways[_i].give() == IOTKIT_OK, "%s", iotkit_last_error());
	assert_fails(iotkit_connect(iot, EXPECT_MS), IOTKIT_EAUTH, "not authorised");
	assert_only_left_out();
	iotkit_close(iot);
	iot = NULL;
	assert_nowhere();
}
END_TEST

START_TEST(a_uri_that_is_refused_leaves_nothing)
{
	static const char *const formats[] = {"mqtt://anna:%s%%zz@localhost", "mqtt://anna:%s",
					      "mqtt://anna:%s@localhost?no=option",
					      "mqtt://anna:%s@local@host"};

	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
		char *uri = own + 2 * NEEDLE_SIZE;
		snprintf(uri, 128, formats[i], unmask());
		ck_assert_int_ne(iotkit_open(uri, &iot), IOTKIT_OK);
		forget();
		assert_nowhere();
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("secrets");
	TCase *accepted = tcase_create("accepted");
	TCase *refused = tcase_create("refused");

	tcase_add_checked_fixture(accepted, start, stop);
	tcase_set_timeout(accepted, 60);
	tcase_add_test(accepted, the_search_finds_what_is_there);
	tcase_add_loop_test(accepted, a_password_lies_in_secret_memory_only_and_then_nowhere, 0,
			    WAYS);
	suite_add_tcase(suite, accepted);
	tcase_add_checked_fixture(refused, start_with_another, stop);
	tcase_set_timeout(refused, 60);
	tcase_add_loop_test(refused, a_password_that_is_refused_leaves_nothing_either, 0, WAYS);
	tcase_add_test(refused, a_uri_that_is_refused_leaves_nothing);
	suite_add_tcase(suite, refused);
	return suite_run(suite);
}
