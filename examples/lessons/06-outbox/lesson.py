#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lesson 6: a publisher that may be killed at any moment, and loses nothing.
Usage: lesson.py [BROKER-URI [OUTBOX-FILE [FROM TO]]]
"""

import sys

import iotkit


def publish(client, number):
    # When this returns, the message is in the file, whether there is a broker or not.
    client.publish("lesson/06/number", str(number), qos=2)
    print(f"accepted: {number}")


def main(uri="mqtt://localhost:1883", outbox="lesson-06.outbox", first=1, last=0):
    # Exactly once needs a session that is found again (lesson 5), and so a lasting id.
    with iotkit.Client(uri, mqtt_client_id="lesson-06", outbox_path=outbox) as client:
        client.connect(timeout=0)  # begins to connect, and does not wait for it
        print(f"waiting from before: {client.stats.waiting}")
        for number in range(int(first), int(last) + 1):
            publish(client, number)
        client.flush(timeout=None)  # for ever
        print("the broker has them all")


try:
    main(*sys.argv[1:])
except iotkit.Error as error:  # its text says why, and what to do
    sys.exit(f"lesson-06: {error}")
