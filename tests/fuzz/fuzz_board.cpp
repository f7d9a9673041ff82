/* SPDX-License-Identifier: MIT
 *
 * Bytes as what a board hears, through the Arduino library. Promised for any of them: what it
 * writes are whole frames, its memory holds, and a good frame after a newline is obeyed.
 */
#include <IoTKit.h>

#include <cstdlib>

#include "wire.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void promise(bool kept)
{
	if (!kept)
		abort();
}

static bool probed;

static void on_led(const char *value)
{
	IoTKitFrame frame;
	char copy[] = "x";

	promise(!iotkitRead(copy, 1, frame));
	probed = std::string(value) == "probe";
}

/* Each line is exactly one frame of a board. */
static void check_written(const std::string &written)
{
	size_t begin = 0, end;

	while ((end = written.find('\n', begin)) != std::string::npos) {
		std::string line = written.substr(begin, end - begin);
		size_t tilde = line.rfind('~');
		promise(line[0] == '~' && tilde > 2 && line[tilde - 1] == ' ');
		promise(frame_of(line.substr(1, tilde - 2)) == line);
		begin = end + 1;
	}
	promise(begin == written.size());
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	Wire wire;
	IoTKit kit(wire, "board");
	/* The first byte says how fast the clock goes, and how often something is measured. */
	uint32_t step = size > 0 ? bytes[0] : 1;

	host_ms = 0;
	kit.begin();
	kit.onCommand("led", on_led);
	kit.loop();
	std::string nonce = wire.from_board.substr(5, 8);
	wire.send(frame_of("W " + nonce + " 5f3a9c01") + "\n");
	/* "\1" stands for an id and "\2" for the CRC of the frame, which a fuzzer does not find. */
	std::string line;
	for (size_t i = 1; i < size; i++) {
		if (bytes[i] == 1)
			line += "5f3a9c01";
		else if (bytes[i] == 2 && line.size() > 2 && line.rfind('~') != std::string::npos)
			line = frame_of(line.substr(line.rfind('~') + 1));
		else
			line += (char)bytes[i];
		if (bytes[i] != '\n' && i + 1 < size)
			continue;
		wire.send(line);
		line.clear();
		host_ms += step;
		kit.publish("n", (unsigned long)i);
		kit.loop();
		promise(kit.pending() <= 192 / 11);
	}
	wire.send("\n" + frame_of("C 5f3a9c01 4294967295 led x") + "\n" +
		  frame_of("C 5f3a9c01 0 led probe") + "\n");
	while (wire.available() > 0)
		kit.loop();
	promise(probed);
	probed = false;
	check_written(wire.take());
	return 0;
}
