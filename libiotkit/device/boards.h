/* SPDX-License-Identifier: MIT
 *
 * Which board a USB device is.
 */
#ifndef IOTKIT_DEVICE_BOARDS_H
#define IOTKIT_DEVICE_BOARDS_H

/* As "Arduino Uno"; "" where the ids are not known. */
const char *board_name(int vid, int pid);

#endif
