/* SPDX-License-Identifier: MIT
 *
 * Frames of the line protocol as text: writing those of a board, reading those of a gateway. Part
 * of the IoTKit library; sketches include IoTKit.h.
 */
#ifndef IOTKIT_FRAME_H
#define IOTKIT_FRAME_H

#include <Arduino.h>
#include <stdint.h>

/* How many bytes the well-formed UTF-8 character at `text` has; 0 if there is none. */
uint8_t iotkitUtf8(const char *text);

/* Writes one frame, byte by byte, so that it needs no buffer. */
class IoTKitWriter {
public:
  /* Begins a frame of this kind. */
  IoTKitWriter(Print &out, char kind);

  /* Append a field. */
  void number(uint32_t number);
  void id(uint32_t id);
  void text(const char *text);

  /* Append a field in parts: any number of characters or of texts, then endField(). */
  void escaped(char c);
  void plain(char c);
  void escapedText(const char *text);
  void endField();

  /* Ends the frame with its CRC and a newline. */
  void end();

private:
  void put(uint8_t byte);
  void hex(uint32_t number);

  Print &_out;
  bool _stuck; /* nobody takes what is written: the rest would only wait as well */
  uint32_t _crc;
  char _last; /* the byte before, to see what a field begins with */
};

/* A frame from the gateway. What its kind does not have is 0. */
struct IoTKitFrame {
  char kind;        /* W A N C ? */
  uint32_t id;      /* of W too */
  uint32_t number;  /* W: the nonce; A N: seq; C: command */
  const char *name; /* C: what to do, within the line */
  const char *value;
};

/*
 * Reads a line without its newline, and overwrites it. Returns false when it holds no frame of a
 * gateway.
 */
bool iotkitRead(char *line, uint8_t size, IoTKitFrame &frame);

#endif
