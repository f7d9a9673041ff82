/* SPDX-License-Identifier: MIT */
#include "link/receipts.h"

#include <string.h>

#include "packet/facts.h"

enum verdict { PASS, KEEP, WAIT };

struct receipt {
	unsigned type;
	uint16_t packet_id;
	size_t head; /* bytes up to behind the packet id */
	size_t size;
};

void receipts_begin(struct receipts *receipts, const struct receipts_sink *sink)
{
	*receipts = (struct receipts){.sink = *sink};
	/* Those put back leave their room unused, up to as much as is in use. */
	buffer_init(&receipts->kept, (size_t)2 * RECEIPTS_MAX * RECEIPT_SIZE_MAX);
}

void receipts_end(struct receipts *receipts)
{
	buffer_free(&receipts->kept);
	receipts_begin(receipts, &receipts->sink);
}

static unsigned type_of(const char *packet)
{
	return (unsigned char)packet[0] >> 4;
}

static bool is_receipt(unsigned type)
{
	return type == PACKET_PUBREC || type == PACKET_PUBCOMP;
}

static bool is_request(unsigned type)
{
	return type == PACKET_SUBSCRIBE || type == PACKET_UNSUBSCRIBE;
}

/* KEEP: it is a receipt that may be kept, or a request; WAIT: more of it must be seen. */
static enum verdict read_receipt(const char *bytes, size_t size, struct receipt *out)
{
	struct framing framing = {0};
	size_t at = 0;

	*out = (struct receipt){.type = type_of(bytes)};
	if (!is_receipt(out->type) && !is_request(out->type))
		return PASS;
	do
		framing_pass(&framing, bytes + at++, 1);
	while (framing.expects == FRAMING_LENGTH && at < size);
	if (framing.expects == FRAMING_LENGTH)
		return WAIT;
	out->size = at + framing_rest(&framing);
	out->head = at + sizeof out->packet_id;
	if (out->size < out->head || (is_receipt(out->type) && out->size > RECEIPT_SIZE_MAX))
		return PASS;
	if ((is_receipt(out->type) ? out->size : out->head) > size)
		return WAIT;
	const unsigned char *id = (const unsigned char *)bytes + at;
	out->packet_id = (uint16_t)(id[0] << 8 | id[1]);
	return KEEP;
}

static enum verdict judge_request(struct receipts *receipts, uint16_t packet_id)
{
	const struct receipts_sink *sink = &receipts->sink;

	if (sink->under_way == NULL)
		return PASS;
	if (sink->under_way(sink->context, packet_id)) {
		receipts->request = packet_id;
		return WAIT;
	}
	sink->asked(sink->context, packet_id);
	return PASS;
}

/* What becomes of the next bytes, and how many they are. */
static enum verdict judge(struct receipts *receipts, const char *bytes, size_t size, size_t *step)
{
	const struct receipts_sink *sink = &receipts->sink;
	struct receipt receipt;

	if (!framing_is_between(&receipts->framing)) {
		size_t rest = framing_rest(&receipts->framing);
		bool is_broken = rest == 0; /* the broker will say so */
		*step = is_broken || rest > size ? size : rest;
		return PASS;
	}
	enum verdict verdict = read_receipt(bytes, size, &receipt);
	*step = verdict == KEEP ? receipt.size : 1;
	if (verdict != KEEP)
		return verdict;
	if (is_request(receipt.type)) {
		*step = receipt.head;
		return judge_request(receipts, receipt.packet_id);
	}
	if (receipts->count_of[receipt.type] == 0 &&
	    !sink->untaken(sink->context, receipt.packet_id))
		return PASS;
	return receipts->count < RECEIPTS_MAX ? KEEP : WAIT;
}

static void pass(struct receipts *receipts, const char *bytes, size_t size)
{
	if (framing_is_between(&receipts->framing) && type_of(bytes) == PACKET_DISCONNECT)
		receipts->over = true;
	framing_pass(&receipts->framing, bytes, size);
	receipts->tail += size;
	if (framing_is_between(&receipts->framing) && !receipts->over)
		receipts->tail = 0;
}

static iotkit_status keep(struct receipts *receipts, const char *packet, size_t size)
{
	struct buffer *kept = &receipts->kept;

	if (receipts->first > kept->size / 2) {
		kept->size -= receipts->first;
		memmove(kept->bytes, kept->bytes + receipts->first, kept->size);
		receipts->first = 0;
	}
	iotkit_status status = buffer_append(kept, packet, size);
	if (status != IOTKIT_OK)
		return status;
	receipts->count++;
	receipts->count_of[type_of(packet)]++;
	return IOTKIT_OK;
}

/* Closes the gap in front of some bytes that stay; returns where they end then. */
static size_t move_up(char *bytes, size_t to, size_t from, size_t end)
{
	if (to != from)
		memmove(bytes + to, bytes + from, end - from);
	return to + (end - from);
}

iotkit_status receipts_scan(struct receipts *receipts, struct channel *channel, size_t *scanned)
{
	char *bytes = channel->bytes + channel->begin;
	size_t size = channel->end - channel->begin;
	size_t at = *scanned;
	size_t from = at, to = at; /* of the bytes passed since one was taken out */
	iotkit_status status = IOTKIT_OK;

	receipts->request = 0;
	while (at < size) {
		size_t step;
		enum verdict verdict = judge(receipts, bytes + at, size - at, &step);
		if (verdict == KEEP)
			status = keep(receipts, bytes + at, step);
		if (verdict == WAIT || status != IOTKIT_OK)
			break;
		if (verdict == KEEP) {
			to = move_up(bytes, to, from, at);
			from = at + step;
		} else {
			pass(receipts, bytes + at, step);
		}
		at += step;
	}
	*scanned = to + (at - from);
	channel->end = channel->begin + move_up(bytes, to, from, size);
	return status;
}

bool receipts_may_go_on(const struct receipts *receipts)
{
	const struct receipts_sink *sink = &receipts->sink;

	return receipts->request != 0 && !sink->under_way(sink->context, receipts->request);
}

bool receipts_are_due(const struct receipts *receipts, const struct channel *channel, size_t fixed,
		      size_t scanned)
{
	return receipts->count > 0 && !receipts->waits && receipts->tail <= scanned - fixed &&
	       channel_spare(channel) >= RECEIPT_SIZE_MAX;
}

size_t receipts_put_back(struct receipts *receipts, struct channel *channel, size_t fixed,
			 size_t scanned)
{
	const struct receipts_sink *sink = &receipts->sink;
	struct buffer *kept = &receipts->kept;
	size_t began = receipts->first;
	struct receipt oldest;

	if (!receipts_are_due(receipts, channel, fixed, scanned))
		return 0;
	while (receipts->count > 0 &&
	       receipts->first - began + RECEIPT_SIZE_MAX <= channel_spare(channel)) {
		read_receipt(kept->bytes + receipts->first, kept->size - receipts->first, &oldest);
		receipts->waits = sink->untaken(sink->context, oldest.packet_id);
		if (receipts->waits)
			break;
		receipts->first += oldest.size;
		receipts->count--;
		receipts->count_of[oldest.type]--;
	}
	size_t size = receipts->first - began;
	if (size > 0)
		channel_insert(channel, scanned - receipts->tail, kept->bytes + began, size);
	return size;
}
