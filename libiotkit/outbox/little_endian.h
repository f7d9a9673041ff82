/* SPDX-License-Identifier: MIT
 *
 * Numbers in bytes, the lowest first: files move from one machine to another.
 */
#ifndef IOTKIT_OUTBOX_LITTLE_ENDIAN_H
#define IOTKIT_OUTBOX_LITTLE_ENDIAN_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline void put_u64(unsigned char *at, uint64_t number)
{
	number = htole64(number);
	memcpy(at, &number, sizeof number);
}

static inline uint64_t get_u64(const unsigned char *at)
{
	uint64_t number;

	memcpy(&number, at, sizeof number);
	return le64toh(number);
}

static inline void put_u32(unsigned char *at, uint32_t number)
{
	number = htole32(number);
	memcpy(at, &number, sizeof number);
}

static inline uint32_t get_u32(const unsigned char *at)
{
	uint32_t number;

	memcpy(&number, at, sizeof number);
	return le32toh(number);
}

#endif
