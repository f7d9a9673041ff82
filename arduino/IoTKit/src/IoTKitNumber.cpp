/* SPDX-License-Identifier: MIT */
#include "IoTKitNumber.h"

/* The largest float below 2^32, and what can be multiplied by ten and stays below that. */
static const double whole_max = 4294967040.0;
static const double tenth_max = 429496704.0;
static const uint8_t places_max = 9; /* with the digit before them, what 32 bits hold */

char *iotkitDigits(char *to, uint32_t number, uint8_t places) {
  char backwards[IOTKIT_NUMBER_SIZE];
  uint8_t count = 0;
  uint8_t least = places > 0 ? places + 2 : 1; /* with the point, and a digit before it */

  while (number > 0 || count < least) {
    backwards[count++] = (char)('0' + number % 10);
    number /= 10;
    if (count == places)
      backwards[count++] = '.';
  }
  while (count > 0)
    *to++ = backwards[--count];
  *to = '\0';
  return to;
}

void iotkitDecimal(char *to, double number, uint8_t digits) {
  uint16_t exponent = 0;
  uint8_t places = 0;

  if (number < 0) {
    *to++ = '-';
    number = -number;
  }
  if (number > whole_max) {
    for (digits = 6; number >= 10; number *= 0.1)
      exponent++;
  }
  if (digits > places_max)
    digits = places_max;
  for (; places < digits && number < tenth_max; places++)
    number *= 10;
  to = iotkitDigits(to, (uint32_t)(number + 0.5), places);
  if (exponent > 0) {
    *to++ = 'e';
    iotkitDigits(to, exponent, 0);
  }
}
