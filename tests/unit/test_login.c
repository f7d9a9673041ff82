/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/secret.h"
#include "link/login.h"
#include "suite.h"

enum { PACKET_MAX = 400000, FIELD_MAX = 65535, PASSWORD_FLAG = 0x40, PROPERTIES = 5 };

/* A CONNECT as a client would write it. */
struct packet {
	unsigned char bytes[PACKET_MAX];
	size_t size;
};

struct connect {
	bool version_5;
	size_t id_size;
	const char *user; /* NULL: none */
	const char *will; /* its topic and its payload; NULL: none */
	const char *password; /* NULL: none */
};

static struct packet given, expected;
static struct login login;

static void start(void)
{
	login = (struct login){0};
}

static void stop(void)
{
	login_end(&login);
}

static void put(struct packet *packet, const void *bytes, size_t size)
{
	ck_assert_uint_le(packet->size + size, sizeof packet->bytes);
	memcpy(packet->bytes + packet->size, bytes, size);
	packet->size += size;
}

static void put_byte(struct packet *packet, unsigned byte)
{
	put(packet, &(unsigned char){(unsigned char)byte}, 1);
}

static void put_field(struct packet *packet, const char *bytes, size_t size)
{
	put_byte(packet, (unsigned)size >> 8);
	put_byte(packet, (unsigned)size & 0xff);
	put(packet, bytes, size);
}

static void put_text(struct packet *packet, const char *text)
{
	put_field(packet, text, strlen(text));
}

static void put_properties(struct packet *packet, const struct connect *connect)
{
	if (connect->version_5)
		put(packet, "\x05\x11\x00\x00\x0e\x10", PROPERTIES + 1);
}

static void write_body(struct packet *body, const struct connect *connect)
{
	static char id[FIELD_MAX];
	unsigned flags = (connect->user != NULL ? 0x80u : 0) | (connect->will != NULL ? 0x04u : 0) |
			 (connect->password != NULL ? PASSWORD_FLAG : 0u) | 0x02u;

	memset(id, 'i', sizeof id);
	put_text(body, "MQTT");
	put_byte(body, connect->version_5 ? 5 : 4);
	put_byte(body, flags);
	put(body, "\x00\x3c", 2);
	put_properties(body, connect);
	put_field(body, id, connect->id_size);
	if (connect->will != NULL) {
		put_properties(body, connect);
		put_text(body, connect->will);
		put_text(body, connect->will);
	}
	if (connect->user != NULL)
		put_text(body, connect->user);
	if (connect->password != NULL)
		put_text(body, connect->password);
}

static void write_connect(struct packet *packet, const struct connect *connect)
{
	static struct packet body;

	body.size = packet->size = 0;
	write_body(&body, connect);
	put_byte(packet, 0x10);
	size_t left = body.size;
	do {
		put_byte(packet, (left & 0x7f) | (left > 0x7f ? 0x80 : 0));
		left >>= 7;
	} while (left > 0);
	put(packet, body.bytes, body.size);
}

/* Writes `given` without the password, and `expected` with it. */
static void prepare(struct connect connect)
{
	write_connect(&expected, &connect);
	connect.password = NULL;
	write_connect(&given, &connect);
}

static void begin(const char *password)
{
	char *copy = secret_copy(password);

	ck_assert_ptr_nonnull(copy);
	login_begin(&login, copy);
	ck_assert(login_is_pending(&login));
}

static void give(size_t from, size_t size)
{
	ck_assert_int_eq(login_take(&login, (char *)given.bytes + from, size), IOTKIT_OK);
}

static void assert_packet(void)
{
	ck_assert_ptr_nonnull(login.packet);
	ck_assert_uint_eq(login.size, expected.size);
	ck_assert_mem_eq(login.packet, expected.bytes, expected.size);
	ck_assert_uint_eq(login.sent, 0);
	ck_assert(login_is_pending(&login));
}

