#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lesson 2: each QoS to publish with, and each to subscribe with.
Usage: lesson.py [BROKER-URI]
"""

import contextlib
import sys

import iotkit


def client(uri, name):
    return iotkit.connect(uri, timeout=10, mqtt_client_id=name, mqtt_clean_start="on")


def wait_for(subscriber, wanted):
    """Wait for an event of this type; others are passed over."""
    while True:
        event = subscriber.next_event(timeout=10)
        if event is None:
            sys.exit("lesson-02: nothing came in 10 s")
        if event.type is wanted:
            return event


def publish_each(publisher, subscriber, topic):
    for qos in (0, 1, 2):
        publisher.publish(topic, "open", qos=qos)
        publisher.flush(timeout=10)
        message = wait_for(subscriber, iotkit.EventType.MESSAGE)
        print(f"  published with QoS {qos}, came with QoS {message.qos}")


def main(uri="mqtt://localhost:1883"):
    with contextlib.ExitStack() as clients:  # all leave at the end
        publisher = clients.enter_context(client(uri, "lesson-02-publisher"))
        for wanted in (2, 1, 0):
            name = f"lesson/02/{wanted}"  # the subscriber's client id, and its topic
            subscriber = clients.enter_context(client(uri, name))
            subscriber.subscribe(name, qos=wanted)
            granted = wait_for(subscriber, iotkit.EventType.SUBSCRIBED)
            print(f"subscribed with QoS {granted.qos}")
            publish_each(publisher, subscriber, name)


try:
    main(*sys.argv[1:])
except iotkit.Error as error:  # its text says why, and what to do
    sys.exit(f"lesson-02: {error}")
