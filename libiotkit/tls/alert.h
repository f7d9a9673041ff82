/* SPDX-License-Identifier: MIT
 *
 * What a peer's alert means, at the point where the handshake was.
 */
#ifndef IOTKIT_TLS_ALERT_H
#define IOTKIT_TLS_ALERT_H

#include "tls/internal.h"

/* Sets the last error to what the alert means; returns its status. */
iotkit_status alert_explain(const struct tls_stream *stream, int alert);

/* Up to its ServerHello the server looks at what we offer, in the end at who we are. */
bool alert_may_be_about_us(const struct tls_stream *stream);

/* Whether this alert means that our certificate is missing, or not good enough. */
bool alert_refuses_us(const struct tls_stream *stream, int alert);

/* Whether trying again cannot help. */
bool alert_is_lasting(const struct tls_stream *stream, int alert);

#endif
