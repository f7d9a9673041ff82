/* SPDX-License-Identifier: MIT */
#include "broker.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "suite.h"

enum {
	PORTS_FROM = 10000,
	PORTS_TO = 32767,
	PORT_TRIES = 8,
	LOOK_MS = 5,
	LOOKS = 4000, /* 20 s */
	PATH_SIZE = 128,
	FDS_MAX = 256
};

static void pause_between_looks(void)
{
	nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
}

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static bool is_free(uint16_t port)
{
	struct sockaddr_in here = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool bound = bind(fd, (struct sockaddr *)&here, sizeof here) == 0;

	close(fd);
	return bound;
}

uint16_t broker_free_port(void)
{
	static unsigned next;

	if (next == 0)
		next = (unsigned)getpid() * 7919u + (unsigned)time(NULL);
	for (;;) {
		unsigned spread = PORTS_TO - PORTS_FROM + 1;
		uint16_t port = (uint16_t)(PORTS_FROM + next++ % spread);
		if (is_free(port))
			return port;
	}
}

/* ---- its files ---- */

static void path_in(const struct broker *broker, const char *name, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%s/%s", broker->folder, name);
}

static FILE *create(const struct broker *broker, const char *name)
{
	char path[PATH_SIZE];

	path_in(broker, name, path);
	FILE *file = fopen(path, "w");
	ck_assert_msg(file != NULL, "cannot write %s: %s", path, strerror(errno));
	return file;
}

static void write_config(const struct broker *broker)
{
	FILE *file = create(broker, "mosquitto.conf");

	/* As root it would become the user mosquitto, who cannot write here. */
	fprintf(file, "user root\nlistener %u 127.0.0.1\nlog_dest stderr\n",
		(unsigned)broker->port);
	fprintf(file, "allow_anonymous %s\n", broker->user == NULL ? "true" : "false");
	if (broker->user != NULL)
		fprintf(file, "password_file %s/passwords\n", broker->folder);
	if (broker->acl != NULL)
		fprintf(file, "acl_file %s/acl\n", broker->folder);
	if (broker->persistent)
		fprintf(file, "persistence true\npersistence_location %s/\n", broker->folder);
	if (broker->config != NULL)
		fprintf(file, "%s\n", broker->config);
	fclose(file);
}

static void write_acl(const struct broker *broker)
{
	if (broker->acl == NULL)
		return;
	FILE *file = create(broker, "acl");
	fputs(broker->acl, file);
	fclose(file);
}

/* ---- its process ---- */

static void wait_for_end(pid_t pid, int *status)
{
	while (waitpid(pid, status, 0) < 0)
		ck_assert_msg(errno == EINTR, "cannot wait for %d: %s", (int)pid, strerror(errno));
}

static pid_t spawn(const struct broker *broker, char *const arguments[])
{
	char log[PATH_SIZE];
	sigset_t none;

	path_in(broker, "log", log);
	pid_t pid = fork();
	ck_assert_msg(pid >= 0, "cannot fork: %s", strerror(errno));
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	/* paho's sockets are not closed on exec: here they would stay open. */
	for (int other = STDERR_FILENO + 1; other < FDS_MAX; other++)
		close(other);
	execvp(arguments[0], arguments);
	_exit(127);
}

static void write_passwords(const struct broker *broker)
{
	char path[PATH_SIZE], user[64], password[64];
	int status;

	if (broker->user == NULL)
		return;
	path_in(broker, "passwords", path);
	snprintf(user, sizeof user, "%s", broker->user);
	snprintf(password, sizeof password, "%s", broker->password);
	char *const arguments[] = {"mosquitto_passwd", "-b", "-c", path, user, password, NULL};
	wait_for_end(spawn(broker, arguments), &status);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "mosquitto_passwd failed");
}

bool broker_logged(const struct broker *broker, const char *part)
{
	char path[PATH_SIZE], line[1024];
	bool found = false;

	path_in(broker, "log", path);
	FILE *file = fopen(path, "r");
	while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
		found = strstr(line, part) != NULL;
	if (file != NULL)
		fclose(file);
	return found;
}

static bool accepts(uint16_t port)
{
	struct sockaddr_in there = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool connected = connect(fd, (struct sockaddr *)&there, sizeof there) == 0;

	close(fd);
	return connected;
}

/* False when it ended instead, as when somebody else has the port. */
static bool run(struct broker *broker)
{
	char config[PATH_SIZE];
	int status;

	path_in(broker, "mosquitto.conf", config);
	char *const arguments[] = {"mosquitto", "-c", config, NULL};
	broker->pid = spawn(broker, arguments);
	for (int look = 0; look < LOOKS; look++) {
		if (waitpid(broker->pid, &status, WNOHANG) == broker->pid) {
			broker->pid = 0;
			return false;
		}
		/* The log line too: on a port of somebody else's, connecting works. */
		if (broker_logged(broker, " running") && accepts(broker->port))
			return true;
		pause_between_looks();
	}
	ck_abort_msg("mosquitto does not begin; see %s/log", broker->folder);
	return false;
}

void broker_start(struct broker *broker)
{
	strcpy(broker->folder, "/tmp/iotkit-broker-XXXXXX");
	ck_assert_msg(mkdtemp(broker->folder) != NULL, "mkdtemp: %s", strerror(errno));
	write_passwords(broker);
	write_acl(broker);
	for (int tries = 0; broker->pid == 0; tries++) {
		ck_assert_msg(tries < PORT_TRIES, "mosquitto ends at once; see %s/log",
			      broker->folder);
		broker->port = broker_free_port();
		write_config(broker);
		run(broker);
	}
	snprintf(broker->uri, sizeof broker->uri, "mqtt://127.0.0.1:%u", (unsigned)broker->port);
}

void broker_restart(struct broker *broker)
{
	ck_assert_int_eq(broker->pid, 0);
	ck_assert_msg(run(broker), "mosquitto does not begin again; see %s/log", broker->folder);
}

/* More than once: Mosquitto loses a SIGTERM that comes just after it said that it
 * is running. */
static void end(struct broker *broker, int signal_number)
{
	int looks = 0;

	ck_assert_int_gt(broker->pid, 0);
	do {
		ck_assert_msg(looks++ < LOOKS, "mosquitto does not end; see %s/log",
			      broker->folder);
		kill(broker->pid, signal_number);
		kill(broker->pid, SIGCONT);
		pause_between_looks();
	} while (waitpid(broker->pid, NULL, WNOHANG) == 0);
	broker->pid = 0;
}

void broker_stop(struct broker *broker)
{
	end(broker, SIGTERM);
}

void broker_kill(struct broker *broker)
{
	end(broker, SIGKILL);
}

void broker_freeze(struct broker *broker)
{
	ck_assert_int_eq(kill(broker->pid, SIGSTOP), 0);
}

void broker_thaw(struct broker *broker)
{
	ck_assert_int_eq(kill(broker->pid, SIGCONT), 0);
}

/* With what a test has put into it. */
static void remove_folder(const char *folder)
{
	DIR *files = opendir(folder);
	const struct dirent *file;

	while (files != NULL && (file = readdir(files)) != NULL)
		unlinkat(dirfd(files), file->d_name, 0);
	if (files != NULL)
		closedir(files);
	rmdir(folder);
}

void broker_remove(struct broker *broker)
{
	if (broker->pid > 0)
		broker_kill(broker);
	if (broker->folder[0] != '\0')
		remove_folder(broker->folder);
	broker->folder[0] = '\0';
}
