/* SPDX-License-Identifier: MIT
 *
 * Porch: the demo's board with the library IoTKit. It does what the example BlinkAndReport does,
 * and counts its readings, so that whoever gets them can see whether one was lost or came twice.
 */
#include <IoTKit.h>

// Room for some twenty readings: ten seconds without a gateway.
IoTKitOf<1024> kit(Serial, "porch");
unsigned long reading = 0;

// The sensor is that of PlainSketch.
float readTemperature() {
  float volts = analogRead(A0) * 5.0 / 1024;
  return (volts - 0.5) * 100;
}

void onLed(const char *value) {
  digitalWrite(LED_BUILTIN, value[0] == '1' ? HIGH : LOW);
}

void setup() {
  Serial.begin(115200);
  pinMode(LED_BUILTIN, OUTPUT);
  kit.begin("Porch", "0.1.0");
  kit.onCommand("led", onLed);
}

void loop() {
  kit.loop();

  if (kit.every(500)) {
    reading = reading + 1;
    kit.publish("temperature", readTemperature(), "Cel");
    kit.publish("reading", reading);
  }
  yield(); // nothing to do until the next interrupt; a simulated board sleeps here
}
