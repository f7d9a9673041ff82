/* SPDX-License-Identifier: MIT */
#include "device/commands.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/utf8.h"
#include "device/quote.h"

/* ---- One of them -------------------------------------------------------- */

static struct frame frame_of(const struct command *command, uint32_t boot)
{
	return (struct frame){
		.kind = FRAME_COMMAND,
		.id = boot,
		.command = command->number,
		.name = command->name,
		.value = command->value,
	};
}

/* How long its line is at most, newline included; 0: longer than any. */
static size_t line_size(const struct command *command)
{
	char line[FRAME_SIZE_MAX + 1];
	struct frame frame = frame_of(command, UINT32_MAX);

	frame.command = UINT32_MAX;
	return frame_write(&frame, line, sizeof line);
}

static iotkit_status check_texts(const char *name, const char *value)
{
	if (name == NULL || *name == '\0')
		return error_set(IOTKIT_EINVAL, "a command needs a name, as led");
	if (value == NULL)
		return error_set(IOTKIT_EINVAL, "a command's value is NULL; give \"\" for none");
	if (!utf8_valid(name, strlen(name)) || !utf8_valid(value, strlen(value)))
		return error_set(IOTKIT_EINVAL, "a command's name or value is not UTF-8");
	return IOTKIT_OK;
}

static iotkit_status check_size(const struct command *command)
{
	struct quote quote;

	if (line_size(command) > 0)
		return IOTKIT_OK;
	return error_set(IOTKIT_EINVAL,
			 "the command '%s' and its value are longer than any line, which are %d "
			 "bytes",
			 quote_text(&quote, command->name), FRAME_SIZE_MAX);
}

iotkit_status command_make(const char *name, const char *value, uint64_t id, int64_t deadline_ms,
			   struct command **out)
{
	iotkit_status status = check_texts(name, value);

	if (status != IOTKIT_OK)
		return status;
	struct command *command = calloc(1, sizeof *command);
	if (command == NULL)
		return error_set_no_memory();
	command->id = id;
	command->deadline_ms = deadline_ms;
	command->name = strdup(name);
	command->value = strdup(value);
	status = command->name == NULL || command->value == NULL ? error_set_no_memory()
								 : check_size(command);
	if (status != IOTKIT_OK)
		command_free(command);
	else
		*out = command;
	return status;
}

void command_free(struct command *command)
{
	if (command == NULL)
		return;
	free(command->name);
	free(command->value);
	free(command);
}

/* ---- How one ends ------------------------------------------------------- */

static void note_answer(const struct command *command, const struct kit_hello *hello,
			struct reason *why)
{
	struct quote name;
	struct quote has;
	const char *list = kit_commands(hello);

	if (command->answered && command->result == 0)
		reason_set(why, IOTKIT_OK, "the board has done it");
	else if (command->answered && command->result != 1)
		reason_set(why, IOTKIT_EREFUSED,
			   "the board answered '%s' by %u, which the line protocol has no meaning "
			   "for; update this library",
			   quote_text(&name, command->name), (unsigned int)command->result);
	else if (*list == '\0')
		reason_set(why, IOTKIT_ENOENT, "the board has no command '%s'; it has none at all",
			   quote_text(&name, command->name));
	else
		reason_set(why, IOTKIT_ENOENT, "the board has no command '%s'; it has: %s",
			   quote_text(&name, command->name), quote_text(&has, list));
}

/* What is known of it before it is sent, or sent again. */
static bool is_vain(const struct command *command, const struct commands_board *board,
		    struct reason *why)
{
	const struct kit_hello *hello = board->hello;
	struct quote name;

	if (board->plain) {
		reason_set(why, IOTKIT_ENOTSUP,
			   "the board runs a plain sketch; commands need the IoTKit library "
			   "(docs/line-protocol.md)");
		return true;
	}
	if (board->boot == FRAME_ID_NONE || hello->room == 0)
		return false;
	if (!kit_has_command(hello, command->name)) {
		note_answer(command, hello, why);
		return true;
	}
	if (line_size(command) > hello->room) {
		reason_set(why, IOTKIT_EINVAL,
			   "the value of '%s' is too long for the board, which reads lines of %u "
			   "bytes; shorten it, or give the kit a larger buffer",
			   quote_text(&name, command->name), (unsigned int)hello->room);
		return true;
	}
	return false;
}

