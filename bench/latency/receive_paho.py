# SPDX-License-Identifier: MIT
"""Receives through paho-mqtt, as arrival.h's programs do."""

import argparse
import os
import socket
import struct
import sys
import time

import paho.mqtt.client as mqtt

TOPIC = "bench/data"
MOMENT = struct.Struct("=q")  # of pace.h
IDLE_NS, PATIENCE_NS = 1_000_000_000, 20_000_000_000


def parse():
    parser = argparse.ArgumentParser()
    add = parser.add_argument
    add("-p", dest="port", type=int, required=True)
    add("-q", dest="qos", type=int, default=0)
    add("-n", dest="messages", type=int, default=1)
    add("-f", dest="store", required=True)
    add("-i", dest="interval_us", type=int, required=True)
    add("-d", dest="nodelay", action="store_true")
    return parser.parse_args()


class Receiver:
    def __init__(self, options):
        self.options, self.taken_ns = options, []
        self.deadline_ns = time.monotonic_ns() + PATIENCE_NS
        kinds = {"protocol": mqtt.MQTTv5}
        if hasattr(mqtt, "CallbackAPIVersion"):  # paho-mqtt 2
            kinds["callback_api_version"] = mqtt.CallbackAPIVersion.VERSION2
        self.client = mqtt.Client(**kinds)
        self.client.on_connect = lambda *_: self.client.subscribe(TOPIC, options.qos)
        self.client.on_subscribe = lambda *_: self._tell_publisher()
        self.client.on_message = self._note
        self.client.connect("127.0.0.1", options.port)
        if options.nodelay:
            self.client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @staticmethod
    def _tell_publisher():
        os.write(sys.stdout.fileno(), b"\0")

    def _note(self, _client, _context, message):
        now = time.monotonic_ns()
        (sent_ns,) = MOMENT.unpack_from(message.payload)
        self.taken_ns.append(now - sent_ns)
        self.deadline_ns = now + IDLE_NS
        if self.options.interval_us == 0:
            self._tell_publisher()

    def receive(self):
        while len(self.taken_ns) < self.options.messages and time.monotonic_ns() < self.deadline_ns:
            self.client.loop(0.05)


def main():
    options = parse()
    receiver = Receiver(options)
    receiver.receive()
    with open(options.store, "w") as file:
        file.writelines(f"{taken}\n" for taken in receiver.taken_ns)
    receiver.client.disconnect()


if __name__ == "__main__":
    main()
