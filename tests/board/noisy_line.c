/* SPDX-License-Identifier: MIT
 *
 * noisy_line: a bad cable between a board and its reader, both on pseudo-terminals.
 *
 * Up is from the board, down is to it. There is flow control as far as there are
 * readers: what the gateway writes waits for the board. What comes while the other
 * side is closed is lost, as on a real cable.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "board_pty.h"
#include "linetool/clock.h"
#include "linetool/noise.h"
#include "linetool/numbers.h"

#define IDLE_NS (200 * NS_PER_MS) /* how late a signal that just missed ppoll() may be seen */
#define LOOK_NS (10 * NS_PER_MS) /* how often an absent side is looked for */

struct options {
	const char *to;
	const char *link;
	struct noise_rates rates;
	uint64_t delay_ms;
	uint64_t seed;
	bool only_up, only_down;
};

struct way {
	struct noise noise;
	int64_t delay_ns;
	int64_t held_until;
	size_t taken, received; /* in[taken..received] has not been passed */
	size_t gone, passed; /* out[gone..passed] has not been written */
	uint64_t unheard; /* bytes for which nobody was there */
	uint8_t in[65536]; /* a delay of 300 ms at 2 Mbaud */
	uint8_t out[4096];
};

struct cable {
	const char *to;
	int board; /* -1: it is not there */
	struct board_pty gateway;
	bool attached; /* the gateway has its side open */
	struct way up, down;
};

static volatile sig_atomic_t stopping;
static volatile sig_atomic_t reporting;

static void note_signal(int number)
{
	if (number == SIGUSR1)
		reporting = 1;
	else
		stopping = 1;
}

/* ---- one direction ----------------------------------------------------- */

static bool has_room(const struct way *way)
{
	return way->received < sizeof way->in;
}

