/* SPDX-License-Identifier: MIT */
#include "Arduino.h"

uint32_t host_ms;
void (*host_yield)();

unsigned long millis()
{
	return host_ms;
}

unsigned long micros()
{
	return host_ms * 1000U;
}

long random(long below)
{
	return 4711 % below;
}

void yield()
{
	if (host_yield != nullptr)
		host_yield();
}
