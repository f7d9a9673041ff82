#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lesson 10: read a board. Prints what it measures, and that it comes and goes, until Ctrl-C.
Usage: lesson.py BROKER-URI NAME PORT-URI, as in:
       lesson.py mqtt://localhost greenhouse 'serial:/dev/ttyACM0?baud=115200'
"""

import sys

import iotkit
from iotkit import EventType


def tell(event):
    """Nothing here publishes: the library does, to iotkit/NAME/..."""
    if event.type is EventType.DEVICE_ONLINE:
        print(f"{event.device} is online: {event.text}", flush=True)
    elif event.type is EventType.DEVICE_OFFLINE:
        print(f"{event.device} is offline: {event.text}", flush=True)
    elif event.type is EventType.METRIC:
        unit = f" {event.unit}" if event.unit else ""
        print(f"{event.device} {event.topic} {event.value:g}{unit}", flush=True)
    elif event.type in (EventType.CONNECTED, EventType.DISCONNECTED, EventType.LOG):
        print(f"# {event.text}", flush=True)


def main(uri, name, port):
    with iotkit.Client(uri, events_metrics=True) as client:
        client.add_device(name, port)
        client.connect(timeout=0)  # until there is a broker, what is measured waits in the outbox
        for event in client:
            tell(event)


if len(sys.argv) != 4:
    sys.exit("usage: lesson.py BROKER-URI NAME PORT-URI")
try:
    main(*sys.argv[1:])
except iotkit.Error as error:  # its text says why, and what to do
    sys.exit(f"lesson-10: {error}")
