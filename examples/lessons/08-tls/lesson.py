#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lesson 8: connect by TLS, publish once, and tell in whole sentences what happened.
Usage: lesson.py BROKER-URI, as in: lesson.py 'mqtts://localhost:8883?tls.ca_file=ca.crt'
"""

import contextlib
import sys

import iotkit
from iotkit import EventType


def tell_failure(event):
    """One attempt is enough to learn from. The library itself goes on while time may mend it."""
    print(event.text, file=sys.stderr)
    again = "trying again cannot mend it" if event.retry_ms < 0 else "the library would try again"
    print(f"({iotkit.strerror(event.status)}; {again})", file=sys.stderr)
    return 1


def main(uri="mqtts://localhost:8883"):
    # Not `with iotkit.Client(uri)`, which would wait at its end to deliver what it could not.
    with contextlib.closing(iotkit.Client(uri)) as client:
        client.publish_metric("greenhouse", "temperature", 23.5, "Cel")
        client.connect(timeout=0)  # does not wait; what becomes of it is told by events
        while True:
            event = client.next_event()
            if event.type is EventType.LOG:  # a warning, as of a certificate that expires next week
                print(f"warning: {event.text}", file=sys.stderr)
            elif event.type is EventType.CONNECTED:
                print(event.text, flush=True)
            elif event.type is EventType.DELIVERED:
                print(f"the broker has it: {event.topic}")
                return 0
            elif event.type is EventType.DISCONNECTED:
                return tell_failure(event)


try:
    sys.exit(main(*sys.argv[1:]))
except iotkit.Error as error:  # its text says why, and what to do
    sys.exit(str(error))
