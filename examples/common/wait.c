/* SPDX-License-Identifier: MIT */
#include "wait.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stopped, reload_asked;
static int signal_pipe[2] = {-1, -1};

static void on_signal(int number)
{
	int saved = errno;

	if (number == SIGHUP)
		reload_asked = 1;
	else
		stopped = 1;
	/* The pipe wakes poll(); if it is full, it is readable already. */
	ssize_t ignored = write(signal_pipe[1], "", 1);
	(void)ignored;
	errno = saved;
}

static void catch_signal(int number, bool even_if_ignored)
{
	struct sigaction before;
	struct sigaction action = {.sa_handler = on_signal};

	/* It only asks for something: a write under way goes on. */
	action.sa_flags = number == SIGHUP ? SA_RESTART : (int)SA_RESETHAND;
	sigaction(number, NULL, &before);
	/* A shell ignores SIGINT for what it starts with &; that is its wish. */
	if (before.sa_handler == SIG_IGN && !even_if_ignored)
		return;
	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

void wait_start(void)
{
	if (pipe(signal_pipe) != 0) {
		perror("cannot make a pipe");
		exit(EXIT_FAILURE);
	}
	for (int i = 0; i < 2; i++) {
		fcntl(signal_pipe[i], F_SETFD, FD_CLOEXEC);
		fcntl(signal_pipe[i], F_SETFL, O_NONBLOCK);
	}
	catch_signal(SIGINT, false);
	catch_signal(SIGTERM, true);
	signal(SIGPIPE, SIG_IGN);
}

void wait_for_reloads(void)
{
	if (!isatty(STDERR_FILENO))
		catch_signal(SIGHUP, false);
}

bool wait_reload_asked(void)
{
	char drained[64];

	if (!reload_asked)
		return false;
	reload_asked = 0;
	/* Lest poll() be woken by it for ever; that it is to stop is known without the pipe. */
	while (read(signal_pipe[0], drained, sizeof drained) > 0)
		;
	return true;
}

int64_t wait_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool wait_stopped(void)
{
	return stopped != 0;
}

static int pause_until(int64_t deadline)
{
	if (deadline == WAIT_FOREVER)
		return -1;
	int64_t left = deadline - wait_now();
	return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

int wait_for(iotkit *iot, int input, int64_t deadline)
{
	struct pollfd fds[3] = {
		{.fd = signal_pipe[0], .events = POLLIN},
		{.fd = iot != NULL ? iotkit_event_fd(iot) : -1, .events = POLLIN},
		{.fd = input, .events = POLLIN},
	};

	int count = poll(fds, 3, stopped ? 0 : pause_until(deadline));
	int ready = stopped ? WAIT_STOP : 0;
	if (count <= 0)
		return ready;
	if (fds[1].revents != 0)
		ready |= WAIT_EVENT;
	/* Also when it hung up or is bad: then read() tells. */
	if (fds[2].revents != 0)
		ready |= WAIT_INPUT;
	return ready;
}
