#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lesson 12: a gateway of one's own, as a service runs it. The rest is in its configuration.
Usage: lesson.py FILE, as in: lesson.py broker/gateway.conf
"""

import os
import signal
import socket
import sys

import iotkit
from iotkit import EventType

END = {signal.SIGTERM}


class Gateway:
    def __init__(self, config):
        self.client = iotkit.Client()
        self.client.load_config(config)
        # Where others see whether this gateway runs.
        self.topic = self.client.get_option("topic.base") + "/gateway/own/status"
        self.client.set_will(self.topic, "offline", qos=1, retain=True)

    def tell(self, event):
        """On a thread of the client's own. The journal adds the time to what is printed."""
        if event.text:
            print(f"{event.type.name.lower()}: {event.text}", file=sys.stderr)
        if event.type is EventType.CONNECTED:
            self.client.publish(self.topic, "online", qos=1, retain=True)
        if event.type is EventType.DISCONNECTED and event.retry_ms < 0 and event.status:
            os._exit(1)  # for good: systemd is to know. The outbox is safe.

    def serve(self):
        self.client.on_event = self.tell
        self.client.connect(timeout=0)
        notify("READY=1")
        signal.sigwait(END)
        self.client.publish(self.topic, "offline", qos=1, retain=True)
        self.client.disconnect(timeout=5)
        self.client.close()


def notify(state):
    """What a unit with Type=notify waits for: a datagram to the socket that systemd names."""
    if "NOTIFY_SOCKET" in os.environ:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifier:
            notifier.sendto(state.encode(), os.environ["NOTIFY_SOCKET"])


# Before any thread is made: so all of them leave the signal to sigwait().
signal.pthread_sigmask(signal.SIG_BLOCK, END)
try:
    Gateway(*sys.argv[1:] or ["gateway.conf"]).serve()
except iotkit.Error as error:  # its text says why, and what to do
    sys.exit(f"lesson-12: {error}")
