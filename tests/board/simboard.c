/* SPDX-License-Identifier: MIT
 *
 * simboard: run a compiled sketch on a simulated Arduino Uno, in real time.
 *
 * simavr executes the firmware's instructions; its UART is a pseudo-terminal
 * and its analog inputs move. As with a real cable, what the board sends while
 * nobody listens, or faster than somebody reads, is lost.
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <avr_adc.h>
#include <avr_uart.h>
#include <sim_avr.h>
#include <sim_elf.h>
#include <sim_time.h>

#include "board_pty.h"

#define FREQUENCY_HZ 16000000u
#define TICK_NS 2000000 /* how often the simulation catches up with the clock */
#define NS_PER_S 1000000000
#define SUPPLY_MV 5000

struct options {
	const char *firmware;
	const char *link;
	double seconds; /* 0: until told to stop */
	bool reset_on_open;
};

struct board {
	avr_t *avr;
	avr_irq_t *uart;
	avr_irq_t *adc;
	struct board_pty pty;
	bool attached; /* somebody has the other end of the pty open */
	bool uart_ready; /* the UART's input has room (XON) */
	uint32_t noise;
	size_t sent; /* bytes waiting in out */
	uint8_t out[1024]; /* what the UART sent in this tick; 2 Mbaud fill half */
	size_t taken, received; /* in[taken..received] waits for the UART */
	uint8_t in[256];
	uint64_t lost; /* bytes that nobody read */
};

static volatile sig_atomic_t stopping;

static void stop(int signal_number)
{
	(void)signal_number;
	stopping = 1;
}

/* ---- the UART ---------------------------------------------------------- */

static void uart_sent(avr_irq_t *irq, uint32_t value, void *param)
{
	struct board *board = param;

	(void)irq;
	if (board->sent < sizeof board->out)
		board->out[board->sent++] = (uint8_t)value;
	else
		board->lost++;
}

/*
 * The UART says XON again and again while it has room, and XOFF from within
 * avr_raise_irq() when a byte has filled it. Bytes sent after that would be lost.
 */
static void feed_uart(struct board *board)
{
	while (board->uart_ready && board->taken < board->received)
		avr_raise_irq(board->uart + UART_IRQ_INPUT, board->in[board->taken++]);
}

static void uart_xon(avr_irq_t *irq, uint32_t value, void *param)
{
	struct board *board = param;

	(void)irq, (void)value;
	board->uart_ready = true;
	feed_uart(board);
}

static void uart_xoff(avr_irq_t *irq, uint32_t value, void *param)
{
	struct board *board = param;

	(void)irq, (void)value;
	board->uart_ready = false;
}

static void receive(struct board *board)
{
	if (board->taken == board->received) {
		board->taken = 0;
		board->received = board_pty_read(&board->pty, board->in, sizeof board->in);
	}
	feed_uart(board);
}

static void transmit(struct board *board)
{
	size_t gone = 0;

	if (board->attached && board->sent > 0)
		gone = board_pty_write(&board->pty, board->out, board->sent);
	board->lost += board->sent - gone;
	board->sent = 0;
}

/* ---- the analog inputs ------------------------------------------------- */

static double noise(struct board *board)
{
	board->noise = board->noise * 1664525u + 1013904223u;
	return (double)(board->noise >> 8) / (1 << 24) - 0.5;
}

static void set_input(struct board *board, int input, double millivolts)
{
	double limited = fmin(fmax(millivolts, 0), SUPPLY_MV - 1);

	avr_raise_irq(board->adc + ADC_IRQ_ADC0 + input, (uint32_t)limited);
}

/*
 * A0 swings between 0.6 V and 0.9 V in 20 s: a TMP36 between 10 and 40 degrees.
 * A1 climbs from 0.5 V to 4.5 V in 15 s, with 0.1 V of noise, and starts again.
 */
static void move_inputs(struct board *board)
{
	double t = (double)board->avr->cycle / FREQUENCY_HZ;

	set_input(board, 0, 750 + 150 * sin(2 * acos(-1.0) * t / 20));
	set_input(board, 1, 500 + 4000 * fmod(t, 15) / 15 + 100 * noise(board));
}

/* ---- the machine ------------------------------------------------------- */

/* simavr never frees its interrupt lines; LeakSanitizer asks here what to overlook. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libsimavr";
}

static void be_silent(struct avr_t *avr, const int level, const char *format, va_list arguments)
{
	(void)avr, (void)level, (void)format, (void)arguments;
}

/* simavr would sleep here while the processor does; run_until() does it instead. */
static void sleep_elsewhere(avr_t *avr, avr_cycle_count_t cycles)
{
	(void)avr, (void)cycles;
}

static void free_firmware(elf_firmware_t *firmware)
{
	for (uint32_t i = 0; i < firmware->symbolcount; i++)
		free(firmware->symbol[i]);
	free(firmware->symbol);
	free(firmware->flash);
	free(firmware->eeprom);
}

/* After reading: that clears the whole struct, and an Arduino ELF says none of this. */
static void power_and_load(avr_t *avr, elf_firmware_t *firmware)
{
	firmware->frequency = FREQUENCY_HZ;
	firmware->vcc = SUPPLY_MV;
	firmware->avcc = SUPPLY_MV;
	firmware->aref = SUPPLY_MV;
	avr_load_firmware(avr, firmware);
}

static bool load_firmware(avr_t *avr, const char *path)
{
	elf_firmware_t firmware = {0};

	if (access(path, R_OK) != 0) {
		fprintf(stderr, "simboard: cannot read %s: %s\n", path, strerror(errno));
		return false;
	}
	bool loaded = elf_read_firmware(path, &firmware) == 0 && firmware.flashsize > 0;
	if (loaded)
		power_and_load(avr, &firmware);
	else
		fprintf(stderr, "simboard: %s is no program for an AVR\n", path);
	free_firmware(&firmware);
	return loaded;
}

