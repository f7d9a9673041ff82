/* SPDX-License-Identifier: MIT
 *
 * scripted_board: one board or many on pseudo-terminals, each as busy as its UART
 * allows. They play kits by docs/line-protocol.md, or print plain lines.
 *
 * A byte takes the time of ten bits. What nobody reads is lost, as on a real cable.
 */
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "linetool/board.h"
#include "linetool/clock.h"
#include "linetool/numbers.h"

#define IDLE_NS (200 * NS_PER_MS) /* how late a signal that just missed ppoll() may be seen */

static volatile sig_atomic_t stopping;
static volatile sig_atomic_t reporting;

static void note_signal(int number)
{
	if (number == SIGUSR1)
		reporting = 1;
	else
		stopping = 1;
}

/* ---- all of them ------------------------------------------------------- */

static int64_t next_event(const struct board *boards, const struct options *options, int64_t now)
{
	int64_t at = now + IDLE_NS;

	for (size_t i = 0; i < options->boards; i++) {
		int64_t own = board_wakes_at(&boards[i], options, now);
		at = own < at ? own : at;
	}
	return at;
}

/* While one is busy all wait for its next tick, so that not each byte costs a wake-up. */
static void wait_for(const struct board *boards, const struct options *options)
{
	static struct pollfd ends[BOARDS];
	int64_t now = now_ns();
	int64_t ns = next_event(boards, options, now) - now;
	bool idle = true;

	for (size_t i = 0; i < options->boards; i++) {
		ends[i] = (struct pollfd){.fd = boards[i].attached ? boards[i].pty.fd : -1,
					  .events = POLLIN};
		idle = idle && !boards[i].busy;
	}
	struct timespec time = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
	ppoll(ends, idle ? options->boards : 0, &time, NULL);
}

/* Returns how many are done. */
static size_t turn(struct board *boards, const struct options *options)
{
	int64_t now = now_ns();
	size_t done = 0;

	for (size_t i = 0; i < options->boards; i++) {
		struct board *board = &boards[i];
		board_turn(board, options, now);
		done += board_is_done(board, options, now);
	}
	return done;
}

static void report_all(const struct board *boards, const struct options *options)
{
	struct kit_counts sum = {0};

	for (size_t i = 0; i < options->boards; i++) {
		const struct kit_counts *counts = &boards[i].kit.counts;
		board_report(&boards[i]);
		sum.sent += counts->sent;
		sum.resent += counts->resent;
		sum.acknowledged += counts->acknowledged;
		sum.dropped += counts->dropped;
	}
	printf("all %" PRIu64 " sent %" PRIu64 " resent %" PRIu64 " acknowledged %" PRIu64
	       " dropped %" PRIu64 "\n",
	       options->boards, sum.sent, sum.resent, sum.acknowledged, sum.dropped);
	fflush(stdout);
}

/* Returns false if time was over before they were done. */
static bool run(struct board *boards, const struct options *options)
{
	int64_t begin = now_ns();
	bool done = false;
	bool late = false;

	while (!done && !stopping && !late) {
		done = turn(boards, options) == options->boards;
		if (reporting) {
			reporting = 0;
			report_all(boards, options);
		}
		if (!done)
			wait_for(boards, options);
		late = options->seconds > 0 &&
		       (double)(now_ns() - begin) >= options->seconds * (double)NS_PER_S;
	}
	report_all(boards, options);
	return done || options->kit.count == 0;
}

/* ---- the command line -------------------------------------------------- */

static void print_help(void)
{
	puts("Usage: scripted_board --link PATH [OPTION]...\n"
	     "Boards that measure n = 1, 2, 3 as fast as the line allows, and say them by the\n"
	     "line protocol until all are acknowledged.\n"
	     "\n"
	     "  --link PATH       make PATH a symbolic link to the serial port\n"
	     "  --boards K        K boards: PATH1 to PATHK, with the names NAME1 to NAMEK\n"
	     "  --name NAME       what the kit is called; default: board\n"
	     "  --count N         end after N measurements of each; default: never\n"
	     "  --baud B          how fast the line is; default: 115200\n"
	     "  --rate R          R measurements a second instead; without room the oldest go\n"
	     "  --ring N          how many readings a kit holds, to 1024; default: 32\n"
	     "  --plain           print \"n:1\" and so on, without any protocol\n"
	     "  --seconds N       end after N seconds at the latest\n"
	     "  --help            show this\n"
	     "\n"
	     "Prints the ports' paths, and what the boards did at SIGUSR1 and at the end, which\n"
	     "SIGINT and SIGTERM bring. Plain boards begin when somebody opens the port. Fails\n"
	     "if not all was done in time. A kit obeys the command \"led\".");
}

static bool take(int name, const char *value, struct options *options)
{
	uint64_t number = 0;
	bool good;

	switch (name) {
	case 'l':
		options->link = value;
		return true;
	case 'n':
		options->name = value;
		return true;
	case 'c':
		good = parse_whole(value, 0, 4000000000, &number);
		options->kit.count = (uint32_t)number;
		return good;
	case 'i':
		good = parse_whole(value, 1, KIT_RING, &number);
		options->kit.ring = (uint32_t)number;
		return good;
	case 'r':
		return parse_number(value, 1e-3, 1e6, &options->kit.rate);
	case 'b':
		return parse_whole(value, 300, 4000000, &options->baud);
	case 'k':
		return parse_whole(value, 1, BOARDS, &options->boards);
	case 's':
		return parse_number(value, 1e-3, 1e6, &options->seconds);
	case 'p':
		options->plain = true;
		return true;
	default:
		return false;
	}
}

/* Returns -1 to go on, or the code to exit with. */
static int parse(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {{"link", required_argument, NULL, 'l'},
					      {"name", required_argument, NULL, 'n'},
					      {"count", required_argument, NULL, 'c'},
					      {"ring", required_argument, NULL, 'i'},
					      {"rate", required_argument, NULL, 'r'},
					      {"baud", required_argument, NULL, 'b'},
					      {"boards", required_argument, NULL, 'k'},
					      {"seconds", required_argument, NULL, 's'},
					      {"plain", no_argument, NULL, 'p'},
					      {"help", no_argument, NULL, 'h'},
					      {0}};
	int name;

	while ((name = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (name == 'h') {
			print_help();
			return EXIT_SUCCESS;
		}
		if (!take(name, optarg, options)) {
			fprintf(stderr, "scripted_board: see scripted_board --help\n");
			return 2;
		}
	}
	if (optind < argc || options->link == NULL) {
		fprintf(stderr, "scripted_board: say --link; see scripted_board --help\n");
		return 2;
	}
	return -1;
}

static void catch_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
	struct sigaction action = {.sa_handler = note_signal};

	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &action, NULL);
}

int main(int argc, char **argv)
{
	struct options options = {.name = "board", .baud = 115200, .boards = 1, .kit.ring = 32};
	int code = parse(argc, argv, &options);
	bool good = true;
	size_t started = 0;

	if (code >= 0)
		return code;
	catch_signals();
	struct board *boards = calloc(options.boards, sizeof *boards);
	if (boards == NULL)
		return EXIT_FAILURE;
	while (good && started < options.boards) {
		good = board_start(&boards[started], &options, (unsigned)started + 1);
		started++;
	}
	for (size_t i = 0; good && i < started; i++)
		printf("%s\n", boards[i].pty.slave);
	fflush(stdout);
	good = good && run(boards, &options);
	for (size_t i = 0; i < started; i++)
		board_pty_close(&boards[i].pty);
	free(boards);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
