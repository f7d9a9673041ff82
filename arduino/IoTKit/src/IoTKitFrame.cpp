/* SPDX-License-Identifier: MIT */
#include "IoTKitFrame.h"

#include <string.h>

#include "IoTKitNumber.h"

enum { FIELDS_MAX = 4, CRC_DIGITS = 8 };

static const uint32_t crc_start = 0xffffffff;

/* Bit by bit: a table would be a sixth of the flash that this library may use. */
__attribute__((noinline)) static uint32_t crc_add(uint32_t crc, uint8_t byte) {
  crc ^= byte;
  for (uint8_t bit = 0; bit < 8; bit++)
    crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
  return crc;
}

static bool is_control(char c) {
  return (uint8_t)c < 32 || c == 127;
}

static char hex_digit(uint8_t value, char letter_a) {
  return (char)(value < 10 ? '0' + value : letter_a + value - 10);
}

/* Returns 16 when it is no digit. */
static uint8_t hex_value(char digit, char letter_a) {
  if (digit >= '0' && digit <= '9')
    return (uint8_t)(digit - '0');
  if (digit >= letter_a && digit <= letter_a + 5)
    return (uint8_t)(digit - letter_a + 10);
  return 16;
}

uint8_t iotkitUtf8(const char *text) {
  uint8_t first = (uint8_t)text[0];
  uint8_t second = (uint8_t)text[1];
  uint8_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

  if (first < 0x80)
    return 1;
  /* 80 to C1 begin no character, or one that should be shorter; F5 and more none that is. */
  if (first < 0xc2 || first > 0xf4)
    return 0;
  for (uint8_t i = 1; i < size; i++)
    if (((uint8_t)text[i] & 0xc0) != 0x80)
      return 0;
  /* Too long for what they say, surrogates, and beyond the last character. */
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0) ||
      (first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90))
    return 0;
  return size;
}

/* ---- writing ----------------------------------------------------------- */

IoTKitWriter::IoTKitWriter(Print &out, char kind)
    : _out(out), _stuck(false), _crc(crc_start), _last(' ') {
  put('~');
  plain(kind);
  endField();
}

void IoTKitWriter::put(uint8_t byte) {
  _stuck = _stuck || _out.write(byte) == 0;
}

void IoTKitWriter::plain(char c) {
  put((uint8_t)c);
  _crc = crc_add(_crc, (uint8_t)c);
  _last = c;
}

void IoTKitWriter::escaped(char c) {
  if (c == ' ' || c == '~' || c == '%' || is_control(c)) {
    plain('%');
    plain(hex_digit((uint8_t)c >> 4, 'A'));
    plain(hex_digit(c & 15, 'A'));
  } else {
    plain(c);
  }
}

void IoTKitWriter::endField() {
  if (_last == ' ')
    plain('-');
  plain(' ');
}

void IoTKitWriter::hex(uint32_t number) {
  for (uint8_t i = 0; i < CRC_DIGITS; i++) {
    plain(hex_digit((uint8_t)(number >> 28), 'a'));
    number <<= 4;
  }
}

void IoTKitWriter::number(uint32_t number) {
  char digits[IOTKIT_NUMBER_SIZE];

  iotkitDigits(digits, number, 0);
  text(digits);
}

void IoTKitWriter::id(uint32_t id) {
  hex(id);
  endField();
}

/* What is no UTF-8 would make the gateway pass the frame over, again and again. */
void IoTKitWriter::escapedText(const char *text) {
  while (*text != '\0') {
    uint8_t size = iotkitUtf8(text);
    if (size == 0) {
      plain('?');
      text++;
    }
    for (; size > 0; size--)
      escaped(*text++);
  }
}

void IoTKitWriter::text(const char *text) {
  if (text[0] == '-' && text[1] == '\0') {
    plain('%');
    plain('2');
    plain('D');
  } else {
    escapedText(text);
  }
  endField();
}

void IoTKitWriter::end() {
  uint32_t crc = ~_crc;

  put('~');
  hex(crc);
  put('\n');
}