static void wire_up(struct board *board)
{
	uint32_t flags = 0; /* the default would echo to stdout, and sleep by itself */

	avr_ioctl(board->avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
	board->uart = avr_io_getirq(board->avr, AVR_IOCTL_UART_GETIRQ('0'), 0);
	board->adc = avr_io_getirq(board->avr, AVR_IOCTL_ADC_GETIRQ, 0);
	avr_irq_register_notify(board->uart + UART_IRQ_OUTPUT, uart_sent, board);
	avr_irq_register_notify(board->uart + UART_IRQ_OUT_XON, uart_xon, board);
	avr_irq_register_notify(board->uart + UART_IRQ_OUT_XOFF, uart_xoff, board);
}

static bool board_start(struct board *board, const struct options *options)
{
	avr_global_logger_set(be_silent);
	board->avr = avr_make_mcu_by_name("atmega328p");
	if (board->avr == NULL) {
		fprintf(stderr, "simboard: this simavr has no ATmega328P\n");
		return false;
	}
	avr_init(board->avr);
	board->avr->sleep = sleep_elsewhere;
	wire_up(board);
	return load_firmware(board->avr, options->firmware) &&
	       board_pty_open(&board->pty, options->link);
}

static void board_stop(struct board *board)
{
	if (board->pty.fd >= 0)
		board_pty_close(&board->pty);
	if (board->avr != NULL) {
		avr_terminate(board->avr);
		free(board->avr);
	}
}

/* Opening the port of a real Arduino Uno pulses DTR, which resets it. */
static void notice_opening(struct board *board, bool reset_on_open)
{
	bool attached = board_pty_attached(&board->pty);

	if (attached && !board->attached && reset_on_open) {
		board->uart_ready = false;
		avr_reset(board->avr);
	}
	board->attached = attached;
}

/* Returns false when the firmware has stopped for good. */
static bool run_until(struct board *board, avr_cycle_count_t cycle)
{
	int state = cpu_Running;

	while (board->avr->cycle < cycle && state != cpu_Done && state != cpu_Crashed)
		state = avr_run(board->avr);
	return state != cpu_Done && state != cpu_Crashed;
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * (int64_t)NS_PER_S + now.tv_nsec;
}

static avr_cycle_count_t cycles_in(int64_t ns)
{
	return (avr_cycle_count_t)(ns / 1000) * (FREQUENCY_HZ / 1000000);
}

static bool run(struct board *board, const struct options *options)
{
	int64_t begin = now_ns();
	int64_t last = begin;
	avr_cycle_count_t goal = board->avr->cycle;
	bool alive = true;

	while (alive && !stopping) {
		int64_t now = now_ns();
		if (options->seconds > 0 && (double)(now - begin) >= options->seconds * NS_PER_S)
			break;
		/* A machine that stood still makes the board late, not hasty. */
		int64_t step = now - last < NS_PER_S / 4 ? now - last : NS_PER_S / 4;
		goal += cycles_in(step);
		last = now;
		notice_opening(board, options->reset_on_open);
		receive(board);
		move_inputs(board);
		alive = run_until(board, goal);
		transmit(board);
		nanosleep(&(struct timespec){.tv_nsec = TICK_NS}, NULL);
	}
	if (!alive)
		fprintf(stderr, "simboard: the firmware crashed or stopped\n");
	return alive;
}

/* ---- the command line -------------------------------------------------- */

static void print_help(void)
{
	puts("Usage: simboard [OPTION]... FIRMWARE.elf\n"
	     "Run a sketch on a simulated Arduino Uno whose serial port is a pseudo-terminal.\n"
	     "\n"
	     "  --link PATH       make PATH a symbolic link to the serial port\n"
	     "  --seconds N       stop after N seconds; default: at SIGINT or SIGTERM\n"
	     "  --reset-on-open   restart the sketch when the port is opened, as a real Uno\n"
	     "  --help            show this\n"
	     "\n"
	     "Prints the serial port's path once it can be opened. A0 is driven by a slow\n"
	     "sine, A1 by a noisy ramp. What nobody reads is lost, as on a real board.");
}

static bool parse_seconds(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && *end == '\0' && *out > 0 && *out < 1e9;
}

/* Returns -1 to go on, or the code to exit with. */
static int parse(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {{"link", required_argument, NULL, 'l'},
					      {"seconds", required_argument, NULL, 's'},
					      {"reset-on-open", no_argument, NULL, 'r'},
					      {"help", no_argument, NULL, 'h'},
					      {0}};
	int name;

	while ((name = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (name == 'l') {
			options->link = optarg;
		} else if (name == 'r') {
			options->reset_on_open = true;
		} else if (name == 'h') {
			print_help();
			return EXIT_SUCCESS;
		} else if (name != 's' || !parse_seconds(optarg, &options->seconds)) {
			fprintf(stderr, "simboard: see simboard --help\n");
			return 2;
		}
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "simboard: name one firmware file; see simboard --help\n");
		return 2;
	}
	options->firmware = argv[optind];
	return -1;
}

int main(int argc, char **argv)
{
	struct options options = {0};
	struct board board = {.pty = {.fd = -1}, .noise = 1};
	struct sigaction action = {.sa_handler = stop};
	int code = parse(argc, argv, &options);

	if (code >= 0)
		return code;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);

	bool good = board_start(&board, &options);
	if (good) {
		printf("%s\n", board.pty.slave);
		fflush(stdout);
		good = run(&board, &options);
	}
	board_stop(&board);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
