/* SPDX-License-Identifier: MIT */
#include "fake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "suite.h"

enum { LOOK_MS = 5 };

/* False when the test ends meanwhile. */
static bool wait_readable(const struct fake *fake, int fd)
{
	struct pollfd fds[] = {{.fd = fd, .events = POLLIN},
			       {.fd = fake->stop_fds[0], .events = POLLIN}};

	while (poll(fds, 2, -1) < 0)
		continue;
	return fds[1].revents == 0;
}

static bool is_stopped(const struct fake *fake, int wait_ms)
{
	struct pollfd stop = {.fd = fake->stop_fds[0], .events = POLLIN};

	return poll(&stop, 1, wait_ms) > 0;
}

static bool swallow(int fd)
{
	char bytes[65536];

	return recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) != 0 || errno == EAGAIN;
}

/* Until the test, or the peer, has enough of it. */
static void stay(struct fake *fake, int fd)
{
	while (!is_stopped(fake, LOOK_MS)) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		if (atomic_load(&fake->parts)) {
			send(fd, fake->parting, fake->parting_size, MSG_NOSIGNAL);
			return;
		}
		if (!fake->deaf && poll(&ready, 1, 0) > 0 && !swallow(fd))
			return;
	}
}

static void serve(struct fake *fake, int fd)
{
	if (!fake->greets && (!wait_readable(fake, fd) || !swallow(fd)))
		return;
	if (fake->answer_size > 0)
		send(fd, fake->answer, fake->answer_size, MSG_NOSIGNAL);
	if (!fake->closes)
		stay(fake, fd);
}

static void *run(void *context)
{
	struct fake *fake = context;

	while (wait_readable(fake, fake->listener)) {
		int fd = accept(fake->listener, NULL, NULL);
		if (fd < 0)
			continue;
		atomic_fetch_add(&fake->connections, 1);
		serve(fake, fd);
		close(fd);
	}
	return NULL;
}

void fake_start(struct fake *fake)
{
	struct sockaddr_in here = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof here;

	fake->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(fake->listener, (struct sockaddr *)&here, size), 0);
	ck_assert_int_eq(listen(fake->listener, 8), 0);
	ck_assert_int_eq(getsockname(fake->listener, (struct sockaddr *)&here, &size), 0);
	fake->port = ntohs(here.sin_port);
	snprintf(fake->uri, sizeof fake->uri, "mqtt://127.0.0.1:%u", (unsigned)fake->port);
	ck_assert_int_eq(pipe(fake->stop_fds), 0);
	ck_assert_int_eq(pthread_create(&fake->thread, NULL, run, fake), 0);
}

void fake_stop(struct fake *fake)
{
	ck_assert_int_eq(write(fake->stop_fds[1], "", 1), 1);
	pthread_join(fake->thread, NULL);
	close(fake->stop_fds[0]);
	close(fake->stop_fds[1]);
	close(fake->listener);
}
