/* SPDX-License-Identifier: MIT
 *
 * A serial line between the kit and a test that plays the gateway.
 */
#ifndef HOST_WIRE_H
#define HOST_WIRE_H

#include <deque>
#include <string>

#include "Arduino.h"

class Wire : public Stream
{
      public:
	int available() override
	{
		return (int)to_board.size();
	}

	int read() override
	{
		int byte = to_board.front();
		to_board.pop_front();
		return byte;
	}

	size_t write(uint8_t byte) override
	{
		if (stuck) {
			refused++;
			return 0;
		}
		from_board += (char)byte;
		return 1;
	}

	void send(const std::string &bytes)
	{
		for (char byte : bytes)
			to_board.push_back((uint8_t)byte);
	}

	/* Returns what the board wrote since the last time. */
	std::string take()
	{
		std::string taken;
		taken.swap(from_board);
		return taken;
	}

	std::deque<uint8_t> to_board;
	std::string from_board;

	bool stuck = false; /* nobody takes what the board writes */
	int refused = 0;
};

/* The frame with this body, which lacks its last space; without a newline. */
inline std::string frame_of(std::string body)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t crc = 0xffffffff;
	std::string text;

	body += ' ';
	for (char byte : body) {
		crc ^= (uint8_t)byte;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	crc = ~crc;
	for (int shift = 28; shift >= 0; shift -= 4)
		text += digits[crc >> shift & 15];
	return "~" + body + "~" + text;
}

#endif
