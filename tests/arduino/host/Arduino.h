/* SPDX-License-Identifier: MIT
 *
 * As much of Arduino's core as the library IoTKit uses, with a clock that a test moves.
 */
#ifndef HOST_ARDUINO_H
#define HOST_ARDUINO_H

#include "Print.h"

class Stream : public Print
{
      public:
	virtual int available() = 0;
	virtual int read() = 0;
};

extern uint32_t host_ms; /* what millis() says */
extern void (*host_yield)(); /* what yield() does, or NULL */

unsigned long millis();
unsigned long micros();
long random(long below);
void yield();

#endif
