/* SPDX-License-Identifier: MIT */
#include "packet/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/private_file.h"

enum { BUFFER_SIZE = 131072 };

struct capture {
	int fd;
	char name[FILE_NAME_SIZE]; /* for sentences */
	struct capture_sink sink;
	bool stopped;
	uint32_t connections;
	uint64_t size_max;
	uint64_t written; /* always whole blocks */
	size_t waiting; /* in the buffer */
	unsigned char buffer[BUFFER_SIZE];
};

/* Whatever is in the file is about to be lost. */
static iotkit_status check_replaceable(int fd, const char *name)
{
	unsigned char magic[PCAP_MAGIC_SIZE];
	ssize_t size = pread(fd, magic, sizeof magic, 0);

	if (size < 0)
		return error_set_system(errno, "cannot read the %s", name);
	if (size == 0 || (size == sizeof magic && pcap_is_capture(magic)))
		return IOTKIT_OK;
	return error_set(IOTKIT_EINVAL,
			 "the %s has something else in it than a capture, which would be lost: "
			 "name another file, or delete it",
			 name);
}

static iotkit_status claim(int fd, const char *name)
{
	/* Where files cannot be locked they are taken as they are. */
	if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		return error_set(IOTKIT_EBUSY,
				 "another handle or process writes the %s: name a file for each",
				 name);
	iotkit_status status = check_replaceable(fd, name);
	if (status == IOTKIT_OK && ftruncate(fd, 0) != 0)
		status = error_set_system(errno, "cannot empty the %s", name);
	return status;
}

iotkit_status capture_open(const char *path, uint64_t size_max, const struct capture_sink *sink,
			   struct capture **out)
{
	const struct private_file file = {.what = "capture", .option = "trace.pcap", .path = path};
	struct capture *capture = calloc(1, sizeof *capture);

	if (capture == NULL)
		return error_set_no_memory();
	capture->sink = *sink;
	capture->size_max = size_max;
	file_name(file.what, file.path, file.option, capture->name);
	iotkit_status status = private_file_open(&file, "packets", O_RDWR, &capture->fd);
	if (status != IOTKIT_OK) {
		free(capture);
		return status;
	}
	status = claim(capture->fd, capture->name);
	if (status != IOTKIT_OK) {
		close(capture->fd);
		free(capture);
		return status;
	}
	capture->waiting = pcap_write_head(capture->buffer);
	capture_flush(capture);
	*out = capture;
	return IOTKIT_OK;
}

void capture_close(struct capture *capture)
{
	if (capture == NULL)
		return;
	capture_flush(capture);
	close(capture->fd);
	free(capture);
}

uint32_t capture_sequence(struct capture *capture)
{
	static const uint32_t far_apart = 0x9e3779b1; /* odd: no two of 2^32 are the same */

	return ++capture->connections * far_apart;
}

static void stop(struct capture *capture, const struct reason *why)
{
	capture->stopped = true;
	capture->waiting = 0;
	capture->sink.stopped(capture->sink.context, why->status, why->text);
}

static void stop_full(struct capture *capture)
{
	struct reason why;

	reason_set(&why, IOTKIT_EFULL,
		   "the %s is as large as it may be, %" PRIu64 " bytes (trace.pcap_max_bytes): no "
		   "more packets are written to it",
		   capture->name, capture->size_max);
	stop(capture, &why);
}

/* Half a block at its end would make the file a broken one. */
static void stop_failed(struct capture *capture, int cause)
{
	struct reason why;
	bool cut = ftruncate(capture->fd, (off_t)capture->written) == 0;

	reason_set(&why, IOTKIT_ESYSTEM,
		   "cannot write the %s: %s; no more packets are written to it%s", capture->name,
		   strerror(cause), cut ? "" : ", and its last one may be cut");
	stop(capture, &why);
}

void capture_flush(struct capture *capture)
{
	size_t done = 0;

	while (done < capture->waiting) {
		ssize_t n = write(capture->fd, capture->buffer + done, capture->waiting - done);
		if (n > 0) {
			done += (size_t)n;
		} else if (n == 0 || errno != EINTR) {
			stop_failed(capture, n == 0 ? ENOSPC : errno);
			return;
		}
	}
	capture->written += capture->waiting;
	capture->waiting = 0;
}

void capture_add(struct capture *capture, const struct pcap_packet *packet)
{
	if (!capture->stopped && BUFFER_SIZE - capture->waiting < PCAP_PACKET_MAX)
		capture_flush(capture);
	if (capture->stopped)
		return;
	size_t size = pcap_write_packet(packet, capture->buffer + capture->waiting);
	if (capture->written + capture->waiting + size > capture->size_max) {
		capture_flush(capture);
		if (!capture->stopped)
			stop_full(capture);
		return;
	}
	capture->waiting += size;
}
