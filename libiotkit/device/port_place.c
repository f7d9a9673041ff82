/* SPDX-License-Identifier: MIT
 *
 * Sources: systemd's udev-builtin-path_id.c for how the name is made of the folders
 * in sysfs, and its 60-serial.rules for "-port0" of adapters with several ports.
 */
#include "device/port_place.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 1024 };

/* Reads a link; false when there is none, or it is too long. */
static bool read_link(const char *path, char out[PATH_SIZE])
{
	ssize_t size = readlink(path, out, PATH_SIZE);

	if (size <= 0 || size == PATH_SIZE)
		return false;
	out[size] = '\0';
	return true;
}

/* The port's folder in sysfs; false when it has none. */
static bool find_folder(const char *name, char out[PATH_SIZE])
{
	char path[PATH_SIZE];
	char target[PATH_SIZE];
	const char *below = target;

	snprintf(path, sizeof path, "/sys/class/tty/%s", name);
	if (!read_link(path, target))
		return false;
	while (strncmp(below, "../", 3) == 0)
		below += 3;
	return snprintf(out, PATH_SIZE, "/sys/%s", below) < PATH_SIZE;
}

/* "usb", "pci" and so on; "" for a folder that is no device. */
static void read_subsystem(const char *folder, char *out, size_t size)
{
	char path[PATH_SIZE + 16];
	char target[PATH_SIZE];
	const char *name = "";

	snprintf(path, sizeof path, "%s/subsystem", folder);
	if (read_link(path, target) && strrchr(target, '/') != NULL)
		name = strrchr(target, '/') + 1;
	snprintf(out, size, "%s", name);
}

/* Puts a part before what there is; false when there is no room. */
static bool prepend(char *out, size_t size, const char *kind, const char *name)
{
	char rest[256];

	if (snprintf(rest, sizeof rest, "%s%s", *out != '\0' ? "-" : "", out) >= (int)sizeof rest)
		return false;
	return snprintf(out, size, "%s%s%s", kind, name, rest) < (int)size;
}

/* One folder's part. Of several of a kind in each other, only the innermost has one. */
static bool take_folder(const char *subsystem, const char *name, char *out, size_t size)
{
	if (strcmp(subsystem, "usb") == 0) {
		const char *socket = strchr(name, '-');
		return socket != NULL && prepend(out, size, "usb-0:", socket + 1);
	}
	if (strcmp(subsystem, "pci") == 0)
		return prepend(out, size, "pci-", name);
	if (strcmp(subsystem, "platform") == 0)
		return prepend(out, size, "platform-", name);
	return true;
}

/* False when there is no room. */
static bool append_port_number(const char *name, char *out, size_t size)
{
	char path[PATH_SIZE];
	int number;
	bool fits = true;

	snprintf(path, sizeof path, "/sys/class/tty/%s/device/port_number", name);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return true;
	size_t used = strlen(out);
	if (fscanf(file, "%d", &number) == 1)
		fits = snprintf(out + used, size - used, "-port%d", number) < (int)(size - used);
	fclose(file);
	return fits;
}

void port_place(const char *path, char *out, size_t size)
{
	const char *name = strncmp(path, "/dev/", 5) == 0 ? path + 5 : path;
	char folder[PATH_SIZE];
	char last[32] = "";
	bool fits = find_folder(name, folder);

	*out = '\0';
	while (fits && strlen(folder) > strlen("/sys/devices/")) {
		char subsystem[32];
		char *slash = strrchr(folder, '/');
		read_subsystem(folder, subsystem, sizeof subsystem);
		if (strcmp(subsystem, last) != 0 && (*out != '\0' || strcmp(subsystem, "usb") == 0))
			fits = take_folder(subsystem, slash + 1, out, size);
		memcpy(last, subsystem, sizeof last);
		*slash = '\0';
	}
	if (!fits || (*out != '\0' && !append_port_number(name, out, size)))
		*out = '\0';
}
