/* SPDX-License-Identifier: MIT */
#include "base/error.h"

const char *iotkit_last_error(void)
{
	return error_last();
}

const char *iotkit_strerror(iotkit_status status)
{
	const char *meaning = error_meaning(status);

	return meaning != NULL ? meaning : "unknown status";
}
