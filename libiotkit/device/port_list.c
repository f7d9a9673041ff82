/* SPDX-License-Identifier: MIT
 *
 * The serial ports of this machine. sp_list_ports() of libserialport 0.1.1 reads
 * through a NULL pointer when a board is pulled while it lists, so the names are
 * gathered here, and libserialport is asked about one port at a time.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "device/device.h"
#include "device/port.h"
#include "device/port_identity.h"
#include "device/port_list.h"

#define CLASS "/sys/class/tty"

enum {
	STRIDE_MAX = 4096, /* a greater struct_size was never set by a program */
	PORTS_MAX = 1024,
	PORTS_STEP = 16 /* the list grows by so many */
};

/* Old machines' drivers announce more ports than there are chips. */
static bool has_chip(const char *path)
{
	struct serial_struct chip = {.type = PORT_UNKNOWN};
	int fd = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return false;
	bool answered = ioctl(fd, TIOCGSERIAL, &chip) == 0;
	close(fd);
	return answered && chip.type != PORT_UNKNOWN;
}

/* Consoles and ptys hang on no device, or on a virtual one. */
static bool is_port(const char *name, const char *path)
{
	char link[sizeof CLASS + 256 + sizeof "/device"];
	char target[1024];

	snprintf(link, sizeof link, CLASS "/%s", name);
	ssize_t size = readlink(link, target, sizeof target - 1);
	if (size < 0) {
		snprintf(link, sizeof link, CLASS "/%s/device", name);
		size = readlink(link, target, sizeof target - 1);
	}
	if (size <= 0)
		return false;
	target[size] = '\0';
	if (strstr(target, "virtual") != NULL)
		return false;
	return strstr(target, "serial8250") == NULL || has_chip(path);
}

/* ttyACM2 before ttyACM10. */
static int by_number(const struct dirent **left, const struct dirent **right)
{
	size_t a = strlen((*left)->d_name);
	size_t b = strlen((*right)->d_name);
	size_t a_word = strcspn((*left)->d_name, "0123456789");
	size_t b_word = strcspn((*right)->d_name, "0123456789");
	size_t word = a_word < b_word ? b_word : a_word;
	int order = strncmp((*left)->d_name, (*right)->d_name, word);

	if (order != 0)
		return order;
	return a != b ? (a < b ? -1 : 1) : strcmp((*left)->d_name, (*right)->d_name);
}

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Describes the port of this name; false when there is none. */
static bool describe(const char *name, iotkit_port_info *out)
{
	char path[sizeof "/dev/" + 256];

	snprintf(path, sizeof path, "/dev/%s", name);
	return is_port(name, path) && port_describe(path, out) == IOTKIT_OK;
}

/* Adds a port to the list; false when there is no memory. */
static bool append(iotkit_port_info **ports, size_t count, const iotkit_port_info *info)
{
	if (count % PORTS_STEP == 0) {
		iotkit_port_info *more = realloc(*ports, (count + PORTS_STEP) * sizeof *more);
		if (more == NULL)
			return false;
		*ports = more;
	}
	(*ports)[count] = *info;
	return true;
}

static void store(iotkit_port_info *ports, size_t stride, size_t index,
		  const iotkit_port_info *info)
{
	char *slot = (char *)ports + index * stride;
	uint32_t size = (uint32_t)stride;

	memset(slot, 0, stride);
	memcpy(slot, info, stride < sizeof *info ? stride : sizeof *info);
	memcpy(slot, &size, sizeof size);
}

/* Boards of the same ids and serial number, as the two ports of one board, or clones
 * that all have the number 0001, are told apart by their sockets. */
static void tell_apart(iotkit_port_info *ports, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool again = false;
		for (size_t j = i + 1; j < count; j++) {
			if (strcmp(ports[i].uri, ports[j].uri) != 0)
				continue;
			port_identity_uri(&ports[j], true);
			again = true;
		}
		if (again)
			port_identity_uri(&ports[i], true);
	}
}

iotkit_status port_list(iotkit_port_info **out, size_t *count_out)
{
	struct dirent **entries = NULL;
	int found = scandir(CLASS, &entries, not_hidden, by_number);

	if (found < 0 && errno == ENOENT)
		found = 0; /* a machine, or a container, without any terminal */
	else if (found < 0)
		return errno == ENOMEM ? error_set_no_memory()
				       : error_set_system(errno, "cannot read " CLASS);
	iotkit_port_info *ports = NULL;
	size_t count = 0;
	bool room = true;
	for (int i = 0; i < found; i++) {
		iotkit_port_info info = {0};
		if (room && count < PORTS_MAX && describe(entries[i]->d_name, &info)) {
			room = append(&ports, count, &info);
			count += room ? 1 : 0;
		}
		free(entries[i]);
	}
	free(entries);
	if (!room) {
		free(ports);
		return error_set_no_memory();
	}
	tell_apart(ports, count);
	*out = ports;
	*count_out = count;
	return IOTKIT_OK;
}

iotkit_status device_list_ports(iotkit_port_info *ports, size_t capacity, size_t *count_out)
{
	iotkit_port_info *all = NULL;

	if (count_out == NULL || (ports == NULL && capacity > 0))
		return error_set(IOTKIT_EINVAL, "listing ports needs an array and a count_out");
	size_t stride = capacity > 0 ? ports->struct_size : sizeof *ports;
	if (stride < 2 * sizeof(uint32_t) || stride > STRIDE_MAX)
		return error_set(IOTKIT_EINVAL,
				 "the first port's struct_size is %zu; set it to "
				 "sizeof(iotkit_port_info), %zu",
				 stride, sizeof *ports);
	iotkit_status status = port_list(&all, count_out);
	for (size_t i = 0; status == IOTKIT_OK && i < *count_out && i < capacity; i++)
		store(ports, stride, i, &all[i]);
	free(all);
	return status;
}
