/* SPDX-License-Identifier: MIT
 *
 * simboard: run a compiled sketch on a simulated Arduino, in real time.
 *
 * simavr executes the firmware's instructions; its UART is a pseudo-terminal
 * and its analog inputs move. As with a real cable, what the board sends while
 * nobody listens, or faster than somebody reads, is lost.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <avr_adc.h>
#include <sim_avr.h>
#include <sim_elf.h>
#include <sim_regbit.h>
#include <sim_time.h>

#include "simboard_options.h"
#include "simboard_pins.h"
#include "simboard_serial.h"
#include "simboard_sleep.h"

#define FREQUENCY_HZ 16000000u
#define TICK_NS 2000000 /* how often the simulation catches up with the clock */
#define NS_PER_S 1000000000
#define SUPPLY_MV 5000

struct board {
	avr_t *avr;
	avr_irq_t *adc;
	const int *inputs; /* the channels of A0 and A1 */
	uint32_t noise;
	struct serial serial;
	struct pins pins;
	struct deep_sleep sleep;
};

static volatile sig_atomic_t stopping;
static volatile sig_atomic_t resetting;
static volatile sig_atomic_t plugging;

static void note_signal(int number)
{
	if (number == SIGUSR1)
		resetting = 1;
	else if (number == SIGUSR2)
		plugging = 1;
	else
		stopping = 1;
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

	set_input(board, board->inputs[0], 750 + 150 * sin(2 * acos(-1.0) * t / 20));
	set_input(board, board->inputs[1], 500 + 4000 * fmod(t, 15) / 15 + 100 * noise(board));
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
	/* simavr would abort. */
	loaded = loaded && firmware.flashbase + firmware.flashsize <= avr->flashend + 1;
	if (loaded)
		power_and_load(avr, &firmware);
	else
		fprintf(stderr, "simboard: %s is no program for an %s\n", path, avr->mmcu);
	free_firmware(&firmware);
	return loaded;
}

static bool board_start(struct board *board, const struct options *options)
{
	const struct machine *machine = options->machine;

	avr_global_logger_set(be_silent);
	board->avr = avr_make_mcu_by_name(machine->mcu);
	if (board->avr == NULL) {
		fprintf(stderr, "simboard: this simavr has no %s\n", machine->mcu);
		return false;
	}
	avr_init(board->avr);
	board->avr->sleep = sleep_elsewhere;
	board->adc = avr_io_getirq(board->avr, AVR_IOCTL_ADC_GETIRQ, 0);
	board->inputs = machine->inputs;
	serial_wire(&board->serial, board->avr, machine->uart);
	deep_sleep_watch(&board->sleep, board->avr);
	return pins_watch(&board->pins, board->avr, options->pins, options->pin_count) &&
	       load_firmware(board->avr, options->firmware) &&
	       serial_plug(&board->serial, options->link);
}

static void board_stop(struct board *board)
{
	serial_unplug(&board->serial);
	if (board->avr != NULL) {
		avr_terminate(board->avr);
		free(board->avr);
	}
}

/* As the reset button: it leaves the RAM as it is. */
static void reset(struct board *board)
{
	deep_sleep_forget(&board->sleep);
	serial_reset(&board->serial);
	avr_reset(board->avr);
	avr_regbit_set(board->avr, board->avr->reset_flags.extrf);
}

static void pull_or_put_cable(struct board *board, const char *link)
{
	if (board->serial.pty.fd >= 0) {
		serial_unplug(&board->serial);
		puts("unplugged");
	} else if (serial_plug(&board->serial, link)) {
		printf("plugged %s\n", board->serial.pty.slave);
	}
	fflush(stdout);
}

static void obey_signals(struct board *board, const struct options *options)
{
	if (resetting) {
		resetting = 0;
		reset(board);
		puts("reset");
		fflush(stdout);
	}
	if (plugging) {
		plugging = 0;
		pull_or_put_cable(board, options->link);
	}
}

static avr_cycle_count_t wake_simavr(avr_t *avr, avr_cycle_count_t when, void *param)
{
	(void)avr, (void)when, (void)param;
	return 0;
}

/* Returns false when the firmware has stopped for good. */
static bool run_until(struct board *board, avr_cycle_count_t cycle)
{
	avr_t *avr = board->avr;
	int state = avr->state;

	/* A sleep would else be skipped in one go, though a watchdog may sleep for 8 s. */
	if (avr->cycle < cycle)
		avr_cycle_timer_register(avr, cycle - avr->cycle, wake_simavr, NULL);
	while (avr->cycle < cycle && state != cpu_Done && state != cpu_Crashed) {
		state = avr_run(avr);
		if (state == cpu_Sleeping)
			deep_sleep_begin(&board->sleep);
		else if (board->sleep.asleep)
			deep_sleep_end(&board->sleep);
	}
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
		obey_signals(board, options);
		/* Opening the port of a real Arduino Uno pulses DTR, which resets it. */
		if (serial_opened(&board->serial) && options->reset_on_open)
			reset(board);
		serial_receive(&board->serial, !board->sleep.asleep);
		move_inputs(board);
		alive = run_until(board, goal);
		serial_transmit(&board->serial);
		pins_look(&board->pins);
		nanosleep(&(struct timespec){.tv_nsec = TICK_NS}, NULL);
	}
	if (!alive)
		fprintf(stderr, "simboard: the firmware crashed or stopped\n");
	return alive;
}

int main(int argc, char **argv)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
	struct options options;
	struct board board = {.serial.pty.fd = -1, .noise = 1};
	struct sigaction action = {.sa_handler = note_signal};
	int code = options_parse(argc, argv, &options);

	if (code >= 0)
		return code;
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &action, NULL);

	bool good = board_start(&board, &options);
	if (good) {
		printf("%s\n", board.serial.pty.slave);
		fflush(stdout);
		good = run(&board, &options);
	}
	board_stop(&board);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