/* ---- reading ----------------------------------------------------------- */

/* Exactly 8 lower-case digits. */
static bool read_hex(const char *text, uint32_t &number) {
  number = 0;
  for (uint8_t i = 0; i < CRC_DIGITS; i++) {
    uint8_t digit = hex_value(text[i], 'a');
    if (digit > 15)
      return false;
    number = number << 4 | digit;
  }
  return text[CRC_DIGITS] == '\0';
}

static bool read_number(const char *text, uint32_t &number) {
  const uint32_t tenth = 429496729; /* of 2^32 - 1, which ends with 5 */

  number = 0;
  if (text[0] == '0')
    return text[1] == '\0';
  for (const char *at = text; *at != '\0'; at++) {
    uint8_t digit = (uint8_t)(*at - '0');
    if (digit > 9 || number > tenth || (number == tenth && digit > 5))
      return false;
    number = number * 10 + digit;
  }
  return true;
}

/* Decodes a field where it stands. */
static bool read_text(char *text) {
  char *to = text;

  if (text[0] == '-' && text[1] == '\0') {
    *text = '\0';
    return true;
  }
  for (const char *from = text; *from != '\0'; from++, to++) {
    *to = *from;
    if (*from != '%')
      continue;
    uint8_t high = hex_value(from[1], 'A');
    uint8_t low = high > 15 ? 16 : hex_value(from[2], 'A');
    /* %00 would end the text early. */
    if (low > 15 || (high | low) == 0)
      return false;
    *to = (char)(high << 4 | low);
    from += 2;
  }
  *to = '\0';
  return true;
}

/*
 * Finds the body of the frame that ends the line, checks its CRC, and ends it with a zero. Returns
 * NULL when there is none.
 */
static char *open_frame(char *line, uint8_t size) {
  uint32_t sent, crc = crc_start;

  if (size > 0 && line[size - 1] == '\r')
    size--;
  if (size < CRC_DIGITS + 2)
    return NULL;
  line[size] = '\0';
  char *end = line + size - CRC_DIGITS - 1;
  if (*end != '~' || !read_hex(end + 1, sent))
    return NULL;
  *end = '\0';
  char *body = end;
  while (body[-1] != '~')
    if (--body == line)
      return NULL;
  for (const char *at = body; at < end; at++) {
    if (is_control(*at))
      return NULL;
    crc = crc_add(crc, (uint8_t)*at);
  }
  return sent == (uint32_t)~crc ? body : NULL;
}

/* Ends each field behind the kind with a zero. Returns how many there are, -1 when one is empty. */
static int8_t split(char *body, char *fields[FIELDS_MAX]) {
  int8_t count = -1; /* the first one is the kind */
  char *begin = body;

  for (char *at = body; *at != '\0'; at++) {
    if (*at != ' ')
      continue;
    *at = '\0';
    if (at == begin || count == FIELDS_MAX)
      return -1;
    if (count >= 0)
      fields[count] = begin;
    count++;
    begin = at + 1;
  }
  return *begin == '\0' ? count : -1;
}

bool iotkitRead(char *line, uint8_t size, IoTKitFrame &frame) {
  char *fields[FIELDS_MAX];
  char *body = open_frame(line, size);
  int8_t count = body != NULL ? split(body, fields) : -1;

  memset(&frame, 0, sizeof frame);
  if (count < 0 || body[1] != '\0')
    return false;
  frame.kind = body[0];
  switch (frame.kind) {
  case '?':
    return count == 0;
  case 'W':
    return count == 2 && read_hex(fields[0], frame.number) && read_hex(fields[1], frame.id) &&
           frame.id != 0;
  case 'A':
  case 'N':
    if (count != 2)
      return false;
    break;
  case 'C':
    if (count != 4 || !read_text(fields[2]) || !read_text(fields[3]))
      return false;
    frame.name = fields[2];
    frame.value = fields[3];
    break;
  default:
    return false;
  }
  return read_hex(fields[0], frame.id) && frame.id != 0 && read_number(fields[1], frame.number);
}
