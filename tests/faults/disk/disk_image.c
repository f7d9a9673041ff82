/* SPDX-License-Identifier: MIT */
#include "disk_image.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECTOR = 512 };

struct change {
	struct change *next;
	bool truncates;
	size_t offset;
	size_t size;
	unsigned char bytes[];
};

struct disk_image {
	struct disk_image *next;
	bool on_disk; /* its name, at the last sync */
	bool deleted; /* since then */
	unsigned char *bytes;
	size_t size;
	size_t capacity;
	struct change *changes; /* since then, oldest first */
	struct change **changes_end;
	char path[];
};

static struct disk_image *images;

static void *need(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

struct disk_image *disk_image_find(const char *path)
{
	struct disk_image *image = images;

	while (image != NULL && strcmp(image->path, path) != 0)
		image = image->next;
	return image;
}

struct disk_image *disk_image_new(const char *path)
{
	struct disk_image *image = need(calloc(1, sizeof *image + strlen(path) + 1));

	memcpy(image->path, path, strlen(path) + 1);
	image->changes_end = &image->changes;
	image->next = images;
	images = image;
	return image;
}

static void resize(struct disk_image *image, size_t size)
{
	if (size > image->capacity) {
		image->capacity = 2 * size;
		image->bytes = need(realloc(image->bytes, image->capacity));
	}
	if (size > image->size)
		memset(image->bytes + image->size, 0, size - image->size);
	image->size = size;
}

static void put(struct disk_image *image, size_t offset, const void *bytes, size_t size)
{
	if (offset + size > image->size)
		resize(image, offset + size);
	memcpy(image->bytes + offset, bytes, size);
}

void disk_image_set(struct disk_image *image, const void *bytes, size_t size)
{
	image->on_disk = true;
	resize(image, size);
	if (size > 0)
		memcpy(image->bytes, bytes, size);
}

static void remember(struct disk_image *image, const struct change *what, const void *bytes)
{
	struct change *change = need(malloc(sizeof *change + what->size));

	*change = *what;
	if (bytes != NULL)
		memcpy(change->bytes, bytes, what->size);
	*image->changes_end = change;
	image->changes_end = &change->next;
}

void disk_image_create(struct disk_image *image)
{
	image->deleted = false;
	disk_image_truncate(image, 0);
}

void disk_image_write(struct disk_image *image, size_t offset, const void *bytes, size_t size)
{
	struct change change = {.offset = offset, .size = size};

	remember(image, &change, bytes);
}

void disk_image_truncate(struct disk_image *image, size_t size)
{
	struct change change = {.truncates = true, .offset = size};

	remember(image, &change, NULL);
}

static void forget_changes(struct disk_image *image)
{
	while (image->changes != NULL) {
		struct change *change = image->changes;
		image->changes = change->next;
		free(change);
	}
	image->changes_end = &image->changes;
}

void disk_image_sync(struct disk_image *image)
{
	for (const struct change *change = image->changes; change != NULL; change = change->next)
		if (change->truncates)
			resize(image, change->offset);
		else
			put(image, change->offset, change->bytes, change->size);
	forget_changes(image);
	image->on_disk = true;
}

void disk_image_delete(struct disk_image *image, bool synced)
{
	image->deleted = true;
	if (!synced)
		return;
	forget_changes(image);
	resize(image, 0);
	image->on_disk = false;
}

/* ---- The cut ---- */

static unsigned chance(uint64_t *seed, unsigned sides) /* 0 to sides - 1 */
{
	uint64_t z = *seed += 0x9E3779B97F4A7C15u;

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return (unsigned)((z ^ (z >> 31)) % sides);
}

/* Sectors are those of the disk, not of the write. */
static void tear(struct disk_image *image, const struct change *change, uint64_t *seed)
{
	size_t end = change->offset + change->size;

	for (size_t at = change->offset; at < end;) {
		size_t next = (at / SECTOR + 1) * SECTOR;
		if (next > end)
			next = end;
		if (chance(seed, 2) == 0)
			put(image, at, change->bytes + (at - change->offset), next - at);
		at = next;
	}
}

/* The odds are drawn for each file, so that nearly all and nearly nothing come too. */
static void keep_some(struct disk_image *image, uint64_t *seed)
{
	unsigned kept_of_8 = chance(seed, 9);

	for (const struct change *change = image->changes; change != NULL; change = change->next) {
		bool kept = chance(seed, 8) < kept_of_8;
		if (!kept && !change->truncates && chance(seed, 8) == 0)
			tear(image, change, seed);
		if (!kept)
			continue;
		if (change->truncates)
			resize(image, change->offset);
		else
			put(image, change->offset, change->bytes, change->size);
	}
}

static void write_out(const struct disk_image *image)
{
	int fd = open(image->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t done = 0;

	if (fd < 0)
		abort();
	while (done < image->size) {
		ssize_t n = write(fd, image->bytes + done, image->size - done);
		if (n <= 0)
			abort();
		done += (size_t)n;
	}
	close(fd);
}

void disk_image_lose_power(uint64_t seed)
{
	for (struct disk_image *image = images; image != NULL; image = image->next) {
		if (!image->deleted && access(image->path, F_OK) != 0)
			continue; /* it was renamed, which is not SQLite's doing */
		bool back = image->deleted && image->on_disk && chance(&seed, 2) == 0;
		bool there = back || (!image->deleted && (image->on_disk || chance(&seed, 2) == 0));
		keep_some(image, &seed);
		if (there)
			write_out(image);
		else
			unlink(image->path);
	}
}
