/* SPDX-License-Identifier: MIT */
#include "device/port_explain.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/error.h"

/* Who may use the port: "dialout" on Debian, "uucp" on Arch. */
static void name_group(const char *path, char *out, size_t size)
{
	struct stat info;
	struct group entry;
	struct group *found = NULL;
	char strings[1024];

	snprintf(out, size, "dialout");
	if (stat(path, &info) != 0)
		return;
	if (getgrgid_r(info.st_gid, &entry, strings, sizeof strings, &found) == 0 && found != NULL)
		snprintf(out, size, "%s", found->gr_name);
}

iotkit_status port_explain(int errno_code, const char *path)
{
	char group[64];

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
		name_group(path, group, sizeof group);
		return error_set(IOTKIT_ESYSTEM,
				 "permission denied: %s belongs to the group %s; join it by 'sudo "
				 "usermod -aG %s $USER' and log in again",
				 path, group, group);
	case EBUSY:
		return error_set(IOTKIT_ESYSTEM,
				 "%s is busy: another program or device has it open; close the "
				 "Arduino IDE's monitor, or find it by 'fuser %s'",
				 path, path);
	case ENOTTY:
	case EISDIR:
		return error_set(IOTKIT_ESYSTEM,
				 "%s is not a serial port; see iotkit-ports for those there are",
				 path);
	default:
		return error_set_system(errno_code, "cannot use the port %s", path);
	}
}
