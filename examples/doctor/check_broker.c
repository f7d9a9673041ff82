/* SPDX-License-Identifier: MIT
 *
 * The broker, step by step: each stands on the one before.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli.h"
#include "common/wait.h"
#include "doctor/network.h"
#include "doctor/topics.h"

enum { REPORT_SIZE = 65536, WARNINGS_MAX = 8 };

static void skip(struct doctor *doctor, const char *id, const char *subject, const char *why)
{
	findings_add(&doctor->findings, FINDING_NOTE, id, subject, "not examined, because %s", why);
}

static void get(iotkit *iot, const char *name, char *value, size_t size)
{
	if (iotkit_get_option(iot, name, value, size) != IOTKIT_OK)
		value[0] = '\0';
}

/* ---- TLS ---------------------------------------------------------------- */

/* The value of a line as "subject:   CN=localhost" of the library's report. */
static void copy_line_of(const char *report, const char *name, char *out, size_t size)
{
	const char *at = strstr(report, name);

	out[0] = '\0';
	if (at == NULL)
		return;
	at += strlen(name);
	at += strspn(at, " ");
	snprintf(out, size, "%.*s", (int)strcspn(at, "\n"), at);
}

static struct finding *tell_trusted(struct doctor *doctor, const struct network_host *host,
				    const char *report)
{
	char subject[256], until[128];

	copy_line_of(report, "\nsubject:", subject, sizeof subject);
	copy_line_of(report, "\nvalid until:", until, sizeof until);
	if (subject[0] == '\0')
		return findings_add(&doctor->findings, FINDING_OK, "tls.trusted", host->tls_subject,
				    "it has the pre-shared key");
	return findings_add(&doctor->findings, FINDING_OK, "tls.trusted", host->tls_subject,
			    "trusted: %s, valid until %s", subject, until);
}

static void tell_tls(struct doctor *doctor, const struct network_host *host, const char *report)
{
	char verify[16], version[128], suite[128];
	struct finding *finding;

	get(doctor->iot, "tls.verify", verify, sizeof verify);
	copy_line_of(report, "\nVersion:", version, sizeof version);
	copy_line_of(report, "\nCipher suite:", suite, sizeof suite);
	if (strcmp(verify, "none") == 0) {
		finding = findings_add(&doctor->findings, FINDING_WARNING, "tls.not-verified",
				       host->tls_subject,
				       "encrypted, but nobody checks who is there");
		finding_mend(finding, "with tls.verify=none anybody can listen in: set tls.ca_file "
				      "to the CA's certificate, and tls.verify=full");
	} else {
		finding = tell_trusted(doctor, host, report);
	}
	finding_detail(finding, "version", "%s", version);
	finding_detail(finding, "cipher_suite", "%s", suite);
	finding_detail(finding, "report", "%s", report);
}

static bool check_tls(struct doctor *doctor, const struct network_host *host)
{
	char *report = calloc(1, REPORT_SIZE);

	if (report == NULL || iotkit_set_option(doctor->iot, "broker", host->uri) != IOTKIT_OK) {
		cli_error("%s", report == NULL ? "out of memory" : iotkit_last_error());
		exit(EXIT_FAILURE);
	}
	iotkit_status status =
		iotkit_check_broker(doctor->iot, doctor->timeout_ms, report, REPORT_SIZE);
	if (status == IOTKIT_OK) {
		tell_tls(doctor, host, report);
	} else {
		struct finding *finding = findings_add(
			&doctor->findings, FINDING_PROBLEM,
			status == IOTKIT_ETLS || status == IOTKIT_EPROTOCOL ||
					status == IOTKIT_ENETWORK || status == IOTKIT_ETIMEOUT
				? "tls.failed"
				: "tls.bad-files",
			host->tls_subject, "no TLS: %s", iotkit_strerror(status));
		finding_mend(finding, "%s", iotkit_last_error());
		finding_detail(finding, "report", "%s", report);
	}
	free(report);
	return status == IOTKIT_OK;
}

/* ---- The login ---------------------------------------------------------- */

static void tell_refused(struct doctor *doctor, const iotkit_event *event)
{
	const char *id = event->status == IOTKIT_EAUTH ? "login.refused" : "login.failed";

	finding_mend(findings_add(&doctor->findings, FINDING_PROBLEM, id, "login",
				  "no MQTT session: %s", iotkit_strerror(event->status)),
		     "%s", event->text != NULL ? event->text : iotkit_strerror(event->status));
}

