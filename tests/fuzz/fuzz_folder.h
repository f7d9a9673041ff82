/* SPDX-License-Identifier: MIT
 *
 * A folder for targets whose input is a file.
 */
#ifndef TESTS_FUZZ_FOLDER_H
#define TESTS_FUZZ_FOLDER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* In memory: each input is synced several times. */
static char folder[] = "/dev/shm/iotkit-fuzz-XXXXXX";

static inline void promise(bool kept)
{
	if (!kept)
		abort();
}

static inline void write_file(const char *name, const uint8_t *data, size_t size)
{
	FILE *file = fopen(name, "wb");

	promise(file != NULL && fwrite(data, 1, size, file) == size && fclose(file) == 0);
}

/* With what lies beside it: its log, and what was set aside. */
static inline void clean_up(void)
{
	char command[96];

	snprintf(command, sizeof command, "rm -rf %s/*", folder);
	promise(system(command) == 0);
}

#endif
