/* SPDX-License-Identifier: MIT
 *
 * Reads each line of tests/vectors/frames.txt on the board, and writes each frame of it from its
 * fields. Prints "PASS line 12" or "FAIL line 12" for each, and "DONE" at the end.
 */
#include <IoTKitFrame.h>
#include <avr/pgmspace.h>

struct Vector {
  uint16_t number; // of the line in frames.txt
  bool good;
  uint8_t lineSize;
  const char *line; // in flash, as all these
  char kind;        // 0 when it is bad
  uint8_t fields;
  const char *field; // one behind another, each with its zero
  const char *forms; // of each field: i an id, n a number, t a text, p plain
};

#include "vectors.h"

// Keeps what a frame is written as.
class Paper : public Print {
public:
  Paper() : size(0) {
  }
  size_t write(uint8_t byte) {
    if (size < sizeof text)
      text[size++] = (char)byte;
    return 1;
  }
  using Print::write;

  char text[200];
  uint8_t size;
};

bool is(const char *read, uint8_t size, const char *inFlash) {
  return strlen_P(inFlash) == size && memcmp_P(read, inFlash, size) == 0;
}

const char *fieldOf(const Vector &v, uint8_t index) {
  const char *field = v.field;
  while (index-- > 0)
    field += strlen_P(field) + 1;
  return field;
}

uint32_t numberOf(const Vector &v, uint8_t index) {
  char text[12];
  strncpy_P(text, fieldOf(v, index), sizeof text);
  return strtoul(text, NULL, pgm_read_byte(v.forms + index) == 'i' ? 16 : 10);
}

bool sameText(const Vector &v, uint8_t index, const char *text) {
  return is(text, strlen(text), fieldOf(v, index));
}

bool readsAs(const Vector &v, const IoTKitFrame &frame) {
  if (frame.kind != v.kind)
    return false;
  if (v.kind == '?')
    return true;
  if (v.kind == 'W')
    return frame.number == numberOf(v, 0) && frame.id == numberOf(v, 1);
  if (frame.id != numberOf(v, 0) || frame.number != numberOf(v, 1))
    return false;
  return v.kind != 'C' || (sameText(v, 2, frame.name) && sameText(v, 3, frame.value));
}

bool reads(const Vector &v) {
  char line[201];
  IoTKitFrame frame;
  memcpy_P(line, v.line, v.lineSize);
  bool good = iotkitRead(line, v.lineSize, frame);
  bool gateway = v.good && strchr("WANC?", v.kind) != NULL;
  return gateway ? good && readsAs(v, frame) : !good;
}

// The frame is the end of the line.
bool writes(const Vector &v) {
  Paper paper;
  char text[64];
  IoTKitWriter writer(paper, v.kind);
  for (uint8_t i = 0; i < v.fields; i++) {
    strncpy_P(text, fieldOf(v, i), sizeof text);
    char form = pgm_read_byte(v.forms + i);
    if (form == 'i')
      writer.id(numberOf(v, i));
    else if (form == 'n')
      writer.number(numberOf(v, i));
    else if (form == 't')
      writer.text(text);
    else {
      for (const char *at = text; *at != '\0'; at++)
        writer.plain(*at);
      writer.endField();
    }
  }
  writer.end();
  uint8_t size = v.lineSize;
  if (pgm_read_byte(v.line + size - 1) == '\r')
    size--;
  uint8_t frame = paper.size - 1; // without the newline
  return paper.text[frame] == '\n' && frame <= size &&
         memcmp_P(paper.text, v.line + size - frame, frame) == 0;
}

void setup() {
  Serial.begin(115200);
  for (uint16_t i = 0; i < vectorCount; i++) {
    Vector v;
    memcpy_P(&v, vectors + i, sizeof v);
    Serial.print(reads(v) && (!v.good || writes(v)) ? "PASS line " : "FAIL line ");
    Serial.println(v.number);
  }
  Serial.println("DONE");
}

void loop() {
}
