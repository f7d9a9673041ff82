/* SPDX-License-Identifier: MIT
 *
 * PlainSketch: two sensors, one line of text ten times a second. No library is needed.
 *
 *   temperature:23.5,light:412,sample:17
 *
 * The Serial Plotter of the Arduino IDE draws such lines as curves (Tools > Serial Plotter), and
 * libiotkit's gateway publishes each name:value as an MQTT message:
 *
 *   iotkit-gateway --device greenhouse=serial:/dev/ttyACM0
 *
 * Wiring, for an Arduino Uno:
 *   A0: the middle leg of a TMP36 temperature sensor; its other legs to 5V and GND.
 *   A1: between a light-dependent resistor, which goes on to 5V, and a 10 kOhm resistor to GND.
 */

const int temperaturePin = A0;
const int lightPin = A1;

// Counts the lines. Whoever reads them can see by it whether one was lost.
unsigned long sample = 0;

void setup() {
  Serial.begin(115200); // the gateway must be told the same number: ?baud=115200
}

// The converter measures from 0 V to 5 V in 1024 steps. The TMP36 gives 0.5 V at 0 degrees
// Celsius, and 0.01 V more for each degree.
float readTemperature() {
  float volts = analogRead(temperaturePin) * 5.0 / 1024;
  return (volts - 0.5) * 100;
}

void loop() {
  sample = sample + 1;

  Serial.print("temperature:");
  Serial.print(readTemperature(), 1); // one digit after the point
  Serial.print(",light:");
  Serial.print(analogRead(lightPin)); // 0 is dark, 1023 is as bright as it can tell
  Serial.print(",sample:");
  Serial.println(sample);

  delay(100);
}
