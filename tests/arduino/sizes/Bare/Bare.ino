/* SPDX-License-Identifier: MIT
 *
 * Only prints a reading: what a sketch takes without IoTKit.
 */

float readTemperature() {
  return analogRead(A0) * 0.5f - 50;
}

void setup() {
  Serial.begin(115200);
}

void loop() {
  Serial.print("temperature:");
  Serial.println(readTemperature());
}
