/* SPDX-License-Identifier: MIT
 *
 * Lesson 12: a gateway of one's own, as a service runs it. The rest is in its configuration.
 * Usage: lesson-12 FILE, as in: lesson-12 broker/gateway.conf
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <iotkit.h>

static char topic[512]; /* where others see whether this gateway runs */

/* Each call can fail; the sentence says why, and what to do. */
static void check(iotkit_status status)
{
	if (status == IOTKIT_OK)
		return;
	fprintf(stderr, "lesson-12: %s\n", iotkit_last_error());
	exit(EXIT_FAILURE);
}

static void tell_status(iotkit *iot, const char *text)
{
	if (iotkit_publish(iot, topic, text, strlen(text), 1, 1, NULL) != IOTKIT_OK)
		fprintf(stderr, "lesson-12: %s\n", iotkit_last_error());
}

/* On a thread of the handle's own. The journal adds the time to what is printed. */
static void tell(const iotkit_event *event, void *context)
{
	if (event->text != NULL)
		fprintf(stderr, "%s: %s\n", iotkit_event_name(event->type), event->text);
	if (event->type == IOTKIT_EVENT_CONNECTED)
		tell_status(context, "online");
	if (event->type == IOTKIT_EVENT_DISCONNECTED && event->retry_ms < 0 && event->status != 0)
		exit(EXIT_FAILURE); /* for good: systemd is to know. The outbox is safe. */
}

/* What a unit with Type=notify waits for: a datagram to the socket that systemd names. */
static void notify(const char *state)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(to.sun_path, sizeof to.sun_path, "%s", path != NULL ? path : "");
	if (path != NULL && sendto(fd, state, strlen(state), 0, (void *)&to, sizeof to) < 0)
		perror("lesson-12: NOTIFY_SOCKET");
	close(fd);
}

int main(int argc, char **argv)
{
	iotkit *iot = NULL;
	char base[256];
	sigset_t end;

	/* Before threads are made: so all leave it to sigwaitinfo(). */
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigprocmask(SIG_BLOCK, &end, NULL);
	check(iotkit_open(NULL, &iot));
	check(iotkit_load_config(iot, argc > 1 ? argv[1] : "gateway.conf"));
	check(iotkit_get_option(iot, "topic.base", base, sizeof base));
	snprintf(topic, sizeof topic, "%s/gateway/own/status", base);
	check(iotkit_set_will(iot, topic, "offline", strlen("offline"), 1, 1));
	check(iotkit_set_event_callback(iot, tell, iot));
	check(iotkit_connect(iot, 0));
	notify("READY=1");
	sigwaitinfo(&end, NULL);
	tell_status(iot, "offline");
	check(iotkit_disconnect(iot, 5000));
	iotkit_close(iot);
	return EXIT_SUCCESS;
}
