#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Many boards at 115200 baud on one gateway, beside the same in Python.

The boards are played by scripted_board, each as busy as its line allows, or with so many
readings a second. See ../README.md for how to read the result.
"""

import argparse
import pathlib
import statistics
import sys

from setting import first_line, machine, say, versions
from side import PYTHON, Failure, Side

# Name, what the boards say, who reads them, QoS, whether in a file.
CONTENDERS = (
    ("gateway, kits, file, QoS 1", "kits", "gateway", 1, True),
    ("gateway, plain, file, QoS 1", "plain", "gateway", 1, True),
    ("gateway, plain, memory, QoS 0", "plain", "gateway", 0, False),
    ("Python, plain, memory, QoS 0", "plain", "python", 0, False),
)
US_AND_PEER = ("gateway, plain, memory, QoS 0", "Python, plain, memory, QoS 0")


def parse():
    parser = argparse.ArgumentParser(prog="./run bench boards", description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--programs", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    add("--gateway", type=pathlib.Path, help="another iotkit-gateway")
    add("--boards", type=int, default=32, help="on one gateway (default: 32)")
    add("--rate", type=float, default=20, help="readings/s of a steady board (default: 20)")
    add("--rounds", type=int, default=3, help="of each (default: 3)")
    add("--seconds", type=int, default=6, help="that each is measured (default: 6)")
    add("--load", choices=("steady", "flood"), action="append", help="only this one")
    add("--only", metavar="WORDS", action="append", help="only what has this in its name")
    options = parser.parse_args()
    options.gateway = options.gateway or options.programs.parent / "bin" / "iotkit-gateway"
    options.load = options.load or ["steady", "flood"]
    options.contenders = [
        one for one in CONTENDERS if not options.only or any(w in one[0] for w in options.only)
    ]
    return options


def middle(results, what):
    return statistics.median(getattr(one, what) for one in results)


# ---- settings ------------------------------------------------------------


def print_settings(options):
    names = ("mosquitto", "python3-serial", "python3-paho-mqtt")
    say(f"machine    {machine()}")
    say(f"versions   {', '.join(versions(*names))}, {first_line(PYTHON, '--version')}")
    say(
        f"boards     {options.boards} on pseudo-terminals, at 115200 baud (11520 bytes/s); a kit"
        " holds 32 readings"
    )
    say(
        "way        a private mosquitto without TLS, which counts; the gateway has its defaults,"
        " MQTT 5;\n           Python has a thread a board, MQTT 3.1.1"
    )
    say(f"measured   {options.rounds} rounds in turns, {options.seconds} s of each")


# ---- the table -----------------------------------------------------------

COLUMNS = (  # title, what, format
    ("said/s", "said", ".0f"),
    ("kB/s", "kilobytes", ".0f"),
    ("arrived/s", "arrived", ".0f"),
    ("lost %", "lost", ".1f"),
    ("CPU %", "cpu", ".1f"),
    ("us/reading", "cpu_each", ".1f"),
    ("broker %", "broker_cpu", ".0f"),
    ("RSS MiB", "rss", ".1f"),
    ("ms to broker", "latency", ".1f"),
    ("worst ms", "latency_worst", ".0f"),
)


def measure(options, rate):
    results = {name: [] for name, *_ in options.contenders}
    for _ in range(options.rounds):
        for name, *what in options.contenders:
            results[name].append(Side(options, *what).measure(rate))
    return results


def median(rounds, what, form):
    values = [getattr(one, what) for one in rounds]
    return "-" if None in values else f"{statistics.median(values):{form}}"


def print_results(results):
    say(" " * 33 + "".join(f"{title:>13}" for title, *_ in COLUMNS))
    for name, rounds in results.items():
        cells = (f"{median(rounds, what, form):>13}" for _, what, form in COLUMNS)
        say(f"   {name:30}{''.join(cells)}")
    say("   least to most of the rounds: arrived/s, us/reading")
    for name, rounds in results.items():
        arrived, cpu = ([getattr(one, what) for one in rounds] for what in ("arrived", "cpu_each"))
        say(
            f"   {name:30}{min(arrived):13.0f} to {max(arrived):.0f}"
            f"{min(cpu):13.1f} to {max(cpu):.1f}"
        )
    us, peer = US_AND_PEER
    if us in results and peer in results:
        cpu, arrived = (
            middle(results[peer], what) / middle(results[us], what)
            for what in ("cpu_each", "arrived")
        )
        say(
            f"   Python / gateway, the same plain lines and QoS: {cpu:.1f} times the CPU a"
            f" reading, {arrived:.2f} times as many arrived"
        )


def main():
    options = parse()
    print_settings(options)
    if "steady" in options.load:
        say(f"\n1. {options.rate:g} readings/s from each of {options.boards} boards")
        print_results(measure(options, options.rate))
    if "flood" in options.load:
        say(f"\n2. {options.boards} boards that never pause")
        print_results(measure(options, 0))


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"bench: {failure}")
