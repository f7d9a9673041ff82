#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How cost grows: with the number of boards, at the same readings a second in all, and with the
messages that wait in the outbox.

See ../README.md for how to read the result.
"""

import argparse
import dataclasses
import itertools
import pathlib
import shutil
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path += [str(HERE.parent / "boards"), str(HERE.parent / "outbox")]

import arguments
import side as boards
from broker import Failure, as_program
from figures import show
from gateway import wait_for_boards
from process import cpu_ns, rss_mib
from rows import Row
from setting import first_line, machine, say, versions
from sides import Sides

BOARDS = (1, 8, 32, 128, 256)
DECADES = (10000, 100000, 1000000, 10000000, 100000000)
FLAT = 0.8  # of the rate of the first decade: what still passes for flat
MEMORY_GOAL_MIB = 16
QOS = 1


def parse():
    parser = argparse.ArgumentParser(prog="./run bench scale", description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--part", action="append", choices=("boards", "waiting"), help="only this one")
    add("--gateway", type=pathlib.Path, help="another iotkit-gateway")
    add("--rate", type=float, default=640, help="readings/s of all boards together (default: 640)")
    add("--seconds", type=int, default=6, help="that each is measured (default: 6)")
    add("--rounds", type=int, default=3, help="of boards (default: 3)")
    add("--waiting", type=int, default=1000000, choices=DECADES[1:], metavar="MESSAGES",
        help="a power of ten (default: 1000000; 10000000 takes minutes, and 4 GB)")  # fmt: skip
    add("--payload", type=int, default=100, help="bytes a message that waits (default: 100)")
    add("--dir", type=pathlib.Path, help="a folder on the disk to measure (default: build/)")
    add("--limit", type=int, default=3600, help="seconds for them to be accepted (default: 3600)")
    options = arguments.parse(parser, seconds=3, rounds=1, limit=20)
    options.gateway = options.gateway or options.programs.parent / "bin" / "iotkit-gateway"
    options.part = options.part or ("boards", "waiting")
    return options


# ---- boards --------------------------------------------------------------


@dataclasses.dataclass
class Cost:
    """Of a gateway with so many boards."""

    us: float  # a reading
    mib: float


class Boards(boards.Side):
    """Steady boards, whose gateway keeps nothing in a file."""

    def __init__(self, options, count):
        super().__init__(options, count, "plain", "gateway", QOS, durable=False)

    def _ports(self, clock):
        ports = super()._ports(clock)
        del ports["clock"]  # 256 devices are the most that there can be
        return ports

    def _measure(self, rate, broker, clock):
        players = self._start_boards(rate)
        reader = self._start_reader(broker, clock)
        clock.start()  # though nobody listens
        boards.wait_until(lambda: broker.arrived > 0, "readings arrive", [players, reader])
        wait_for_boards(broker.port, self.boards)
        time.sleep(boards.SETTLE_S)
        before = broker.wait_tick(), cpu_ns(reader.pid)
        time.sleep(self.options.seconds - 0.5)
        arrived, cpu = (b - a for a, b in zip(before, (broker.wait_tick(), cpu_ns(reader.pid))))
        return Cost(us=cpu / 1e3 / max(arrived, 1), mib=rss_mib(reader.pid))


def measure_boards(options):
    costs = {count: [] for count in BOARDS}
    for _ in range(options.rounds):
        for count in BOARDS:
            costs[count].append(Boards(options, count).measure(options.rate / count))
    setting = (
        f"{options.rate:g} readings/s in all, plain lines, QoS {QOS}, in memory,"
        f" {options.rounds} x {options.seconds} s"
    )
    for count, rounds in costs.items():
        name = f"{count} board{'s' if count > 1 else ''}"
        us, mib = ([getattr(one, what) for one in rounds] for what in ("us", "mib"))
        for what, unit, samples in (("CPU", "us/reading", us), ("RSS", "MiB", mib)):
            row = Row(
                "scale", f"gateway, {name}: {what}", unit, "less", {"libiotkit": samples},
                settings=setting,
            )  # fmt: skip
            show(options, row)


# ---- waiting -------------------------------------------------------------


def measure_waiting(options, sides):
    _, report = sides.accept("decades", options.waiting, QOS, options.limit)
    setting = f"{options.payload} bytes, QoS {QOS}, outbox.sync=process, not connected"
    reached = [count for count in DECADES if str(count) in report.moments]
    if not reached:
        raise Failure(f"fewer than {DECADES[0]} messages were accepted in {options.limit} s")
    if options.waiting not in reached:
        say(f"\n{options.limit} s were not enough to accept {options.waiting:,} messages")
    first, *later = reached
    early = f"libiotkit, until {first:,}"
    early_rate = [first / report.seconds("0", str(first))]
    for begin, end in itertools.pairwise((first, *later)):
        rate = [(end - begin) / report.seconds(str(begin), str(end))]
        row = Row(
            "scale", f"accepted from {begin:,} to {end:,} waiting", "messages/s", "more",
            {"libiotkit": rate, early: early_rate}, settings=setting,
        )  # fmt: skip
        show(options, row.at_least(FLAT, early))
    peak = {"libiotkit": [report.moments[str(reached[-1])].peak_kib / 1024]}
    row = Row("scale", f"memory, {reached[-1]:,} waiting", "MiB", "less", peak, settings=setting)
    show(options, row.under(MEMORY_GOAL_MIB))


def main():
    options = parse()
    say(f"machine    {machine()}")
    say(f"versions   {', '.join(versions('mosquitto', 'libsqlite3-0'))}")
    if "boards" in options.part:
        measure_boards(options)
    if "waiting" in options.part:
        parent = options.dir or options.programs.resolve().parent
        folder = pathlib.Path(tempfile.mkdtemp(prefix="scale-", dir=parent))
        say(f"\ndisk       {first_line('findmnt', '-n', '-o', 'FSTYPE,SOURCE', '-T', str(folder))}")
        try:
            measure_waiting(options, Sides(options, folder))
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    as_program(main)
