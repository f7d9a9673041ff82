/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* accept4 */
#include "link/door.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

enum { BACKLOG = 16 };

iotkit_status door_open(int *listener_out, uint16_t *port_out)
{
	struct sockaddr_in here = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof here;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof here) != 0 ||
	    listen(fd, BACKLOG) != 0 || getsockname(fd, (struct sockaddr *)&here, &size) != 0) {
		iotkit_status status =
			error_set_system(errno, "cannot listen on 127.0.0.1 for this process's own "
						"MQTT client; is the loopback interface up?");
		if (fd >= 0)
			close(fd);
		return status;
	}
	*listener_out = fd;
	*port_out = ntohs(here.sin_port);
	return IOTKIT_OK;
}

static iotkit_status explain(int errno_code)
{
	return error_set_system(errno_code,
				"cannot let this process's own MQTT client connect; if too many "
				"files are open, raise 'ulimit -n'");
}

static bool is_at(const struct sockaddr_in *address, const struct sockaddr_in *other)
{
	return address->sin_family == AF_INET && address->sin_port == other->sin_port &&
	       address->sin_addr.s_addr == other->sin_addr.s_addr;
}

/* The other end of a connection from `from` to `to`. Both count: sockets that are
 * connected elsewhere may share a local port. */
static bool is_connection(int fd, const struct sockaddr_in *from, const struct sockaddr_in *to)
{
	struct sockaddr_in local = {0}, remote = {0};
	socklen_t local_size = sizeof local, remote_size = sizeof remote;

	return getsockname(fd, (struct sockaddr *)&local, &local_size) == 0 &&
	       getpeername(fd, (struct sockaddr *)&remote, &remote_size) == 0 &&
	       is_at(&local, from) && is_at(&remote, to);
}

/* Both addresses and ports together belong to one connection only, so if one of our
 * descriptors is its other end, the peer is us. */
static bool search(DIR *directory, const struct sockaddr_in *peer, const struct sockaddr_in *here)
{
	bool found = false;

	for (struct dirent *entry; !found && (entry = readdir(directory)) != NULL;)
		if (entry->d_name[0] != '.')
			found = is_connection((int)strtol(entry->d_name, NULL, 10), peer, here);
	return found;
}

static iotkit_status judge(int fd, const struct sockaddr_in *peer, bool *is_our_own)
{
	struct sockaddr_in here = {0};
	socklen_t size = sizeof here;
	DIR *directory = opendir("/dev/fd");

	if (directory == NULL || getsockname(fd, (struct sockaddr *)&here, &size) != 0) {
		iotkit_status status = explain(errno);
		if (directory != NULL)
			closedir(directory);
		return status;
	}
	*is_our_own = search(directory, peer, &here);
	closedir(directory);
	return IOTKIT_OK;
}

static bool is_exhausted(int errno_code)
{
	return errno_code == EMFILE || errno_code == ENFILE || errno_code == ENOMEM ||
	       errno_code == ENOBUFS;
}

iotkit_status door_accept(int listener, int *fd_out, uint64_t *intruders)
{
	*fd_out = -1;
	for (int tries = 0; tries < BACKLOG; tries++) {
		struct sockaddr_in peer;
		socklen_t size = sizeof peer;
		bool is_our_own = false;
		int fd = accept4(listener, (struct sockaddr *)&peer, &size,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return is_exhausted(errno) ? explain(errno) : IOTKIT_OK;
		iotkit_status status = judge(fd, &peer, &is_our_own);
		if (status == IOTKIT_OK && is_our_own) {
			*fd_out = fd;
			return IOTKIT_OK;
		}
		close(fd);
		if (status != IOTKIT_OK)
			return status;
		++*intruders;
	}
	return IOTKIT_OK;
}
