/* SPDX-License-Identifier: MIT
 *
 * One dispatcher at a time takes the events and calls the application. A callback may do
 * whatever other threads may: also replace itself, or close the handle it works for.
 */
#include "api/callback.h"

#include <stdlib.h>

#include "api/handle.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/thread.h"

struct dispatcher {
	iotkit *iot;
	iotkit_event_callback callback;
	void *context;
	pthread_t thread;
	uint64_t turn; /* it takes events until the next one begins */
	/* Only its own thread touches these. */
	bool dismissed; /* by its own callback; nobody joins it, and the handle may be gone */
	bool closes; /* the handle, when the callback returns */
};

static void *dispatch(void *context)
{
	struct dispatcher *self = context;
	const iotkit_event *event;

	while ((event = event_next(self->iot, self->turn, CLOCK_NEVER)) != NULL) {
		self->callback(event, self->context);
		events_drop(event); /* not the handle's, which may be gone */
		if (self->dismissed || self->closes)
			break;
	}
	if (self->closes) {
		iotkit_close(self->iot);
		free(self);
	} else if (self->dismissed) {
		free(self);
	}
	return NULL;
}

static bool is_own_thread(const struct dispatcher *dispatcher)
{
	return pthread_equal(dispatcher->thread, pthread_self());
}

/* The thread takes itself off when its callback has returned. */
static void dismiss_self(struct dispatcher *self)
{
	pthread_detach(self->thread);
	self->dismissed = true;
}

/* Ends the present dispatcher, if any. The lock is held, but not while its callback, which
 * may want it, is waited for. */
static void end_present(iotkit *iot)
{
	struct dispatcher *present = iot->dispatcher;

	iot->dispatcher = NULL;
	events_begin_turn(&iot->events);
	if (present == NULL)
		return;
	if (is_own_thread(present)) {
		dismiss_self(present);
		return;
	}
	pthread_mutex_unlock(&iot->callback_lock);
	pthread_join(present->thread, NULL);
	free(present);
	pthread_mutex_lock(&iot->callback_lock);
}

static iotkit_status begin(iotkit *iot, iotkit_event_callback callback, void *context)
{
	struct dispatcher *next = calloc(1, sizeof *next);

	if (next == NULL)
		return error_set_no_memory();
	next->iot = iot;
	next->callback = callback;
	next->context = context;
	next->turn = events_begin_turn(&iot->events);
	iotkit_status status = thread_start(&next->thread, "iotkit-events", dispatch, next);
	if (status == IOTKIT_OK)
		iot->dispatcher = next;
	else
		free(next);
	return status;
}

iotkit_status iotkit_set_event_callback(iotkit *iot, iotkit_event_callback callback, void *context)
{
	iotkit_status status = handle_check(iot);

	if (status != IOTKIT_OK)
		return status;
	pthread_mutex_lock(&iot->callback_lock);
	if (iot->dispatcher != NULL && is_own_thread(iot->dispatcher) && iot->dispatcher->closes) {
		status = error_set(IOTKIT_ESTATE,
				   "there will be no more events: iotkit_close() was called");
	} else {
		do
			end_present(iot);
		while (iot->dispatcher != NULL);
		if (callback != NULL)
			status = begin(iot, callback, context);
	}
	pthread_mutex_unlock(&iot->callback_lock);
	return status;
}

bool callback_is_set(iotkit *iot)
{
	pthread_mutex_lock(&iot->callback_lock);
	bool set = iot->dispatcher != NULL;
	pthread_mutex_unlock(&iot->callback_lock);
	return set;
}

bool callback_end(iotkit *iot)
{
	bool ended = true;

	pthread_mutex_lock(&iot->callback_lock);
	struct dispatcher *present = iot->dispatcher;
	if (present != NULL && is_own_thread(present)) {
		ended = present->closes; /* then its callback has returned */
		if (!ended)
			present->closes = true;
		else
			pthread_detach(present->thread);
	} else {
		end_present(iot);
	}
	pthread_mutex_unlock(&iot->callback_lock);
	return ended;
}
