#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The peer: what one writes in an afternoon with pyserial and paho-mqtt. Boards print
name:value pairs, and each becomes a message on BASE/BOARD/NAME.

Usage: student.py BROKER_PORT QOS BASE BOARD=PORT...
"""

import sys
import threading
import time

import paho.mqtt.client as mqtt
import serial


def make_client(port):
    if hasattr(mqtt, "CallbackAPIVersion"):  # paho-mqtt 2
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="student")
    else:
        client = mqtt.Client(client_id="student")
    client.connect("127.0.0.1", port, keepalive=60)
    client.loop_start()
    return client


def parse(line):
    """temperature:23.5,light:412 as pairs of a name and a number."""
    for pair in line.split(","):
        name, separator, value = pair.partition(":")
        if not separator:
            raise ValueError(f"no pair: {pair}")
        yield name.strip(), float(value)


def read_board(client, qos, base, board, path):
    while True:
        try:
            with serial.Serial(path, 115200, timeout=1) as port:
                while True:
                    line = port.readline().decode("utf-8", "replace").strip()
                    if not line:
                        continue
                    try:
                        for name, value in parse(line):
                            client.publish(f"{base}/{board}/{name}", value, qos=qos)
                    except ValueError as error:
                        print(f"{board}: {error}", file=sys.stderr)
        except serial.SerialException as error:
            print(f"{board}: {error}", file=sys.stderr)
            time.sleep(1)


def main():
    broker_port, qos, base, *boards = sys.argv[1:]
    client = make_client(int(broker_port))
    for word in boards:
        board, _, path = word.partition("=")
        threading.Thread(
            target=read_board, args=(client, int(qos), base, board, path), daemon=True
        ).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
