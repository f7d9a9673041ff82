/* SPDX-License-Identifier: MIT
 *
 * Sends every byte back. For testing the simulated board's receiving side.
 */

void setup() {
  Serial.begin(115200);
}

void loop() {
  while (Serial.available() > 0)
    Serial.write(Serial.read());
}
