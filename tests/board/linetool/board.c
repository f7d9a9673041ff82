/* SPDX-License-Identifier: MIT */
#include "board.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

#define TICK_NS (4 * NS_PER_MS) /* a busy UART's bytes go this often, all together */
#define LATE_NS (50 * NS_PER_MS) /* a machine that stood still makes a board late, not hasty */
#define LOOK_NS (20 * NS_PER_MS) /* how often it looks whether somebody opened a port */
#define SETTLE_NS (100 * NS_PER_MS) /* the kernel shows a byte only some time after it was sent */
#define BITS_PER_BYTE 10

bool board_start(struct board *board, const struct options *options, unsigned number)
{
	uint32_t nonce = (uint32_t)(now_ns() / NS_PER_MS) * 2654435761u + number * 40503u +
			 (uint32_t)getpid();
	char suffix[8] = "";
	char name[64];

	board->pty.fd = -1;
	if (options->boards > 1)
		snprintf(suffix, sizeof suffix, "%u", number);
	snprintf(board->link, sizeof board->link, "%s%s", options->link, suffix);
	snprintf(name, sizeof name, "%s%s", options->name, suffix);
	if (strlen(options->link) + sizeof suffix > sizeof board->link ||
	    strlen(options->name) + sizeof suffix > sizeof name ||
	    !kit_boot(&board->kit, &options->kit, name, nonce, now_ns())) {
		fprintf(stderr, "scripted_board: --link or --name is too long\n");
		return false;
	}
	board->paid_at = now_ns();
	return board_pty_open(&board->pty, board->link);
}

/* A plain board waits until somebody listens, and then counts. */
static size_t say_plainly(struct board *board, const struct kit_settings *settings, int64_t now)
{
	struct kit *kit = &board->kit;

	if (!board->attached || (settings->count > 0 && kit->measured == settings->count))
		return 0;
	if (kit->counts.began_at == 0)
		kit->counts.began_at = kit->measure_at = now;
	if (settings->rate > 0) {
		if (now < kit->measure_at)
			return 0;
		kit->measure_at += (int64_t)((double)NS_PER_S / settings->rate);
	}
	kit->counts.sent++;
	kit->counts.ended_at = now;
	return (size_t)snprintf(board->line, sizeof board->line, "n:%" PRIu32 "\r\n",
				++kit->measured);
}

static bool has_more(struct board *board, const struct options *options, int64_t now)
{
	if (board->at < board->length)
		return true;
	board->at = 0;
	board->length = options->plain ? say_plainly(board, &options->kit, now)
				       : kit_say(&board->kit, board->line, now);
	return board->length > 0;
}

/* The time that has passed is what the UART had for sending, if it had anything to send. */
static void earn(struct board *board, uint64_t baud, int64_t now)
{
	int64_t time = now - board->paid_at < LATE_NS ? now - board->paid_at : LATE_NS;

	board->paid_at = now;
	if (board->busy)
		board->credit += (double)time / (double)NS_PER_S * (double)baud / BITS_PER_BYTE;
	else
		board->credit = 1;
}

static void speak(struct board *board, const struct options *options, int64_t now)
{
	uint8_t bytes[16384];
	size_t count = 0;

	earn(board, options->baud, now);
	board->busy = has_more(board, options, now);
	while (board->busy && board->credit >= 1 && count < sizeof bytes) {
		size_t n = board->length - board->at;
		if (n > sizeof bytes - count)
			n = sizeof bytes - count;
		if ((double)n > board->credit)
			n = (size_t)board->credit;
		memcpy(bytes + count, board->line + board->at, n);
		count += n;
		board->at += n;
		board->credit -= (double)n;
		board->busy = has_more(board, options, now);
	}
	size_t gone = board->attached && count > 0 ? board_pty_write(&board->pty, bytes, count) : 0;
	board->lost += count - gone;
}

static void listen_to(struct board *board, bool plain, int64_t now)
{
	uint8_t bytes[4096];
	size_t count = board_pty_read(&board->pty, bytes, sizeof bytes);

	if (count > 0 && !plain)
		kit_hear(&board->kit, bytes, count, now);
}

static void look(struct board *board)
{
	bool before = board->attached;

	board->attached = board_pty_attached(&board->pty);
	if (before && !board->attached)
		board_pty_forget(&board->pty);
}

void board_report(const struct board *board)
{
	const struct kit_counts *counts = &board->kit.counts;
	double seconds = counts->ended_at > counts->began_at
				 ? (double)(counts->ended_at - counts->began_at) / (double)NS_PER_S
				 : 0;

	printf("board %s sent %" PRIu64 " resent %" PRIu64 " acknowledged %" PRIu64
	       " dropped %" PRIu64 " lost_bytes %" PRIu64 " seconds %.3f\n",
	       board->kit.name, counts->sent, counts->resent, counts->acknowledged, counts->dropped,
	       board->lost, seconds);
}

bool board_is_done(struct board *board, const struct options *options, int64_t now)
{
	if (!options->plain)
		return kit_is_done(&board->kit);
	if (options->kit.count == 0 || board->kit.measured < options->kit.count || board->busy ||
	    board_pty_unread(&board->pty) > 0)
		board->unread_at = now;
	return now - board->unread_at > SETTLE_NS;
}

void board_turn(struct board *board, const struct options *options, int64_t now)
{
	look(board);
	listen_to(board, options->plain, now);
	speak(board, options, now);
}

int64_t board_wakes_at(const struct board *board, const struct options *options, int64_t now)
{
	int64_t at = kit_wakes_at(&board->kit);

	if (board->busy)
		return now + TICK_NS;
	if (options->plain && options->kit.rate > 0 && board->kit.counts.began_at > 0)
		at = board->kit.measure_at;
	/* That a port is opened or, of the plain, read to its end, must be looked for. */
	if ((options->plain || !board->attached) && at > now + LOOK_NS)
		at = now + LOOK_NS;
	return at > now ? at : now + TICK_NS;
}