/* What the library warns of, as a certificate that expires soon. */
static void tell_warning(struct doctor *doctor, const iotkit_event *event)
{
	if (event->status != IOTKIT_OK && event->text != NULL)
		findings_add(&doctor->findings, FINDING_WARNING, "login.warning", "login", "%s",
			     event->text);
}

static void tell_connected(struct doctor *doctor, const iotkit_event *event)
{
	char user[256];

	get(doctor->iot, "mqtt.username", user, sizeof user);
	struct finding *finding =
		findings_add(&doctor->findings, FINDING_OK, "login.accepted", "login", "%s%s%s",
			     event->text != NULL ? event->text : "connected",
			     user[0] != '\0' ? " as " : "", user);
	finding_detail(finding, "username", "%s", user);
}

/* Tries each host once. */
static bool await_login(struct doctor *doctor, size_t hosts)
{
	int64_t deadline = wait_now() + doctor->timeout_ms * (int64_t)hosts;
	size_t failures = 0;

	while (!wait_stopped() && wait_now() < deadline) {
		const iotkit_event *event = iotkit_next_event(doctor->iot, 0);
		if (event == NULL) {
			wait_for(doctor->iot, -1, deadline);
		} else if (event->type == IOTKIT_EVENT_CONNECTED) {
			tell_connected(doctor, event);
			return true;
		} else if (event->type == IOTKIT_EVENT_LOG) {
			tell_warning(doctor, event);
		} else if (event->type == IOTKIT_EVENT_DISCONNECTED &&
			   (++failures == hosts || event->retry_ms < 0)) {
			tell_refused(doctor, event);
			return false;
		}
	}
	finding_mend(findings_add(&doctor->findings, FINDING_PROBLEM, "login.failed", "login",
				  "no MQTT session in %d s", doctor->timeout_ms / 1000),
		     "the broker takes connections, but does not answer CONNECT: it hangs, is "
		     "overloaded, or is no MQTT broker; its log may tell");
	return false;
}

static bool check_login(struct doctor *doctor, const char *uri, size_t hosts)
{
	char timeout[16];

	snprintf(timeout, sizeof timeout, "%d", doctor->timeout_ms);
	iotkit_status status = iotkit_set_option(doctor->iot, "broker", uri);
	if (status == IOTKIT_OK)
		status = iotkit_set_option(doctor->iot, "connect.timeout_ms", timeout);
	if (status == IOTKIT_OK)
		status = iotkit_connect(doctor->iot, 0);
	if (status == IOTKIT_OK)
		return await_login(doctor, hosts);
	finding_mend(findings_add(&doctor->findings, FINDING_PROBLEM, "login.failed", "login",
				  "no MQTT session: %s", iotkit_strerror(status)),
		     "%s", iotkit_last_error());
	return false;
}

/* ---- All steps ---------------------------------------------------------- */

static bool check_host(struct doctor *doctor, const struct network_host *host, bool tls)
{
	bool reached = network_reach(doctor, host);

	if (!tls)
		return reached;
	if (!reached)
		skip(doctor, "tls.not-examined", host->tls_subject, "there is no connection");
	return reached && check_tls(doctor, host);
}

void check_broker(struct doctor *doctor)
{
	struct network_host hosts[NETWORK_HOSTS_MAX];
	static char uri[DOCTOR_URI_SIZE];
	bool ready = false;

	if (doctor->iot == NULL) {
		skip(doctor, "broker.not-examined", "broker", "the configuration is no good");
		return;
	}
	get(doctor->iot, "broker", uri, sizeof uri);
	bool tls = strncmp(uri, "mqtts://", strlen("mqtts://")) == 0;
	size_t count = network_hosts(uri, hosts);
	for (size_t i = 0; i < count; i++)
		ready = check_host(doctor, &hosts[i], tls) || ready;
	if (!ready)
		skip(doctor, "login.not-examined", "login",
		     tls ? "there is no connection with TLS" : "there is no connection");
	else if (check_login(doctor, uri, count))
		topics_check(doctor);
	else
		ready = false;
	if (!ready)
		skip(doctor, "topics.not-examined", "publish, commands", "there is no session");
	iotkit_disconnect(doctor->iot, 0);
}
