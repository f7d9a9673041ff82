#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Metrics a second, from iotkit_publish_metric() through a broker to who decodes them.

Beside it paho.mqtt.c and libmosquitto send the same texts one by one. See ../README.md for how
to read the result.
"""

import argparse
import dataclasses
import pathlib
import tempfile

import arguments
from broker import Broker, Failure, as_program
from figures import show
from peers import IOTKIT, MOSQUITTO, PAHO_TLS, Peer
from programs import ready, reported, run
from relay import Relay
from rows import Row
from setting import machine, say, versions

GOAL = 300000  # in packs, durable
QOS = 1
WINDOWS = {IOTKIT: 128, PAHO_TLS: 128, MOSQUITTO: 512}  # under way; for each its best
FEW, MORE = 1000, 11000  # metrics; what the second run has more is without the handshake's bytes
TRIAL, MOST_TRIED = 2000, 5  # messages, metrics in each; the first to guess a round's length by
FIGURES = (("to a subscriber", "metrics/s", "more"), ("client's CPU", "us/metric", "less"))


@dataclasses.dataclass(frozen=True)
class Way:
    """How one side sends metrics."""

    peer: Peer
    form: str
    pack: int = 1  # metrics a message
    durable: bool = False

    def words(self):
        return f"{self.form} in packs of {self.pack}" if self.pack > 1 else self.form

    def command(self, programs, *arguments):
        window = WINDOWS[self.peer]
        return self.peer.command(
            programs, "send", "-q", QOS, "-m", self.form, "-b", self.pack, "-w", window, *arguments
        )


PEERS = {peer.name: Way(peer, "text") for peer in (PAHO_TLS, MOSQUITTO)}
OURS = [
    Way(IOTKIT, form, pack, durable)
    for form, pack in (("text", 1), ("json", 1), ("senml", 50), ("senml", 500))
    for durable in (False, True)
]


def parse():
    parser = argparse.ArgumentParser(prog="./run bench metrics", description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--rounds", type=int, default=5, help="of each way (default: 5)")
    add("--seconds", type=float, default=3, help="that a round takes, or so (default: 3)")
    add("--dir", type=pathlib.Path, help="a folder on the disk to measure (default: build/)")
    return arguments.parse(parser, rounds=3, seconds=0.7)


class Bench:
    def __init__(self, options, broker, folder):
        self.options, self.broker, self.folder = options, broker, folder
        self.programs = options.programs
        self.files = 0
        self.counts = {}

    def count(self, way):
        """Metrics a round: what one way sends in a second is too much or too little for another."""
        if way not in self.counts:
            rate, _ = self._send(way, TRIAL * min(way.pack, MOST_TRIED))
            self.counts[way] = max(TRIAL, int(rate * self.options.seconds))
        return self.counts[way]

    def _outbox(self, way):
        self.files += 1
        return ("-f", self.folder / f"outbox-{self.files}") if way.durable else ()

    def measure(self, way):
        """Metrics a second, and microseconds of the client's a metric."""
        return self._send(way, self.count(way))

    def _send(self, way, count):
        warm_up = count // 10
        port, all_of_them = ("-p", self.broker.plain_port), count + warm_up
        decode = (self.programs / "decode", *port, "-m", way.form, "-n", all_of_them)
        send = (*port, *self._outbox(way), "-n", count, "-u", warm_up)
        with ready(decode) as decoder:
            sent = run(way.command(self.programs, *send))
            came = reported(decoder)
        if (came["count"], came["sum"]) != (all_of_them, sent["sum"]):
            name = way.peer.name
            raise Failure(f"{name}: {came['count']} of {all_of_them} metrics came, or others")
        return count / (came["end_ns"] - sent["begin_ns"]) * 1e9, sent["cpu_us"] / count

    def bytes_each(self, way, tls):
        """Bytes that a metric costs on the way to the broker."""
        sent = []
        for count in (FEW, MORE):
            relay = Relay(self.broker.tls_port if tls else self.broker.plain_port)
            trust = ("-c", self.broker.certificates.ca) if tls else ()
            run(way.command(self.programs, "-p", relay.port, *trust, "-n", count))
            sent.append(relay.wait()[0])
        return (sent[1] - sent[0]) / (MORE - FEW)


def print_settings(options):
    names = ("mosquitto", "libpaho-mqtt1.3", "libmosquitto1", "libsqlite3-0")
    say(f"machine    {machine()}")
    say(f"versions   {', '.join(versions(*names))}")
    say(
        f"metrics    of four names of one device, as 23.45; QoS {QOS}, under way at once:"
        f" {', '.join(f'{peer.name} {most}' for peer, most in WINDOWS.items())};\n          "
        f" {options.rounds} rounds of some {options.seconds:g} s; a file is that of"
        " outbox.path, with outbox.sync=process"
    )


def measure_all(options, bench):
    """By way: rates, and CPU of the client's."""
    results = {way: ([], []) for way in (*OURS, *PEERS.values())}
    for _ in range(options.rounds):
        for way, figures in results.items():
            for samples, value in zip(figures, bench.measure(way)):
                samples.append(value)
    return results


def print_rates(options, bench, results):
    for way in OURS:
        for figure, (what, unit, better) in enumerate(FIGURES):
            peers = {name: results[peer][figure] for name, peer in PEERS.items()}
            row = Row(
                "metrics",
                f"{way.words()}, {'in a file' if way.durable else 'in memory'}: {what}",
                unit,
                better,
                {"libiotkit": results[way][figure]} | peers,
                settings=f"QoS {QOS}, {options.rounds} rounds of {bench.count(way)} metrics;"
                " peers: text one by one, in memory",
            )
            if unit == "metrics/s" and way.pack > 1 and way.durable:
                row.at_least(GOAL)
            show(options, row)


def print_bytes(options, bench):
    for tls in (False, True):
        peers = {name: [bench.bytes_each(way, tls)] for name, way in PEERS.items()}
        for way in OURS:
            if way.durable:
                continue
            row = Row(
                "metrics",
                f"{way.words()}{' over TLS' if tls else ''}: to the broker",
                "bytes/metric",
                "less",
                {"libiotkit": [bench.bytes_each(way, tls)]} | peers,
                settings=f"QoS {QOS}, {MORE - FEW} metrics; peers: text one by one",
            )
            show(options, row)


def main():
    options = parse()
    print_settings(options)
    parent = options.dir or options.programs.resolve().parent
    with (
        Broker() as broker,
        tempfile.TemporaryDirectory(prefix="metrics-", dir=parent) as folder,
    ):
        bench = Bench(options, broker, pathlib.Path(folder))
        print_rates(options, bench, measure_all(options, bench))
        print_bytes(options, bench)


if __name__ == "__main__":
    as_program(main)
