#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lesson 1: a publisher, and a subscriber who comes late.
Usage: lesson.py [BROKER-URI]
"""

import sys

import iotkit


def client(uri, name):
    # Nothing from an earlier run: lesson 5 is about sessions.
    return iotkit.Client(uri, mqtt_client_id=name, mqtt_clean_start="on")


def publish(publisher, topic, text, retain=False):
    print(f"publisher:  {text} on {topic}{', retained' if retain else ''}")
    publisher.publish(topic, text, qos=1, retain=retain)
    publisher.flush(timeout=10)  # the broker has it


def receive(subscriber):
    """Wait for the next message; all other events are passed over."""
    while True:
        event = subscriber.next_event(timeout=10)
        if event is None:
            sys.exit("lesson-01: no message came in 10 s")
        if event.type is iotkit.EventType.MESSAGE:
            break
    kept = ", kept from before" if event.retain else ""
    print(f"subscriber: {event.payload.decode()} on {event.topic}{kept}")


def main(uri="mqtt://localhost:1883"):
    with client(uri, "lesson-01-publisher") as publisher:
        publisher.connect(timeout=10)
        publish(publisher, "lesson/01/kitchen/temperature", "20")
        publish(publisher, "lesson/01/cellar/temperature", "11", retain=True)

        print("subscriber: comes late, and wants lesson/01/+/temperature")
        with client(uri, "lesson-01-subscriber") as subscriber:
            subscriber.subscribe("lesson/01/+/temperature", qos=1)
            subscriber.connect(timeout=10)
            receive(subscriber)

            publish(publisher, "lesson/01/kitchen/humidity", "55")
            publish(publisher, "lesson/01/kitchen/oven/temperature", "180")
            publish(publisher, "lesson/01/kitchen/temperature", "21")
            receive(subscriber)


try:
    main(*sys.argv[1:])
except iotkit.Error as error:  # its text says why, and what to do
    sys.exit(f"lesson-01: {error}")
