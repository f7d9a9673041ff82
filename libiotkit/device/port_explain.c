/* SPDX-License-Identifier: MIT */
#include "device/port_explain.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "device/port_holder.h"

enum {
	GROUPS_MAX = 256,
	STRINGS_SIZE = 4096,
	NAME_SIZE = 64,
	BRLTTY_MS = 2000 /* it takes a port as soon as it is there */
};

/* ---- Who has it --------------------------------------------------------- */

/* Programs that take ports by themselves, and how to keep them from it. */
static const struct {
	const char *name;
	const char *mend;
} takers[] = {
	{"ModemManager", "it tries every new port for a modem; install the udev rules of "
			 "share/libiotkit/udev, or run 'sudo systemctl mask --now ModemManager'"},
	{"brltty", "it takes USB adapters for Braille displays; run 'sudo apt remove brltty'"},
	{"agetty", "it lets people log in there; run 'sudo systemctl disable --now "
		   "serial-getty@NAME', or raspi-config"},
	{"gpsd", "it takes ports for GPS receivers; see USBAUTO and DEVICES in /etc/default/gpsd"},
};

static const char *mend_holder(const char *name)
{
	for (size_t i = 0; i < sizeof takers / sizeof takers[0]; i++)
		if (strcmp(takers[i].name, name) == 0)
			return takers[i].mend;
	return "close its serial monitor, or end it";
}

static iotkit_status explain_holder(const char *path, const struct port_holder *holder)
{
	switch (holder->held) {
	case PORT_HELD_BY_OURSELVES:
		return error_set(IOTKIT_EBUSY,
				 "%s is busy: another device of this very program has it; give "
				 "each device a port of its own",
				 path);
	case PORT_HELD_BY_OTHER:
		return error_set(IOTKIT_EBUSY, "%s is busy: it is held by %s (pid %d); %s", path,
				 holder->name, holder->pid, mend_holder(holder->name));
	default:
		return error_set(IOTKIT_EBUSY,
				 "%s is busy: a program that does not show has it open, as those "
				 "of other users; find it by 'sudo fuser -v %s'",
				 path, path);
	}
}

static iotkit_status explain_busy(const char *path)
{
	struct port_holder holder;

	port_holder_find(path, &holder);
	return explain_holder(path, &holder);
}

iotkit_status port_check_free(const char *path)
{
	struct port_holder holder;

	if (access(path, R_OK | W_OK) != 0)
		return IOTKIT_OK; /* opening it tells why */
	port_holder_find(path, &holder);
	return holder.held == PORT_HELD_BY_NOBODY ? IOTKIT_OK : explain_holder(path, &holder);
}

/* ---- Who may use it ----------------------------------------------------- */

/* Who may use the port: "dialout" on Debian, "uucp" on Arch. */
static void name_group(gid_t gid, char out[static NAME_SIZE])
{
	struct group entry;
	struct group *found = NULL;
	char strings[STRINGS_SIZE];

	if (getgrgid_r(gid, &entry, strings, sizeof strings, &found) == 0 && found != NULL)
		snprintf(out, NAME_SIZE, "%s", found->gr_name);
	else
		snprintf(out, NAME_SIZE, "%u", (unsigned)gid);
}

static bool contains(const gid_t *groups, int count, gid_t gid)
{
	for (int i = 0; i < count; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

/* Is this process in the group? */
static bool is_member(gid_t gid)
{
	gid_t groups[GROUPS_MAX];

	return getegid() == gid || contains(groups, getgroups(GROUPS_MAX, groups), gid);
}

/* Would a new session of this user be in the group? Also tells the user's name. */
static bool may_be_member(gid_t gid, char user[static NAME_SIZE])
{
	struct passwd entry;
	struct passwd *found = NULL;
	char strings[STRINGS_SIZE];
	gid_t groups[GROUPS_MAX];
	int count = GROUPS_MAX;

	snprintf(user, NAME_SIZE, "$USER");
	if (getpwuid_r(geteuid(), &entry, strings, sizeof strings, &found) != 0 || found == NULL)
		return false;
	snprintf(user, NAME_SIZE, "%s", found->pw_name);
	return getgrouplist(found->pw_name, found->pw_gid, groups, &count) >= 0 &&
	       contains(groups, count, gid);
}

static iotkit_status explain_permission(const char *path)
{
	struct stat port;
	char group[NAME_SIZE];
	char user[NAME_SIZE];

	if (stat(path, &port) != 0)
		return error_set(IOTKIT_ESYSTEM,
				 "permission denied: %s lies in a folder that is closed to this "
				 "program",
				 path);
	name_group(port.st_gid, group);
	bool may_be = may_be_member(port.st_gid, user);
	if (geteuid() == 0 || (is_member(port.st_gid) && (port.st_mode & S_IWGRP) != 0))
		return error_set(IOTKIT_ESYSTEM,
				 "permission denied: %s is kept from this program, although its "
				 "user may use it; a container needs --device=%s, a service "
				 "DeviceAllow=%s",
				 path, path, path);
	if (port.st_gid == 0 || (port.st_mode & S_IWGRP) == 0)
		return error_set(IOTKIT_ESYSTEM,
				 "permission denied: %s is not open to a group that one should "
				 "join; the udev rules of share/libiotkit/udev open USB ports to "
				 "dialout, others are opened by 'sudo chgrp dialout %s' and "
				 "'sudo chmod 660 %s'",
				 path, path, path);
	if (may_be)
		return error_set(IOTKIT_ESYSTEM,
				 "permission denied: %s belongs to the group %s, which %s joined "
				 "after this session began; log out and in again, or restart the "
				 "service",
				 path, group, user);
	return error_set(IOTKIT_ESYSTEM,
			 "permission denied: %s belongs to the group %s; join it by 'sudo usermod "
			 "-aG %s %s', then log out and in again",
			 path, group, group, user);
}

/* ---- All of it ---------------------------------------------------------- */

iotkit_status port_explain(int errno_code, const char *path)
{
	switch (errno_code) {
	case ENOENT:
	case ENOTDIR:
	case ENODEV:
	case ENXIO:
		return error_set(IOTKIT_ENOENT,
				 "no such port: %s; plug the board in, or see iotkit-ports for "
				 "those there are",
				 path);
	case EACCES:
	case EPERM:
		return explain_permission(path);
	case EBUSY:
		return explain_busy(path);
	case ENOTTY:
	case EISDIR:
		return error_set(IOTKIT_ESYSTEM,
				 "%s is not a serial port; see iotkit-ports for those there are",
				 path);
	default:
		return error_set_system(errno_code, "cannot use the port %s", path);
	}
}

void port_explain_gone(const char *path, int64_t open_ms, struct reason *out)
{
	if (open_ms < BRLTTY_MS && port_holder_runs("brltty"))
		reason_set(out, IOTKIT_ESYSTEM,
			   "%s is gone as soon as it was there: brltty is running, which takes USB "
			   "adapters for Braille displays; run 'sudo apt remove brltty'",
			   path);
	else
		reason_set(out, IOTKIT_ESYSTEM,
			   "%s is gone: the cable was pulled, or the board has lost power or been "
			   "reset; waiting for it",
			   path);
}
