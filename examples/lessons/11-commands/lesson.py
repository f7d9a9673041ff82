#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lesson 11: have a board do something.
Usage: lesson.py BROKER-URI BOARD PORT-URI [COMMAND VALUE]...
Gives the board each command, and ends when it is known what became of them. Without any it
tells of those that come by MQTT, until Ctrl-C.
"""

import sys

import iotkit
from iotkit import EventType


def tell(event):
    """OK only when the board itself has said that it has done it."""
    if event.type is EventType.COMMAND:
        who = "by MQTT" if event.id == 0 else "by us"
        what = "done" if event.status == iotkit.Status.OK else event.text
        print(f"{event.topic} {event.payload.decode()}, {who}: {what}", flush=True)
    elif event.type in (EventType.DEVICE_ONLINE, EventType.DEVICE_OFFLINE, EventType.LOG):
        print(f"# {event.text}", flush=True)


def main(uri, board, port, *words):
    failed = 0
    with iotkit.Client(uri) as client:
        client.add_device(board, port)
        client.connect(timeout=10)
        # The board need not be there yet: it gets them when it comes.
        waiting = {client.send_command(board, name, value)
                   for name, value in zip(words[::2], words[1::2])}
        while waiting or not words:
            event = client.next_event()
            tell(event)
            if event.type is EventType.COMMAND:
                waiting.discard(event.id)
                failed += event.status != iotkit.Status.OK
    # Leaving the block disconnects, and delivers before that what the board has reported.
    return 1 if failed else 0


if len(sys.argv) < 4 or len(sys.argv) % 2 != 0:
    sys.exit("usage: lesson.py BROKER-URI BOARD PORT-URI [COMMAND VALUE]...")
try:
    sys.exit(main(*sys.argv[1:]))
except iotkit.Error as error:  # its text says why, and what to do
    sys.exit(f"lesson-11: {error}")
