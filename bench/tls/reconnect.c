/* SPDX-License-Identifier: MIT
 *
 * Connects again and again through libiotkit, once with a full handshake, once
 * resuming the session before; prints a line for each connection: 1 when resumed,
 * bytes and microseconds of its handshake, microseconds of the whole iotkit_connect().
 */
#include <inttypes.h>
#include <iotkit.h>
#include <stdio.h>
#include <stdlib.h>

#include "load.h"

enum { PATIENCE_MS = 10000 };

static void check(iotkit_status status)
{
	if (status != IOTKIT_OK)
		load_fail("libiotkit: %s", iotkit_last_error());
}

static iotkit *open_handle(const struct load *load, const char *resume)
{
	char uri[64];
	iotkit *iot = NULL;

	snprintf(uri, sizeof uri, "mqtts://localhost:%d", load->port);
	check(iotkit_open(uri, &iot));
	check(iotkit_set_option(iot, "tls.ca_file", load->ca_file));
	check(iotkit_set_option(iot, "tls.resume", resume));
	return iot;
}

static iotkit_stats stats_of(iotkit *iot)
{
	iotkit_stats stats = {.struct_size = sizeof stats};

	check(iotkit_get_stats(iot, &stats));
	return stats;
}

static void connect_once(iotkit *iot)
{
	iotkit_stats before = stats_of(iot);
	int64_t begin = load_now_ns();

	check(iotkit_connect(iot, PATIENCE_MS));
	int64_t end = load_now_ns();
	check(iotkit_disconnect(iot, PATIENCE_MS));
	iotkit_stats after = stats_of(iot);
	if (after.tls_handshakes != before.tls_handshakes + 1)
		load_fail("one connection counted %" PRIu64 " handshakes",
			  after.tls_handshakes - before.tls_handshakes);
	printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRId64 "\n",
	       after.tls_resumed - before.tls_resumed,
	       after.tls_handshake_bytes - before.tls_handshake_bytes,
	       after.tls_handshake_us - before.tls_handshake_us, (end - begin) / 1000);
}

int main(int argc, char **argv)
{
	struct load load;

	load_parse(&load, argc, argv);
	if (load.ca_file == NULL)
		load_fail("reconnect needs -c CA_FILE");
	iotkit *full = open_handle(&load, "off");
	iotkit *resuming = open_handle(&load, "on");
	for (long i = 0; i < load.messages; i++) {
		connect_once(full);
		connect_once(resuming);
	}
	iotkit_close(full);
	iotkit_close(resuming);
	return EXIT_SUCCESS;
}
