/* SPDX-License-Identifier: MIT
 *
 * Every error that iotkit.h documents, of connecting, delivering and looking at a broker.
 * tests/abi/errors.txt says which test provokes which.
 */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "expect.h"
#include "fake.h"
#include "scarce.h"
#include "suite.h"
#include "test_ca.h"

enum { SHORT_MS = 50 };

#define ANSWER(bytes) .answer = (bytes), .answer_size = sizeof(bytes) - 1

static struct broker broker;
static struct fake fake;
static struct test_ca ca;
static char config[512], uri[128], report[4096];
static iotkit *iot;

/* What has nobody's certificate, and what nobody knows. */
static void start(void)
{
	broker = (struct broker){.user = "anna", .password = "right"};
	fake = (struct fake){0};
	iot = NULL;
	strcpy(report, "before");
	broker_start(&broker);
}

static void stop(void)
{
	scarce_end();
	iotkit_close(iot);
	broker_remove(&broker);
	if (fake.port != 0)
		fake_stop(&fake);
}

static void open_at(const char *broker_uri, const char *const *options)
{
	iotkit_close(iot);
	iot = expect_open(broker_uri, options);
}

static void open_fake(struct fake kind, const char *version)
{
	const char *const options[] = {"mqtt.version", version, NULL};

	if (fake.port != 0)
		fake_stop(&fake);
	fake = kind;
	fake_start(&fake);
	open_at(fake.uri, options);
}

/* ---- connecting ---- */

START_TEST(no_connection_in_time_is_told_with_the_last_reason)
{
	snprintf(uri, sizeof uri, "mqtt://127.0.0.1:%u", (unsigned)broker_free_port());
	open_at(uri, NULL);
	assert_fails(iotkit_connect(iot, SHORT_MS), IOTKIT_ETIMEOUT, "trying on");
}
END_TEST

START_TEST(a_broker_that_refuses_is_told)
{
	const char *const wrong[] = {"mqtt.username", "anna", "mqtt.password", "wrong", NULL};

	open_at(broker.uri, wrong);
	assert_fails(iotkit_connect(iot, EXPECT_MS), IOTKIT_EAUTH, "not authorised");
	open_fake((struct fake){ANSWER("\x20\x02\x00\x02")}, "3.1.1");
	assert_fails(iotkit_connect(iot, EXPECT_MS), IOTKIT_EREFUSED, "client identifier");
	open_fake((struct fake){ANSWER("\x20\x02\x00\x01")}, "3.1.1");
	assert_fails(iotkit_connect(iot, EXPECT_MS), IOTKIT_EPROTOCOL, "mqtt.version");
}
END_TEST

START_TEST(an_option_that_turns_out_wrong_is_told)
{
	const char *const missing[] = {"mqtt.username", "anna", "mqtt.password_file",
				       "/nowhere/password", NULL};

	open_at(broker.uri, missing);
	assert_fails(iotkit_connect(iot, EXPECT_MS), IOTKIT_EINVAL, "/nowhere/password");
}
END_TEST

static void *disconnect_slowly(void *context)
{
	iotkit_disconnect(context, EXPECT_MS);
	return NULL;
}

START_TEST(connecting_while_another_thread_disconnects_is_refused)
{
	const char *const right[] = {"mqtt.username", "anna", "mqtt.password", "right", NULL};
	pthread_t thread;

	open_at(broker.uri, right);
	ck_assert_int_eq(iotkit_connect(iot, EXPECT_MS), IOTKIT_OK);
	broker_freeze(&broker); /* so that the message is not delivered */
	expect_published(iot, "t", "x", 1);
	ck_assert_int_eq(pthread_create(&thread, NULL, disconnect_slowly, iot), 0);
	/* Until it has begun, the session is connected, and connecting does nothing. */
	for (int ms = 0; ms < EXPECT_MS && iotkit_connect(iot, 0) == IOTKIT_OK; ms++)
		usleep(1000);
	assert_fails(iotkit_connect(iot, 0), IOTKIT_ESTATE, "iotkit_disconnect() is under way");
	broker_thaw(&broker);
	pthread_join(thread, NULL);
}
END_TEST

START_TEST(without_threads_there_is_no_session)
{
	open_at(broker.uri, NULL);
	scarce_threads();
	assert_fails(iotkit_connect(iot, EXPECT_MS), IOTKIT_ESYSTEM, "thread");
	scarce_end();
	assert_fails(iotkit_connect(iot, EXPECT_MS), IOTKIT_EAUTH, ""); /* it got there */
}
END_TEST

/* ---- delivering ---- */

