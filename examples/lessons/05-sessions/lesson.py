#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lesson 5: a subscriber who is away now and then, and what the broker keeps for it.
Usage: lesson.py [BROKER-URI [persistent | clean]]
"""

import sys

import iotkit

# The broker knows a session by its client's id, so a session that is to be found again needs
# one that stays the same.
PERSISTENT = {"mqtt_clean_start": "off", "mqtt_session_expiry_s": 3600}
CLEAN = {"mqtt_clean_start": "on", "mqtt_session_expiry_s": 0}


def listen(client):
    """Tell what happens, until a message says "bye"."""
    for event in client:
        if event.type is iotkit.EventType.CONNECTED:
            print("connected:", "the broker knew the session" if event.retain else "a new session")
        elif event.type is iotkit.EventType.DISCONNECTED:
            print(f"disconnected: {event.text}")
        elif event.type is iotkit.EventType.MESSAGE:
            print(f"got: {event.payload.decode()}")
            if event.payload == b"bye":
                return


def main(uri="mqtt://localhost:1883", kind="persistent"):
    options = CLEAN if kind == "clean" else PERSISTENT
    with iotkit.Client(uri, mqtt_client_id="lesson-05", **options) as client:
        client.subscribe("lesson/05/news", qos=1)
        client.connect(timeout=10)  # from here on it reconnects by itself
        listen(client)


try:
    main(*sys.argv[1:])
except iotkit.Error as error:  # its text says why, and what to do
    sys.exit(f"lesson-05: {error}")
