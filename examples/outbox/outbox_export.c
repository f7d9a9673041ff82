/* SPDX-License-Identifier: MIT
 *
 * The messages of an outbox, for other programs: a JSON object or a line of fields each.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli.h"
#include "common/text.h"
#include "common/time_text.h"
#include "outbox.h"

struct export
{
	enum outbox_format format;
	uint64_t damaged;
};

static void print_payload(const iotkit_outbox_row *row)
{
	if (text_is_utf8(row->payload, row->payload_size)) {
		printf("\"payload\":");
		text_print_json(row->payload, row->payload_size);
	} else {
		printf("\"payload_base64\":\"");
		text_print_base64(row->payload, row->payload_size);
		putchar('"');
	}
}

static void print_json(const iotkit_outbox_row *row)
{
	char moment[TIME_TEXT_SIZE];

	printf("{\"id\":%" PRIu64 ",\"time\":\"%s\",", row->id, time_text(row->time_ms, moment));
	if (row->expires_ms != 0)
		printf("\"expires\":\"%s\",", time_text(row->expires_ms, moment));
	if (row->packet_id != 0)
		printf("\"packet_id\":%d,", (int)row->packet_id);
	printf("\"qos\":%d,\"retain\":%s,\"topic\":", (int)row->qos,
	       row->retain ? "true" : "false");
	text_print_json(row->topic, strlen(row->topic));
	putchar(',');
	print_payload(row);
	printf("}\n");
}

static void print_tsv(const iotkit_outbox_row *row)
{
	char moment[TIME_TEXT_SIZE];

	printf("%" PRIu64 "\t%s\t%d\t%d\t", row->id, time_text(row->time_ms, moment), (int)row->qos,
	       (int)row->retain);
	text_print_field(row->topic, strlen(row->topic));
	putchar('\t');
	text_print_field(row->payload, row->payload_size);
	putchar('\n');
}

static bool take(void *context, const iotkit_outbox_row *row)
{
	struct export *export = context;

	if (row->topic == NULL) {
		cli_warning("message %" PRIu64 " is damaged, and left out", row->id);
		export->damaged++;
	} else if (export->format == OUTBOX_JSON) {
		print_json(row);
	} else {
		print_tsv(row);
	}
	return !ferror(stdout);
}

int outbox_export(const struct outbox_choice *choice, enum outbox_format format)
{
	struct export export = {.format = format};

	bool walked = outbox_walk(choice, take, &export);
	bool written = cli_flush_output();
	return walked && written && export.damaged == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
