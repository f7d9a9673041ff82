/* SPDX-License-Identifier: MIT
 *
 * Every macro, constant and type of iotkit.h in use, in what is C as well as C++. What is missing
 * here test_coverage.py tells.
 */
#include <iotkit.h>

#if IOTKIT_VERSION_MAJOR < 1 || IOTKIT_VERSION_MINOR < 0 || IOTKIT_VERSION_PATCH < 0
#error "this is an older header"
#endif

#define VERSION_OF(major, minor, patch) ((major)*10000 + (minor)*100 + (patch))

/* As a plugin would show a function of its own. */
IOTKIT_API int macros_version(void);

int macros_version(void)
{
	return VERSION_OF(IOTKIT_VERSION_MAJOR, IOTKIT_VERSION_MINOR, IOTKIT_VERSION_PATCH);
}

static void on_event(const iotkit_event *event, void *context)
{
	int32_t *count = (int32_t *)context;

	if (event->type == IOTKIT_EVENT_MESSAGE)
		++*count;
}

int main(void)
{
	iotkit_event_callback callback = on_event;
	iotkit_status status = IOTKIT_OK;
	iotkit_event event;
	int32_t count = 0;

	event.type = IOTKIT_EVENT_MESSAGE;
	callback(&event, &count);
	switch (status) {
	case IOTKIT_OK:
		return count == 1 && macros_version() > 0 ? 0 : 1;
	case IOTKIT_EINVAL:
	default:
		return 1;
	}
}
