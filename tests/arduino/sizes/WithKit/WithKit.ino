/* SPDX-License-Identifier: MIT
 *
 * The same reading as Bare's with IoTKit, and a command.
 */
#include <IoTKit.h>

IoTKit kit(Serial, "greenhouse");
volatile bool led;

float readTemperature() {
  return analogRead(A0) * 0.5f - 50;
}

void onLed(const char *value) {
  led = value[0] == '1';
}

void setup() {
  Serial.begin(115200);
  kit.begin();
  kit.onCommand("led", onLed);
}

void loop() {
  kit.loop();
  if (kit.every(1000))
    kit.publish("temperature", readTemperature(), "Cel");
}
