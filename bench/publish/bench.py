#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Publishing through libiotkit, paho.mqtt.c, libmosquitto and paho-mqtt, side by side.

All publish to the same private mosquitto without TLS, in turns; a bare socket, the same for all,
counts what arrives. Then those that can publish from a file. See ../README.md for how to read it.
"""

import argparse
import pathlib
import shutil
import subprocess
import tempfile

import arguments
from broker import Broker, Failure, as_program
from peers import IOTKIT, MOSQUITTO, MOSQUITTO_NAGLE, PAHO, PYTHON_PAHO, RAW, Peer, numbers
from rows import Row
from setting import first_line, machine, say, versions
from table import text_block

PEERS = (IOTKIT, PAHO, MOSQUITTO, MOSQUITTO_NAGLE, PYTHON_PAHO)
WINDOW = 128
MESSAGES = {0: 100000, 1: 50000, 2: 30000}
MOSQUITTO_WINDOW = 512  # at QoS 0 and 1, where each message costs it less the more are under way
SLOW = {PYTHON_PAHO: 4}  # publishes a part of that, so as not to take all the time
BRIEF = 2  # likewise all of them, with --brief

PROCESS = Peer("libiotkit, process", "iotkit", ("-y", "process"))
POWER = Peer("libiotkit, power", "iotkit", ("-y", "power"))
FILES = Peer("paho.mqtt.c, files", "paho")
# What each may be compared with: rows of the same shape, committed one by one to bare SQLite by a
# program of bench/outbox. paho's files survive the process, mostly; it never waits for the disk.
SYNCS = {PROCESS: "NORMAL", POWER: "FULL"}


def parse():
    parser = argparse.ArgumentParser(
        prog="./run bench publish", description=__doc__.split("\n")[0]
    )
    add = parser.add_argument
    add("--qos", type=int, action="append", choices=(0, 1, 2), help="only this one (repeatable)")
    add("--part", action="append", choices=("memory", "durable"), help="only this one")
    add("--only", metavar="WORDS", action="append", help="only sides that have this in their name")
    add("--rounds", type=int, default=5, help="of each (default: 5)")
    add("--messages", type=int, help="a round (default: 100000, 50000, 30000 for QoS 0, 1, 2)")
    add("--payload", type=int, default=64, help="bytes a message (default: 64)")
    add("--window", type=int, help="under way at once (default: 128; libmosquitto: its best)")
    add("--seconds", type=int, default=5, help="of durable publishing, at most (default: 5)")
    add("--dir", type=pathlib.Path, help="a folder on the disk to measure (default: build/)")
    options = arguments.parse(parser, rounds=3, seconds=4)
    options.part = options.part or ("memory", "durable")
    options.qos = sorted(options.qos or (0, 1, 2))
    options.only = options.only or [""]
    return options


def window(options, peer, qos):
    if options.window:
        return options.window
    return MOSQUITTO_WINDOW if peer.program == "mosquitto" and qos < 2 else WINDOW


class Round:
    """What one run of a publisher came to."""

    def __init__(self, published, broker_seconds, counted=None):
        begin, acknowledged, cpu_ns, messages = published
        self.messages = messages
        self.acknowledged = messages / (acknowledged - begin) * 1e9
        self.cpu_us = cpu_ns / messages / 1e3
        self.broker_us = broker_seconds / messages * 1e6
        if counted:
            received, last, _ = counted
            self.received = received / (last - begin) * 1e9
            self.lost = messages - received


class Bench:
    def __init__(self, options, broker, folder):
        self.options, self.broker, self.folder = options, broker, folder

    def wanted(self, peers):
        return [one for one in peers if any(words in one.name for words in self.options.only)]

    def _popen(self, command):
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def _publish(self, peer, qos, messages, seconds, *more):
        command = peer.command(
            self.options.programs, "publish",
            "-p", self.broker.plain_port, "-q", qos, "-n", messages, "-u", messages // 10,
            "-s", self.options.payload, "-w", window(self.options, peer, qos), "-t", seconds, *more,
        )  # fmt: skip
        return numbers(self._popen(command), seconds)

    def memory(self, peer, qos):
        messages = self.options.messages or MESSAGES[qos]
        messages //= SLOW.get(peer, 1) * (BRIEF if self.options.brief else 1)
        command = [self.options.programs / "count", "-p", self.broker.plain_port, "-n", messages]
        counter = self._popen([str(word) for word in command])
        try:
            if counter.stdout.readline() != "ready\n":
                raise Failure("count cannot subscribe")
            before = self.broker.cpu_seconds()
            published = self._publish(peer, qos, messages, 60)
            counted = numbers(counter, 60)
        finally:
            counter.kill()
            counter.wait()
        return Round(published, self.broker.cpu_seconds() - before, counted)

    def durable(self, peer, qos):
        """Until its time is up; most messages are then past what memory or a journal can hide.
        Files of paho are deleted at the end of all: ext4 shuns their inodes for minutes."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        store = folder / "outbox.db" if peer.program == "iotkit" else folder
        before = self.broker.cpu_seconds()
        published = self._publish(
            peer, qos, 1000000, self.options.seconds, "-u", 100, "-f", store
        )
        return Round(published, self.broker.cpu_seconds() - before)

    def sqlite(self, sync):
        """Commits a second."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        command = [
            self.options.programs / "accept_sqlite", "-f", folder / "raw.db", "-y", sync,
            "-n", 1000000, "-s", self.options.payload, "-d", 1,
        ]  # fmt: skip
        done = subprocess.run([str(w) for w in command], capture_output=True, text=True)
        if done.returncode != 0:
            raise Failure(f"accept_sqlite: {done.stderr}")
        told = {line.split()[0]: int(line.split()[1]) for line in done.stdout.splitlines()}
        return told["accepted"] / (told["end"] - told["begin"]) * 1e9


# ---- settings ------------------------------------------------------------


def print_settings(options, folder):
    names = ("mosquitto", "libpaho-mqtt1.3", "libmosquitto1", "python3-paho-mqtt", "libsqlite3-0")
    say(f"machine    {machine()}")
    say(f"versions   {', '.join(versions(*names))}")
    say(f"disk       {first_line('findmnt', '-n', '-o', 'FSTYPE,SOURCE', '-T', str(folder))}")
    say(f"messages   {options.payload} bytes, MQTT 5, no TLS; {options.rounds} rounds in turns")
    say(
        f"window     {options.window or WINDOW} under way at once: libiotkit's mqtt.window; for"
        " paho.mqtt.c one feeding thread, and\n           maxInflight above it; paho-mqtt's"
        " max_inflight_messages; a bare socket's own.\n           libmosquitto has"
        f" {options.window or MOSQUITTO_WINDOW} at QoS 0 and 1, no thread of its own, and"
        " TCP_NODELAY or not"
    )
    say("end        an acknowledged message of QoS 1, at QoS 0 too, where it comes last")


def settings_of(options, qos):
    ours, theirs = window(options, IOTKIT, qos), window(options, MOSQUITTO, qos)
    other = f", libmosquitto's {theirs}" if ours != theirs else ""
    return f"{options.payload} bytes, window {ours}{other}"


# ---- in memory -----------------------------------------------------------


def in_turns(options, sides, measure):
    """What measure(side) returns, a list for each side."""
    results = {side: [] for side in sides}
    for _ in range(options.rounds):
        for side in sides:
            results[side].append(measure(side))
    return results


def row_of(results, title, what, unit, better, settings):
    samples = {one.name: [getattr(r, what) for r in done] for one, done in results.items()}
    floor = {RAW.name: samples.pop(RAW.name)} if RAW.name in samples else {}
    return Row("publish", title, unit, better, samples, floor, settings=settings)


def memory_rows(options, bench, qos):
    sides = bench.wanted((*PEERS, RAW))
    if options.brief:  # Nagle makes no difference while there is always more to send
        sides = [one for one in sides if one is not MOSQUITTO_NAGLE]
    results = in_turns(options, sides, lambda peer: bench.memory(peer, qos))
    lost = {one.name: sum(r.lost for r in done) for one, done in results.items()}
    settings = f"{settings_of(options, qos)}, {options.rounds} rounds"
    cpu, received, acknowledged, broker = (
        row_of(results, f"QoS {qos}: {title}", what, unit, better, settings)
        for title, what, unit, better in (
            ("client CPU", "cpu_us", "us/msg", "less"),
            ("received", "received", "msg/s", "more"),
            ("acknowledged", "acknowledged", "msg/s", "more"),
            ("broker CPU", "broker_us", "us/msg", "less"),
        )
    )
    if qos == 0:
        cpu.at_most(0.5, of=MOSQUITTO.name)
    else:
        cpu.at_most(1.1, of=PAHO.name)
        acknowledged.at_least(1.0, of=PAHO.name)
    for name, count in lost.items():
        if count:
            say(f"QoS {qos}: {name} LOST {count}")
    return [cpu, received, acknowledged, broker]


# ---- durable -------------------------------------------------------------


def durable_rows(options, bench, qos):
    sides = bench.wanted((PROCESS, POWER, FILES))
    results = in_turns(options, sides, lambda peer: bench.durable(peer, qos))
    settings = f"{options.payload} bytes, window {options.window or WINDOW}"
    settings += f", {options.rounds} rounds of {options.seconds} s"
    told = []
    for ours, sync in SYNCS.items():
        if ours not in results:
            continue
        title = f"durable ({ours.arguments[-1]}), QoS {qos}"
        pair = {IOTKIT: results[ours]} | ({PAHO: results[FILES]} if FILES in results else {})
        rate = row_of(pair, f"{title}: acknowledged", "acknowledged", "msg/s", "more", settings)
        rate.floor = {f"SQLite {sync}, accepting alone": [bench.sqlite(sync)]}
        told += [rate, row_of(pair, f"{title}: client CPU", "cpu_us", "us/msg", "less", settings)]
        if ours is PROCESS:
            rate.at_least(25, of=PAHO.name)
            alone = {IOTKIT: results[ours]}
            title = f"{title}: acknowledged, alone"
            rate = row_of(alone, title, "acknowledged", "msg/s", "more", settings)
            told.append(rate.at_least(15000))
    return told


def tell(options, told):
    for row in told:
        arguments.tell(options, row)
    return told


def main():
    options = parse()
    parent = options.dir or options.programs.resolve().parent
    folder = pathlib.Path(tempfile.mkdtemp(prefix="publish-", dir=parent))
    told = []
    try:
        print_settings(options, folder)
        # The broker's own window must not be the one that decides.
        with Broker(more="set_tcp_nodelay true\n", window=max(options.window or 0, 1000)) as broker:
            bench = Bench(options, broker, folder)
            for part, measure in (("memory", memory_rows), ("durable", durable_rows)):
                for qos in options.qos:
                    if part in options.part and (part == "memory" or qos > 0):
                        told += tell(options, measure(options, bench, qos))
    finally:
        shutil.rmtree(folder)
    say("\n" + "\n".join(text_block("publish", told)))


if __name__ == "__main__":
    as_program(main)
