/* SPDX-License-Identifier: MIT
 *
 * What a disk would have of each file if the power went: the content at the last sync,
 * and some of the changes since. The files themselves always have all of them, as their
 * readers see them in the system's cache.
 */
#ifndef TESTS_DISK_IMAGE_H
#define TESTS_DISK_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk_image;

/* The file of this path, which may be remembered from before; NULL: a new one, of which
 * the disk has nothing yet. */
struct disk_image *disk_image_find(const char *path);
struct disk_image *disk_image_new(const char *path);

/* What the disk has of it. */
void disk_image_set(struct disk_image *image, const void *bytes, size_t size);

void disk_image_create(struct disk_image *image); /* empty, again */
void disk_image_write(struct disk_image *image, size_t offset, const void *bytes, size_t size);
void disk_image_truncate(struct disk_image *image, size_t size);
void disk_image_sync(struct disk_image *image);
void disk_image_delete(struct disk_image *image, bool synced);

/* Makes the files what the disk has of them: each change since the last sync is in it or
 * not, or only some of its sectors. The same seed leaves the same. */
void disk_image_lose_power(uint64_t seed);

#endif
