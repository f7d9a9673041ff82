/* SPDX-License-Identifier: MIT */
#include "link/gate.h"

void gate_begin(struct gate *gate, const struct link_gate *keeper)
{
	*gate = (struct gate){0};
	if (keeper != NULL)
		gate->keeper = *keeper;
	const struct receipts_sink sink = {.context = gate->keeper.context,
					   .untaken = gate->keeper.untaken,
					   .under_way = gate->keeper.under_way,
					   .asked = gate->keeper.asked};
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

/* What is put in is as good as newly read: it may have asked for something to be stored. So what
 * is behind it waits for the next ticket, too. */
static void note_inserted(struct gate *gate, size_t size)
{
	size_t place = gate->scanned - gate->receipts.tail;

	if (gate->marked > place)
		gate->marked = place;
	gate->scanned += size;
}

static void put_receipts_back(struct gate *gate, struct channel *channel)
{
	size_t size = receipts_put_back(&gate->receipts, channel, gate->allowed, gate->scanned);

	if (size > 0)
		note_inserted(gate, size);
}

bool gate_insert(struct gate *gate, struct channel *channel, const char *packet, size_t size)
{
	size_t tail = gate->receipts.tail;

	if (gate->keeper.untaken == NULL || tail > gate->scanned - gate->allowed ||
	    size > channel_spare(channel))
		return false;
	channel_insert(channel, gate->scanned - tail, packet, size);
	note_inserted(gate, size);
	return true;
}

bool gate_lend(struct gate *gate, struct channel *channel, const char *head, size_t size,
	       const struct link_loan *loan)
{
	if (gate->loan.size > 0 || !gate_insert(gate, channel, head, size))
		return false;
	gate->loan = *loan;
	gate->loan_at = gate->scanned - gate->receipts.tail;
	return true;
}

bool gate_is_lending(const struct gate *gate)
{
	return gate->loan.size > 0 && gate->loan_at == 0;
}

bool gate_note_loan_gone(struct gate *gate, size_t size)
{
	gate->loan.bytes += size;
	gate->loan.size -= size;
	return gate->loan.size == 0;
}

/* How much may be allowed at most. */
static size_t limit_of(const struct gate *gate)
{
	return gate->loan.size > 0 ? gate->loan_at : gate->scanned;
}

static void allow(struct gate *gate)
{
	const struct link_gate *keeper = &gate->keeper;
	size_t limit = limit_of(gate);

	while (gate->allowed < limit && !gate->waits) {
		if (gate->marked == gate->allowed) {
			gate->marked = gate->scanned;
			gate->ticket = keeper->ticket(keeper->context);
		}
		if (keeper->passed(keeper->context, gate->ticket))
			gate->allowed = gate->marked < limit ? gate->marked : limit;
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
		gate->allowed = gate->marked = limit_of(gate);
	return IOTKIT_OK;
}

void gate_note_gone(struct gate *gate, size_t size)
{
	gate->allowed -= size;
	gate->marked -= size;
	gate->scanned -= size;
	gate->loan_at -= gate->loan.size > 0 ? size : 0;
}

bool gate_is_due(const struct gate *gate, const struct channel *channel)
{
	return (gate->allowed < limit_of(gate) && !gate->waits) ||
	       receipts_may_go_on(&gate->receipts) ||
	       receipts_are_due(&gate->receipts, channel, gate->allowed, gate->scanned);
}
