/* SPDX-License-Identifier: MIT
 *
 * AnalogSensors: all six analog inputs of an Uno, each averaged over a second.
 */
#include <IoTKit.h>

// Six readings are taken at once; the memory that IoTKit has would do for a second only.
IoTKitOf<400> kit(Serial, "analog");

const uint8_t pins[] = {A0, A1, A2, A3, A4, A5};
const char *const names[] = {"A0", "A1", "A2", "A3", "A4", "A5"};
const uint8_t inputs = sizeof pins;

unsigned long sums[inputs];
unsigned int samples = 0;

void setup() {
  Serial.begin(115200);
  kit.begin("AnalogSensors", "0.1.0");
}

void publishMeans() {
  for (uint8_t i = 0; i < inputs; i++) {
    // In volts, with three digits after the point.
    kit.publish(names[i], sums[i] * 5.0 / 1024 / samples, "V", 3);
    sums[i] = 0;
  }
  samples = 0;
}

void loop() {
  kit.loop();

  if (kit.every(10)) {
    for (uint8_t i = 0; i < inputs; i++)
      sums[i] += analogRead(pins[i]);
    samples++;
  }
  if (kit.every(1000) && samples > 0)
    publishMeans();
}
