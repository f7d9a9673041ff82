/* SPDX-License-Identifier: MIT */
#include "doctor/network.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cli.h"
#include "common/wait.h"
#include "doctor/percent.h"

enum { ADDRESSES_SIZE = 512, ADDRESS_SIZE = 64, REPORT_SIZE = 1024 };

/* ---- Hosts -------------------------------------------------------------- */

static void take_host(const char *text, size_t size, bool tls, struct network_host *out)
{
	bool bracketed = text[0] == '[';
	const char *host = bracketed ? text + 1 : text;
	const char *end = memchr(host, bracketed ? ']' : ':', size - (bracketed ? 1 : 0));
	size_t length = end != NULL ? (size_t)(end - host) : size;
	const char *rest = end != NULL ? end + (bracketed ? 1 : 0) : text + size;
	size_t left = (size_t)(text + size - rest);

	snprintf(out->host, sizeof out->host, "%.*s", (int)length, host);
	snprintf(out->port, sizeof out->port, "%.*s", left > 1 ? (int)left - 1 : 4,
		 left > 1 ? rest + 1 : (tls ? "8883" : "1883"));
	snprintf(out->uri, sizeof out->uri, "%s%.*s", tls ? "mqtts://" : "mqtt://", (int)size,
		 text);
	snprintf(out->label, sizeof out->label, bracketed ? "[%s]:%s" : "%s:%s", out->host,
		 out->port);
	percent_decode(out->host);
	snprintf(out->name_subject, sizeof out->name_subject, "name %s", out->host);
	snprintf(out->tcp_subject, sizeof out->tcp_subject, "TCP %s", out->label);
	snprintf(out->tls_subject, sizeof out->tls_subject, "TLS %s", out->label);
}

size_t network_hosts(const char *uri, struct network_host hosts[static NETWORK_HOSTS_MAX])
{
	bool tls = strncmp(uri, "mqtts://", strlen("mqtts://")) == 0;
	const char *at = strstr(uri, "://");
	size_t count = 0;

	for (at = at != NULL ? at + 3 : uri; *at != '\0' && count < NETWORK_HOSTS_MAX;) {
		size_t size = strcspn(at, ",");
		take_host(at, size, tls, &hosts[count++]);
		at += size + (at[size] == ',' ? 1 : 0);
	}
	return count;
}

/* ---- The library's words ------------------------------------------------ */

/* The library says best why a host cannot be reached, and what helps. Returns what it came
 * to; IOTKIT_OK also when it got further than TCP. */
static iotkit_status ask_library(const struct doctor *doctor, const struct network_host *host)
{
	char uri[sizeof host->label + 16], report[REPORT_SIZE];
	iotkit *iot = NULL;

	/* To a broker without TLS too: before TCP both are the same. */
	snprintf(uri, sizeof uri, "mqtts://%s", host->label);
	iotkit_status status = iotkit_open(uri, &iot);
	if (status == IOTKIT_OK)
		status = iotkit_set_option(iot, "tls.verify", "none");
	if (status == IOTKIT_OK)
		status = iotkit_check_broker(iot, doctor->timeout_ms, report, sizeof report);
	iotkit_close(iot);
	return status == IOTKIT_ERESOLVE || status == IOTKIT_ENETWORK || status == IOTKIT_ETIMEOUT
		       ? status
		       : IOTKIT_OK;
}

/* ---- The name ----------------------------------------------------------- */

static void address_text(const struct addrinfo *address, char text[static ADDRESS_SIZE])
{
	if (getnameinfo(address->ai_addr, address->ai_addrlen, text, ADDRESS_SIZE, NULL, 0,
			NI_NUMERICHOST) != 0)
		snprintf(text, ADDRESS_SIZE, "?");
}

