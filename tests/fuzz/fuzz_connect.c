/* SPDX-License-Identifier: MIT
 *
 * Bytes as what a broker says through the link, in pieces as they may arrive, while
 * the client's CONNECT goes up in pieces too. Promised for any of them: the broker
 * gets CONNECT with the password and all that follows, the client gets what the
 * broker said, with nothing but whole pings between its packets, and nothing at all
 * of a peer that is no broker; and it ends when they do.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/secret.h"
#include "fuzz.h"
#include "link/dial.h"
#include "link/door.h"
#include "link/link.h"
#include "packet/framing.h"

enum {
	BROKER,
	CLIENT,
	SIDES,
	CONNACK = 0x20,
	ID_AT = 12,
	SOME = 4096,
	TURNS_MAX = 256,
	SETTLE_ROUNDS = 64
};

static const char password[] = "open sesame";
static const unsigned char pingresp[] = {0xd0, 0x00};

struct bytes {
	const uint8_t *at;
	size_t size;
};

struct side {
	int fd; /* the far end, which is the target's */
	uint8_t heard[4 * SOME];
	size_t size;
};

static struct side sides[SIDES];
static int near_ends[SIDES];

static void promise(bool kept)
{
	if (!kept)
		abort();
}

static void make_pair(int side)
{
	int fds[2];

	promise(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
	near_ends[side] = fds[0];
	sides[side].fd = fds[1];
	sides[side].size = 0;
}

/* In place of TCP, whose ports would run out. */
iotkit_status __wrap_dial(const char *host, uint16_t port, const struct patience *patience,
			  int *fd_out);
iotkit_status __wrap_door_open(int *listener_out, uint16_t *port_out);
iotkit_status __wrap_door_accept(int listener, int *fd_out, uint64_t *intruders);

iotkit_status __wrap_dial(const char *host, uint16_t port, const struct patience *patience,
			  int *fd_out)
{
	(void)host, (void)port, (void)patience;
	*fd_out = near_ends[BROKER];
	return IOTKIT_OK;
}

iotkit_status __wrap_door_open(int *listener_out, uint16_t *port_out)
{
	*port_out = 1;
	*listener_out = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return *listener_out >= 0 ? IOTKIT_OK : IOTKIT_ESYSTEM;
}

iotkit_status __wrap_door_accept(int listener, int *fd_out, uint64_t *intruders)
{
	(void)listener, (void)intruders;
	*fd_out = near_ends[CLIENT];
	return IOTKIT_OK;
}

static void say(int side, const uint8_t *bytes, size_t size)
{
	if (size > 0)
		promise(send(sides[side].fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size);
}

static void listen_to(int side)
{
	struct side *from = &sides[side];
	ssize_t n = recv(from->fd, from->heard + from->size, sizeof from->heard - from->size, 0);

	from->size += n > 0 ? (size_t)n : 0;
}

static enum link_state pump(struct link *link)
{
	enum link_state state = link_pump(link);
	struct pollfd fds[LINK_FDS];

	promise(state != LINK_FAILED || *error_last() != '\0');
	promise(link_poll(link, fds) <= LINK_FDS);
	link_due(link);
	listen_to(BROKER);
	listen_to(CLIENT);
	return state;
}

/* CONNECT of MQTT 3.1.1 with a user name; returns its size. The password, if any, is
 * its last field. */
static size_t make_connect(uint8_t *packet, size_t id_size, const char *with_password)
{
	size_t password_size = with_password != NULL ? strlen(with_password) : 0;
	size_t extra = with_password != NULL ? 2 + password_size : 0;
	size_t body = 10 + 2 + id_size + 2 + 1 + extra;
	uint8_t *to = packet;

	*to++ = 0x10;
	for (size_t left = body; left > 0; left >>= 7)
		*to++ = (uint8_t)((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
	memcpy(to, "\0\4MQTT\4\x80\0\x3c", 10);
	to[7] |= with_password != NULL ? 0x40 : 0;
	to[10] = (uint8_t)(id_size >> 8);
	to[11] = (uint8_t)id_size;
	memset(to + ID_AT, 'i', id_size);
	to += ID_AT + id_size;
	memcpy(to, "\0\1u\0", 4);
	if (with_password != NULL) {
		to[4] = (uint8_t)password_size;
		memcpy(to + 5, with_password, password_size);
	}
	return (size_t)(to - packet) + 3 + extra;
}

/* What the client got is what the broker said, but for pings between packets. */
static size_t check_passed_down(const struct bytes *said)
{
	const struct side *client = &sides[CLIENT];
	struct framing framing = {0};
	bool is_broker = said->size > 0 && said->at[0] == CONNACK;
	size_t at = 0;

	for (size_t i = 0; i < client->size;) {
		const uint8_t *heard = client->heard + i;
		bool was_said = is_broker && said->size - at >= 2 &&
				memcmp(said->at + at, pingresp, 2) == 0;
		bool is_ping = framing_is_between(&framing) && client->size - i >= 2 &&
			       memcmp(heard, pingresp, 2) == 0;
		if (is_ping && !was_said) {
			i += 2;
			continue;
		}
		promise(is_broker && at < said->size && *heard == said->at[at]);
		framing_pass(&framing, (const char *)heard, 1);
		at++;
		i++;
	}
	return at;
}

static void check_passed_up(const struct bytes *expected, bool whole)
{
	const struct side *broker = &sides[BROKER];

	promise(broker->size <= expected->size &&
		memcmp(broker->heard, expected->at, broker->size) == 0);
	promise(!whole || broker->size == expected->size);
}

static size_t say_some(int side, const struct bytes *all, size_t said, size_t size)
{
	size_t left = all->size - said;

	say(side, all->at + said, size < left ? size : left);
	return said + (size < left ? size : left);
}

/* Both say all they have, in pieces of the sizes that the script tells. What the client
 * says after CONNECT may be anything; here it is what the broker says. */
static enum link_state converse(struct link *link, const struct bytes *script,
				const struct bytes *up, const struct bytes *down)
{
	enum link_state state = pump(link);
	size_t up_said = 0, down_said = 0;

	for (size_t turn = 0; up_said < up->size || down_said < down->size; turn++) {
		uint8_t step = script->at[turn % script->size];
		link_hold(link, (step & 0x80) != 0);
		if ((step & 0x40) != 0)
			up_said = say_some(CLIENT, up, up_said, 1u + (step & 0x3f));
		else
			down_said = say_some(BROKER, down, down_said, 1u + (step & 0x3f));
		if (turn >= TURNS_MAX) {
			up_said = say_some(CLIENT, up, up_said, up->size);
			down_said = say_some(BROKER, down, down_said, down->size);
		}
		state = pump(link);
		if (state != LINK_OPEN)
			return state;
	}
	/* As paho does, it says more only when CONNECT is on its way. */
	link_hold(link, false);
	say(CLIENT, down->at, down->size);
	for (int i = 0; i < SETTLE_ROUNDS && state == LINK_OPEN; i++)
		state = pump(link);
	return state;
}

/* Both end; so does the link. */
static void end(struct link *link, enum link_state state)
{
	shutdown(sides[BROKER].fd, SHUT_WR);
	shutdown(sides[CLIENT].fd, SHUT_WR);
	for (int i = 0; i < SETTLE_ROUNDS && state == LINK_OPEN; i++)
		state = pump(link);
	promise(state != LINK_OPEN);
}

static void talk(const struct bytes *script, const struct bytes *down, size_t id_size,
		 bool with_password)
{
	static uint8_t given[SOME * 4], expected[SOME * 4];
	struct link_target target = {.host = "broker"};
	const struct bytes up = {given, make_connect(given, id_size, NULL)};
	struct bytes wanted = {expected,
			       make_connect(expected, id_size, with_password ? password : NULL)};
	struct link *link = NULL;

	memcpy(expected + wanted.size, down->at, down->size);
	wanted.size += down->size;
	make_pair(BROKER);
	make_pair(CLIENT);
	target.password = with_password ? secret_copy(password) : NULL;
	promise(link_open(&target, NULL, &link) == IOTKIT_OK);
	enum link_state state = converse(link, script, &up, down);
	size_t passed = check_passed_down(down);
	promise(passed == down->size || state != LINK_OPEN);
	check_passed_up(&wanted, state == LINK_OPEN);
	end(link, state);
	check_passed_down(down);
	link_close(link);
	close(sides[BROKER].fd);
	close(sides[CLIENT].fd);
}

/* Whether there is a password, the size of the client id, the size of the script, the
 * script, and what the broker says. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	enum { HEAD = 3 };

	if (size < HEAD + 1 || size > SOME)
		return 0;
	size_t script_size = 1 + bytes[2] % (size - HEAD);
	const struct bytes script = {bytes + HEAD, script_size};
	const struct bytes down = {bytes + HEAD + script_size, size - HEAD - script_size};
	talk(&script, &down, (size_t)bytes[1] << (bytes[0] >> 6), (bytes[0] & 1) != 0);
	return 0;
}
