/* SPDX-License-Identifier: MIT
 *
 * Another process races for the loopback port that is meant for this process's own
 * MQTT client: it watches for each port that appears and connects at once.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "broker.h"
#include "expect.h"
#include "suite.h"

enum { RACES_WANTED = 3, CONNECTIONS_MAX = 200, CHILD_LIMIT_S = 60 };

/* What the intruder tells. */
struct loot {
	volatile int connections;
	volatile int bytes;
	volatile int unanswered; /* not even turned away */
};

static struct broker broker;
static struct loot *loot;
static pid_t intruder;

static bool belongs_to(pid_t owner, unsigned long inode)
{
	char folder[64], target[64], wanted[64];
	bool found = false;

	snprintf(folder, sizeof folder, "/proc/%d/fd", (int)owner);
	snprintf(wanted, sizeof wanted, "socket:[%lu]", inode);
	DIR *directory = opendir(folder);
	if (directory == NULL)
		return false;
	for (struct dirent *entry; !found && (entry = readdir(directory)) != NULL;) {
		ssize_t size =
			readlinkat(dirfd(directory), entry->d_name, target, sizeof target - 1);
		if (size > 0) {
			target[size] = '\0';
			found = strcmp(target, wanted) == 0;
		}
	}
	closedir(directory);
	return found;
}

static void ask_for_listeners(int netlink)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 body;
	} request = {.header = {.nlmsg_len = sizeof request,
				.nlmsg_type = SOCK_DIAG_BY_FAMILY,
				.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
		     .body = {.sdiag_family = AF_INET,
			      .sdiag_protocol = IPPROTO_TCP,
			      .idiag_states = 1u << TCP_LISTEN}};

	send(netlink, &request, sizeof request, 0);
}

/* A port of 127.0.0.1 that the owner listens on; 0 while there is none. */
static uint16_t find_door(int netlink, pid_t owner)
{
	_Alignas(struct nlmsghdr) char answer[65536];
	uint16_t found = 0;
	bool more = true;

	ask_for_listeners(netlink);
	while (more) {
		ssize_t size = recv(netlink, answer, sizeof answer, 0);
		struct nlmsghdr *message = (struct nlmsghdr *)answer;
		more = size > 0;
		for (; more && NLMSG_OK(message, (size_t)size);
		     message = NLMSG_NEXT(message, size)) {
			const struct inet_diag_msg *socket = NLMSG_DATA(message);
			if (message->nlmsg_type != SOCK_DIAG_BY_FAMILY)
				more = false;
			else if (found == 0 && socket->id.idiag_src[0] == htonl(INADDR_LOOPBACK) &&
				 belongs_to(owner, socket->idiag_inode))
				found = ntohs(socket->id.idiag_sport);
		}
	}
	return found;
}

/* Connects, asks as if it were the client, and takes what comes. */
static void break_in(uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char bytes[256];

	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		loot->connections++;
		/* Of a listener that closes in the middle of TCP's handshake the kernel
		 * tells only who speaks. */
		if (poll(&ready, 1, 2000) == 0 && send(fd, "", 1, MSG_NOSIGNAL) == 1)
			loot->unanswered += poll(&ready, 1, 2000) == 0;
		ssize_t n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
		loot->bytes += n > 0 ? (int)n : 0;
	}
	if (fd >= 0)
		close(fd);
}

static void prowl(pid_t owner)
{
	time_t end = time(NULL) + CHILD_LIMIT_S;
	int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);

	while (time(NULL) < end && getppid() == owner) {
		uint16_t port = find_door(netlink, owner);
		if (port != 0)
			break_in(port);
	}
	_exit(0);
}

static void start(void)
{
	pid_t owner = getpid();

	broker = (struct broker){0};
	broker_start(&broker);
	loot = mmap(NULL, sizeof *loot, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(loot, MAP_FAILED);
	intruder = fork();
	if (intruder == 0)
		prowl(owner);
	ck_assert_int_ge(intruder, 0);
}

static void stop(void)
{
	kill(intruder, SIGKILL);
	waitpid(intruder, NULL, 0);
	munmap(loot, sizeof *loot);
	broker_remove(&broker);
}

START_TEST(who_races_for_the_port_gets_nothing)
{
	iotkit *iot = expect_open(broker.uri, NULL);
	uint64_t intruders = 0;
	int connections = 0;

	while (intruders < RACES_WANTED && connections < CONNECTIONS_MAX) {
		ck_assert_int_eq(iotkit_connect(iot, EXPECT_MS), IOTKIT_OK);
		expect_published(iot, "secret", "for nobody else", 1);
		ck_assert_int_eq(iotkit_flush(iot, EXPECT_MS), IOTKIT_OK);
		ck_assert_int_eq(iotkit_disconnect(iot, EXPECT_MS), IOTKIT_OK);
		intruders = expect_stats(iot).intruders;
		connections++;
	}
	ck_assert_msg(intruders >= RACES_WANTED, "only %" PRIu64 " of %d won a race", intruders,
		      loot->connections);
	ck_assert_int_ge(loot->connections, RACES_WANTED);
	ck_assert_int_eq(loot->bytes, 0);
	ck_assert_int_eq(loot->unanswered, 0);
	iotkit_stats stats = expect_stats(iot);
	ck_assert_uint_eq(stats.delivered, stats.accepted);
	iotkit_close(iot);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("intruder");
	TCase *race = tcase_create("race");

	tcase_set_timeout(race, 120);
	tcase_add_checked_fixture(race, start, stop);
	tcase_add_test(race, who_races_for_the_port_gets_nothing);
	suite_add_tcase(suite, race);
	return suite_run(suite);
}
