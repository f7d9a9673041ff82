/* SPDX-License-Identifier: MIT
 *
 * Publishes metrics (-m), or messages of no meaning; reports when it began and when all was
 * acknowledged, and what that cost; of metrics also the sum of their values, by which a
 * subscriber knows that it has all.
 */
#include <stdlib.h>

#include "client.h"
#include "meter.h"
#include "metric.h"

/* Returns the sum of the values, in hundredths. */
static int64_t send_metrics(struct client *client, const struct load *load, long count)
{
	int64_t sum = 0;

	for (long i = 0; i < count; i++) {
		struct metric metric = metric_at(i);
		metric_publish(client, &metric, load->qos);
		sum += metric.hundredths;
	}
	client_finish(client);
	return sum;
}

static int64_t send_all(struct client *client, const struct load *load, long count)
{
	if (load->form != NULL)
		return send_metrics(client, load, count);
	char *payload = load_payload(load);
	for (long i = 0; i < count; i++)
		client_publish(client, LOAD_TOPIC, payload, load->payload, load->qos);
	client_finish(client);
	free(payload);
	return 0;
}

int main(int argc, char **argv)
{
	struct load load;

	load_parse(&load, argc, argv);
	struct client *client = client_open(&load);
	int64_t sum = send_all(client, &load, load.warm_up);
	struct mark begin = mark_now();
	sum += send_all(client, &load, load.messages);
	struct mark end = mark_now();
	report_marks(&begin, &end);
	report("sum", sum);
	client_close(client);
	return EXIT_SUCCESS;
}