/* The board may have obeyed it before it started anew, and is not to do so twice. */
static bool is_orphan(const struct command *command, const struct commands_board *board,
		      struct reason *why)
{
	if (command->boot == FRAME_ID_NONE || board->boot == FRAME_ID_NONE ||
	    command->boot == board->boot)
		return false;
	reason_set(why, IOTKIT_ETIMEOUT,
		   "the board started anew before it answered; whether it has done it is not "
		   "known");
	return true;
}

static bool is_late(const struct command *command, bool first, const struct commands_board *board,
		    int64_t now_ms, struct reason *why)
{
	if (now_ms < command->deadline_ms)
		return false;
	if (command->boot != FRAME_ID_NONE)
		reason_set(why, IOTKIT_ETIMEOUT,
			   "the board did not answer in time; whether it has done it is not known");
	else if (board->boot != FRAME_ID_NONE && !first)
		reason_set(why, IOTKIT_ETIMEOUT,
			   "its time was over before the board had answered those before it");
	else
		reason_set(why, IOTKIT_ETIMEOUT,
			   "the board was absent, or slept, until the command's time was over");
	return true;
}

/* ---- All of them -------------------------------------------------------- */

iotkit_status commands_add(struct commands *commands, struct command *command)
{
	if (commands->count == COMMANDS_MAX)
		return error_set(IOTKIT_EFULL,
				 "%d commands wait for this board already; wait for their results",
				 COMMANDS_MAX);
	commands->waiting[commands->count++] = command;
	return IOTKIT_OK;
}

static struct command *take_out(struct commands *commands, size_t index)
{
	struct command *command = commands->waiting[index];

	commands->count--;
	memmove(&commands->waiting[index], &commands->waiting[index + 1],
		(commands->count - index) * sizeof(struct command *));
	if (index == 0)
		commands->again_ms = 0;
	return command;
}

struct command *commands_take_out(struct commands *commands)
{
	return commands->count > 0 ? take_out(commands, 0) : NULL;
}

struct command *commands_next_ended(struct commands *commands, const struct commands_board *board,
				    int64_t now_ms, struct reason *why)
{
	for (size_t i = 0; i < commands->count; i++) {
		const struct command *command = commands->waiting[i];
		bool first = i == 0;
		if (first && command->answered)
			note_answer(command, board->hello, why);
		else if (!(first && is_orphan(command, board, why)) &&
			 !(first && is_vain(command, board, why)) &&
			 !is_late(command, first, board, now_ms, why))
			continue;
		return take_out(commands, i);
	}
	return NULL;
}

bool commands_next_frame(struct commands *commands, const struct commands_board *board,
			 int64_t now_ms, struct frame *out)
{
	if (commands->count == 0 || board->plain || board->boot == FRAME_ID_NONE ||
	    now_ms < commands->again_ms)
		return false;
	struct command *command = commands->waiting[0];
	commands->again_ms = now_ms + COMMAND_RETRY_MS;
	if (board->hello->room == 0) {
		*out = (struct frame){.kind = FRAME_WHO};
		return true;
	}
	if (!commands->begun)
		commands->next_number = (uint32_t)random_u64();
	commands->begun = true;
	if (command->boot == FRAME_ID_NONE)
		command->number = commands->next_number++;
	command->boot = board->boot;
	*out = frame_of(command, board->boot);
	return true;
}

void commands_answer(struct commands *commands, uint32_t number, uint32_t result)
{
	struct command *first = commands->count > 0 ? commands->waiting[0] : NULL;

	if (first == NULL || first->boot == FRAME_ID_NONE || first->number != number)
		return;
	first->answered = true;
	first->result = result;
}

int64_t commands_due(const struct commands *commands, const struct commands_board *board)
{
	int64_t due = CLOCK_NEVER;

	for (size_t i = 0; i < commands->count; i++)
		if (commands->waiting[i]->deadline_ms < due)
			due = commands->waiting[i]->deadline_ms;
	if (commands->count > 0 && !board->plain && board->boot != FRAME_ID_NONE &&
	    commands->again_ms < due)
		due = commands->again_ms;
	return due;
}
