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

static bool is_bound_to(int fd, const struct sockaddr_in *address)
{
	struct sockaddr_in local = {0};
	socklen_t size = sizeof local;

	return getsockname(fd, (struct sockaddr *)&local, &size) == 0 &&
	       local.sin_family == AF_INET && local.sin_port == address->sin_port &&
	       local.sin_addr.s_addr == address->sin_addr.s_addr;
}

/* A loopback address and port belong to one socket only, so if one of our
 * descriptors is bound to the peer's, the peer is us. */
static bool is_our_own(const struct sockaddr_in *peer)
{
	DIR *directory = opendir("/dev/fd");
	bool found = false;

	if (directory == NULL)
		return false;
	for (struct dirent *entry; !found && (entry = readdir(directory)) != NULL;)
		if (entry->d_name[0] != '.')
			found = is_bound_to((int)strtol(entry->d_name, NULL, 10), peer);
	closedir(directory);
	return found;
}

int door_accept(int listener, uint64_t *intruders)
{
	for (int tries = 0; tries < BACKLOG; tries++) {
		struct sockaddr_in peer;
		socklen_t size = sizeof peer;
		int fd = accept4(listener, (struct sockaddr *)&peer, &size,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			return -1;
		if (is_our_own(&peer))
			return fd;
		close(fd);
		++*intruders;
	}
	return -1;
}
