/* SPDX-License-Identifier: MIT */
#include "IoTKitNonce.h"

#include <Arduino.h>

#if defined(__AVR__)
static uint32_t seed __attribute__((section(".noinit")));
#else
static uint32_t seed;
#endif

uint32_t iotkitNonce() {
#if !defined(__AVR__)
  seed += (uint32_t)random(0x7fffffff);
#endif
  /* It goes through all numbers, so that even at the same microsecond it is another one. */
  seed = seed * 1664525 + 1013904223 + (uint32_t)micros();
  return seed;
}
