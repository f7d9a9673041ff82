/* SPDX-License-Identifier: MIT */
#include "iotkit.h"

#define TEXT(number) #number
#define VERSION(major, minor, patch) TEXT(major) "." TEXT(minor) "." TEXT(patch)

const char *iotkit_version(void)
{
	return VERSION(IOTKIT_VERSION_MAJOR, IOTKIT_VERSION_MINOR, IOTKIT_VERSION_PATCH);
}
