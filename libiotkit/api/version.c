/* SPDX-License-Identifier: MIT
 *
 * What this library is, and what it stands on.
 */
#include <pthread.h>
#include <string.h>

#include "api/handle.h"
#include "base/error.h"
#include "tls/tls.h"

#define TEXT(number) #number
#define VERSION(major, minor, patch) TEXT(major) "." TEXT(minor) "." TEXT(patch)

enum { LIBRARY_TEXT_SIZE = 80 };

const char *iotkit_version(void)
{
	return VERSION(IOTKIT_VERSION_MAJOR, IOTKIT_VERSION_MINOR, IOTKIT_VERSION_PATCH);
}

/* Some of them write their version into the same place at each call. */
static pthread_mutex_t describing = PTHREAD_MUTEX_INITIALIZER;

iotkit_status iotkit_describe_libraries(char *buffer, size_t size)
{
	static void (*const describe[])(char *text, size_t size) = {
		session_describe_library, tls_describe_library, device_describe_library,
		outbox_describe_library,  device_describe_json,
	};
	enum { COUNT = sizeof describe / sizeof describe[0] };
	char all[COUNT * LIBRARY_TEXT_SIZE];
	char *end = all;

	pthread_mutex_lock(&describing);
	for (size_t i = 0; i < COUNT; i++) {
		describe[i](end, LIBRARY_TEXT_SIZE - 1);
		end += strlen(end);
		*end++ = '\n';
	}
	pthread_mutex_unlock(&describing);
	*end++ = '\0';
	if (buffer == NULL || size < (size_t)(end - all))
		return error_set(IOTKIT_EINVAL,
				 "iotkit_describe_libraries() needs a buffer of %zu bytes",
				 (size_t)(end - all));
	memcpy(buffer, all, (size_t)(end - all));
	return IOTKIT_OK;
}
