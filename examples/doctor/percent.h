/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_DOCTOR_PERCENT_H
#define EXAMPLES_DOCTOR_PERCENT_H

/* Each %XX of a part of a URI becomes its byte, in place. Source: RFC 3986 section 2.1. */
void percent_decode(char *text);

#endif
