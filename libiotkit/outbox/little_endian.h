/* SPDX-License-Identifier: MIT
 *
 * Numbers in bytes, the lowest first: files move from one machine to another.
 */
#ifndef IOTKIT_OUTBOX_LITTLE_ENDIAN_H
#define IOTKIT_OUTBOX_LITTLE_ENDIAN_H

#include <stdint.h>

static inline void put_u64(unsigned char *at, uint64_t number)
{
	for (int i = 0; i < 8; i++)
		at[i] = (unsigned char)(number >> (8 * i));
}

static inline uint64_t get_u64(const unsigned char *at)
{
	uint64_t number = 0;

	for (int i = 0; i < 8; i++)
		number |= (uint64_t)at[i] << (8 * i);
	return number;
}

static inline void put_u32(unsigned char *at, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		at[i] = (unsigned char)(number >> (8 * i));
}

static inline uint32_t get_u32(const unsigned char *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

#endif
