/* SPDX-License-Identifier: MIT
 *
 * What the broker's rights let this user do.
 */
#ifndef EXAMPLES_DOCTOR_TOPICS_H
#define EXAMPLES_DOCTOR_TOPICS_H

#include "doctor/doctor.h"

/* Publishes below topic.base as a gateway does, and subscribes as it does for commands. */
void topics_check(struct doctor *doctor);

#endif
