/* SPDX-License-Identifier: MIT
 *
 * The commands and addresses that mend a refused certificate, ready to be pasted:
 * none has a part that is cut, or that a shell would read as anything but a name.
 */
#ifndef IOTKIT_TLS_VERIFICATION_MEND_H
#define IOTKIT_TLS_VERIFICATION_MEND_H

#include "tls/verification.h"

/* " (mqtts://dev:8883)" for the first of the certificate's names, or "". */
void mend_uri(const struct verification *v, char *out, size_t size);

/* Makes the certificate one for the host as well, and drops none of its names: by
 * iotkit-broker, and, if there is room, by iotkit-certs. The host is as it is shown. */
void mend_add_host(const struct verification *v, const char *host, char *out, size_t size);

/* Renews the certificate as it is: "'iotkit-certs server dev --renew'". */
void mend_renew(const struct verification *v, char *out, size_t size);

#endif
