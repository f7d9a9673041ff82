#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Messages a second from a broker to the program: by iotkit_next_event(), and by the callbacks of
paho.mqtt.c and libmosquitto.

See ../README.md for how to read the result. What Python receives is in ../python.
"""

import argparse

import arguments
from broker import Broker, as_program
from figures import show
from peers import IOTKIT, MOSQUITTO, PAHO, RAW, numbers
from programs import ready, reported, running
from rows import Row
from setting import machine, say, versions

WINDOW = 1000  # messages that who feeds has under way
SIDES = (IOTKIT, PAHO, MOSQUITTO, RAW)
PATIENCE = 30  # seconds
FIGURES = (
    ("received", "messages/s", "more"),
    ("receiver's CPU", "us/msg", "less"),
    ("broker's CPU", "us/msg", "less"),
)


def parse():
    parser = argparse.ArgumentParser(prog="./run bench inbound", description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--qos", type=int, action="append", choices=(0, 1), help="only this one")
    add("--rounds", type=int, default=5, help="of each side (default: 5)")
    add("--messages", type=int, default=200000, help="a round (default: 200000)")
    add("--payload", type=int, default=64, help="bytes a message (default: 64)")
    return arguments.parse(parser, rounds=3, messages=30000)


def measure(options, broker, peer, qos):
    """Messages a second, microseconds a message of the receiver's and of the broker's."""
    warm_up = options.messages // 10
    common = ("-p", broker.plain_port, "-q", qos)
    feed = (*common, "-n", options.messages + warm_up, "-s", options.payload, "-w", WINDOW)
    receive = (*common, "-n", options.messages, "-u", warm_up)
    before = broker.cpu_seconds()
    with (
        ready(peer.command(options.programs, "inbound", *receive)) as receiver,
        running(RAW.command(options.programs, "publish", *feed)) as feeder,
    ):
        came = reported(receiver)
        numbers(feeder, PATIENCE)
    seconds = (came["end_ns"] - came["begin_ns"]) / 1e9
    broker_us = 1e6 * (broker.cpu_seconds() - before) / (options.messages + warm_up)
    return options.messages / seconds, came["cpu_us"] / options.messages, broker_us


def compare(options, broker, qos):
    results = {side.name: [] for side in SIDES}
    for _ in range(options.rounds):
        for side in SIDES:
            results[side.name].append(measure(options, broker, side, qos))
    for (what, unit, better), *by_side in zip(FIGURES, *(zip(*one) for one in results.values())):
        samples = {side: list(values) for side, values in zip(results, by_side)}
        floor = {RAW.name: samples.pop(RAW.name)}
        row = Row(
            "inbound", f"QoS {qos}: {what}", unit, better, samples, floor,
            settings=f"{options.payload} bytes, {options.messages} messages,"
            f" {options.rounds} rounds",
        )  # fmt: skip
        show(options, row)


def main():
    options = parse()
    say(f"machine    {machine()}")
    say(f"versions   {', '.join(versions('mosquitto', 'libpaho-mqtt1.3', 'libmosquitto1'))}")
    say(f"messages   {options.payload} bytes, {options.messages} a round, fed by a bare socket")
    with Broker() as broker:
        for qos in options.qos or (0, 1):
            compare(options, broker, qos)


if __name__ == "__main__":
    as_program(main)
