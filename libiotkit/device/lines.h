/* SPDX-License-Identifier: MIT
 *
 * What the poller knows of who speaks at a port, and how. Set and read by it alone, but for
 * the commands.
 */
#ifndef IOTKIT_DEVICE_LINES_H
#define IOTKIT_DEVICE_LINES_H

#include "device/commands.h"
#include "device/kit.h"
#include "device/outgoing.h"

enum {
	LINES_PLAIN_AGAIN_MS = 30000 /* of nothing but plain lines make a kit's port a plain one */
};

enum lines_speaker {
	LINES_UNHEARD, /* nobody yet, or a kit that has not sent a frame */
	LINES_PLAIN,
	LINES_KIT /* it has sent frames, or is known to: its plain lines are debug prints */
};

/* All zero is a port that was never open. */
struct lines {
	enum lines_speaker speaker;
	bool opened; /* at least once */
	bool framed; /* a frame came since it was opened */
	bool silent; /* told as offline, though the port is open */
	bool name_told; /* that the board has another name */
	bool stranger_told; /* that it speaks another version of the protocol */
	int64_t frame_ms; /* when the last frame came */
	int64_t plain_ms; /* when the first plain line after that came; 0: none did */

	int64_t silent_ms; /* offline after so long without a word; 0: never */
	bool silent_plain; /* that holds for plain boards, too */
	int64_t heard_ms; /* the last word, or the opening */
	int64_t ask_ms; /* when to ask a kit that says nothing */

	struct kit kit;
	struct outgoing outgoing;
	struct commands commands; /* guarded by the devices' lock; added to by any thread */
	int64_t commands_due_ms;
	unsigned int stirred; /* devices->stirred, when it was last looked after */
};

#endif
