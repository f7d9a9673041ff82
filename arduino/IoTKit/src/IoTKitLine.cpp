/* SPDX-License-Identifier: MIT
 *
 * What the board does, as docs/line-protocol.md of libiotkit says it.
 */
#include "IoTKit.h"

#include <string.h>

enum {
  PROTOCOL = 1,
  BYTES_A_ROUND = 255, /* so that a flood does not keep the sketch waiting */
  HELLO_FIRST_MS = 1000,
  HELLO_MS = 4000,
  RESEND_FIRST_MS = 250,
  RESEND_DOUBLINGS = 4, /* to 4 s */
  DONE = 0,
  NO_SUCH_COMMAND = 1,
};

void IoTKitCore::run() {
  receive();
  if (!sayHello() && !answer())
    sendReading();
}

/* ---- reading ----------------------------------------------------------- */

/* A line that is too long is counted up to the size of the memory for it, and then passed over. */
void IoTKitCore::receive() {
  for (uint8_t i = 0; i < BYTES_A_ROUND && _stream.available() > 0; i++) {
    char c = (char)_stream.read();
    if (c == '\n') {
      if (_lineSize < _lineMax)
        obeyLine();
      _lineSize = 0;
    } else if (_lineSize < _lineMax) {
      _line[_lineSize++] = c;
    }
  }
}

/* Anybody may ask who is there; all else is for the boot that it names. */
bool IoTKitCore::isForUs(const IoTKitFrame &frame) {
  if (frame.kind == '?')
    return true;
  if (frame.kind == 'W' && frame.number == _nonce && _id == 0)
    _id = frame.id;
  else if (frame.kind == 'W' && frame.number != _nonce)
    return false;
  return _id != 0 && frame.id == _id;
}

void IoTKitCore::obeyLine() {
  IoTKitFrame frame;

  if (!iotkitRead(_line, _lineSize, frame) || !isForUs(frame))
    return;
  if (_id != 0) {
    _quietSince = (uint16_t)now();
    _hellos = 0;
  }
  switch (frame.kind) {
  case '?':
    _helloDue = true;
    break;
  case 'A':
    acknowledge(frame.number);
    break;
  case 'N':
    sendAgain(frame.number);
    break;
  case 'C':
    command(frame);
    break;
  }
}

void IoTKitCore::acknowledge(uint32_t seq) {
  uint32_t covered = seq - _base + 1;

  /* Numbers before the base are forgotten already; none beyond the newest is kept by anybody. */
  if (covered == 0 || covered > _count)
    return;
  forget((uint16_t)covered);
  _waitSince = (uint16_t)now();
  _waits = 0;
}

void IoTKitCore::sendAgain(uint32_t seq) {
  uint32_t kept = seq > _base ? seq - _base : 0;

  if (kept < _sent)
    sendFrom((uint16_t)kept);
}

void IoTKitCore::command(const IoTKitFrame &frame) {
  bool again = _commanded && frame.number == _command;

  /* The state that follows from it goes before the answer; one that is repeated has gone. */
  if (!again) {
    _commanded = true;
    _command = frame.number;
    _result = obey(frame) ? DONE : NO_SUCH_COMMAND;
    _answerBehind = (uint16_t)(_base + _count);
  } else if (!_answerDue) {
    _answerBehind = (uint16_t)_base;
  }
  _answerDue = true;
}

IoTKitCommand *IoTKitCore::find(const char *name) {
  for (uint8_t i = 0; i < _commandCount; i++)
    if (strcmp(_commands[i].name, name) == 0)
      return &_commands[i];
  return NULL;
}

bool IoTKitCore::obey(const IoTKitFrame &frame) {
  const IoTKitCommand *found = find(frame.name);

  if (found == NULL)
    return false;
  _busy = true;
  _obeyed = frame.name;
  found->handler(frame.value);
  _busy = false;
  if (_obeyed != NULL)
    report(frame.name, frame.value);
  _obeyed = NULL;
  return true;
}

/* ---- writing: each sends a frame and returns true, or there is none to send -- */

bool IoTKitCore::sayHello() {
  uint16_t patience = _id != 0 ? HELLO_MS : HELLO_FIRST_MS << _hellos;

  if (!_helloDue) {
    if (since(_quietSince) < patience)
      return false;
    if (_hellos < 2)
      _hellos++;
  }
  _helloDue = false;
  _quietSince = (uint16_t)now();

  IoTKitWriter writer(_stream, 'H');
  if (_id != 0)
    writer.id(_id);
  else
    writer.endField();
  writer.id(_nonce);
  writer.number(PROTOCOL);
  writer.number(_lineMax);
  writer.text(_name);
  writer.text(_firmware);
  writer.text(_version);
  for (uint8_t i = 0; i < _commandCount; i++) {
    if (i > 0)
      writer.plain(',');
    writer.escapedText(_commands[i].name);
  }
  writer.endField();
  writer.end();
  return true;
}

bool IoTKitCore::answer() {
  int16_t beyond = (int16_t)(uint16_t)(_base + _sent - _answerBehind);

  if (!_answerDue || beyond < 0)
    return false;
  _answerDue = false;

  IoTKitWriter writer(_stream, 'R');
  writer.id(_id);
  writer.number(_command);
  writer.number(_result);
  writer.end();
  return true;
}

bool IoTKitCore::sendReading() {
  uint32_t time;

  if (_sent > 0 && since(_waitSince) >= (uint16_t)(RESEND_FIRST_MS << _waits)) {
    sendFrom(0);
    if (_waits < RESEND_DOUBLINGS)
      _waits++;
  }
  if (_id == 0 || _sent == _count)
    return false;
  if (_sent == 0)
    _waitSince = (uint16_t)now();

  const uint8_t *record = _records + _sentBytes;
  const char *text = (const char *)record + 6;
  memcpy(&time, record + 2, sizeof time);
  IoTKitWriter writer(_stream, (char)record[1]);
  writer.id(_id);
  writer.number(_base + _sent);
  writer.number(_base);
  writer.number(now() - time);
  for (uint8_t left = record[1] == 'M' ? 3 : 2; left > 0; left--) {
    writer.text(text);
    text += strlen(text) + 1;
  }
  writer.end();
  _sent++;
  _sentBytes += record[0];
  return true;
}
