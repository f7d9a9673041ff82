/* SPDX-License-Identifier: MIT
 *
 * IoTKit: readings from a board to libiotkit's gateway over a serial line, so that none is lost
 * on the way, and commands back.
 *
 *   #include <IoTKit.h>
 *
 *   IoTKit kit(Serial, "greenhouse");
 *
 *   void onLed(const char *value) { digitalWrite(LED_BUILTIN, value[0] == '1'); }
 *
 *   void setup() { Serial.begin(115200); kit.begin(); kit.onCommand("led", onLed); }
 *
 *   void loop() { kit.loop(); if (kit.every(1000)) kit.publish("temperature", readTemp(), "Cel"); }
 *
 * A reading stays in the kit's memory until the gateway has it safe; what was damaged or lost on
 * the line is sent again. Prints of the sketch on the same line do no harm.
 *
 * Nothing here may be called from an interrupt.
 */
#ifndef IOTKIT_H
#define IOTKIT_H

#include <Arduino.h>

#include "IoTKitFrame.h"

/* Does what a command says. `value` is only there until the function returns. */
typedef void (*IoTKitHandler)(const char *value);

struct IoTKitCommand {
  const char *name;
  IoTKitHandler handler;
};

/* What a kit can do, whatever its size. Sketches make an IoTKit or an IoTKitOf<...>. */
class IoTKitCore {
public:
  /*
   * Begins: call it once, in setup(), after Serial.begin(). It sends nothing yet.
   *
   * firmware, version: what this sketch is, for people; the kit keeps the pointers.
   */
  void begin(const char *firmware = "sketch", const char *version = "0");

  /*
   * Reads what came, obeys commands, and writes one frame at most. Call it first in loop(), once,
   * and let loop() come round often: a serial port of an Uno holds 64 bytes, which at 115200 baud
   * come in 6 ms. What is lost by that is sent again, but later.
   */
  void loop();

  /*
   * Tells whether a multiple of `ms` milliseconds has passed since the round of loop() before:
   * true in one round each time, however often it is asked. After a long delay() it is true once,
   * not several times.
   */
  bool every(uint32_t ms) const;

  /*
   * Keeps a reading as taken now, and sends it until the gateway has it.
   *
   * name: what was measured, as "temperature"; at least one character.
   * value: the number. NaN and infinity, which sensors' libraries return when a sensor does not
   *   answer, are no readings: they are left out.
   * unit: as "Cel", "%RH" or "lx"; "" for none.
   * digits: how many to send after the point. There are fewer if it would be more than 9 in all; a
   *   number above 4294967040 is sent as 6.022141e23.
   *
   * The texts are copied. In name and unit each byte that is no UTF-8 becomes "?".
   *
   * Returns true when nothing was lost. False means that the oldest reading had to go for this
   * one, or that this one was not taken: no number, no name, or larger than the kit's memory.
   */
  bool publish(const char *name, double value, const char *unit = "", uint8_t digits = 2);
  bool publish(const char *name, int value, const char *unit = "");
  bool publish(const char *name, unsigned int value, const char *unit = "");
  bool publish(const char *name, long value, const char *unit = "");
  bool publish(const char *name, unsigned long value, const char *unit = "");

  /*
   * Keeps and sends a state, as report("door", "open"). Name, text and result are as those of
   * publish().
   */
  bool report(const char *name, const char *text);

  /*
   * Has `handler` called, from within loop(), with the value of each command of this name.
   *
   * The kit then reports the value as the state `name`, so that it is seen what was obeyed, unless
   * the handler has reported or published `name` itself. A handler may call anything here;
   * loop() and flush() do nothing within it.
   *
   * name: at least one character and no comma; the kit keeps the pointer. A name that is already
   *   there gets the new handler.
   *
   * Returns false when there is no room for another command, or the name is none.
   */
  bool onCommand(const char *name, IoTKitHandler handler);

  /* Tells whether a gateway has answered in the last 8 seconds or so. */
  bool connected() const;

  /* Returns how many readings and states wait for the gateway to have them safe. */
  uint16_t pending() const;

  /*
   * Returns how many readings and states were lost since begin() because there was no room. After
   * 65535 it begins again at 0.
   */
  uint16_t dropped() const;

  /*
   * Tells whether there is room for another reading without the oldest one having to go.
   *
   * characters: how many bytes name, value and unit have together, at most.
   */
  bool ready(uint8_t characters = 32) const;

