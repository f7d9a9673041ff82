#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How long a message is under way, from publish to receive, with each library.

First each library publishes to one receiver, then one publisher, on a bare socket, to each
library: through a private mosquitto, in turns. See ../README.md for how to read the result.
"""

import argparse
import pathlib
import subprocess
import tempfile

import arguments
from broker import Broker, Failure, as_program
from peers import IOTKIT, MOSQUITTO, MOSQUITTO_NAGLE, PAHO, PYTHON_PAHO, RAW, numbers
from rows import Row
from setting import machine, say, versions
from table import text_block

SIDES = (IOTKIT, PAHO, MOSQUITTO, MOSQUITTO_NAGLE, PYTHON_PAHO, RAW)
PACES = {"pace": "one a ms", "turns": "back to back"}
INTERVALS_US = {"pace": 1000, "turns": 0}
GOALS = {0: 3, 1: 2}  # p99 at the pace, under so many times libmosquitto's, by QoS
FIGURES = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}


def parse():
    parser = argparse.ArgumentParser(
        prog="./run bench latency", description=__doc__.split("\n")[0]
    )
    add = parser.add_argument
    add("--qos", type=int, action="append", choices=(0, 1), help="only this one (repeatable)")
    add("--part", action="append", choices=("publish", "receive"), help="only this one")
    add("--pace", action="append", choices=tuple(PACES), help="one a ms, or in turns; only this")
    add("--only", metavar="WORDS", action="append", help="only sides that have this in their name")
    add("--rounds", type=int, default=3, help="of each (default: 3)")
    add("--messages", type=int, default=2000, help="a round (default: 2000)")
    add("--seconds", type=int, default=4, help="a round, at most (default: 4)")
    add("--payload", type=int, default=64, help="bytes a message (default: 64)")
    add("--broker-nagle", action="store_true", help="without set_tcp_nodelay in the broker")
    options = arguments.parse(parser, rounds=2, messages=600, seconds=1)
    options.qos = sorted(options.qos or (0, 1))
    options.part = options.part or ("publish", "receive")
    options.pace = options.pace or tuple(PACES)
    options.only = options.only or [""]
    return options


class Round:
    """Microseconds that messages were under way."""

    def __init__(self, taken_ns, published):
        self.taken_us = sorted(taken / 1e3 for taken in taken_ns)
        self.lost = published - len(taken_ns)
        if not taken_ns:
            raise Failure("no message arrived")

    def quantile(self, part):
        """Of all, so many took no longer."""
        return self.taken_us[min(int(part * len(self.taken_us)), len(self.taken_us) - 1)]


class Bench:
    def __init__(self, options, broker, folder):
        self.options, self.broker, self.store = options, broker, folder / "taken"

    def measure(self, publisher, receiver, qos, pace):
        options = self.options
        common = ("-p", self.broker.plain_port, "-q", qos, "-n", options.messages)
        common += ("-i", INTERVALS_US[pace])
        receiving = subprocess.Popen(
            receiver.command(options.programs, "receive", *common, "-f", self.store),
            stdout=subprocess.PIPE,
        )
        try:
            with receiving.stdout:
                publishing = subprocess.Popen(
                    publisher.command(
                        options.programs, "publish", *common,
                        "-s", options.payload, "-t", options.seconds,
                    ),  # fmt: skip
                    stdin=receiving.stdout,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            (published,) = numbers(publishing, options.seconds)
            if receiving.wait(30) != 0:
                raise Failure(f"{receiving.args[0]} failed")
        except subprocess.TimeoutExpired:
            raise Failure(f"{receiving.args[0]} does not end") from None
        finally:
            receiving.kill()
            receiving.wait()
        return Round([int(line) for line in self.store.read_text().split()], published)


def print_settings(options):
    names = ("mosquitto", "libpaho-mqtt1.3", "libmosquitto1", "python3-paho-mqtt")
    nagle = "without" if options.broker_nagle else "with"
    say(f"machine    {machine()}")
    say(f"versions   {', '.join(versions(*names))}")
    say(f"broker     {nagle} set_tcp_nodelay")
    say(
        f"messages   {options.payload} bytes, MQTT 5, no TLS; {options.rounds} rounds in turns of"
        f" {options.messages} or {options.seconds} s"
    )
    say(
        "sides      TCP_NODELAY for libmosquitto, where it does not say Nagle, and for paho-mqtt;"
        " paho.mqtt.c\n           has no such option; libmosquitto without a thread of its own"
    )


def pair_of(part, side):
    """Who publishes, and who receives."""
    return (side, RAW) if part == "publish" else (RAW, side)


def measure_rows(options, bench, part, pace, qos):
    sides = [one for one in SIDES if any(words in one.name for words in options.only)]
    if part == "receive" or pace == "turns":
        sides = [one for one in sides if one is not MOSQUITTO_NAGLE]
    results = {side.name: [] for side in sides}
    for _ in range(options.rounds):
        for side in sides:
            one = bench.measure(*pair_of(part, side), qos, pace)
            results[side.name].append(one)
            if one.lost:
                say(f"{part}, {PACES[pace]}, QoS {qos}: {side.name} LOST {one.lost}")
    floor = results.pop(RAW.name, None)
    told = []
    for figure, quantile in FIGURES.items():
        row = Row(
            "latency",
            f"{part}, {PACES[pace]}, QoS {qos}: {figure}",
            "us",
            "less",
            {name: [one.quantile(quantile) for one in done] for name, done in results.items()},
            {RAW.name: [one.quantile(quantile) for one in floor]} if floor else {},
            settings=f"{options.payload} bytes, {options.rounds} rounds of {options.messages}",
        )
        if (part, pace, figure) == ("publish", "pace", "p99"):
            row.under(GOALS[qos], of=MOSQUITTO.name)
        arguments.tell(options, row)
        told.append(row)
    return told


def main():
    options = parse()
    print_settings(options)
    nodelay = "" if options.broker_nagle else "set_tcp_nodelay true\n"
    told = []
    with Broker(more=nodelay) as broker, tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, broker, pathlib.Path(folder))
        for part in options.part:
            for pace in options.pace:
                for qos in options.qos:
                    told += measure_rows(options, bench, part, pace, qos)
    say("\n" + "\n".join(text_block("latency", told)))


if __name__ == "__main__":
    as_program(main)