/* Returns false if that side is gone. */
static bool fill(struct way *way, int from)
{
	if (way->taken == way->received)
		way->taken = way->received = 0;
	if (from < 0 || !has_room(way))
		return true;
	ssize_t n = read(from, way->in + way->received, sizeof way->in - way->received);
	if (n > 0)
		way->received += (size_t)n;
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* After a delay the bytes go when its time is over, in their order. */
static void pass(struct way *way, int64_t now)
{
	while (way->taken < way->received && way->passed + 2 <= sizeof way->out) {
		bool delayed;
		if (way->held_until > now)
			return;
		way->passed += noise_pass(&way->noise, way->in[way->taken++],
					  way->out + way->passed, &delayed);
		if (delayed)
			way->held_until = now + way->delay_ns;
	}
}

/* Returns false if that side is gone. */
static bool drain(struct way *way, int to)
{
	ssize_t n = 0;

	if (way->gone == way->passed)
		return true;
	if (to < 0) {
		way->unheard += way->passed - way->gone;
		way->gone = way->passed;
	} else {
		n = write(to, way->out + way->gone, way->passed - way->gone);
		if (n > 0)
			way->gone += (size_t)n;
	}
	if (way->gone == way->passed)
		way->gone = way->passed = 0;
	return n >= 0 || errno == EAGAIN || errno == EINTR;
}

static void report(const char *name, const struct way *way)
{
	const struct noise *noise = &way->noise;

	printf("%s bytes %" PRIu64 " flipped %" PRIu64 " dropped %" PRIu64 " doubled %" PRIu64
	       " delayed %" PRIu64 " unheard %" PRIu64 "\n",
	       name, noise->bytes, noise->hit[FAULT_FLIP], noise->hit[FAULT_DROP],
	       noise->hit[FAULT_DOUBLE], noise->delayed, way->unheard);
	fflush(stdout);
}

/* ---- both -------------------------------------------------------------- */

static void look_for_board(struct cable *cable)
{
	struct termios mode;

	if (cable->board >= 0)
		return;
	cable->board = open(cable->to, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (cable->board < 0 || tcgetattr(cable->board, &mode) != 0)
		return;
	cfmakeraw(&mode);
	tcsetattr(cable->board, TCSANOW, &mode);
}

static void look_for_gateway(struct cable *cable)
{
	bool before = cable->attached;

	cable->attached = board_pty_attached(&cable->gateway);
	if (before && !cable->attached)
		board_pty_forget(&cable->gateway);
}

static void move_bytes(struct cable *cable)
{
	int64_t now = now_ns();
	bool board_there = fill(&cable->up, cable->board);

	fill(&cable->down, cable->gateway.fd);
	pass(&cable->up, now);
	pass(&cable->down, now);
	drain(&cable->up, cable->attached ? cable->gateway.fd : -1);
	board_there = drain(&cable->down, cable->board) && board_there;
	if (!board_there && cable->board >= 0) {
		close(cable->board);
		cable->board = -1;
	}
}

/* When to look again, though nothing has happened. */
static int64_t patience(const struct cable *cable)
{
	const struct way *ways[] = {&cable->up, &cable->down};
	int64_t now = now_ns();
	int64_t wait = cable->board < 0 || !cable->attached ? LOOK_NS : IDLE_NS;

	for (size_t i = 0; i < 2; i++) {
		int64_t held = ways[i]->held_until - now;
		if (ways[i]->taken < ways[i]->received && held > 0 && held < wait)
			wait = held;
		if (ways[i]->taken < ways[i]->received && held <= 0 && ways[i]->passed == 0)
			wait = 0;
	}
	return wait;
}

static short wanted(const struct way *in, const struct way *out)
{
	return (short)((has_room(in) ? POLLIN : 0) | (out->gone < out->passed ? POLLOUT : 0));
}

/* A side that is closed would be ready at once, for ever: it is looked for instead. */
static void wait_for_bytes(struct cable *cable)
{
	int64_t ns = patience(cable);
	struct timespec time = {.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
	struct pollfd sides[2] = {
		{.fd = cable->board, .events = wanted(&cable->up, &cable->down)},
		{.fd = cable->attached ? cable->gateway.fd : -1,
		 .events = wanted(&cable->down, &cable->up)},
	};

	ppoll(sides, 2, &time, NULL);
}

static void run(struct cable *cable)
{
	while (!stopping) {
		look_for_board(cable);
		look_for_gateway(cable);
		move_bytes(cable);
		if (reporting) {
			reporting = 0;
			report("up", &cable->up);
			report("down", &cable->down);
		}
		wait_for_bytes(cable);
	}
	report("up", &cable->up);
	report("down", &cable->down);
}

/* ---- the command line -------------------------------------------------- */

static void print_help(void)
{
	puts("Usage: noisy_line --to PATH --link PATH [OPTION]...\n"
	     "A bad cable: what passes between the serial port --to and the new one --link\n"
	     "is damaged. P is how likely that is for a byte, as 0.001.\n"
	     "\n"
	     "  --flip P          one of its bits is wrong\n"
	     "  --drop P          it is lost\n"
	     "  --double P        it comes twice\n"
	     "  --delay P         what follows it comes --delay-ms N later (default 50)\n"
	     "  --burst           all but delays come in runs of 1 to 31 bytes\n"
	     "  --seed N          the same seed does the same to the same bytes (default 1)\n"
	     "  --up-only         only what the board says is damaged\n"
	     "  --down-only       only what the board hears is damaged\n"
	     "  --help            show this\n"
	     "\n"
	     "Prints the new port's path. The board may come and go. At SIGUSR1, and at its end\n"
	     "by SIGINT or SIGTERM, it says what it did, each way.");
}

static bool take(int name, const char *value, struct options *options)
{
	struct noise_rates *rates = &options->rates;

	switch (name) {
	case 't':
		options->to = value;
		return true;
	case 'l':
		options->link = value;
		return true;
	case 'f':
		return parse_number(value, 0, 1, &rates->fault[FAULT_FLIP]);
	case 'd':
		return parse_number(value, 0, 1, &rates->fault[FAULT_DROP]);
	case '2':
		return parse_number(value, 0, 1, &rates->fault[FAULT_DOUBLE]);
	case 'w':
		return parse_number(value, 0, 1, &rates->delay);
	case 'm':
		return parse_whole(value, 1, 60000, &options->delay_ms);
	case 's':
		return parse_whole(value, 0, UINT64_MAX, &options->seed);
	case 'b':
		rates->burst = true;
		return true;
	case 'U':
		options->only_up = true;
		return true;
	case 'D':
		options->only_down = true;
		return true;
	default:
		return false;
	}
}

/* Returns -1 to go on, or the code to exit with. */
static int parse(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {{"to", required_argument, NULL, 't'},
					      {"link", required_argument, NULL, 'l'},
					      {"flip", required_argument, NULL, 'f'},
					      {"drop", required_argument, NULL, 'd'},
					      {"double", required_argument, NULL, '2'},
					      {"delay", required_argument, NULL, 'w'},
					      {"delay-ms", required_argument, NULL, 'm'},
					      {"seed", required_argument, NULL, 's'},
					      {"burst", no_argument, NULL, 'b'},
					      {"up-only", no_argument, NULL, 'U'},
					      {"down-only", no_argument, NULL, 'D'},
					      {"help", no_argument, NULL, 'h'},
					      {0}};
	int name;

	while ((name = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (name == 'h') {
			print_help();
			return EXIT_SUCCESS;
		}
		if (!take(name, optarg, options)) {
			fprintf(stderr, "noisy_line: see noisy_line --help\n");
			return 2;
		}
	}
	if (optind < argc || options->to == NULL || options->link == NULL ||
	    (options->only_up && options->only_down)) {
		fprintf(stderr, "noisy_line: say --to and --link; see noisy_line --help\n");
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
	static const struct noise_rates silence;
	static struct cable cable = {.board = -1, .gateway.fd = -1};
	struct options options = {.delay_ms = 50, .seed = 1};
	int code = parse(argc, argv, &options);

	if (code >= 0)
		return code;
	catch_signals();
	cable.to = options.to;
	cable.up.delay_ns = cable.down.delay_ns = (int64_t)options.delay_ms * NS_PER_MS;
	/* Two seeds, so that one direction's bytes do not change what befalls the other. */
	noise_begin(&cable.up.noise, options.only_down ? &silence : &options.rates, options.seed);
	noise_begin(&cable.down.noise, options.only_up ? &silence : &options.rates, ~options.seed);
	if (!board_pty_open(&cable.gateway, options.link))
		return EXIT_FAILURE;
	printf("%s\n", cable.gateway.slave);
	fflush(stdout);
	run(&cable);
	board_pty_close(&cable.gateway);
	if (cable.board >= 0)
		close(cable.board);
	return EXIT_SUCCESS;
}
