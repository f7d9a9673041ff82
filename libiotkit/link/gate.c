/* SPDX-License-Identifier: MIT */
#include "link/gate.h"

void gate_begin(struct gate *gate, const struct link_gate *keeper)
{
	*gate = (struct gate){0};
	if (keeper != NULL)
		gate->keeper = *keeper;
	const struct receipts_sink sink = {.context = gate->keeper.context,
					   .untaken = gate->keeper.untaken};
	receipts_begin(&gate->receipts, &sink);
}

void gate_clear(struct gate *gate)
{
	const struct link_gate keeper = gate->keeper;

	receipts_end(&gate->receipts);
	gate_begin(gate, &keeper);
}

void gate_ask_again(struct gate *gate)
{
	gate->waits = false;
	gate->receipts.waits = false;
}

/* What is put back is as good as newly read: taking a message may have asked for
 * something to be stored. So what is behind it waits for the next ticket, too. */
static void put_receipts_back(struct gate *gate, struct channel *channel)
{
	size_t size = receipts_put_back(&gate->receipts, channel, gate->allowed, gate->scanned);
	size_t place = gate->scanned - gate->receipts.tail;

	if (size == 0)
		return;
	if (gate->marked > place)
		gate->marked = place;
	gate->scanned += size;
}

static void allow(struct gate *gate)
{
	const struct link_gate *keeper = &gate->keeper;

	while (gate->allowed < gate->scanned && !gate->waits) {
		if (gate->marked == gate->allowed) {
			gate->marked = gate->scanned;
			gate->ticket = keeper->ticket(keeper->context);
		}
		if (keeper->passed(keeper->context, gate->ticket))
			gate->allowed = gate->marked;
		else
			gate->waits = true;
	}
}

iotkit_status gate_admit(struct gate *gate, struct channel *channel)
{
	if (gate->keeper.untaken == NULL) {
		gate->scanned = channel->end - channel->begin;
	} else {
		iotkit_status status = receipts_scan(&gate->receipts, channel, &gate->scanned);
		if (status != IOTKIT_OK)
			return status;
		put_receipts_back(gate, channel);
	}
	if (gate->keeper.ticket != NULL)
		allow(gate);
	else
		gate->allowed = gate->marked = gate->scanned;
	return IOTKIT_OK;
}

void gate_note_gone(struct gate *gate, size_t size)
{
	gate->allowed -= size;
	gate->marked -= size;
	gate->scanned -= size;
}

bool gate_is_due(const struct gate *gate, const struct channel *channel)
{
	return receipts_are_due(&gate->receipts, channel, gate->allowed, gate->scanned);
}
