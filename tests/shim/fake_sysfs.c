/* SPDX-License-Identifier: MIT */
#include "fake_sysfs.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "suite.h"

enum { PATH_SIZE = 512 };

static char root[64];

static void path_in(char *path, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes a path below the root. */
static void path_in(char *path, const char *format, ...)
{
	int size = snprintf(path, PATH_SIZE, "%s/", root);
	va_list args;

	va_start(args, format);
	vsnprintf(path + size, (size_t)(PATH_SIZE - size), format, args);
	va_end(args);
}

/* Makes the folders above a path. */
static void make_parents(const char *path)
{
	char part[PATH_SIZE];

	for (const char *slash = strchr(path + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
		mkdir(part, 0755);
	}
}

static void write_file(const char *path, const char *text)
{
	make_parents(path);
	FILE *file = fopen(path, "w");
	ck_assert_msg(file != NULL, "cannot make %s", path);
	fprintf(file, "%s\n", text);
	fclose(file);
}

static void link_to(const char *target, const char *path)
{
	make_parents(path);
	ck_assert_msg(symlink(target, path) == 0, "cannot make %s", path);
}

void fake_sysfs_make(void)
{
	char path[PATH_SIZE];

	strcpy(root, "/tmp/iotkit-sysfs-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	path_in(path, "class/tty/");
	make_parents(path);
	setenv("TTY_SHIM_SYSFS", root, 1);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
	(void)info;
	(void)type;
	(void)walk;
	return remove(path);
}

void fake_sysfs_remove(void)
{
	unsetenv("TTY_SHIM_SYSFS");
	ck_assert_int_eq(nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

void fake_sysfs_add(const char *name, const char *device)
{
	char path[PATH_SIZE];
	char target[PATH_SIZE];

	/* Relative, as in the real one; "pts/3" lies one folder deeper. */
	snprintf(target, sizeof target, "%s../../devices/%s/%s",
		 strchr(name, '/') != NULL ? "../" : "", device, name);
	path_in(path, "class/tty/%s", name);
	link_to(target, path);
}

static void write_attribute(const char *device, const char *attribute, const char *text)
{
	char path[PATH_SIZE];

	path_in(path, "devices/%s/%s", device, attribute);
	if (text != NULL)
		write_file(path, text);
}

void fake_sysfs_add_usb(const char *name, const char *vid, const char *pid, const char *product,
			const char *serial)
{
	char device[PATH_SIZE / 4];
	char interface[PATH_SIZE / 2];
	char path[PATH_SIZE];

	snprintf(device, sizeof device, "pci0/usb1/for-%s", strrchr(name, '/') ? "pts" : name);
	write_attribute(device, "busnum", "1");
	write_attribute(device, "devnum", "7");
	write_attribute(device, "idVendor", vid);
	write_attribute(device, "idProduct", pid);
	write_attribute(device, "product", product);
	write_attribute(device, "serial", serial);

	snprintf(interface, sizeof interface, "%s/1-1:1.0", device);
	fake_sysfs_add(name, interface);
	path_in(path, "devices/%s/%s/device", interface, name);
	link_to(strchr(name, '/') != NULL ? "../../../1-1:1.0" : "../../1-1:1.0", path);
}

/* ---- Boards that come and go -------------------------------------------- */

#define CONTROLLER "pci0000:00/0000:00:14.0"

static void link_subsystem(const char *device, const char *subsystem)
{
	char path[PATH_SIZE];
	char target[PATH_SIZE];

	path_in(path, "devices/%s/subsystem", device);
	snprintf(target, sizeof target, "../../bus/%s", subsystem);
	make_parents(path);
	symlink(target, path); /* it may be there from the board before */
}

void fake_sysfs_plug(const struct fake_board *board)
{
	char device[PATH_SIZE / 4];
	char interface[PATH_SIZE / 3];
	char port[PATH_SIZE / 2];
	char path[PATH_SIZE];
	char target[PATH_SIZE];
	char vid[5] = "";

	snprintf(device, sizeof device, CONTROLLER "/usb1/1-%s", board->socket);
	snprintf(interface, sizeof interface, "%s/1-%s:1.0", device, board->socket);
	snprintf(port, sizeof port, "%s/tty/%s", interface, board->name);
	memcpy(vid, board->ids, 4);
	write_attribute(device, "busnum", "1");
	write_attribute(device, "devnum", "7");
	write_attribute(device, "idVendor", vid);
	write_attribute(device, "idProduct", board->ids + 5);
	write_attribute(device, "product", board->product);
	write_attribute(device, "serial", board->serial);
	link_subsystem(CONTROLLER, "pci");
	link_subsystem(CONTROLLER "/usb1", "usb");
	link_subsystem(device, "usb");
	link_subsystem(interface, "usb");
	link_subsystem(port, "tty");
	path_in(path, "devices/%s/device", port);
	snprintf(target, sizeof target, "../../../1-%s:1.0", board->socket);
	link_to(target, path);
	path_in(path, "dev/%s", board->name);
	link_to(board->pty->path, path);
	/* The last, since it makes the board visible. */
	path_in(path, "class/tty/%s", board->name);
	snprintf(target, sizeof target, "../../devices/%s", port);
	link_to(target, path);
}

void fake_sysfs_unplug(const struct fake_board *board)
{
	char path[PATH_SIZE];

	path_in(path, "class/tty/%s", board->name);
	ck_assert_int_eq(unlink(path), 0);
	path_in(path, "dev/%s", board->name);
	ck_assert_int_eq(unlink(path), 0);
	path_in(path, "devices/" CONTROLLER "/usb1/1-%s", board->socket);
	ck_assert_int_eq(nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}
