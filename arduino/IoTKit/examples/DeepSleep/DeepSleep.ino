/* SPDX-License-Identifier: MIT
 *
 * DeepSleep: a reading a minute, and nearly no current between them. For boards with an AVR.
 *
 * Before it sleeps the board waits until the gateway has what was measured; without a gateway it
 * keeps the newest readings and tries again a minute later. While it sleeps it hears no command: a
 * gateway sends one again every half second, so it must go on with that for longer than a minute.
 */
#include <IoTKit.h>

#if defined(__AVR__)
#include <avr/io.h>
#endif

#if defined(WDTCSR) // of the ATmega 328P, 2560, 32u4 and their kin; others only wait
#include <avr/sleep.h>
#include <avr/wdt.h>

EMPTY_INTERRUPT(WDT_vect)

// The watchdog wakes the processor after 8 s. It is no exact clock: a tenth off is usual.
void sleepEightSeconds() {
  uint8_t converter = ADCSRA;
  ADCSRA = 0; // it would need more than all else
  noInterrupts();
  wdt_reset();
  MCUSR &= ~_BV(WDRF);
  WDTCSR = _BV(WDCE) | _BV(WDE);
  WDTCSR = _BV(WDIE) | _BV(WDP3) | _BV(WDP0); // an interrupt, no reset, after 8 s
  set_sleep_mode(SLEEP_MODE_PWR_DOWN);
  sleep_enable();
  interrupts(); // takes effect behind the next instruction, so that it cannot wake too early
  sleep_cpu();
  sleep_disable();
  wdt_disable();
  ADCSRA = converter;
}
#else
void sleepEightSeconds() {
  delay(8000);
}
#endif

IoTKit kit(Serial, "mailbox");

const uint8_t naps = 7; // of 8 s: a minute, with what happens between

void setup() {
  Serial.begin(115200);
  kit.begin("DeepSleep", "0.1.0");
}

void loop() {
  kit.loop();
  kit.publish("battery", analogRead(A0) * 5.0 / 1024, "V");
  kit.flush(3000); // at most 3 s

  for (uint8_t i = 0; i < naps; i++) {
    unsigned long before = millis();
    sleepEightSeconds();
    kit.slept(8000 - (millis() - before)); // all of it, where millis() stood still
  }
}
