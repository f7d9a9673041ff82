/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* O_PATH */
#include "device/port_holder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
	PROCESSES_MAX = 4096,
	DESCRIPTORS_MAX = 16384, /* of all processes: looking is done on the thread that reads */
	DRIVERS_MAX = 256,
	FACTS_SIZE = 512, /* of a file of /proc that is read here */
	PTS_MAJOR_MIN = 136, /* ptys, 256 in each */
	PTS_MAJOR_MAX = 143
};

struct search {
	struct stat port;
	int pty; /* the number of the pty that the port is, or -1 */
	size_t descriptors; /* looked at so far */
};

/* What the descriptors of one process are to the port. */
struct found {
	bool reads;
	bool locked;
	bool made; /* it has the pty's other end */
};

/* Reads a short file of a process; "" when it cannot be read. */
static void read_facts(int pid, const char *file, char *out)
{
	char path[64];
	ssize_t size = -1;

	snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		size = read(fd, out, FACTS_SIZE - 1);
		close(fd);
	}
	out[size > 0 ? size : 0] = '\0';
}

/* The number behind a word of fdinfo, or -1. */
static long fact(const char *facts, const char *word, int base)
{
	const char *at = strstr(facts, word);

	return at != NULL ? strtol(at + strlen(word), NULL, base) : -1;
}

static int pty_number(const struct stat *port)
{
	unsigned number = major(port->st_rdev);

	if (number < PTS_MAJOR_MIN || number > PTS_MAJOR_MAX)
		return -1;
	return (int)((number - PTS_MAJOR_MIN) * 256 + minor(port->st_rdev));
}

/* Ptys of another container have the same numbers, but another file system. */
static bool is_port(const struct search *search, const struct stat *info)
{
	return S_ISCHR(info->st_mode) && info->st_rdev == search->port.st_rdev &&
	       (search->pty < 0 || info->st_dev == search->port.st_dev);
}

static void look_at_port(int pid, const char *number, struct found *found)
{
	char file[32];
	char facts[FACTS_SIZE];

	snprintf(file, sizeof file, "fdinfo/%.12s", number);
	read_facts(pid, file, facts);
	long flags = fact(facts, "flags:", 8);
	if (flags >= 0 && ((flags & O_ACCMODE) == O_WRONLY || (flags & O_PATH) != 0))
		return;
	found->reads = true;
	found->locked = found->locked || strstr(facts, "FLOCK") != NULL;
}

static void look_at_master(int pid, const char *number, int pty, struct found *found)
{
	char file[32];
	char facts[FACTS_SIZE];

	snprintf(file, sizeof file, "fdinfo/%.12s", number);
	read_facts(pid, file, facts);
	if (fact(facts, "tty-index:", 10) == pty)
		found->made = true;
}

/* Devices alone are asked what they are: a file on a disk that does not answer would keep us. */
static void look_at_descriptor(struct search *search, int pid, int folder, const char *number,
			       struct found *found)
{
	char target[64];
	struct stat info;
	ssize_t size = readlinkat(folder, number, target, sizeof target - 1);

	if (size <= 0)
		return;
	target[size] = '\0';
	if (strncmp(target, "/dev/", 5) != 0)
		return;
	if (search->pty >= 0 && strstr(target, "ptmx") != NULL)
		look_at_master(pid, number, search->pty, found);
	else if (fstatat(folder, number, &info, 0) == 0 && is_port(search, &info))
		look_at_port(pid, number, found);
}

static void look_at_process(struct search *search, int pid, struct found *found)
{
	char path[32];
	const struct dirent *entry;

	snprintf(path, sizeof path, "/proc/%d/fd", pid);
	DIR *folder = opendir(path);
	if (folder == NULL)
		return;
	while (search->descriptors < DESCRIPTORS_MAX && (entry = readdir(folder)) != NULL) {
		search->descriptors++;
		look_at_descriptor(search, pid, dirfd(folder), entry->d_name, found);
	}
	closedir(folder);
}

/* A process may call itself anything; what goes into a sentence is printable. */
static void read_name(int pid, char name[static PORT_HOLDER_NAME_MAX + 1])
{
	char facts[FACTS_SIZE];

	read_facts(pid, "comm", facts);
	snprintf(name, PORT_HOLDER_NAME_MAX + 1, "%.*s", (int)strcspn(facts, "\n"), facts);
	for (char *at = name; *at != '\0'; at++)
		if (*at < ' ' || *at > '~')
			*at = '?';
}

/* The next process that /proc lists; 0 at its end. */
static int next_process(DIR *processes)
{
	const struct dirent *entry;

	while ((entry = readdir(processes)) != NULL) {
		int pid = atoi(entry->d_name);
		if (pid > 0)
			return pid;
	}
	return 0;
}

static void judge(int pid, const struct found *found, struct port_holder *out)
{
	bool ours = pid == (int)getpid();

	if (!found->reads || (ours ? !found->locked : found->made))
		return;
	out->held = ours ? PORT_HELD_BY_OURSELVES : PORT_HELD_BY_OTHER;
	out->pid = pid;
	read_name(pid, out->name);
}

/* Is there a driver of terminals for it? /dev/null is open everywhere. */
static bool is_terminal(const struct stat *info)
{
	char line[256];
	unsigned number;
	bool found = false;
	FILE *drivers = S_ISCHR(info->st_mode) ? fopen("/proc/tty/drivers", "re") : NULL;

	if (drivers == NULL)
		return S_ISCHR(info->st_mode);
	for (int i = 0; i < DRIVERS_MAX && !found && fgets(line, sizeof line, drivers) != NULL; i++)
		found = sscanf(line, "%*s %*s %u", &number) == 1 && number == major(info->st_rdev);
	fclose(drivers);
	return found;
}

void port_holder_find(const char *path, struct port_holder *out)
{
	struct search search = {.pty = -1};
	int pid;

	*out = (struct port_holder){.held = PORT_HELD_BY_NOBODY};
	if (stat(path, &search.port) != 0 || !is_terminal(&search.port))
		return;
	search.pty = pty_number(&search.port);
	DIR *processes = opendir("/proc");
	if (processes == NULL)
		return;
	for (int i = 0; i < PROCESSES_MAX && out->held == PORT_HELD_BY_NOBODY; i++) {
		struct found found = {false, false, false};
		pid = next_process(processes);
		if (pid == 0)
			break;
		look_at_process(&search, pid, &found);
		judge(pid, &found, out);
	}
	closedir(processes);
}

bool port_holder_runs(const char *name)
{
	char other[PORT_HOLDER_NAME_MAX + 1];
	bool runs = false;
	int pid = 1;
	DIR *processes = opendir("/proc");

	if (processes == NULL)
		return false;
	for (int i = 0; i < PROCESSES_MAX && pid != 0 && !runs; i++) {
		pid = next_process(processes);
		read_name(pid, other);
		runs = pid != 0 && strcmp(other, name) == 0;
	}
	closedir(processes);
	return runs;
}