START_TEST(what_is_not_delivered_is_told)
{
	const char *const right[] = {"mqtt.username", "anna", "mqtt.password", "right", NULL};

	open_at(broker.uri, right);
	expect_published(iot, "t", "x", 1);
	assert_fails(iotkit_flush(iot, -1), IOTKIT_ESTATE, "iotkit_connect()");
	ck_assert_int_eq(iotkit_connect(iot, EXPECT_MS), IOTKIT_OK);
	ck_assert_int_eq(iotkit_flush(iot, EXPECT_MS), IOTKIT_OK);
	broker_freeze(&broker);
	expect_published(iot, "t", "x", 1);
	assert_fails(iotkit_flush(iot, SHORT_MS), IOTKIT_ETIMEOUT, "1 message");
	assert_fails(iotkit_disconnect(iot, SHORT_MS), IOTKIT_ETIMEOUT, "1 message");
	broker_thaw(&broker);
}
END_TEST

/* ---- TLS, and looking at it ---- */

static void start_with_tls(void)
{
	test_ca_open(&ca);
	const struct test_certificate authority = {
		.name = "ca", .subject = "/CN=ca", .extensions = TEST_CA_EXTENSIONS};
	const struct test_certificate server = {.name = "server",
						.issuer = "ca",
						.subject = "/CN=server",
						.extensions = "subjectAltName=DNS:server\n"};
	test_ca_issue(&ca, &authority);
	test_ca_issue(&ca, &server);
	snprintf(config, sizeof config, "certfile %s\nkeyfile %s",
		 test_ca_path(&ca, "server", ".crt"), test_ca_path(&ca, "server", ".key"));
	broker = (struct broker){.config = config};
	fake = (struct fake){0};
	iot = NULL;
	strcpy(report, "before");
	broker_start(&broker);
	snprintf(uri, sizeof uri, "mqtts://127.0.0.1:%u", (unsigned)broker.port);
}

static void stop_with_tls(void)
{
	stop();
	test_ca_close(&ca);
}

static iotkit_status check(int32_t timeout_ms)
{
	return iotkit_check_broker(iot, timeout_ms, report, sizeof report);
}

START_TEST(a_certificate_that_is_refused_is_told)
{
	open_at(uri, NULL);
	assert_fails(iotkit_connect(iot, EXPECT_MS), IOTKIT_ETLS, "tls.ca_file");
	assert_fails(iotkit_check_broker(iot, EXPECT_MS, report, sizeof report), IOTKIT_ETLS,
		     "tls.ca_file");
	ck_assert_str_ne(report, "before"); /* what it presents */
}
END_TEST

/* All are of iotkit_check_broker(). */
START_TEST(a_broker_that_cannot_be_looked_at_is_told)
{
	const char *const missing[] = {"tls.ca_file", "/nowhere/ca.crt", NULL};
	char closed[64];

	open_at(broker.uri, NULL);
	assert_fails(iotkit_check_broker(iot, EXPECT_MS, report, sizeof report), IOTKIT_EINVAL,
		     "mqtts://");
	open_at(uri, missing);
	assert_fails(check(EXPECT_MS), IOTKIT_EINVAL, "/nowhere/ca.crt");
	open_at("mqtts://no-such-host.invalid", NULL);
	assert_fails(check(EXPECT_MS), IOTKIT_ERESOLVE, "no-such-host.invalid");
	snprintf(closed, sizeof closed, "mqtts://127.0.0.1:%u", (unsigned)broker_free_port());
	open_at(closed, NULL);
	assert_fails(check(EXPECT_MS), IOTKIT_ENETWORK, "Connection refused");
	broker_freeze(&broker);
	open_at(uri, NULL);
	assert_fails(check(SHORT_MS), IOTKIT_ETIMEOUT, "127.0.0.1");
	broker_thaw(&broker);
	scarce_descriptors();
	assert_fails(check(EXPECT_MS), IOTKIT_ESYSTEM, "Too many open files");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("errors_connection");
	TCase *plain = tcase_create("plain");
	TCase *tls = tcase_create("tls");

	tcase_add_checked_fixture(plain, start, stop);
	tcase_set_timeout(plain, 60);
	tcase_add_test(plain, no_connection_in_time_is_told_with_the_last_reason);
	tcase_add_test(plain, a_broker_that_refuses_is_told);
	tcase_add_test(plain, an_option_that_turns_out_wrong_is_told);
	tcase_add_test(plain, connecting_while_another_thread_disconnects_is_refused);
	tcase_add_test(plain, without_threads_there_is_no_session);
	tcase_add_test(plain, what_is_not_delivered_is_told);
	suite_add_tcase(suite, plain);

	tcase_add_checked_fixture(tls, start_with_tls, stop_with_tls);
	tcase_set_timeout(tls, 60);
	tcase_add_test(tls, a_certificate_that_is_refused_is_told);
	tcase_add_test(tls, a_broker_that_cannot_be_looked_at_is_told);
	suite_add_tcase(suite, tls);
	return suite_run(suite);
}
