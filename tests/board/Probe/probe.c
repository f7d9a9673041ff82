/* SPDX-License-Identifier: MIT
 *
 * Shows what the simulated board can do, on each of its processors. It says
 *
 *   boot 1 2     at boot: how often the RAM has seen that, and MCUSR (2: reset button)
 *   slept 0      after each of two deep sleeps, begun by the letter s: how many
 *                interrupts the timer made meanwhile
 *   here         to the letter p
 *
 * The letter h makes B5 high, l makes it low, and f lets it float. S stops the timer,
 * says "asleep" and sleeps for 8 s.
 */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <avr/wdt.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef UCSR0A
#define STATUS UCSR0A
#define CONTROL UCSR0B
#define DIVIDER UBRR0
#define DATA UDR0
#define READY UDRE0
#define RECEIVED RXC0
#define ENABLE (1 << RXEN0 | 1 << TXEN0)
#else
#define STATUS UCSR1A
#define CONTROL UCSR1B
#define DIVIDER UBRR1
#define DATA UDR1
#define READY UDRE1
#define RECEIVED RXC1
#define ENABLE (1 << RXEN1 | 1 << TXEN1)
#endif

#define MAGIC 0x5a17

/* A reset leaves these alone. */
static uint16_t magic __attribute__((section(".noinit")));
static uint16_t boots __attribute__((section(".noinit")));

static volatile uint16_t ticks;
static volatile uint8_t woken;

ISR(TIMER0_OVF_vect)
{
	ticks++;
}

ISR(WDT_vect)
{
	woken = 1;
}

static void print(const char *text)
{
	while (*text != '\0') {
		while ((STATUS & 1 << READY) == 0)
			;
		DATA = (uint8_t)*text++;
	}
}

static void print_number(uint16_t number)
{
	char text[8];

	print(" ");
	print(utoa(number, text, 10));
}

/* The watchdog interrupts each 125 ms; nothing arms it again. */
static void sleep_twice(void)
{
	cli();
	wdt_reset();
	WDTCSR = 1 << WDCE | 1 << WDE;
	WDTCSR = 1 << WDIE | 1 << WDP1 | 1 << WDP0;
	sei();
	for (uint8_t i = 0; i < 2; i++) {
		uint16_t before = ticks;

		woken = 0;
		set_sleep_mode(SLEEP_MODE_PWR_DOWN);
		sleep_mode();
		uint16_t passed = ticks - before;

		print(woken ? "slept" : "woken by something else");
		print_number(passed);
		print("\n");
	}
	wdt_disable();
}

static void sleep_long(void)
{
	print("asleep\n");
	TCCR0B = 0;
	TIMSK0 = 0;
	cli();
	WDTCSR = 1 << WDCE | 1 << WDE;
	WDTCSR = 1 << WDIE | 1 << WDP3 | 1 << WDP0;
	sei();
	set_sleep_mode(SLEEP_MODE_PWR_DOWN);
	woken = 0;
	while (!woken)
		sleep_mode();
	wdt_disable();
}

static void obey(uint8_t letter)
{
	if (letter == 'h') {
		PORTB |= 1 << 5;
		DDRB |= 1 << 5;
	} else if (letter == 'l') {
		PORTB &= (uint8_t) ~(1 << 5);
	} else if (letter == 'f') {
		DDRB &= (uint8_t) ~(1 << 5);
		PORTB &= (uint8_t) ~(1 << 5);
	} else if (letter == 'S') {
		sleep_long();
	} else if (letter == 's') {
		sleep_twice();
	} else if (letter == 'p') {
		print("here\n");
	}
}

int main(void)
{
	uint8_t cause = MCUSR;

	MCUSR = 0;
	wdt_disable();
	boots = magic == MAGIC ? boots + 1 : 1;
	magic = MAGIC;
	DDRB |= 1 << 5;
	DIVIDER = 16; /* 57600 baud */
	CONTROL = ENABLE;
	TCCR0B = 1 << CS01 | 1 << CS00; /* an overflow each 1.024 ms, as Arduino's millis() */
	TIMSK0 = 1 << TOIE0;
	sei();
	print("boot");
	print_number(boots);
	print_number(cause);
	print("\n");
	for (;;) {
		if ((STATUS & 1 << RECEIVED) != 0)
			obey(DATA);
	}
}
