/* SPDX-License-Identifier: MIT */
#include <iostream>
#include <iotkit.h>
#include <memory>

int main()
{
	iotkit *raw = nullptr;

	if (iotkit_open("mqtt://localhost", &raw) != IOTKIT_OK)
		return 1;
	std::unique_ptr<iotkit, decltype(&iotkit_close)> iot(raw, iotkit_close);
	std::cout << "iotkit " << iotkit_version() << std::endl;
	return 0;
}
