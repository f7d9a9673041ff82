/* SPDX-License-Identifier: MIT
 *
 * Commands: from any thread to the board, and what became of them to the sink.
 */
#include <string.h>

#include "base/clock.h"
#include "device/internal.h"

void devices_saved(struct devices *devices)
{
	atomic_fetch_add(&devices->stirred, 1);
	wake_signal(&devices->wake);
}

iotkit_status devices_command(struct devices *devices, const char *name, const char *command,
			      const char *value, int64_t ttl_ms, uint64_t id)
{
	int64_t now = clock_monotonic_ms();
	int64_t deadline = ttl_ms > CLOCK_NEVER - now ? CLOCK_NEVER : now + ttl_ms;
	struct command *made;
	iotkit_status status = command_make(command, value, id, deadline, &made);

	if (status != IOTKIT_OK)
		return status;
	monitor_lock(&devices->monitor);
	struct device *device = devices_find(devices, name);
	status = device != NULL ? commands_add(&device->lines.commands, made)
				: error_set(IOTKIT_ENOENT, "there is no device '%s'", name);
	monitor_unlock(&devices->monitor);
	if (status != IOTKIT_OK) {
		command_free(made);
		return status;
	}
	atomic_fetch_add(&devices->stirred, 1);
	wake_signal(&devices->wake);
	return IOTKIT_OK;
}

/* The board as it is now. */
static struct commands_board board_of(const struct device *device, int64_t now_ms)
{
	const struct lines *lines = &device->lines;
	bool awake = device->port.fd >= 0 && lines->framed && !lines->silent &&
		     now_ms - lines->frame_ms < COMMAND_AWAKE_MS;

	return (struct commands_board){
		.plain = lines->speaker == LINES_PLAIN,
		.boot = awake ? kit_boot(&lines->kit) : FRAME_ID_NONE,
		.hello = &lines->kit.hello,
	};
}

static void tell(struct devices *devices, const struct device *device,
		 const struct command *command, const struct reason *why)
{
	const struct device_result result = {
		.device = device->name,
		.name = command->name,
		.value = command->value,
		.id = command->id,
		.status = why->status,
		.text = why->text,
	};

	devices->sink.commanded(devices->sink.context, &result);
}

/* One that has ended; where there is none, what is to be said is put by. */
static struct command *next_ended(struct devices *devices, struct device *device, int64_t now_ms,
				  struct reason *why)
{
	struct lines *lines = &device->lines;
	const struct commands_board board = board_of(device, now_ms);
	struct frame frame;

	monitor_lock(&devices->monitor);
	struct command *ended = commands_next_ended(&lines->commands, &board, now_ms, why);
	if (ended == NULL && commands_next_frame(&lines->commands, &board, now_ms, &frame))
		outgoing_add(&lines->outgoing, &frame);
	lines->commands_due_ms = commands_due(&lines->commands, &board);
	monitor_unlock(&devices->monitor);
	return ended;
}

void orders_pump(struct devices *devices, struct device *device, int64_t now_ms)
{
	struct reason why;

	/* Who hears that one has ended may add another, which ends at once. */
	for (int i = 0; i < COMMANDS_MAX && !atomic_load(&device->removed); i++) {
		struct command *ended = next_ended(devices, device, now_ms, &why);
		if (ended == NULL)
			return;
		tell(devices, device, ended, &why);
		command_free(ended);
	}
	device->lines.commands_due_ms = now_ms; /* the others have their turn first */
}

static struct command *take_out(struct devices *devices, struct device *device)
{
	monitor_lock(&devices->monitor);
	struct command *command = commands_take_out(&device->lines.commands);
	monitor_unlock(&devices->monitor);
	return command;
}

void orders_end(struct devices *devices, struct device *device)
{
	struct command *command;
	struct reason why;

	reason_set(&why, IOTKIT_ENOENT, "the device was removed before the board had done it");
	while ((command = take_out(devices, device)) != NULL) {
		tell(devices, device, command, &why);
		command_free(command);
	}
}

void orders_forget(struct device *device)
{
	struct command *command;

	while ((command = commands_take_out(&device->lines.commands)) != NULL)
		command_free(command);
}
