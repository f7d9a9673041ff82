/* SPDX-License-Identifier: MIT
 *
 * How much of what waits in the channel to the broker may go:
 *
 *     begin ....... allowed ....... marked ....... scanned ....... end
 *             now         once the ticket     under the     not known
 *                         has passed          next ticket   yet
 *
 * One ticket at a time, so that what goes on coming delays nothing before it. What
 * is allowed is not changed any more, since a wire may have begun to send it.
 */
#ifndef IOTKIT_LINK_GATE_H
#define IOTKIT_LINK_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link/channel.h"
#include "link/link.h"
#include "link/receipts.h"

struct gate {
	struct link_gate keeper; /* what it does not have is not held back */
	size_t allowed; /* each counted from the channel's first byte */
	size_t marked;
	size_t scanned;
	uint64_t ticket; /* of what is marked and not allowed */
	bool waits; /* for the ticket, when last asked */
	struct link_loan loan; /* what is left of it; size 0: none */
	size_t loan_at; /* what it goes before, counted likewise; beyond it nothing is allowed */
	struct receipts receipts;
};

/* keeper: NULL: nothing is held back */
void gate_begin(struct gate *gate, const struct link_gate *keeper);

/* The channel was emptied; forgets what was kept. */
void gate_clear(struct gate *gate);

/* The keeper is asked anew what it refused. */
void gate_ask_again(struct gate *gate);

/* Deals with what has come into the channel, and allows what may go. */
iotkit_status gate_admit(struct gate *gate, struct channel *channel);

/* Puts a packet between those that came, behind all of them that are whole. False when there is no
 * place or no room for it now, and without a keeper of receipts: nobody knows where packets end. */
bool gate_insert(struct gate *gate, struct channel *channel, const char *packet, size_t size);

/* Puts in the head of a packet, behind which the loan follows. False likewise, and while there is
 * another loan. */
bool gate_lend(struct gate *gate, struct channel *channel, const char *head, size_t size,
	       const struct link_loan *loan);

/* Whether all before the loan has gone, so that it is its turn; and so many bytes of it
 * have gone: returns whether that is all of it. */
bool gate_is_lending(const struct gate *gate);
bool gate_note_loan_gone(struct gate *gate, size_t size);

/* So many of those allowed have gone. */
void gate_note_gone(struct gate *gate, size_t size);

/* What was put in, or there was no room for, can be admitted now. */
bool gate_is_due(const struct gate *gate, const struct channel *channel);

#endif
