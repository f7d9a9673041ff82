/* SPDX-License-Identifier: MIT
 *
 * The kit as sketches see it, and its memory of readings. IoTKitLine.cpp talks to the gateway.
 */
#include "IoTKit.h"

#include <string.h>

#include "IoTKitNonce.h"
#include "IoTKitNumber.h"

enum {
  RECORD_HEAD = 6, /* size, kind, time */
  RECORD_MAX = 255,
};

IoTKitCore::IoTKitCore(Stream &stream, const char *name, uint8_t *records, uint16_t recordsMax,
                       char *line, uint8_t lineMax, IoTKitCommand *commands, uint8_t commandsMax)
    : _stream(stream), _name(name), _firmware(""), _version(""), _records(records),
      _recordsMax(recordsMax), _used(0), _count(0), _sent(0), _sentBytes(0), _base(1), _dropped(0),
      _waitSince(0), _waits(0), _lineMax(lineMax), _lineSize(0), _line(line), _id(0), _nonce(0),
      _quietSince(0), _hellos(0), _helloDue(false), _commands(commands), _commandsMax(commandsMax),
      _commandCount(0), _commanded(false), _answerDue(false), _result(0), _command(0),
      _answerBehind(0), _obeyed(NULL), _busy(false), _now(0), _before(0), _slept(0) {
}

/* ---- what sketches call ------------------------------------------------ */

void IoTKitCore::begin(const char *firmware, const char *version) {
  _firmware = firmware;
  _version = version;
  _nonce = iotkitNonce();
  _now = now();
  _before = _now;
  /* Said in loop(), when the commands are known. */
  _helloDue = true;
}

void IoTKitCore::loop() {
  if (_busy)
    return;
  _before = _now;
  _now = now();
  run();
}

bool IoTKitCore::every(uint32_t ms) const {
  return ms == 0 || _now / ms != _before / ms;
}

bool IoTKitCore::publish(const char *name, double value, const char *unit, uint8_t digits) {
  char text[IOTKIT_NUMBER_SIZE];

  /* Only what is finite leaves nothing when it is taken from itself. */
  if (!(value - value == 0))
    return false;
  iotkitDecimal(text, value, digits);
  return keep('M', name, text, unit);
}

bool IoTKitCore::publish(const char *name, int value, const char *unit) {
  return publish(name, (long)value, unit);
}

bool IoTKitCore::publish(const char *name, unsigned int value, const char *unit) {
  return publish(name, (unsigned long)value, unit);
}

bool IoTKitCore::publish(const char *name, long value, const char *unit) {
  char text[IOTKIT_NUMBER_SIZE] = "-";

  if (value >= 0)
    return publish(name, (unsigned long)value, unit);
  iotkitDigits(text + 1, -(uint32_t)value, 0);
  return keep('M', name, text, unit);
}

bool IoTKitCore::publish(const char *name, unsigned long value, const char *unit) {
  char text[IOTKIT_NUMBER_SIZE];

  iotkitDigits(text, (uint32_t)value, 0);
  return keep('M', name, text, unit);
}

bool IoTKitCore::report(const char *name, const char *text) {
  return keep('S', name, text, "");
}

bool IoTKitCore::onCommand(const char *name, IoTKitHandler handler) {
  IoTKitCommand *place = find(name);

  if (handler == NULL || name[0] == '\0' || strcmp(name, "-") == 0 || strchr(name, ',') != NULL)
    return false;
  if (place == NULL) {
    if (_commandCount == _commandsMax)
      return false;
    place = &_commands[_commandCount++];
  }
  place->name = name;
  place->handler = handler;
  _helloDue = true;
  return true;
}

bool IoTKitCore::connected() const {
  return _id != 0 && _hellos < 2;
}

uint16_t IoTKitCore::pending() const {
  return _count;
}

uint16_t IoTKitCore::dropped() const {
  return _dropped;
}

bool IoTKitCore::ready(uint8_t characters) const {
  return (uint16_t)(_recordsMax - _used) >= (uint16_t)(RECORD_HEAD + 3 + characters);
}

bool IoTKitCore::flush(uint32_t ms) {
  uint32_t since = now();

  if (_busy)
    return false;
  while ((_count > 0 || _answerDue) && now() - since < ms) {
    run();
    yield();
  }
  _stream.flush();
  return _count == 0;
}

void IoTKitCore::slept(uint32_t ms) {
  _slept += ms;
}

uint32_t IoTKitCore::now() const {
  return (uint32_t)millis() + _slept;
}

/* Half of the clock is enough for seconds; seen after a minute, a timer runs out a bit later. */
uint16_t IoTKitCore::since(uint16_t moment) const {
  return (uint16_t)now() - moment;
}

/* ---- the memory of readings -------------------------------------------- */

/* Returns where the copy ends: behind its zero. */
__attribute__((noinline)) static char *append(char *to, const char *text) {
  while ((*to++ = *text++) != '\0')
    ;
  return to;
}

/* Not inline, so that the loop is there once. */
__attribute__((noinline)) static uint16_t length(const char *text) {
  return (uint16_t)strlen(text);
}

bool IoTKitCore::keep(char kind, const char *name, const char *text, const char *unit) {
  uint16_t size = RECORD_HEAD + length(name) + length(text) + length(unit) + 3;
  uint16_t before = _dropped;

  if (name[0] == '\0')
    return false;
  if (size > RECORD_MAX || size > _recordsMax) {
    _dropped++;
    return false;
  }
  while ((uint16_t)(_recordsMax - _used) < size) {
    forget(1);
    _dropped++;
  }

  uint8_t *record = _records + _used;
  uint32_t time = now();
  record[0] = (uint8_t)size;
  record[1] = (uint8_t)kind;
  memcpy(record + 2, &time, sizeof time);
  append(append(append((char *)record + RECORD_HEAD, name), text), unit);
  _used += size;
  _count++;
  if (_obeyed != NULL && strcmp(_obeyed, name) == 0)
    _obeyed = NULL;
  if (_sent + 1 == _count)
    sendReading();
  return _dropped == before;
}

/* Takes only so many of the readings for sent. */
void IoTKitCore::sendFrom(uint16_t count) {
  _sent = count;
  _sentBytes = 0;
  while (count-- > 0)
    _sentBytes += _records[_sentBytes];
}

/* Moves the others up; with a few hundred bytes that takes less time than a byte on the line. */
void IoTKitCore::forget(uint16_t count) {
  uint16_t still = _sent > count ? _sent - count : 0;

  sendFrom(count);
  _used -= _sentBytes;
  memmove(_records, _records + _sentBytes, _used);
  _base += count;
  _count -= count;
  sendFrom(still);
}
