/* SPDX-License-Identifier: MIT */
#include "noise.h"

#define BURST_MEAN 16 /* a burst has 1 to 31 bytes */

/* splitmix64: each step is a good random number, whatever the seed. */
static uint64_t draw(struct noise *noise)
{
	uint64_t z = noise->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static bool happens(struct noise *noise, double rate)
{
	return (double)(draw(noise) >> 11) < rate * (double)(UINT64_C(1) << 53);
}

static bool is_hit(struct noise *noise, enum fault fault)
{
	double rate = noise->rates->fault[fault];

	if (noise->rates->burst) {
		bool begins = happens(noise, rate / BURST_MEAN);
		if (begins && noise->left[fault] == 0)
			noise->left[fault] = 1 + (unsigned)(draw(noise) % (2 * BURST_MEAN - 1));
		if (noise->left[fault] == 0)
			return false;
		noise->left[fault]--;
	} else if (!happens(noise, rate)) {
		return false;
	}
	noise->hit[fault]++;
	return true;
}

void noise_begin(struct noise *noise, const struct noise_rates *rates, uint64_t seed)
{
	*noise = (struct noise){.rates = rates, .random = seed};
}

size_t noise_pass(struct noise *noise, uint8_t byte, uint8_t out[2], bool *delayed)
{
	bool flip = is_hit(noise, FAULT_FLIP);
	bool drop = is_hit(noise, FAULT_DROP);
	bool twice = is_hit(noise, FAULT_DOUBLE);

	*delayed = happens(noise, noise->rates->delay);
	noise->delayed += *delayed;
	noise->bytes++;
	if (flip)
		byte ^= (uint8_t)(1 << (draw(noise) & 7));
	out[0] = out[1] = byte;
	return drop ? 0 : twice ? 2 : 1;
}