  /*
   * Runs the line until nothing is pending, and what was written has left the board: before the
   * board sleeps. Where there is no gateway, that is the whole time.
   *
   * ms: how long to wait at most, in milliseconds.
   *
   * Returns true when nothing is pending.
   */
  bool flush(uint32_t ms);

  /*
   * Tells the kit that millis() stood still for so many milliseconds, as it does in deep sleep:
   * readings that wait are older by that, and every() counts it.
   */
  void slept(uint32_t ms);

protected:
  IoTKitCore(Stream &stream, const char *name, uint8_t *records, uint16_t recordsMax, char *line,
             uint8_t lineMax, IoTKitCommand *commands, uint8_t commandsMax);

private:
  IoTKitCore(const IoTKitCore &) = delete;
  IoTKitCore &operator=(const IoTKitCore &) = delete;

  uint32_t now() const;
  uint16_t since(uint16_t moment) const;
  void run();

  bool keep(char kind, const char *name, const char *text, const char *unit);
  void forget(uint16_t count);
  void sendFrom(uint16_t count);

  void receive();
  void obeyLine();
  bool isForUs(const IoTKitFrame &frame);
  void acknowledge(uint32_t seq);
  void sendAgain(uint32_t seq);
  void command(const IoTKitFrame &frame);
  bool obey(const IoTKitFrame &frame);
  IoTKitCommand *find(const char *name);

  bool sayHello();
  bool answer();
  bool sendReading();

  Stream &_stream;
  const char *_name;
  const char *_firmware;
  const char *_version;

  /*
   * Readings, the oldest first and each one's bytes together, so that its texts can be used where
   * they are: its size, its kind, its time, and name, text and unit with their zeros.
   */
  uint8_t *_records;
  uint16_t _recordsMax;
  uint16_t _used;      /* bytes of that */
  uint16_t _count;     /* how many readings there are */
  uint16_t _sent;      /* how many of them were sent since the oldest one was */
  uint16_t _sentBytes; /* and how many bytes these take */
  uint32_t _base;      /* the oldest one's number */
  uint16_t _dropped;
  uint16_t _waitSince; /* for an A that moves the base */
  uint8_t _waits;      /* how often that was in vain */

  uint8_t _lineMax;
  uint8_t _lineSize;
  char *_line; /* what has come of a line */

  uint32_t _id; /* 0: none yet */
  uint32_t _nonce;
  uint16_t _quietSince; /* a frame was heard or hello said */
  uint8_t _hellos;      /* how many were said for want of an answer */
  bool _helloDue;

  IoTKitCommand *_commands;
  uint8_t _commandsMax;
  uint8_t _commandCount;
  bool _commanded; /* there was a command */
  bool _answerDue;
  uint8_t _result;        /* of the newest command */
  uint32_t _command;      /* its number */
  uint16_t _answerBehind; /* half of a number: the readings before that one are sent first */
  const char *_obeyed;    /* its name, while its handler runs and has not reported it */
  bool _busy;             /* a handler runs */

  uint32_t _now; /* of this round of loop() */
  uint32_t _before;
  uint32_t _slept;
};

/*
 * A kit and its memory.
 *
 * RingBytes: for readings that wait; one takes 9 bytes and its name, value and unit. 192 hold 6 to
 *   10 of them.
 * LineBytes: the longest line that can be read, at least 48; of these name and value of a command
 *   have 31 less than this.
 * Commands: how many onCommand() takes.
 */
template <uint16_t RingBytes = 192, uint8_t LineBytes = 64, uint8_t Commands = 4>
class IoTKitOf : public IoTKitCore {
  static_assert(RingBytes >= 32, "a reading must have room");
  static_assert(LineBytes >= 48, "the line protocol demands 48");

public:
  /*
   * stream: the serial line, as Serial; the sketch begins it, and it must outlive the kit.
   * name: what this board is, for people; the kit keeps the pointer.
   */
  IoTKitOf(Stream &stream, const char *name)
      : IoTKitCore(stream, name, _recordBytes, RingBytes, _lineBytes, LineBytes, _commandTable,
                   Commands) {
  }

private:
  uint8_t _recordBytes[RingBytes];
  char _lineBytes[LineBytes];
  IoTKitCommand _commandTable[Commands > 0 ? Commands : 1];
};

typedef IoTKitOf<> IoTKit;

#endif
