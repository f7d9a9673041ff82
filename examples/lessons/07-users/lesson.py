#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lesson 7: what a user may do, and how one learns that it was refused.
Usage: lesson.py BROKER-URI write TOPIC QOS     publish once, say what became of it
       lesson.py BROKER-URI read FILTER         subscribe, print what comes until Ctrl-C
"""

import sys

import iotkit
from iotkit import EventType


def events(client):
    """Until the session ends for good, as by a password that is no longer right."""
    while True:
        event = client.next_event()
        if event.type is EventType.DISCONNECTED and event.retry_ms < 0:
            sys.exit(f"lesson-07: {event.text}")
        yield event


def write_once(client, topic, qos):
    """With QoS 1 DELIVERED means that the broker has acknowledged it; with QoS 0, that it is sent."""
    client.publish(topic, "hello", qos=qos)
    for event in events(client):
        if event.type is EventType.DROPPED:
            print(f"refused: {event.text}")
            return 1
        if event.type is EventType.DELIVERED:
            print(f"{'sent' if qos == 0 else 'acknowledged'}: {event.topic}")
            return 0


def read_on(client, topic_filter):
    client.subscribe(topic_filter, qos=1)
    for event in events(client):
        if event.type is EventType.SUBSCRIBED:
            answer = "granted" if event.status == iotkit.Status.OK else "refused"
            print(f"{answer}: {topic_filter}", flush=True)
        if event.type is EventType.MESSAGE:
            print(f"read: {event.topic} {event.payload.decode()}", flush=True)


def main(uri, what, topic, qos="0"):
    with iotkit.Client(uri) as client:
        client.connect(timeout=10)
        return write_once(client, topic, int(qos)) if what == "write" else read_on(client, topic)


if len(sys.argv) < 4:
    sys.exit("usage: lesson.py BROKER-URI write TOPIC QOS | read FILTER")
try:
    sys.exit(main(*sys.argv[1:]))
except iotkit.Error as error:  # its text says why, and what to do
    sys.exit(f"lesson-07: {error}")
