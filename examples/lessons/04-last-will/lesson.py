#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lesson 4: a program whose end is known to all, however it ends.
Usage: lesson.py [BROKER-URI [KEEP-ALIVE-IN-SECONDS]]
"""

import os
import select
import sys

import iotkit

TOPIC = "lesson/04/status"


def tell_status(client, status):
    client.publish(TOPIC, status, qos=1, retain=True)
    client.flush(timeout=10)
    print(f"told: {status}")


def stay(client):
    """Until there is something on standard input. Whenever we were gone, the broker has
    published the will: so it is told after each connect that we are here."""
    readable = []
    while sys.stdin not in readable:
        readable, _, _ = select.select([sys.stdin, client], [], [])
        while (event := client.next_event(timeout=0)) is not None:
            if event.type is iotkit.EventType.CONNECTED:
                tell_status(client, "online")


def main(uri="mqtt://localhost:1883", keepalive_s="60"):
    with iotkit.Client(uri, mqtt_client_id="lesson-04", mqtt_keepalive_s=keepalive_s) as client:
        # The broker gets it when we connect, and keeps it for when we cannot speak.
        client.set_will(TOPIC, "vanished", qos=1, retain=True)
        client.connect(timeout=10)

        print(f"Enter ends this program; kill -9 {os.getpid()} does too")
        stay(client)

        # Who says goodbye leaves no will, so this has to be told as well.
        tell_status(client, "offline")


try:
    main(*sys.argv[1:])
except iotkit.Error as error:  # its text says why, and what to do
    sys.exit(f"lesson-04: {error}")
