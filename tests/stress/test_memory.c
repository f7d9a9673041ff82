/* SPDX-License-Identifier: MIT
 *
 * Memory runs out, at one place after the other. Each call then says IOTKIT_ENOMEM and has changed
 * nothing, so that it succeeds when it is made again; nothing leaks; and what was accepted is
 * delivered. IOTKIT_MEMORY_STRIDE=N tries every N-th place, 0 the more the quicker they are tried
 * (./run torture memory). However few those are, each call is also refused the first that it asks
 * for, so that each that may say IOTKIT_ENOMEM (tests/abi/errors.txt) is seen to.
 */
#include <dirent.h>
#include <execinfo.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "broker.h"
#include "expect.h"
#include "pty.h"
#include "short_memory.h"
#include "suite.h"
#include "tries.h"

enum { PATH_SIZE = 256, SETTLE_MS = 10000, IN_CALL_MAX = 3 };

static char folder[64];
static struct broker broker;
static char tls_uri[PATH_SIZE + 64];
static struct pty board;

static void path_in(char path[PATH_SIZE], const char *name)
{
	snprintf(path, PATH_SIZE, "%s/%s", folder, name);
}

static void remove_files(void)
{
	DIR *entries = opendir(folder);
	struct dirent *entry;
	char path[PATH_SIZE + 256];

	while ((entry = readdir(entries)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		if (strncmp(entry->d_name, "keep-", 5) != 0)
			unlink(path);
	}
	closedir(entries);
}

static void open_folder(void)
{
	strcpy(folder, "/tmp/iotkit-memory-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void close_folder(void)
{
	remove_files();
	char path[PATH_SIZE];
	static const char *const kept[] = {"keep-ca.crt", "keep-ca.key", "keep-server.crt",
					   "keep-server.key"};
	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
		path_in(path, kept[i]);
		unlink(path);
	}
	rmdir(folder);
}

/* ---- what needs no broker ---- */

static void make_file(const char *name, const char *text, char path[PATH_SIZE])
{
	path_in(path, name);
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
	close(file);
}

/* Opens, and sees that a handle that could not be had was not handed out. */
static iotkit *try_open(const char *uri)
{
	iotkit *const untouched = (iotkit *)&untouched;
	iotkit *iot = untouched;

	begin("iotkit_open()");
	if (is_short("iotkit_open()", iotkit_open(uri, &iot))) {
		ck_assert_ptr_eq(iot, untouched);
		ck_assert_int_eq(iotkit_open(uri, &iot), IOTKIT_OK);
	}
	return iot;
}

static void ignore_event(const iotkit_event *event, void *context)
{
	(void)event;
	(void)context;
}

static void use_options(void)
{
	char config[PATH_SIZE], value[64];

	make_file("config",
		  "payload = json\n[mqtt]\nclient_id = short\npassword = secret\n"
		  "[device shed]\nport = serial:/nowhere?baud=9600\n",
		  config);
	iotkit *iot = try_open("mqtt://user:pass%20word@localhost:1,127.0.0.1:2?topic.base=a/b");
	TRY(iotkit_set_option(iot, "mqtt.username", "somebody"));
	TRY(iotkit_set_option(iot, "mqtt.password", "something"));
	TRY(iotkit_set_will(iot, "will/topic", "gone", 4, 1, 1));
	TRY(iotkit_load_config(iot, config));
	TRY(iotkit_get_option(iot, "mqtt.client_id", value, sizeof value));
	ck_assert_str_eq(value, "short");
	TRY(iotkit_subscribe(iot, "a/+", 1));
	TRY(iotkit_subscribe(iot, "b/#", 2));
	TRY(iotkit_unsubscribe(iot, "a/+"));
	TRY(iotkit_send_command(iot, "shed", "led", "1", NULL));
	TRY(iotkit_remove_device(iot, "shed"));
	TRY(iotkit_set_event_callback(iot, ignore_event, NULL));
	TRY_REFUSED(iotkit_check_broker(iot, 0, value, sizeof value), IOTKIT_EINVAL); /* no TLS */
	iotkit_close(iot);
}

static void use_payloads(void)
{
	static const char *const payloads[] = {"text", "json", "senml"};

	for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
		iotkit *iot = try_open(NULL);
		TRY(iotkit_set_option(iot, "payload", payloads[i]));
		TRY(iotkit_set_option(iot, "batch.max", "3"));
		for (int metric = 0; metric < 5; metric++) {
			TRY(iotkit_publish_metric(iot, "some/where", "temperature", metric, "Cel",
						  1));
			if (metric == 0) /* which closes a pack, that waits now */
				TRY_REFUSED(iotkit_flush(iot, 0), IOTKIT_ESTATE);
		}
		TRY_REFUSED(iotkit_flush(iot, 0), IOTKIT_ESTATE);
		TRY(iotkit_publish(iot, "t", "x", 1, 1, 0, NULL));
		iotkit_close(iot);
	}
}

static void use_outbox_file(void)
{
	char path[PATH_SIZE];
	uint64_t count = 77, id = 0, last = 0;
	iotkit_outbox_summary summary = {.struct_size = sizeof summary};
	iotkit_outbox_rows *rows = NULL;

	path_in(path, "box");
	iotkit *iot = try_open(NULL);
	TRY(iotkit_set_option(iot, "outbox.path", path));
	for (int i = 0; i < 3; i++, last = id) {
		TRY(iotkit_publish(iot, "kept", "xyz", 3, 1, 0, &id));
		ck_assert_uint_gt(id, last);
	}
	TRY(iotkit_publish_metric(iot, "d", "m", 1, NULL, 0));
	TRY(iotkit_outbox_summarize(path, &summary));
	ck_assert_uint_eq(summary.rows, 4);
	iotkit_close(iot);
	TRY(iotkit_outbox_rows_open(path, 0, &rows));
	while (iotkit_outbox_rows_next(rows) != NULL)
		continue;
	begin("iotkit_outbox_rows_status()");
	is_short("iotkit_outbox_rows_status()", iotkit_outbox_rows_status(rows));
	iotkit_outbox_rows_close(rows);
	iot = try_open(NULL);
	TRY(iotkit_set_option(iot, "outbox.path", path));
	ck_assert_uint_eq(expect_stats(iot).waiting, 4);
	iotkit_close(iot);
	TRY(iotkit_outbox_purge(path, INT64_MAX, &count));
	ck_assert_uint_eq(count, 4);
}

static void use_dedup(void)
{
	char path[PATH_SIZE];
	iotkit_dedup *dedup = NULL;

	path_in(path, "seen");
	for (uint64_t round = 0; round < 2; round++) {
		TRY(iotkit_dedup_open(path, &dedup));
		for (uint64_t epoch = 1; epoch < 4; epoch++) {
			begin("iotkit_dedup_is_new()");
			int32_t is_new = iotkit_dedup_is_new(dedup, epoch, 5);
			if (is_new < 0 && is_short("iotkit_dedup_is_new()", is_new))
				is_new = iotkit_dedup_is_new(dedup, epoch, 5);
			ck_assert_int_eq(is_new, round == 0);
		}
		TRY(iotkit_dedup_save(dedup));
		iotkit_dedup_close(dedup);
	}
}

static void use_certificates(void)
{
	char key[PATH_SIZE], certificate[PATH_SIZE], server[PATH_SIZE], server_key[PATH_SIZE];
	char text[16384];

	path_in(key, "ca.key");
	path_in(certificate, "ca.crt");
	path_in(server, "server.crt");
	path_in(server_key, "server.key");
	const iotkit_certificate_request ca = {.struct_size = sizeof ca,
					       .kind = IOTKIT_CERTIFICATE_CA,
					       .name = "short",
					       .key_file = key,
					       .certificate_file = certificate};
	const iotkit_certificate_request request = {.struct_size = sizeof request,
						    .kind = IOTKIT_CERTIFICATE_SERVER,
						    .name = "localhost",
						    .alternative_names = "127.0.0.1,example.org",
						    .key_file = server_key,
						    .certificate_file = server,
						    .ca_certificate_file = certificate,
						    .ca_key_file = key};
	keys_are_read = true;
	TRY(iotkit_create_certificate(&ca));
	TRY(iotkit_create_certificate(&request));
	TRY(iotkit_describe_certificate(server, text, sizeof text));
	ck_assert_ptr_nonnull(strstr(text, "example.org"));
	TRY(iotkit_describe_certificate(key, text, sizeof text));
	keys_are_read = false;
}

static void use_ports(void)
{
	iotkit_port_info ports[4] = {{.struct_size = sizeof ports[0]}};
	size_t count;
	char text[1024];

	TRY(iotkit_list_ports(ports, 4, &count));
	TRY(iotkit_describe_libraries(text, sizeof text));
}

/* ---- with a broker, over TLS, and a board ---- */

static void start_broker(void)
{
	static char config[1024];
	char ca_key[PATH_SIZE], ca[PATH_SIZE], key[PATH_SIZE], certificate[PATH_SIZE];
	uint16_t port = broker_free_port();

	open_folder();
	path_in(ca_key, "keep-ca.key");
	path_in(ca, "keep-ca.crt");
	path_in(key, "keep-server.key");
	path_in(certificate, "keep-server.crt");
	const iotkit_certificate_request authority = {.struct_size = sizeof authority,
						      .kind = IOTKIT_CERTIFICATE_CA,
						      .name = "ca",
						      .key_file = ca_key,
						      .certificate_file = ca};
	const iotkit_certificate_request server = {.struct_size = sizeof server,
						   .kind = IOTKIT_CERTIFICATE_SERVER,
						   .name = "localhost",
						   .key_file = key,
						   .certificate_file = certificate,
						   .ca_certificate_file = ca,
						   .ca_key_file = ca_key};
	ck_assert_int_eq(iotkit_create_certificate(&authority), IOTKIT_OK);
	ck_assert_int_eq(iotkit_create_certificate(&server), IOTKIT_OK);
	snprintf(config, sizeof config,
		 "log_type all\nlistener %u 127.0.0.1\ncertfile %s\nkeyfile %s", (unsigned)port,
		 certificate, key);
	broker = (struct broker){.config = config};
	broker_start(&broker);
	snprintf(tls_uri, sizeof tls_uri, "mqtts://localhost:%u?tls.ca_file=%s", (unsigned)port,
		 ca);
	pty_open(&board);
}

static void stop_broker(void)
{
	pty_close(&board);
	broker_remove(&broker);
	close_folder();
}

static void expect_logged(unsigned number)
{
	char topic[32];

	snprintf(topic, sizeof topic, "'short/%u.'", number);
	ck_assert_msg(broker_logged(&broker, topic), "place %lu: %s was accepted, and is lost",
		      place, topic);
}

/* Where memory is short for checking a signature, mbedTLS says that it is wrong. */
static void try_connect(iotkit *iot)
{
	begin("iotkit_connect()");
	iotkit_status status = iotkit_connect(iot, SETTLE_MS);

	if (status == IOTKIT_ETLS && memory_refused() > 0)
		memory_give();
	else if (!is_short("iotkit_connect()", status))
		return;
	ck_assert_msg(iotkit_connect(iot, SETTLE_MS) == IOTKIT_OK, "place %lu: %s", place,
		      iotkit_last_error());
}

static void look_at_events(iotkit *iot, int32_t timeout_ms)
{
	while (iotkit_next_event(iot, timeout_ms) != NULL)
		timeout_ms = 0;
}

static void use_connection(void)
{
	char path[PATH_SIZE], capture[PATH_SIZE], port[128];
	unsigned numbers[3];

	path_in(path, "box");
	path_in(capture, "capture");
	snprintf(port, sizeof port, "serial:%s", board.path);
	iotkit *iot = try_open(tls_uri);
	TRY(iotkit_set_option(iot, "reconnect.min_ms", "5"));
	TRY(iotkit_set_option(iot, "reconnect.max_ms", "20"));
	TRY(iotkit_set_option(iot, "payload", "json"));
	TRY(iotkit_set_option(iot, "outbox.path", path));
	TRY(iotkit_set_option(iot, "trace", "packets"));
	TRY(iotkit_set_option(iot, "trace.pcap", capture));
	TRY(iotkit_add_device(iot, "board", port));
	TRY(iotkit_subscribe(iot, "short/#", 1));
	numbers[0] = try_publish(iot, 1);
	try_connect(iot);
	pty_print(&board, "t:21.5C\n");
	numbers[1] = try_publish(iot, 1);
	numbers[2] = try_publish(iot, 2);
	TRY(iotkit_publish_metric(iot, "desk", "light", 7, "lx", 0));
	look_at_events(iot, 20);
	memory_give();
	ck_assert_msg(iotkit_connect(iot, SETTLE_MS) == IOTKIT_OK, "place %lu: %s", place,
		      iotkit_last_error());
	look_at_events(iot, 0);
	ck_assert_msg(iotkit_flush(iot, SETTLE_MS) == IOTKIT_OK, "place %lu: %s", place,
		      iotkit_last_error());
	TRY(iotkit_disconnect(iot, SETTLE_MS));
	for (int i = 0; i < 3; i++)
		expect_logged(numbers[i]);
	iotkit_close(iot);
}

/* ---- one place after the other ---- */

/* Where a name has several addresses, glibc sorts them by the addresses of this machine, and keeps
 * those until the next look-up. This one is not counted. */
static void have_libc_let_go(void)
{
	struct addrinfo *found;

	if (getaddrinfo("localhost", NULL, NULL, &found) == 0)
		freeaddrinfo(found);
}

/* Threads that end free their last a moment later. */
static void expect_nothing_held(void)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (int look = 0; memory_held() > 0 && look < 500; look++) {
		have_libc_let_go();
		nanosleep(&pause, NULL);
	}
	if (memory_held() == 0)
		return;
	memory_tell();
	ck_abort_msg("place %lu: %lu blocks were not freed", place, memory_held());
}