static void list_addresses(const struct addrinfo *found, char text[static ADDRESSES_SIZE])
{
	size_t size = 0;

	text[0] = '\0';
	for (; found != NULL && size + ADDRESS_SIZE + 2 < ADDRESSES_SIZE; found = found->ai_next) {
		char one[ADDRESS_SIZE];
		address_text(found, one);
		size += (size_t)snprintf(text + size, ADDRESSES_SIZE - size, "%s%s",
					 size > 0 ? ", " : "", one);
	}
}

/* NULL after telling why. */
static struct addrinfo *look_up(struct doctor *doctor, const struct network_host *host)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	char text[ADDRESSES_SIZE];
	int64_t begin = wait_now();
	int error = getaddrinfo(host->host, host->port, &hints, &found);
	long took_ms = (long)(wait_now() - begin);
	struct finding *finding;

	if (error != 0) {
		bool told = ask_library(doctor, host) != IOTKIT_OK;
		finding = findings_add(&doctor->findings, FINDING_PROBLEM, "name.unknown",
				       host->name_subject, "the name cannot be looked up: %s",
				       gai_strerror(error));
		if (told)
			finding_mend(finding, "%s", iotkit_last_error());
		return NULL;
	}
	list_addresses(found, text);
	finding = findings_add(&doctor->findings, FINDING_OK, "name.found", host->name_subject,
			       "%s (%ld ms)", text, took_ms);
	finding_detail(finding, "addresses", "%s", text);
	finding_number(finding, "ms", took_ms);
	return found;
}

/* ---- TCP ---------------------------------------------------------------- */

/* 0, or why it failed. */
static int try_address(const struct addrinfo *address, int64_t deadline)
{
	int error = 0;
	socklen_t size = sizeof error;
	int fd = socket(address->ai_family, SOCK_STREAM, 0);

	if (fd < 0)
		return errno;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (connect(fd, address->ai_addr, address->ai_addrlen) != 0) {
		struct pollfd ready = {.fd = fd, .events = POLLOUT};
		int64_t left = deadline - wait_now();
		error = errno;
		if (error == EINPROGRESS && poll(&ready, 1, left > 0 ? (int)left : 0) == 1)
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
		else if (error == EINPROGRESS)
			error = ETIMEDOUT;
	}
	close(fd);
	return error;
}

static bool tell_unreached(struct doctor *doctor, const struct network_host *host, int error)
{
	/* Perhaps it can be by now. */
	if (ask_library(doctor, host) == IOTKIT_OK) {
		findings_add(&doctor->findings, FINDING_OK, "tcp.connected", host->tcp_subject,
			     "connected at the second attempt (the first one: %s)",
			     strerror(error));
		return true;
	}
	finding_mend(findings_add(&doctor->findings, FINDING_PROBLEM, "tcp.failed",
				  host->tcp_subject, "no connection: %s", strerror(error)),
		     "%s", iotkit_last_error());
	return false;
}

static bool connect_to(struct doctor *doctor, const struct network_host *host,
		       const struct addrinfo *found)
{
	int64_t begin = wait_now();
	int error = ETIMEDOUT;

	for (; found != NULL; found = found->ai_next) {
		error = try_address(found, begin + doctor->timeout_ms);
		if (error == 0)
			break;
	}
	long took_ms = (long)(wait_now() - begin);
	if (error != 0)
		return tell_unreached(doctor, host, error);
	char text[ADDRESS_SIZE];
	address_text(found, text);
	struct finding *finding =
		findings_add(&doctor->findings, FINDING_OK, "tcp.connected", host->tcp_subject,
			     "connected to %s (%ld ms)", text, took_ms);
	finding_detail(finding, "address", "%s", text);
	finding_number(finding, "ms", took_ms);
	return true;
}

bool network_reach(struct doctor *doctor, const struct network_host *host)
{
	struct addrinfo *found = look_up(doctor, host);

	if (found == NULL) {
		findings_add(&doctor->findings, FINDING_NOTE, "tcp.not-examined", host->tcp_subject,
			     "not examined, because the name is unknown");
		return false;
	}
	bool reached = connect_to(doctor, host, found);
	freeaddrinfo(found);
	return reached;
}
