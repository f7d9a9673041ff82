#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Who sees what arrives: an MQTT 3.1.1 client with a session at the broker, which
shares nothing with libiotkit. It runs until it is killed.

It does what section 4.3.3 of the standard asks of a receiver of QoS 2: it takes a message
when it comes first, and knows its packet id until PUBREL. (mosquitto_sub 2.0.11 does not:
when the broker restarts it prints some messages again.)

Usage: observer.py PORT FILE
"""

import socket
import struct
import sys
import time

CLIENT_ID, FILTER = b"observer", b"torture/#"
CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE = 1, 2, 3, 4, 5, 6, 7, 8
RETRY_S = 0.02


def field(data):
    return struct.pack("!H", len(data)) + data


def packet(kind, flags, body):
    assert len(body) < 128
    return bytes([kind << 4 | flags, len(body)]) + body


# Protocol level 4; no clean session, no keep-alive.
HELLO = packet(CONNECT, 0, field(b"MQTT") + b"\x04\x00\x00\x00" + field(CLIENT_ID))
PLEASE = packet(SUBSCRIBE, 2, b"\x00\x01" + field(FILTER) + b"\x02")


def split(data):
    """The whole packets in it as (kind, flags, body), and what is left."""
    packets, at = [], 0
    while True:
        size, shift, body = 0, 0, at + 1
        while body < len(data) and shift < 28:
            size |= (data[body] & 0x7F) << shift
            shift += 7
            body += 1
            if not data[body - 1] & 0x80:
                break
        else:
            return packets, data[at:]
        if body + size > len(data):
            return packets, data[at:]
        packets.append((data[at] >> 4, data[at] & 15, data[body : body + size]))
        at = body + size


class Observer:
    def __init__(self, file):
        self.file = file
        self.known = set()  # packet ids of QoS 2 messages that were taken

    def serve(self, broker):
        broker.sendall(HELLO)
        rest = b""
        while piece := broker.recv(1 << 18):
            packets, rest = split(rest + piece)
            lines, answers = [], []
            for each in packets:
                self.heed(*each, lines, answers)
            # Nothing is acknowledged that could be forgotten.
            self.file.write(b"".join(lines))
            broker.sendall(b"".join(answers))

    def heed(self, kind, flags, body, lines, answers):
        if kind == PUBLISH:
            self.take(flags >> 1 & 3, body, lines, answers)
        elif kind == PUBREL:
            self.known.discard(body)
            answers.append(packet(PUBCOMP, 0, body))
        elif kind == CONNACK and not body[0] & 1:
            self.known.clear()
            answers.append(PLEASE)

    def take(self, qos, body, lines, answers):
        end = 2 + int.from_bytes(body[:2], "big")
        identity, payload = (body[end : end + 2], body[end + 2 :]) if qos else (b"", body[end:])
        if identity not in self.known:
            lines.append(body[2:end] + b" " + payload + b"\n")
        if qos == 2:
            self.known.add(identity)
        if qos > 0:
            answers.append(packet(PUBACK if qos == 1 else PUBREC, 0, identity))


def main():
    port, path = int(sys.argv[1]), sys.argv[2]
    with open(path, "ab", buffering=0) as file:
        observer = Observer(file)
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port)) as broker:
                    broker.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    observer.serve(broker)
            except OSError:
                pass  # the broker is away
            time.sleep(RETRY_S)


if __name__ == "__main__":
    main()
