/* SPDX-License-Identifier: MIT */
#include <iotkit.h>
#include <stdio.h>

int main(void)
{
	iotkit *iot = NULL;

	if (iotkit_open("mqtt://localhost", &iot) != IOTKIT_OK)
		return 1;
	printf("iotkit %s\n", iotkit_version());
	iotkit_close(iot);
	return 0;
}
