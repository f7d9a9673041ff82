#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""libiotkit's Python package beside paho-mqtt, both under Debian's Python.

Each round is a process of its own, in turns, against one private mosquitto. See ../README.md for
how to read the result.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess

import arguments
from broker import Broker, Failure, as_program
from rows import OURS, Row
from setting import first_line, machine, say, versions

HERE = pathlib.Path(__file__).resolve().parent

PYTHON = "/usr/bin/python3"  # for which Debian has paho-mqtt
SIDES = {"iotkit": OURS, "paho": "paho-mqtt (Python)"}
PARTS = ("publish", "receive", "latency")
ROUND_S = 180  # at most
WINDOW = 1000  # the broker's: the clients' own decide


def parse():
    parser = argparse.ArgumentParser(prog="./run bench python", description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--library", type=pathlib.Path, help="another libiotkit.so.1")
    add("--part", action="append", choices=PARTS, help="only this one (repeatable)")
    add("--qos", type=int, action="append", choices=(0, 1, 2), help="only this one (repeatable)")
    add("--rounds", type=int, default=5, help="of each (default: 5)")
    add("--messages", type=int, default=20000, help="a round (default: 20000)")
    add("--echoes", type=int, default=1000, help="a round of latency (default: 1000)")
    add("--payload", type=int, default=100, help="bytes a message (default: 100)")
    options = arguments.parse(parser, rounds=3, messages=10000, echoes=500)
    options.library = options.library or options.programs.parent / "lib/libiotkit.so.1"
    options.part = options.part or PARTS
    options.qos = sorted(options.qos or ((0, 1) if options.brief else (0, 1, 2)))
    return options


# ---- settings ------------------------------------------------------------


def print_settings(options):
    names = ("python3-paho-mqtt", "libpaho-mqtt1.3", "mosquitto")
    say(f"machine    {machine()}")
    say(f"versions   {', '.join(versions(*names))}, {first_line(PYTHON, '--version')}")
    say(f"library    {options.library.resolve()}")
    say(
        "way        a private mosquitto without TLS, MQTT 5, 64 messages on their way at once;"
        " the outbox in memory"
    )
    say(
        f"messages   {options.messages} of {options.payload} bytes a round, or {options.echoes}"
        f" echoes one by one; {options.rounds} rounds in turns"
    )


# ---- rounds ----------------------------------------------------------------


def work(options, broker, side, part, qos, messages):
    """What a worker reports."""
    numbers = (broker.plain_port, qos, messages, options.payload)
    paths = {
        "IOTKIT_LIBRARY": str(options.library),
        "PYTHONPATH": str(HERE.parents[1] / "bindings/python/src"),
    }
    done = subprocess.run(
        [PYTHON, HERE / "worker.py", side, part, *map(str, numbers)],
        env={**os.environ, **paths},
        capture_output=True,
        text=True,
        timeout=ROUND_S,
    )
    if done.returncode != 0:
        raise Failure(f"{part} of {side}: {done.stderr}")
    return json.loads(done.stdout)


def one_round(options, side, part, qos):
    messages = options.echoes if part == "latency" else options.messages
    with Broker("1.2", "ECDHE-ECDSA-AES256-GCM-SHA384", WINDOW) as broker:
        if part == "receive":
            # They wait at the broker, so that the receiver alone decides how fast they come.
            work(options, broker, side, "subscribe", qos, messages)
            work(options, broker, "iotkit", "feed", qos, messages)
        return work(options, broker, side, part, qos, messages)


def spread(values, form):
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def print_part(options, part, qos, columns):
    results = {side: [] for side in SIDES}
    for _ in range(options.rounds):
        for side in SIDES:
            results[side].append(one_round(options, side, part, qos))
    say(f"\n{part}, QoS {qos}")
    say(" " * 21 + "".join(f"{title:>30}" for title, *_ in columns))
    for side, rounds in results.items():
        cells = (spread([one[what] for one in rounds], form) for _, what, form in columns)
        say(f"   {SIDES[side]:18}" + "".join(f"{cell:>30}" for cell in cells))
    ratios = []
    for _, what, _ in columns:
        ours, theirs = (statistics.median(one[what] for one in results[side]) for side in SIDES)
        ratios.append(f"{ours / theirs:.2f}")
    say(f"   {'ratio':18}" + "".join(f"{ratio:>30}" for ratio in ratios))
    tell_rows(options, part, qos, columns, results)


def tell_rows(options, part, qos, columns, results):
    many = options.echoes if part == "latency" else options.messages
    settings = (
        f"{many} messages of {options.payload} bytes, 64 on their way at once at most,"
        f" {options.rounds} rounds; Debian's Python"
    )
    for title, what, _ in columns:
        quantity, unit, better = ROWS[title]
        sides = {SIDES[side]: [one[what] for one in rounds] for side, rounds in results.items()}
        name = f"{part}, QoS {qos}: {quantity}"
        arguments.tell(options, Row("python", name, unit, better, sides, settings=settings))


RATES = (("messages/s", "rate", ".0f"), ("CPU us/message", "cpu_us", ".1f"))
TIMES = (("median ms", "p50", ".2f"), ("99 % ms", "p99", ".2f"), ("CPU us/echo", "cpu_us", ".0f"))
ROWS = {  # quantity, unit, what is better
    "messages/s": ("rate", "msg/s", "more"),
    "CPU us/message": ("CPU", "us/msg", "less"),
    "median ms": ("p50", "ms", "less"),
    "99 % ms": ("p99", "ms", "less"),
    "CPU us/echo": ("CPU", "us/echo", "less"),
}


def main():
    options = parse()
    print_settings(options)
    for part in options.part:
        for qos in options.qos:
            if part == "receive" and qos == 0:
                continue  # a broker keeps none of these
            print_part(options, part, qos, TIMES if part == "latency" else RATES)


if __name__ == "__main__":
    as_program(main)
