/* SPDX-License-Identifier: MIT
 *
 * Commands: a lamp that can be dimmed, a door that says what it does itself, and how often
 * something is measured.
 *
 * A gateway sends a command until the board has answered; the board obeys it once.
 */
#include <IoTKit.h>

IoTKit kit(Serial, "workshop");

const uint8_t lampPin = 9; // one with PWM
const uint8_t doorPin = 7;

unsigned long period = 1000; // milliseconds

// "brightness" 0 to 255. What it has become is published as a number, so the kit does not report
// the text that came.
void onBrightness(const char *value) {
  int brightness = constrain(atoi(value), 0, 255);
  analogWrite(lampPin, brightness);
  kit.publish("brightness", brightness);
}

// Anything but "open" and "close" changes nothing, and the state that is reported says so.
void onDoor(const char *value) {
  if (strcmp(value, "open") == 0)
    digitalWrite(doorPin, HIGH);
  else if (strcmp(value, "close") == 0)
    digitalWrite(doorPin, LOW);
  kit.report("door", digitalRead(doorPin) == HIGH ? "open" : "closed");
}

void onPeriod(const char *value) {
  unsigned long wanted = strtoul(value, NULL, 10);
  if (wanted >= 100)
    period = wanted;
  kit.publish("period", period, "ms");
}

void setup() {
  Serial.begin(115200);
  pinMode(lampPin, OUTPUT);
  pinMode(doorPin, OUTPUT);
  kit.begin("Commands", "0.1.0");
  kit.onCommand("brightness", onBrightness);
  kit.onCommand("door", onDoor);
  kit.onCommand("period", onPeriod);
}

void loop() {
  kit.loop();

  if (kit.every(period))
    kit.publish("light", analogRead(A1));
}