/* One of what suffices in a hurry, what finds most, and what is asked for. */
static unsigned long stride_of(unsigned long in_a_hurry, unsigned long thorough)
{
	const char *text = getenv("IOTKIT_MEMORY_STRIDE");
	unsigned long asked_for = text != NULL ? strtoul(text, NULL, 10) : 0;

	if (text == NULL)
		return in_a_hurry;
	return asked_for > 0 ? asked_for : thorough;
}

static void round_at(void (*use)(void), unsigned long n, unsigned long burst)
{
	place = n;
	memory_watch(n, burst);
	use();
	memory_give();
	expect_nothing_held();
	remove_files();
}

/* From 1 to where memory suffices, every stride-th place. */
static void sweep(const char *name, void (*use)(void), unsigned long stride)
{
	static const unsigned long bursts[] = {1, 40};
	unsigned long rounds = 0;

	use(); /* makes what stays */
	remove_files();
	round_at(use, 0, 1);
	unsigned long places = memory_asked();
	for (size_t i = 0; i < sizeof bursts / sizeof bursts[0]; i++)
		for (unsigned long n = 1; n <= places; n += stride, rounds++)
			round_at(use, n, bursts[i]);
	for (place_in_call = 1; place_in_call <= IN_CALL_MAX; place_in_call++, rounds++)
		round_at(use, 0, 1);
	place_in_call = 0;
	expect_each_was_short();
	printf("%s: %lu places, %lu rounds\n", name, places, rounds);
	fflush(stdout);
}

