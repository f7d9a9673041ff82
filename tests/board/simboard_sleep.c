/* SPDX-License-Identifier: MIT */
#include "simboard_sleep.h"

#include <sim_regbit.h>

/* Where these registers are in the data space of all our machines. */
#define EIMSK 0x3d
#define SMCR 0x53
#define WDTCSR 0x60
#define PCICR 0x68
#define UCSR0B 0xc1
#define UCSR1B 0xc9

#define WDIF 0x80
#define WDE 0x08

static bool is_deep(uint8_t smcr)
{
	return (smcr >> 1 & 7) >= 2; /* 0: idle, 1: ADC noise reduction */
}

static bool wakes(const avr_int_vector_t *vector)
{
	return vector->enable.reg == WDTCSR || vector->enable.reg == EIMSK ||
	       vector->enable.reg == PCICR;
}

/*
 * simavr lets every watchdog interrupt disable the next one. That is so only if the
 * watchdog also resets; else simavr must not find the flag by which it goes.
 */
static void watchdog_interrupts(avr_irq_t *irq, uint32_t pending, void *param)
{
	avr_t *avr = param;

	(void)irq;
	if (pending == 0 && (avr->data[WDTCSR] & WDE) == 0)
		avr->data[WDTCSR] &= (uint8_t)~WDIF;
}

void deep_sleep_watch(struct deep_sleep *sleep, avr_t *avr)
{
	*sleep = (struct deep_sleep){.avr = avr};
	for (int i = 0; i < avr->interrupts.vector_count; i++) {
		avr_int_vector_t *vector = avr->interrupts.vector[i];
		if (vector->enable.reg == WDTCSR)
			avr_irq_register_notify(vector->irq + AVR_INT_IRQ_PENDING,
						watchdog_interrupts, avr);
	}
}

void deep_sleep_begin(struct deep_sleep *sleep)
{
	avr_t *avr = sleep->avr;

	if (sleep->asleep || !is_deep(avr->data[SMCR]))
		return;
	sleep->asleep = true;
	sleep->muted = 0;
	for (int i = 0; i < avr->interrupts.vector_count; i++) {
		avr_int_vector_t *vector = avr->interrupts.vector[i];
		if (!wakes(vector) && avr_regbit_get(avr, vector->enable)) {
			sleep->muted |= UINT64_C(1) << i;
			avr_regbit_clear(avr, vector->enable);
		}
	}
}

/* simavr's UART must see its interrupt enabled, or it would not go on sending. */
static void enable(avr_t *avr, avr_regbit_t bit)
{
	avr_io_addr_t io = AVR_DATA_TO_IO(bit.reg);

	if (bit.reg == UCSR0B || bit.reg == UCSR1B)
		avr->io[io].w.c(avr, bit.reg, (uint8_t)(avr->data[bit.reg] | bit.mask << bit.bit),
				avr->io[io].w.param);
	else
		avr_regbit_set(avr, bit);
}

void deep_sleep_end(struct deep_sleep *sleep)
{
	avr_t *avr = sleep->avr;

	if (!sleep->asleep)
		return;
	for (int i = 0; i < avr->interrupts.vector_count; i++) {
		if ((sleep->muted >> i & 1) != 0)
			enable(avr, avr->interrupts.vector[i]->enable);
	}
	deep_sleep_forget(sleep);
}

void deep_sleep_forget(struct deep_sleep *sleep)
{
	sleep->asleep = false;
	sleep->muted = 0;
}
