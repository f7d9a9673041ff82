/* SPDX-License-Identifier: MIT
 *
 * DhtLike: temperature and humidity from a DHT22 on pin 2, read without another library. The
 * sensor sends 40 bits; each is a pause and then a pulse, which is long for a 1 and short for a 0.
 *
 * Reading takes 5 ms, in which the serial port may miss what the gateway sends. That does no harm:
 * what is lost is sent again.
 *
 * Wiring: the sensor's data leg to pin 2, and a 10 kOhm resistor from there to 5V.
 */
#include <IoTKit.h>

IoTKit kit(Serial, "bathroom");

const uint8_t sensorPin = 2;
// Microseconds to wait for the end of a pulse, from when the wait begins. At first the line is
// still high from before, then the sensor answers with 80 us low and 80 us high.
const unsigned long answerMax = 1000;
const unsigned long pulseMax = 200;

// Reads five bytes. Returns false when no sensor answers, or their sum is not right.
bool readSensor(uint8_t bytes[5]) {
  pinMode(sensorPin, OUTPUT);
  digitalWrite(sensorPin, LOW);
  delay(2); // wakes it
  pinMode(sensorPin, INPUT_PULLUP);
  if (pulseIn(sensorPin, HIGH, answerMax) == 0) // it says that it is there
    return false;

  for (uint8_t bit = 0; bit < 40; bit++) {
    unsigned long length = pulseIn(sensorPin, HIGH, pulseMax);
    if (length == 0)
      return false;
    // A 0 takes 26 us, a 1 takes 70 us. Half way between, so that it may be late.
    bytes[bit / 8] = bytes[bit / 8] << 1 | (length > 48 ? 1 : 0);
  }
  return (uint8_t)(bytes[0] + bytes[1] + bytes[2] + bytes[3]) == bytes[4];
}

// In tenths; the highest bit says that it is below zero.
float tenths(uint8_t high, uint8_t low) {
  float value = ((high & 0x7f) << 8 | low) / 10.0;
  return high & 0x80 ? -value : value;
}

void setup() {
  Serial.begin(115200);
  kit.begin("DhtLike", "0.1.0");
}

void loop() {
  kit.loop();

  if (kit.every(3000)) { // it wants two seconds between two readings
    uint8_t bytes[5] = {0};
    bool good = readSensor(bytes);
    if (good) {
      kit.publish("humidity", tenths(bytes[0], bytes[1]), "%RH", 1);
      kit.publish("temperature", tenths(bytes[2], bytes[3]), "Cel", 1);
    }
    kit.report("sensor", good ? "good" : "silent");
  }
}
