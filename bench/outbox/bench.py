#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The durable outbox of libiotkit, paho's file persistence and bare SQLite, side by side.

Messages are accepted with nobody to send to, lie on the disk, are found by a new process,
and are sent. See ../README.md for how to read the result.
"""

import argparse
import pathlib
import shutil
import statistics
import tempfile

import arguments
import tell
from broker import Broker, Failure, as_program
from setting import first_line, machine, say, versions
from sides import PAHO_MOST, Disk, Sides, sync_cost

PARTS = ("accept", "flat", "start", "disk", "drain")
# Name, side, its sync, threads.
CONTENDERS = (
    ("libiotkit process", "iotkit", "process", 1),
    ("libiotkit power", "iotkit", "power", 1),
    ("libiotkit power, 8 threads", "iotkit", "power", 8),
    ("paho files (no fsync)", "paho", None, 1),
    ("SQLite NORMAL", "sqlite", "NORMAL", 1),
    ("SQLite FULL", "sqlite", "FULL", 1),
)
# Which of them promise the same.
RATIOS = (
    ("libiotkit process", "paho files (no fsync)"),
    ("libiotkit process", "SQLite NORMAL"),
    ("libiotkit power", "SQLite FULL"),
    ("libiotkit power, 8 threads", "libiotkit power"),
)
NAMES = {"iotkit": "libiotkit", "paho": "paho"}
REST_S = 3  # after the last drain of a kind
WINDOW = 65535  # the broker's: the clients' own decide


def parse():
    parser = argparse.ArgumentParser(prog="./run bench outbox", description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--part", action="append", choices=PARTS, help="only this one (repeatable)")
    add("--side", action="append", choices=("iotkit", "paho", "sqlite"), help="likewise")
    add("--qos", type=int, action="append", choices=(1, 2), help="of the drains (default: both)")
    add("--rounds", type=int, default=3, help="of what is short (default: 3)")
    add("--messages", type=int, default=10000, help="a round of accepting (default: 10000)")
    add("--backlog", type=int, default=30000, help="on both sides (default: 30000)")
    add("--paho-most", type=int, default=PAHO_MOST, help=f"waiting (default: {PAHO_MOST})")
    add("--rows", type=int, default=1000000, help="libiotkit's alone (default: 1000000)")
    add("--payload", type=int, default=100, help="bytes a message (default: 100)")
    add("--drain-seconds", type=int, default=12, help="at most, for each (default: 12)")
    add("--rows-drain-seconds", type=int, default=30, help="at most, for --rows (default: 30)")
    add("--seconds", type=int, default=600, help="at most, for any other program (default: 600)")
    add("--dir", type=pathlib.Path, help="a folder on the disk to measure (default: build/)")
    options = arguments.parse(parser, messages=5000, backlog=10000, paho_most=10000)
    options.part = options.part or PARTS
    options.side = options.side or ("iotkit", "paho", "sqlite")
    options.qos = sorted(options.qos or ((1,) if options.brief else (1, 2)))
    return options


def spread(values, form=".0f"):
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


# ---- settings ------------------------------------------------------------


def print_settings(options, folder):
    names = ("libpaho-mqtt1.3", "libsqlite3-0", "mosquitto")
    system, device, flags = (
        first_line("findmnt", "-n", "-o", what, "-T", str(folder))
        for what in ("FSTYPE", "SOURCE", "OPTIONS")
    )
    costs = sync_cost(folder)
    say(f"machine    {machine()}")
    say(f"versions   {', '.join(versions(*names))}")
    say(f"disk       {system} ({flags}) on {device}: {folder}")
    say(
        f"sync       4 KiB and fdatasync: median {statistics.median(costs):.0f} us, "
        f"from {costs[0]:.0f} to {costs[-1]:.0f}"
    )
    if system == "tmpfs":
        say("           THIS IS NO DISK: what is told of power is worth nothing; use --dir")
    say(
        f"messages   {options.payload} bytes of payload, topic of 17 bytes; "
        f"page cache warm; {options.rounds} rounds where a spread is told"
    )


# ---- 1. accepting --------------------------------------------------------


def measure_accept(options, sides):
    """Messages a second, by contender and round."""
    rates = {name: [] for name, side, *_ in CONTENDERS if side in options.side}
    for _ in range(options.rounds):
        for name, side, sync, threads in CONTENDERS:
            if name not in rates:
                continue
            folder, report = sides.accept(
                side, options.messages, 1, options.seconds, sync, threads
            )
            rates[name].append(report.numbers["accepted"] / report.seconds("begin"))
            sides.remove(side, folder)
    return rates


def print_accept(options, sides):
    say(f"\n1. Accepted messages/s, not connected, QoS 1, {options.messages} a round")
    rates = measure_accept(options, sides)
    for name, values in rates.items():
        say(f"   {name:28} {spread(values):>32}   rounds: {' '.join(f'{v:.0f}' for v in values)}")
    for one, other in RATIOS:
        if one in rates and other in rates:
            ratio = statistics.median(rates[one]) / statistics.median(rates[other])
            say(f"   {one} / {other}: {ratio:.2f}")
    tell.accept(options, rates)


def print_tenths(name, messages, report, since, promise=""):
    rates = report.tenth_rates(messages, since)
    last = f"; last/first {tell.last_beside_first(rates):.2f}" if len(rates) == 10 else ""
    say(f"   {name}, {messages} messages{promise}, messages/s by tenth{last}")
    say(f"      {' '.join(f'{rate:.0f}' for rate in rates)}")


class Backlogs:
    """Filled once, copied for whoever uses them up."""

    def __init__(self, options, sides):
        self.options, self.sides = options, sides
        self.made = {}

    def get(self, side, messages, qos=1):
        """A folder, and the report of filling it."""
        key = (side, messages, qos)
        if key not in self.made:
            folder, report = self.sides.accept(side, messages, qos, self.options.seconds)
            if report.numbers["accepted"] != messages:
                raise Failure(
                    f"{side} took {report.numbers['accepted']} of {messages} messages in "
                    f"{self.options.seconds} s; give it more --seconds"
                )
            self.made[key] = folder, report
        return self.made[key]


def long_sizes(options):
    return [
        (side, size)
        for side, size in (("iotkit", options.rows), ("paho", options.paho_most))
        if side in options.side
    ]


def print_flat(options, backlogs):
    say("\n   Does the cost stay flat?")
    growth = {}
    for side, size in long_sizes(options):
        _, report = backlogs.get(side, size)
        growth[side] = size, report.tenth_rates(size, "begin")
        limit = " (it refuses more)" if (side, size) == ("paho", PAHO_MOST) else ""
        print_tenths(NAMES[side], size, report, "begin", limit)
        say(
            f"      {size / report.seconds('begin'):.0f} messages/s in all; "
            f"peak memory {report.moments['end'].peak_kib / 1024:.1f} MiB"
        )
    tell.growth(options, growth)


# ---- 2. starting ---------------------------------------------------------


def print_start_row(side, size, starts):
    def median(what):
        return statistics.median(getattr(one, what) for one in starts)

    publish = spread([one.publish_ms for one in starts], ".1f")
    say(
        f"   {NAMES[side]:10} {size:8} {median('open_ms'):8.1f} {median('connect_ms'):8.1f}"
        f" {publish:>28} {median('open_mib'):9.1f} {median('publish_mib'):8.1f}"
    )


def print_start(options, sides, backlogs):
    say("\n2. Start with a backlog: ms since main() until ..., peak memory in MiB when ...")
    say(
        f"   {'':10} {'waiting':>8} {'opened':>8} {'CONNECT':>8} {'first PUBLISH came':>28}"
        f" {'opened':>9} {'PUBLISH':>8}"
    )
    found = {}
    for side, most in long_sizes(options):
        for size in sorted({min(size, most) for size in (1, options.backlog, most)}):
            folder, _ = backlogs.get(side, size)
            starts = [sides.start(side, folder, size) for _ in range(options.rounds)]
            print_start_row(side, size, starts)
            found.setdefault(size, {})[side] = starts
    tell.start(options, found)
    say(
        f"   (goal: under {tell.START_MS} ms and {tell.START_MIB} MiB with 1000000 waiting; "
        f"paho cannot have more than {PAHO_MOST})"
    )


# ---- 3. on the disk ------------------------------------------------------


def print_disk_row(name, messages, disk):
    each = [f"{size / messages:.0f}" for size in (disk.allocated, disk.apparent)]
    say(
        f"   {name:10} {messages:8} {each[0]:>12} {each[1]:>12} {disk.inodes:8}"
        f" {disk.allocated / 2**20:11.1f}"
    )


def print_disk(options, backlogs):
    say("\n3. On the disk, once the process that accepted has ended")
    say(
        f"   {'':10} {'waiting':>8} {'du bytes/msg':>12} {'length/msg':>12} {'inodes':>8}"
        f" {'du MiB':>11}"
    )
    for side, most in long_sizes(options):
        for size in sorted({min(options.backlog, most), most}):
            print_disk_row(NAMES[side], size, Disk(backlogs.get(side, size)[0]))


# ---- 4. draining ---------------------------------------------------------


def drain_once(options, sides, backlogs, side, size, qos, rest):
    """The rate, the report, and what is left on the disk; in a copy of its own."""
    copy = sides.copy(side, backlogs.get(side, size, qos)[0])
    seconds = options.drain_seconds if size <= options.backlog else options.rows_drain_seconds
    with Broker("1.2", "ECDHE-ECDSA-AES256-GCM-SHA384", WINDOW) as broker:
        report = sides.drain(side, copy, size, broker.plain_port, seconds, rest)
    disk = Disk(copy)
    sides.remove(side, copy)
    rate = (size - report.numbers["left"]) / report.seconds("connect")
    return rate, report, disk


def print_drain_of(options, sides, backlogs, side, size, qos, rounds):
    rests = [0] * (rounds - 1) + [REST_S]
    results = [drain_once(options, sides, backlogs, side, size, qos, rest) for rest in rests]
    rates = [rate for rate, _, _ in results]
    _, report, disk = results[-1]
    left = report.numbers["left"]
    after = f"; {left} LEFT after {report.seconds('connect'):.0f} s" if left else ""
    say(f"   QoS {qos}, {NAMES[side]}, {size} waiting: {spread(rates)} messages/s{after}")
    tenths = report.tenth_rates(size, "connect")
    if tenths:
        say(f"      by tenth: {' '.join(f'{rate:.0f}' for rate in tenths)}")
    rested = f", after {REST_S} s of rest" if side == "iotkit" and not left else ""
    say(
        f"      on the disk then{rested}: {disk.allocated} bytes in {disk.inodes} inodes;"
        f" peak memory {report.moments['end'].peak_kib / 1024:.1f} MiB"
    )
    return rates


def print_drain(options, sides, backlogs):
    say("\n4. Draining into a private mosquitto, by a new process, from its connection on")
    many = [one for one in (("iotkit", options.rounds), ("paho", 1)) if one[0] in options.side]
    size = min(options.backlog, options.paho_most)
    for qos in options.qos:
        for side, _ in many:
            backlogs.get(side, size, qos)  # before files are deleted, see Sides.remove()
    for qos in options.qos:
        rates = {
            side: print_drain_of(options, sides, backlogs, side, size, qos, rounds)
            for side, rounds in many
        }
        if len(rates) == 2:
            ours, theirs = (statistics.median(rates[side]) for side in NAMES)
            say(f"   QoS {qos}, libiotkit / paho: {ours / theirs:.1f}")
        tell.drain(options, qos, size, rates)
    if "iotkit" in options.side and not options.brief:
        qos = options.qos[0]
        print_drain_of(options, sides, backlogs, "iotkit", options.rows, qos, 1)


def main():
    options = parse()
    parent = options.dir or options.programs.resolve().parent
    folder = pathlib.Path(tempfile.mkdtemp(prefix="outbox-", dir=parent))
    try:
        print_settings(options, folder)
        sides = Sides(options, folder)
        backlogs = Backlogs(options, sides)
        if "accept" in options.part:
            print_accept(options, sides)
        if "flat" in options.part:
            print_flat(options, backlogs)
        if "start" in options.part:
            print_start(options, sides, backlogs)
        if "disk" in options.part:
            print_disk(options, backlogs)
        if "drain" in options.part:
            print_drain(options, sides, backlogs)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    as_program(main)
