# SPDX-License-Identifier: MIT
"""Publishes through paho-mqtt, with the command line and the report of load.h's programs."""

import argparse
import select
import socket
import struct
import sys
import threading
import time

import paho.mqtt.client as mqtt

TOPIC, ASIDE_TOPIC = "bench/data", "bench/aside"
PATIENCE = 60  # seconds
MOMENT = struct.Struct("=q")  # of pace.h


def parse():
    parser = argparse.ArgumentParser()
    add = parser.add_argument
    add("-p", dest="port", type=int, required=True)
    add("-q", dest="qos", type=int, default=0)
    add("-n", dest="messages", type=int, default=1)
    add("-u", dest="warm_up", type=int, default=0)
    add("-s", dest="payload", type=int, default=0)
    add("-w", dest="window", type=int, default=128)
    add("-d", dest="nodelay", action="store_true")
    add("-t", dest="seconds", type=int, default=60)
    add("-i", dest="interval_us", type=int)
    return parser.parse_args()


def new_client():
    kinds = {"protocol": mqtt.MQTTv5}
    if hasattr(mqtt, "CallbackAPIVersion"):  # paho-mqtt 2
        kinds["callback_api_version"] = mqtt.CallbackAPIVersion.VERSION2
    return mqtt.Client(**kinds)


class Publisher:
    """Its network thread is paho-mqtt's own, as in every program that uses it. It queues what
    is beyond the window."""

    def __init__(self, options):
        self.options, self.client = options, new_client()
        self.client.max_inflight_messages_set(options.window)
        self.client.on_connect = lambda *_: self.told.set()
        self.client.on_publish = self._note_published
        self.published = self.acknowledged = 0
        self.wanted = -1
        self.told = threading.Event()
        self.client.connect("127.0.0.1", options.port)
        if options.nodelay:
            self.client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.client.loop_start()
        self._wait()

    def _note_published(self, *_):
        self.acknowledged += 1
        if self.acknowledged == self.wanted:
            self.told.set()

    def _wait(self):
        if not self.told.wait(PATIENCE):
            sys.exit("paho-mqtt: nothing comes any more")
        self.told.clear()

    def publish(self, topic, payload, qos):
        self.published += 1
        self.client.publish(topic, payload, qos)

    def finish(self):
        """With one of QoS 1, after which the broker has what came before."""
        self.wanted = self.published + 1
        self.publish(ASIDE_TOPIC, b"", 1)
        self._wait()

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def flood(options, publisher):
    """As load_run()."""
    payload = b"x" * options.payload
    for _ in range(options.warm_up):
        publisher.publish(ASIDE_TOPIC, payload, options.qos)
    publisher.finish()
    cpu, begin, published = time.process_time_ns(), time.monotonic_ns(), 0
    while published < options.messages and time.monotonic_ns() - begin < options.seconds * 1e9:
        publisher.publish(TOPIC, payload, options.qos)
        published += 1
    publisher.finish()
    end = time.monotonic_ns()
    print(begin, end, time.process_time_ns() - cpu, published)


def wait_for_receiver():
    ready, _, _ = select.select([sys.stdin], [], [], PATIENCE)
    if not ready or not sys.stdin.buffer.raw.read(1):
        sys.exit("the receiver has not got it")


def pace(options, publisher):
    """As pace_run()."""
    rest = b"x" * (options.payload - MOMENT.size)
    wait_for_receiver()
    begin = free = due = time.monotonic_ns()
    published = 0
    while published < options.messages and free - begin < options.seconds * 1e9:
        time.sleep(max(0, due - time.monotonic_ns()) / 1e9)
        # Who is held up by the message before is late with this one, and that counts.
        sent = due if free > due else time.monotonic_ns()
        publisher.publish(TOPIC, MOMENT.pack(sent) + rest, options.qos)
        published += 1
        if options.interval_us == 0:
            wait_for_receiver()
        free = time.monotonic_ns()
        due = due + options.interval_us * 1000 if options.interval_us > 0 else free
    publisher.finish()
    print(published)


def main():
    options = parse()
    publisher = Publisher(options)
    if options.interval_us is None:
        flood(options, publisher)
    else:
        pace(options, publisher)
    publisher.close()


if __name__ == "__main__":
    main()
