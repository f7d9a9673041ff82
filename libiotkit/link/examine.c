/* SPDX-License-Identifier: MIT */
#include "link/examine.h"

#include <unistd.h>

#include "link/dial.h"

iotkit_status link_examine(const struct link_target *target, const struct patience *patience,
			   struct buffer *report)
{
	const struct tls_peer peer = {.host = target->host, .port = target->port};
	int fd;
	iotkit_status status = dial(target->host, target->port, patience, &fd);

	if (status != IOTKIT_OK)
		return status;
	status = tls_examine(target->tls, &peer, fd, patience, report);
	close(fd);
	return status;
}
