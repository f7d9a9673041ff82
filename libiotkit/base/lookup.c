/* SPDX-License-Identifier: MIT
 *
 * getaddrinfo() can take half a minute and cannot be interrupted. So a thread
 * of its own does it; whoever loses interest leaves, and the thread tidies up.
 */
#include "base/lookup.h"

#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/thread.h"
#include "base/wake.h"

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

void lookup_leave(struct lookup *lookup)
{
	if (lookup == NULL)
		return;
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

iotkit_status lookup_start(const char *host, uint16_t port, struct lookup **out)
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

	for (int turn = 0; count < LOOKUP_MAX && (next[0] != NULL || next[1] != NULL);
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

int lookup_fd(const struct lookup *lookup)
{
	return lookup->done.read_fd;
}

iotkit_status lookup_take(struct lookup *lookup, const char *whose,
			  struct address addresses[LOOKUP_MAX], size_t *count_out)
{
	wake_clear(&lookup->done);
	if (lookup->result == 0) {
		*count_out = take_addresses(lookup->found, addresses);
		return IOTKIT_OK;
	}
	if (lookup->result == EAI_AGAIN)
		return error_set(IOTKIT_ERESOLVE,
				 "the host name '%s' cannot be looked up (%s): no name server "
				 "answered; check the network of this machine",
				 lookup->host, gai_strerror(lookup->result));
	return error_set(IOTKIT_ERESOLVE,
			 "the host name '%s' cannot be looked up (%s): check the spelling, or give "
			 "%s IP address",
			 lookup->host, gai_strerror(lookup->result), whose);
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