static void assert_logs_in(const struct connect *connect)
{
	prepare(*connect);
	begin(connect->password);
	give(0, given.size);
	assert_packet();
	login_end(&login);
	ck_assert(!login_is_pending(&login));
}

START_TEST(the_password_comes_last_and_its_flag_is_set)
{
	static const char *const users[] = {NULL, "anna", ""};
	static const char *const wills[] = {NULL, "house/status"};

	for (size_t i = 0; i < 3 * 2 * 2; i++)
		assert_logs_in(&(struct connect){.version_5 = i % 2 == 1,
						 .user = users[i / 4],
						 .will = wills[i / 2 % 2],
						 .id_size = 12,
						 .password = "s3cret"});
}
END_TEST

START_TEST(the_length_grows_by_a_byte_where_it_must)
{
	static const size_t ids[] = {0, 16383 - 40, FIELD_MAX - 8};

	/* Around 127 and 16383, before and behind. */
	for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
		for (size_t more = 0; more < 140 && ids[i] + more <= FIELD_MAX; more++)
			assert_logs_in(&(struct connect){
				.user = "anna", .id_size = ids[i] + more, .password = "s3cret"});
}
END_TEST

START_TEST(the_longest_password_fits)
{
	static char longest[FIELD_MAX + 1], user[FIELD_MAX + 1];

	memset(longest, 'p', FIELD_MAX);
	memset(user, 'u', FIELD_MAX);
	assert_logs_in(&(struct connect){.id_size = 1, .password = longest});
	assert_logs_in(&(struct connect){.version_5 = true,
					 .id_size = FIELD_MAX,
					 .user = user,
					 .will = user,
					 .password = longest});
}
END_TEST

START_TEST(connect_may_come_in_pieces)
{
	const struct connect connect = {
		.version_5 = true, .id_size = 130, .user = "anna", .will = "w", .password = "pw"};

	prepare(connect);
	for (size_t cut = 1; cut < given.size; cut++) {
		begin("pw");
		give(0, cut);
		ck_assert_ptr_null(login.packet);
		ck_assert(login_is_pending(&login));
		give(cut, given.size - cut);
		assert_packet();
		login_end(&login);
	}
	begin("pw");
	for (size_t at = 0; at < given.size; at++) {
		ck_assert_ptr_null(login.packet);
		give(at, 0);
		give(at, 1);
	}
	assert_packet();
}
END_TEST

START_TEST(what_never_ends_is_refused_before_it_fills_the_memory)
{
	static const char endless[65536] = {0x10, (char)0xff, (char)0xff, (char)0xff, 0x7f};
	iotkit_status status = IOTKIT_OK;
	int taken = 0;

	begin("pw");
	for (; status == IOTKIT_OK && taken < 100; taken++)
		status = login_take(&login, endless, taken == 0 ? 65536 : 1000);
	for (; status == IOTKIT_OK && taken < 1000; taken++)
		status = login_take(&login, endless, 65536);
	ck_assert_int_ne(status, IOTKIT_OK);
	ck_assert_ptr_null(login.packet);
}
END_TEST

START_TEST(without_a_password_nothing_is_pending)
{
	login_begin(&login, NULL);
	ck_assert(!login_is_pending(&login));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("login");
	TCase *connect = tcase_create("connect");

	tcase_add_checked_fixture(connect, start, stop);
	tcase_add_test(connect, the_password_comes_last_and_its_flag_is_set);
	tcase_add_test(connect, the_length_grows_by_a_byte_where_it_must);
	tcase_add_test(connect, the_longest_password_fits);
	tcase_add_test(connect, connect_may_come_in_pieces);
	tcase_add_test(connect, what_never_ends_is_refused_before_it_fills_the_memory);
	tcase_add_test(connect, without_a_password_nothing_is_pending);
	suite_add_tcase(suite, connect);
	return suite_run(suite);
}
