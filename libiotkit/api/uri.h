/* SPDX-License-Identifier: MIT
 *
 * The broker's URI: who, where, and options.
 */
#ifndef IOTKIT_API_URI_H
#define IOTKIT_API_URI_H

#include <stdbool.h>
#include <stddef.h>

#include "api/options.h"
#include "mqtt/session.h"

struct broker_list {
	struct session_broker brokers[SESSION_BROKERS_MAX];
	size_t count;
};

void broker_list_free(struct broker_list *list);

/* Sets the option `broker` to the URI, less its password, and the options that
 * it implies. May leave the options half set when it fails: give it a copy. */
iotkit_status uri_apply(const char *uri, struct options *options);

/* Whether it asks for TLS, of a URI that uri_apply() took, as below. */
bool uri_with_tls(const char *uri);

/* Its hosts. */
iotkit_status uri_brokers(const char *uri, struct broker_list *out);

#endif
