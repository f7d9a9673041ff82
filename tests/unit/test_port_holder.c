/* SPDX-License-Identifier: MIT
 *
 * Who has a port, and who may use it: told by name, with what mends it.
 */
#define _GNU_SOURCE /* setgroups */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "device/device.h"
#include "device/port.h"
#include "device/port_explain.h"
#include "device/port_holder.h"
#include "heard.h"
#include "pty.h"
#include "suite.h"

static struct pty pty;
static struct port port;
static struct port_settings settings;

static void start(void)
{
	char uri[160];

	pty_open(&pty);
	port.fd = -1;
	snprintf(uri, sizeof uri, "serial:%s", pty.path);
	ck_assert_int_eq(port_uri_parse(uri, &settings), IOTKIT_OK);
}

static void stop(void)
{
	port_close(&port);
	pty_close(&pty);
}

/* ---- Another process ---------------------------------------------------- */

struct other {
	pid_t pid;
	int end; /* closed to end it */
};

/* Another process of this name opens the port; with O_PATH it opens nothing. */
static struct other other_start(const char *name, int how, bool makes)
{
	struct other other;
	int ready[2];
	int end[2];
	char byte;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(end, O_CLOEXEC), 0);
	other.pid = fork();
	if (other.pid == 0) {
		close(end[1]);
		prctl(PR_SET_NAME, name);
		int fd = open(pty.path, how | O_NOCTTY | O_NONBLOCK);
		if (!makes)
			close(pty.master);
		if (fd < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		_exit(read(end[0], &byte, 1) == 0 ? 0 : 1);
	}
	ck_assert_int_gt(other.pid, 0);
	close(ready[1]);
	close(end[0]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	other.end = end[1];
	return other;
}

static void other_end(const struct other *other)
{
	int status;

	close(other->end);
	ck_assert_int_eq(waitpid(other->pid, &status, 0), other->pid);
	ck_assert_int_eq(status, 0);
}

START_TEST(a_process_that_has_the_port_is_named)
{
	struct other other = other_start("arduino-ide", O_RDWR, false);
	struct port_holder holder;
	char held[64];

	port_holder_find(pty.path, &holder);
	ck_assert_int_eq(holder.held, PORT_HELD_BY_OTHER);
	ck_assert_int_eq(holder.pid, other.pid);
	ck_assert_str_eq(holder.name, "arduino-ide");
	snprintf(held, sizeof held, "is held by arduino-ide (pid %d); close", (int)other.pid);
	assert_fails(port_check_free(pty.path), IOTKIT_EBUSY, held);
	assert_fails(port_open(&settings, &port), IOTKIT_EBUSY, held);
	other_end(&other);
	ck_assert_int_eq(port_open(&settings, &port), IOTKIT_OK);
}
END_TEST

static const struct {
	const char *name;
	const char *mend;
} known[] = {
	{"ModemManager", "mask --now ModemManager"},
	{"brltty", "apt remove brltty"},
	{"agetty", "serial-getty@"},
	{"a\x1b\xff", "held by a??"},
	{"a-name-of-more-bytes", "held by a-name-of-more- (pid"},
};

START_TEST(programs_that_take_ports_come_with_what_keeps_them_off)
{
	struct other other = other_start(known[_i].name, O_RDONLY, false);

	assert_fails(port_check_free(pty.path), IOTKIT_EBUSY, known[_i].mend);
	other_end(&other);
}
END_TEST

START_TEST(who_only_writes_is_harmless)
{
	struct other other = other_start("echo", O_WRONLY, false);

	ck_assert_int_eq(port_check_free(pty.path), IOTKIT_OK);
	other_end(&other);
}
END_TEST

START_TEST(who_has_it_not_really_open_is_harmless)
{
	struct other other = other_start("udev", O_PATH, false);

	ck_assert_int_eq(port_check_free(pty.path), IOTKIT_OK);
	other_end(&other);
}
END_TEST

/* Simulated boards keep their own end open, so that bytes wait for a reader. */
START_TEST(who_made_the_pty_is_harmless)
{
	struct other other = other_start("simboard", O_RDWR, true);

	ck_assert_int_eq(port_check_free(pty.path), IOTKIT_OK);
	other_end(&other);
}
END_TEST

START_TEST(another_device_of_this_program_is_told_from_another_program)
{
	struct port second = {.fd = -1};

	ck_assert_int_eq(port_open(&settings, &port), IOTKIT_OK);
	assert_fails(port_open(&settings, &second), IOTKIT_EBUSY, "another device of this very");
	port_close(&port);
	int own = open(pty.path, O_RDWR | O_NOCTTY);
	ck_assert_int_eq(port_open(&settings, &port), IOTKIT_OK);
	close(own);
}
END_TEST

START_TEST(what_is_no_port_is_held_by_nobody)
{
	struct port_holder holder;

	port_holder_find("/nowhere", &holder);
	ck_assert_int_eq(holder.held, PORT_HELD_BY_NOBODY);
	port_holder_find("/dev/null", &holder);
	ck_assert_int_eq(holder.held, PORT_HELD_BY_NOBODY);
	port_holder_find("/etc/passwd", &holder);
	ck_assert_int_eq(holder.held, PORT_HELD_BY_NOBODY);
	ck_assert_int_eq(port_check_free("/nowhere"), IOTKIT_OK);
}
END_TEST

START_TEST(a_port_that_vanishes_at_once_is_blamed_on_brltty_if_it_runs)
{
	struct reason why;

	ck_assert(!port_holder_runs("brltty"));
	port_explain_gone("/dev/x", 100, &why);
	ck_assert_ptr_nonnull(strstr(why.text, "/dev/x is gone: the cable"));
	struct other other = other_start("brltty", O_PATH, false);
	ck_assert(port_holder_runs("brltty"));
	port_explain_gone("/dev/x", 1999, &why);
	ck_assert_ptr_nonnull(strstr(why.text, "sudo apt remove brltty"));
	ck_assert_int_eq(why.status, IOTKIT_ESYSTEM);
	port_explain_gone("/dev/x", 2000, &why);
	ck_assert_ptr_nonnull(strstr(why.text, "/dev/x is gone: the cable"));
	other_end(&other);
}
END_TEST

/* ---- Other users -------------------------------------------------------- */

/* Becomes another user in another process, asks about the port, and copies what it is told.
 * False when this user may not do that. */
static bool ask_as(uid_t user, gid_t group, int errno_code, char *out, size_t size)
{
	int told[2];
	int status;

	if (geteuid() != 0)
		return false;
	ck_assert_int_eq(pipe2(told, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		if (setgroups(0, NULL) != 0 || setgid(group) != 0 || setuid(user) != 0)
			_exit(1);
		if (port_check_free(pty.path) == IOTKIT_OK)
			port_explain(errno_code, pty.path);
		size_t length = strlen(error_last());
		_exit(write(told[1], error_last(), length) == (ssize_t)length ? 0 : 1);
	}
	close(told[1]);
	ssize_t got = read(told[0], out, size - 1);
	out[got > 0 ? got : 0] = '\0';
	close(told[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	return true;
}

static void assert_told(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "'%s' does not contain '%s'", text, part);
}

START_TEST(a_holder_of_another_user_is_to_be_found_as_root)
{
	char text[ERROR_TEXT_SIZE];
	char fuser[100];
	struct other other = other_start("arduino-ide", O_RDWR, false);

	ck_assert_int_eq(chmod(pty.path, 0666), 0);
	snprintf(fuser, sizeof fuser, "find it by 'sudo fuser -v %s'", pty.path);
	if (ask_as(65534, 65534, EBUSY, text, sizeof text))
		assert_told(text, fuser);
	other_end(&other);
}
END_TEST

/* The user man is in the group man by /etc/passwd; a session without it is an old one. */
START_TEST(the_group_is_told_as_far_as_the_user_is_from_it)
{
	char text[ERROR_TEXT_SIZE];
	const struct passwd *entry = getpwnam("man");
	struct passwd man = {0};

	if (entry == NULL || geteuid() != 0)
		return;
	man = *entry;
	ck_assert_int_eq(chown(pty.path, 0, man.pw_gid), 0);
	ck_assert_int_eq(chmod(pty.path, 0660), 0);
	ask_as(65534, 65534, EACCES, text, sizeof text);
	assert_told(text, "belongs to the group man; join it by 'sudo usermod -aG man nobody'");
	ask_as(man.pw_uid, 65534, EACCES, text, sizeof text);
	assert_told(text, "which man joined after this session began; log out and in again");
	ask_as(man.pw_uid, man.pw_gid, EACCES, text, sizeof text);
	assert_told(text, "a container needs --device=");
	ck_assert_int_eq(chmod(pty.path, 0600), 0);
	ask_as(65534, 65534, EACCES, text, sizeof text);
	assert_told(text, "udev rules of share/libiotkit/udev open USB ports to dialout");
	ck_assert_int_eq(chmod(pty.path, 0660), 0);
	ck_assert_int_eq(chown(pty.path, 0, 0), 0);
	ask_as(65534, 65534, EACCES, text, sizeof text);
	assert_told(text, "udev rules of share/libiotkit/udev open USB ports to dialout");
}
END_TEST

/* ---- All together ------------------------------------------------------- */

static void on_state(void *context, const char *device, bool online, iotkit_status status,
		     const char *text)
{
	heard_add(context, "%s %s (%d): %s", online ? "online" : "offline", device, (int)status,
		  text);
}

static void on_log(void *context, const char *device, iotkit_status status, const char *text)
{
	heard_add(context, "log %s (%d): %s", device, (int)status, text);
}

static void on_position(void *context, const char *device, struct device_position *out)
{
	(void)context, (void)device, (void)out;
}

START_TEST(a_board_waits_until_its_port_is_let_go)
{
	static struct heard heard;
	struct device_sink sink = {
		.context = &heard, .state = on_state, .log = on_log, .position = on_position};
	struct other other = other_start("arduino-ide", O_RDWR, false);
	struct devices *devices;
	char uri[128];

	heard_init(&heard);
	ck_assert_int_eq(devices_open(&sink, &devices), IOTKIT_OK);
	snprintf(uri, sizeof uri, "serial:%s", pty.path);
	ck_assert_int_eq(devices_add(devices, "a", uri), IOTKIT_OK);
	heard_wait(&heard, "offline a (-17): ");
	ck_assert_uint_eq(heard_count(&heard, "is held by arduino-ide"), 1);
	other_end(&other);
	heard_wait(&heard, "online a");
	devices_close(devices);
	heard_destroy(&heard);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("port_holder");
	TCase *tcase = tcase_create("port_holder");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_test(tcase, a_process_that_has_the_port_is_named);
	tcase_add_loop_test(tcase, programs_that_take_ports_come_with_what_keeps_them_off, 0,
			    (int)(sizeof known / sizeof known[0]));
	tcase_add_test(tcase, who_only_writes_is_harmless);
	tcase_add_test(tcase, who_has_it_not_really_open_is_harmless);
	tcase_add_test(tcase, who_made_the_pty_is_harmless);
	tcase_add_test(tcase, another_device_of_this_program_is_told_from_another_program);
	tcase_add_test(tcase, what_is_no_port_is_held_by_nobody);
	tcase_add_test(tcase, a_port_that_vanishes_at_once_is_blamed_on_brltty_if_it_runs);
	tcase_add_test(tcase, a_holder_of_another_user_is_to_be_found_as_root);
	tcase_add_test(tcase, the_group_is_told_as_far_as_the_user_is_from_it);
	tcase_add_test(tcase, a_board_waits_until_its_port_is_let_go);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
