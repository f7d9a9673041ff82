/* SPDX-License-Identifier: MIT
 *
 * As much of Arduino's Print as the library IoTKit uses.
 */
#ifndef HOST_PRINT_H
#define HOST_PRINT_H

#include <stddef.h>
#include <stdint.h>

class Print
{
      public:
	virtual ~Print() = default;
	virtual size_t write(uint8_t byte) = 0;
	virtual void flush()
	{
	}
};

#endif
