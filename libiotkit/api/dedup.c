/* SPDX-License-Identifier: MIT
 *
 * Messages that came before, recognised by epoch and seq.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/file.h"
#include "base/new_file.h"
#include "base/secret.h"
#include "base/seen.h"
#include "base/seen_text.h"

struct iotkit_dedup {
	pthread_mutex_t save_lock; /* one save at a time, or an older one might come last */
	pthread_mutex_t lock; /* guards what was seen; never held while the disk is waited for */
	struct seen seen;
	char *path; /* from the root, without links; NULL: there is no file */
};

/* ---- the file ---- */

static iotkit_status save(iotkit_dedup *dedup, const char *path)
{
	struct buffer text;

	buffer_init(&text, SEEN_TEXT_MAX + 1);
	pthread_mutex_lock(&dedup->lock);
	iotkit_status status = seen_write_text(&dedup->seen, &text);
	pthread_mutex_unlock(&dedup->lock);
	if (status == IOTKIT_OK)
		status = buffer_append(&text, "", 1);
	if (status == IOTKIT_OK) {
		const struct new_file file = {.what = "dedup",
					      .path = path,
					      .text = text.bytes,
					      .secret = true,
					      .replace = true};
		status = new_file_write(&file);
		if (status != IOTKIT_OK && status != IOTKIT_ENOMEM)
			status = error_set(IOTKIT_ESYSTEM, "%s", error_last());
	}
	buffer_free(&text);
	return status;
}

static iotkit_status read_seen(const struct file *file, struct seen *seen)
{
	char name[FILE_NAME_SIZE];
	char *text;
	size_t size;
	iotkit_status status = file_read(file, &text, &size);

	if (status == IOTKIT_OK) {
		status = seen_read_text(seen, text, size);
		secret_free(text);
		file_name(file->what, file->path, file->option, name);
		if (status == IOTKIT_EINVAL)
			status = error_set(IOTKIT_EINVAL, "the %s cannot be used: %s", name,
					   error_last());
	}
	if (status == IOTKIT_EINVAL)
		status = error_set(IOTKIT_EINVAL,
				   "%s; move it away, and a new one is made, to which everything "
				   "is new once, or give another path",
				   error_last());
	return status;
}

/* Reads the file, or makes it, so that one that cannot be written is told early. */
static iotkit_status open_file(iotkit_dedup *dedup, const char *path)
{
	const struct file file = {
		.what = "dedup file", .option = "", .path = path, .size_max = SEEN_TEXT_MAX};
	char shown[FILE_PATH_SIZE];
	iotkit_status status = read_seen(&file, &dedup->seen);

	if (status == IOTKIT_ENOENT)
		status = save(dedup, path);
	if (status != IOTKIT_OK)
		return status;
	/* The program may go to another folder before it saves. */
	dedup->path = realpath(path, NULL);
	if (dedup->path == NULL)
		return error_set_system(errno, "cannot find the dedup file %s",
					file_path(path, shown));
	return IOTKIT_OK;
}

/* ---- the functions of iotkit.h ---- */

iotkit_status iotkit_dedup_open(const char *path, iotkit_dedup **out)
{
	iotkit_status status = IOTKIT_OK;

	if (out == NULL)
		return error_set(IOTKIT_EINVAL,
				 "iotkit_dedup_open() needs a place for the memory: out is NULL");
	if (path != NULL && *path == '\0')
		return error_set(IOTKIT_EINVAL,
				 "the path of the dedup file is empty: NULL stands for no file");
	iotkit_dedup *dedup = calloc(1, sizeof *dedup);
	if (dedup == NULL)
		return error_set_no_memory();
	pthread_mutex_init(&dedup->save_lock, NULL);
	pthread_mutex_init(&dedup->lock, NULL);
	seen_init(&dedup->seen);
	if (path != NULL)
		status = open_file(dedup, path);
	if (status != IOTKIT_OK) {
		iotkit_dedup_close(dedup);
		return status;
	}
	*out = dedup;
	return IOTKIT_OK;
}

int32_t iotkit_dedup_is_new(iotkit_dedup *dedup, uint64_t epoch, uint64_t seq)
{
	bool is_new = false;

	if (dedup == NULL)
		return error_set(IOTKIT_EINVAL,
				 "the memory is NULL; iotkit_dedup_open() makes one");
	if (epoch == 0 || seq == 0)
		return error_set(IOTKIT_EINVAL,
				 "a message without epoch and seq cannot be recognised: its "
				 "publisher must set publish.id=on");
	pthread_mutex_lock(&dedup->lock);
	iotkit_status status = seen_add(&dedup->seen, epoch, seq, &is_new);
	pthread_mutex_unlock(&dedup->lock);
	return status == IOTKIT_OK ? is_new : status;
}

iotkit_status iotkit_dedup_save(iotkit_dedup *dedup)
{
	if (dedup == NULL)
		return error_set(IOTKIT_EINVAL,
				 "the memory is NULL; iotkit_dedup_open() makes one");
	if (dedup->path == NULL)
		return error_set(IOTKIT_ESTATE, "the memory has no file to be saved to: give "
						"iotkit_dedup_open() a path");
	pthread_mutex_lock(&dedup->save_lock);
	iotkit_status status = save(dedup, dedup->path);
	pthread_mutex_unlock(&dedup->save_lock);
	return status;
}

void iotkit_dedup_close(iotkit_dedup *dedup)
{
	if (dedup == NULL)
		return;
	seen_free(&dedup->seen);
	free(dedup->path);
	pthread_mutex_destroy(&dedup->lock);
	pthread_mutex_destroy(&dedup->save_lock);
	free(dedup);
}
