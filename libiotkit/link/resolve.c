/* SPDX-License-Identifier: MIT
 *
 * getaddrinfo() can take half a minute and cannot be interrupted. So a thread
 * of its own does it; whoever loses interest leaves, and the thread tidies up.
 */
#include "link/resolve.h"

#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/thread.h"

struct lookup {
	pthread_mutex_t lock;
	struct wake done;
	int owners; /* guarded by lock: the one who asked, and the thread */
	char *host;
	char port[8];
	int result; /* of getaddrinfo(), once done is readable */
	struct addrinfo *found;
};

static void lookup_free(struct lookup *lookup)
{
	if (lookup->found != NULL)
		freeaddrinfo(lookup->found);
	wake_close(&lookup->done);
	pthread_mutex_destroy(&lookup->lock);
	free(lookup->host);
	free(lookup);
}

static void lookup_leave(struct lookup *lookup)
{
	pthread_mutex_lock(&lookup->lock);
	bool last = --lookup->owners == 0;
	pthread_mutex_unlock(&lookup->lock);
	if (last)
		lookup_free(lookup);
}

static void *lookup_run(void *context)
{
	struct lookup *lookup = context;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};

	lookup->result = getaddrinfo(lookup->host, lookup->port, &hints, &lookup->found);
	wake_signal(&lookup->done);
	lookup_leave(lookup);
	return NULL;
}

static iotkit_status lookup_start(const char *host, uint16_t port, struct lookup **out)
{
	struct lookup *lookup = calloc(1, sizeof *lookup);
	pthread_t thread;

	if (lookup == NULL || (lookup->host = strdup(host)) == NULL) {
		free(lookup);
		return error_set_no_memory();
	}
	snprintf(lookup->port, sizeof lookup->port, "%u", (unsigned)port);
	iotkit_status status = wake_open(&lookup->done);
	if (status != IOTKIT_OK) {
		free(lookup->host);
		free(lookup);
		return status;
	}
	pthread_mutex_init(&lookup->lock, NULL);
	lookup->owners = 2;
	status = thread_start(&thread, "iotkit-lookup", lookup_run, lookup);
	if (status != IOTKIT_OK) {
		lookup_free(lookup);
		return status;
	}
	pthread_detach(thread);
	*out = lookup;
	return IOTKIT_OK;
}

static size_t take_addresses(const struct addrinfo *found, struct address *addresses)
{
	const struct addrinfo *next[2] = {found, found}; /* of the first family, of the others */
	int first_family = found->ai_family;
	size_t count = 0;

	for (int turn = 0; count < RESOLVE_MAX && (next[0] != NULL || next[1] != NULL);
	     turn = !turn) {
		while (next[turn] != NULL && (next[turn]->ai_family == first_family) != (turn == 0))
			next[turn] = next[turn]->ai_next;
		if (next[turn] == NULL)
			continue;
		addresses[count].size = next[turn]->ai_addrlen;
		memcpy(&addresses[count].socket_address, next[turn]->ai_addr,
		       next[turn]->ai_addrlen);
		next[turn] = next[turn]->ai_next;
		count++;
	}
	return count;
}

static iotkit_status explain(const char *host, int result)
{
	const char *mend = result == EAI_AGAIN
				   ? "no name server answered; check the network of this machine"
				   : "check the spelling, or give the broker's IP address";

	return error_set(IOTKIT_ERESOLVE, "the host name '%s' cannot be looked up (%s): %s", host,
			 gai_strerror(result), mend);
}

iotkit_status resolve(const char *host, uint16_t port, const struct patience *patience,
		      struct address addresses[RESOLVE_MAX], size_t *count_out)
{
	struct lookup *lookup = NULL;
	iotkit_status status = lookup_start(host, port, &lookup);

	if (status != IOTKIT_OK)
		return status;
	struct pollfd done = {.fd = lookup->done.read_fd, .events = POLLIN};
	enum patience_end end;
	do
		end = patience_poll(patience, &done, 1, CLOCK_NEVER);
	while (end == PATIENCE_READY && done.revents == 0);

	if (end == PATIENCE_CANCELLED)
		status = error_set(IOTKIT_ESTATE, "looking up the host name '%s' was called off",
				   host);
	else if (end == PATIENCE_TIMEOUT)
		status = error_set(IOTKIT_ETIMEOUT,
				   "looking up the host name '%s' took too long: check the name "
				   "servers of this machine, or raise connect.timeout_ms",
				   host);
	else
		wake_clear(&lookup->done);
	if (end == PATIENCE_READY && lookup->result != 0)
		status = explain(host, lookup->result);
	else if (end == PATIENCE_READY)
		*count_out = take_addresses(lookup->found, addresses);
	lookup_leave(lookup);
	return status;
}

void address_text(const struct address *address, char text[ADDRESS_TEXT_SIZE])
{
	char host[48], port[8];
	const struct sockaddr *generic = (const struct sockaddr *)&address->socket_address;

	if (getnameinfo(generic, address->size, host, sizeof host, port, sizeof port,
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		snprintf(text, ADDRESS_TEXT_SIZE, "an unknown address");
	else
		snprintf(text, ADDRESS_TEXT_SIZE,
			 generic->sa_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}
