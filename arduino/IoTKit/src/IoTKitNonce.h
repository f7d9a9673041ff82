/* SPDX-License-Identifier: MIT
 *
 * Part of the IoTKit library; sketches include IoTKit.h.
 */
#ifndef IOTKIT_NONCE_H
#define IOTKIT_NONCE_H

#include <stdint.h>

/*
 * A number that is rarely the same after another reset. An AVR's memory outlives a reset, and its
 * first bytes are odd after power-on. Other cores draw it from random(): some of them have real
 * randomness behind that. Where they do not, call randomSeed() with noise before begin().
 */
uint32_t iotkitNonce();

#endif
