#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lesson 9: see each packet between this program and its broker.
Usage: lesson.py [BROKER-URI]
"""

import sys

import iotkit
from iotkit import EventType


def watch(client, until):
    """Print the packets as they go, until an event of this type has come."""
    while True:
        event = client.next_event(timeout=10)
        if event is None:
            sys.exit(f"lesson-09: no {until.name.lower()} came in 10 s")
        if event.type is EventType.TRACE:
            print(f"  {event.text}")
        if event.type is until:
            return


def publish(client, text, qos):
    print(f"publish at QoS {qos}:")
    client.publish("lesson/09/a", text, qos=qos)
    watch(client, EventType.DELIVERED)


def watch_rest(client):
    """What is left, once there is no connection any more."""
    while (event := client.next_event(timeout=0)) is not None:
        if event.type is EventType.TRACE:
            print(f"  {event.text}")


def main(uri="mqtt://localhost:1883"):
    options = {"mqtt_client_id": "lesson-09", "mqtt_clean_start": "on", "trace": "packets"}
    with iotkit.Client(uri, **options) as client:
        print("connect:")
        client.connect(timeout=10)
        watch(client, EventType.CONNECTED)
        publish(client, "nought", qos=0)
        publish(client, "one", qos=1)
        publish(client, "two", qos=2)
        print("subscribe, and publish once more:")
        client.subscribe("lesson/09/#", qos=1)
        watch(client, EventType.SUBSCRIBED)
        client.publish("lesson/09/b", "to me", qos=1)
        watch(client, EventType.MESSAGE)
        print("disconnect:")
        client.disconnect(timeout=10)
        watch_rest(client)


try:
    main(*sys.argv[1:])
except iotkit.Error as error:  # its text says why, and what to do
    sys.exit(f"lesson-09: {error}")