static const struct {
	const char *name;
	void (*use)(void);
	unsigned long in_a_hurry, thorough; /* strides */
} uses[] = {
	{"options", use_options, 7, 1},      {"payloads", use_payloads, 7, 1},
	{"outbox", use_outbox_file, 149, 1}, {"dedup", use_dedup, 1, 1},
	{"ports", use_ports, 7, 1},          {"certificates", use_certificates, 997, 7},
};

START_TEST(without_a_broker_every_call_says_that_memory_is_short)
{
	sweep(uses[_i].name, uses[_i].use, stride_of(uses[_i].in_a_hurry, uses[_i].thorough));
}
END_TEST

START_TEST(with_a_broker_what_was_accepted_is_delivered)
{
	sweep("connection", use_connection, stride_of(4999, 29));
}
END_TEST

static void tell_place(int number)
{
	static const char text[] = "killed by a signal\n";
	void *frames[30];

	(void)!write(STDERR_FILENO, text, sizeof text - 1);
	backtrace_symbols_fd(frames, backtrace(frames, 30), STDERR_FILENO);
	fprintf(stderr, "place %lu\n", place);
	memory_tell();
	signal(number, SIG_DFL);
	raise(number);
}

int main(void)
{
	Suite *suite = suite_create("memory");
	TCase *alone = tcase_create("alone");
	TCase *connected = tcase_create("connected");

	signal(SIGSEGV, tell_place);
	signal(SIGABRT, tell_place);
	tcase_add_checked_fixture(alone, open_folder, close_folder);
	tcase_add_loop_test(alone, without_a_broker_every_call_says_that_memory_is_short, 0,
			    (int)(sizeof uses / sizeof uses[0]));
	tcase_add_checked_fixture(connected, start_broker, stop_broker);
	tcase_add_test(connected, with_a_broker_what_was_accepted_is_delivered);
	suite_add_tcase(suite, alone);
	suite_add_tcase(suite, connected);
	return suite_run(suite);
}
