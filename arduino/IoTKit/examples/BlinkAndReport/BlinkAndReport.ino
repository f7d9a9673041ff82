/* SPDX-License-Identifier: MIT
 *
 * BlinkAndReport: a temperature and the time since the reset, twice a second, and the board's own
 * LED at a command. Nothing is lost on the way to libiotkit's gateway:
 *
 *   iotkit-gateway --device greenhouse=serial:/dev/ttyACM0
 *
 * Wiring, for an Arduino Uno:
 *   A0: the middle leg of a TMP36 temperature sensor; its other legs to 5V and GND.
 */
#include <IoTKit.h>

IoTKit kit(Serial, "greenhouse");

// The converter measures from 0 V to 5 V in 1024 steps. The TMP36 gives 0.5 V at 0 degrees
// Celsius, and 0.01 V more for each degree.
float readTemperature() {
  float volts = analogRead(A0) * 5.0 / 1024;
  return (volts - 0.5) * 100;
}

// The kit itself tells the gateway that "led" is now this value.
void onLed(const char *value) {
  digitalWrite(LED_BUILTIN, value[0] == '1' ? HIGH : LOW);
}

void setup() {
  Serial.begin(115200);
  pinMode(LED_BUILTIN, OUTPUT);
  kit.begin("BlinkAndReport", "0.1.0");
  kit.onCommand("led", onLed);
}

void loop() {
  kit.loop(); // first, and often: no delay() in here

  if (kit.every(500)) {
    kit.publish("temperature", readTemperature(), "Cel");
    kit.publish("uptime", millis() / 1000, "s");
  }
}
