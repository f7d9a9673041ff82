/* SPDX-License-Identifier: MIT
 *
 * Runs the kept corpus of a fuzz target without a fuzzer: replay FOLDER.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

enum { INPUT_MAX = 1 << 20 };

static int replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(INPUT_MAX);

	if (file == NULL || bytes == NULL) {
		fprintf(stderr, "cannot read %s\n", path);
		exit(EXIT_FAILURE);
	}
	size_t size = fread(bytes, 1, INPUT_MAX, file);
	fclose(file);
	int rc = LLVMFuzzerTestOneInput(bytes, size);
	free(bytes);
	return rc;
}

int main(int argc, char **argv)
{
	DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
	const struct dirent *entry;
	unsigned int count = 0;

	if (folder == NULL) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return EXIT_FAILURE;
	}
	while ((entry = readdir(folder)) != NULL) {
		char path[4096];
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
		replay(path);
		count++;
	}
	closedir(folder);
	printf("%u inputs\n", count);
	return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
