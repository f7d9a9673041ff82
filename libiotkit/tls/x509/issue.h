/* SPDX-License-Identifier: MIT
 *
 * Making certificates: a CA of one's own, and what it signs.
 * Sources: RFC 5280, RFC 6125.
 */
#ifndef IOTKIT_TLS_X509_ISSUE_H
#define IOTKIT_TLS_X509_ISSUE_H

#include "iotkit.h"

/* The request has been checked, reaches to its end, and has no defaults left open. */
iotkit_status issue_certificate(const iotkit_certificate_request *request);

#endif
