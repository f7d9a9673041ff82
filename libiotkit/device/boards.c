/* SPDX-License-Identifier: MIT
 *
 * Sources: the boards.txt files of Arduino's cores, and the chips' vendors. A
 * bridge chip tells nothing of the board behind it, so the chip is named.
 */
#include "device/boards.h"

#include <stddef.h>

static const struct {
	int vid;
	int pid;
	const char *name;
} boards[] = {
	{0x2341, 0x0001, "Arduino Uno"},
	{0x2341, 0x0010, "Arduino Mega 2560"},
	{0x2341, 0x0036, "Arduino Leonardo (bootloader)"},
	{0x2341, 0x003d, "Arduino Due (programming port)"},
	{0x2341, 0x003e, "Arduino Due (native port)"},
	{0x2341, 0x003f, "Arduino Mega ADK"},
	{0x2341, 0x0042, "Arduino Mega 2560 R3"},
	{0x2341, 0x0043, "Arduino Uno R3"},
	{0x2341, 0x0044, "Arduino Mega ADK R3"},
	{0x2341, 0x0058, "Arduino Nano Every"},
	{0x2341, 0x0069, "Arduino Uno R4 Minima"},
	{0x2341, 0x0070, "Arduino Nano ESP32"},
	{0x2341, 0x0243, "Arduino Uno R3"},
	{0x2341, 0x025e, "Arduino Nano RP2040 Connect (bootloader)"},
	{0x2341, 0x805a, "Arduino Nano 33 BLE"},
	{0x2341, 0x1002, "Arduino Uno R4 WiFi"},
	{0x2341, 0x8036, "Arduino Leonardo"},
	{0x2341, 0x8037, "Arduino Micro"},
	{0x2341, 0x804d, "Arduino Zero (native port)"},
	{0x2341, 0x804e, "Arduino MKR1000"},
	{0x2341, 0x804f, "Arduino MKR Zero"},
	{0x2341, 0x8050, "Arduino MKR FOX 1200"},
	{0x2341, 0x8052, "Arduino MKR GSM 1400"},
	{0x2341, 0x8053, "Arduino MKR WAN 1300"},
	{0x2341, 0x8054, "Arduino MKR WiFi 1010"},
	{0x2341, 0x8055, "Arduino MKR NB 1500"},
	{0x2341, 0x8057, "Arduino Nano 33 IoT"},
	{0x2341, 0x8059, "Arduino MKR WAN 1310"},
	{0x2a03, 0x0042, "Arduino Mega 2560 R3"},
	{0x2a03, 0x0043, "Arduino Uno R3"},
	{0x2a03, 0x8036, "Arduino Leonardo"},
	{0x2a03, 0x8037, "Arduino Micro"},
	{0x03eb, 0x2157, "Arduino Zero (programming port)"},
	{0x0403, 0x6001, "FTDI FT232R (Arduino Nano, Duemilanove and others)"},
	{0x0403, 0x6015, "FTDI FT231X (SparkFun RedBoard and others)"},
	{0x067b, 0x2303, "Prolific PL2303"},
	{0x10c4, 0xea60, "Silicon Labs CP2102 (ESP32, ESP8266 and others)"},
	{0x1a86, 0x55d4, "WCH CH9102 (ESP32 and others)"},
	{0x1a86, 0x7523, "WCH CH340 (Arduino Nano clones and others)"},
	{0x16c0, 0x0483, "Teensy"},
	{0x1b4f, 0x9206, "SparkFun Pro Micro"},
	{0x239a, 0x800b, "Adafruit Feather M0"},
	{0x2e8a, 0x0005, "Raspberry Pi Pico (MicroPython)"},
	{0x2e8a, 0x000a, "Raspberry Pi Pico"},
	{0x2e8a, 0xf00a, "Raspberry Pi Pico W"},
	{0x303a, 0x0002, "Espressif ESP32-S2"},
	{0x303a, 0x1001, "Espressif ESP32-S3, C3 or C6"},
	{0x0d28, 0x0204, "BBC micro:bit"},
};

const char *board_name(int vid, int pid)
{
	for (size_t i = 0; i < sizeof boards / sizeof boards[0]; i++)
		if (boards[i].vid == vid && boards[i].pid == pid)
			return boards[i].name;
	return "";
}
