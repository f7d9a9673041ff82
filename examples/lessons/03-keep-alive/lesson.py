#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lesson 3: what a connection costs on which nothing is said.
Usage: lesson.py [BROKER-URI [KEEP-ALIVE-IN-SECONDS]]
"""

import sys

import iotkit


def measure_ping(client):
    """Wait until a ping and its answer have passed, and count their bytes."""
    before = now = client.stats
    while now.bytes_received == before.bytes_received:
        event = client.next_event(timeout=0.2)
        if event is not None and event.type is iotkit.EventType.DISCONNECTED:
            print(f"disconnected: {event.text}")
        now = client.stats
        if not now.connected or now.connects != before.connects:
            before = now  # a new connection is no ping
    sent = now.bytes_sent - before.bytes_sent
    received = now.bytes_received - before.bytes_received
    print(f"a ping: {sent} bytes sent, {received} received")
    return sent + received


def tell_day(keepalive_s, ping):
    pings = 24 * 60 * 60 // keepalive_s
    packets = 3 * pings  # there, back, acknowledged
    print(f"every {keepalive_s} s: {pings} pings, {pings * ping} bytes, "
          f"{pings * ping + packets * (20 + 32)} with TCP and IP")


def main(uri="mqtt://localhost:1883", keepalive_s="60"):
    options = {"mqtt_client_id": "lesson-03", "mqtt_keepalive_s": keepalive_s}
    with iotkit.connect(uri, timeout=10, **options) as client:
        print(f"connected, with a keep-alive of {keepalive_s} s")
        measure_ping(client)
        ping = measure_ping(client)
        print("a day on which nothing else is said:")
        for seconds in (15, 60, 600):
            tell_day(seconds, ping)


try:
    main(*sys.argv[1:])
except iotkit.Error as error:  # its text says why, and what to do
    sys.exit(f"lesson-03: {error}")
