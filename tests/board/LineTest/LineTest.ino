/* SPDX-License-Identifier: MIT
 *
 * Publishes n = 1, 2, 3, ... as fast as the line takes them, up to COUNT (0: for ever), prints a
 * line of its own for every hundredth, and switches the LED at the command led.
 */
#include <IoTKit.h>

#ifndef BAUD
#define BAUD 115200
#endif
#ifndef COUNT
#define COUNT 0
#endif

IoTKitOf<512> kit(Serial, "line-test");
unsigned long n = 0;

void onLed(const char *value) {
  digitalWrite(LED_BUILTIN, value[0] == '1' ? HIGH : LOW);
}

void setup() {
  Serial.begin(BAUD);
  pinMode(LED_BUILTIN, OUTPUT);
  kit.begin("LineTest", "0.1.0");
  kit.onCommand("led", onLed);
}

void loop() {
  const unsigned long count = COUNT;

  kit.loop();
  // What the commands report must not push out a number.
  if ((count > 0 && n == count) || !kit.ready(120))
    return;
  n++;
  kit.publish("n", n);
  if (n % 100 == 0) {
    Serial.print("debug: published ");
    Serial.println(n);
  }
}
