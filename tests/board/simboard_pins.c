/* SPDX-License-Identifier: MIT */
#include "simboard_pins.h"

#include <stdio.h>

static void changed(avr_irq_t *irq, uint32_t value, void *param)
{
	struct watched_pin *pin = param;
	bool high = (value & 0xff) != 0; /* above it simavr has flags */

	(void)irq;
	if (high == pin->high)
		return;
	pin->high = high;
	printf("pin %c%d %d\n", pin->name.port, pin->name.bit, high);
	fflush(stdout);
}

bool pins_watch(struct pins *pins, avr_t *avr, const struct pin_name *names, size_t count)
{
	pins->avr = avr;
	pins->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct watched_pin *pin = &pins->pin[pins->count++];
		*pin = (struct watched_pin){.name = names[i]};
		pin->irq = avr_io_getirq(avr, (uint32_t)AVR_IOCTL_IOPORT_GETIRQ(names[i].port),
					 names[i].bit);
		if (pin->irq == NULL) {
			fprintf(stderr, "simboard: an %s has no pin %c%d\n", avr->mmcu,
				names[i].port, names[i].bit);
			return false;
		}
		avr_irq_register_notify(pin->irq, changed, pin);
	}
	return true;
}

/* Whether the firmware pulls the pin up, strongly or weakly. */
static bool is_driven_high(avr_t *avr, struct pin_name name)
{
	uint32_t request = (uint32_t)AVR_IOCTL_IOPORT_GETSTATE(name.port);
	avr_ioport_state_t state;

	return avr_ioctl(avr, request, &state) == 0 && (state.port >> name.bit & 1) != 0;
}

void pins_look(struct pins *pins)
{
	for (size_t i = 0; i < pins->count; i++) {
		struct watched_pin *pin = &pins->pin[i];
		if (pin->high && !is_driven_high(pins->avr, pin->name))
			avr_raise_irq(pin->irq, 0);
	}
}
