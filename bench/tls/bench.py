#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Messages over TLS through libiotkit and through paho's own OpenSSL, side by side.

Both publish to the same private mosquitto, in turns; a subscriber without TLS, the
same for both, counts what arrives. See ../README.md for how to read the result.
"""

import argparse
import statistics
import subprocess

import arguments
from broker import Broker, Failure, as_program
from relay import Relay
from rows import OURS, Row
from setting import machine, versions

NAMES = {"iotkit": OURS, "paho": "paho.mqtt.c"}
GOALS = {0: 1.1, 1: 0.95}  # libiotkit's throughput as a part of paho's
MESSAGES = {0: 100000, 1: 40000, 2: 10000}
WINDOW = 64  # the default of libiotkit's option mqtt.window
PAHO_WINDOWS = (16, 64, 256, 1000)  # tried at QoS 0, where libiotkit has none of its own
PROGRAMS = {"iotkit": "publish_iotkit", "paho": "publish_paho_tls"}
PATIENCE = 120  # seconds for one program


def parse():
    parser = argparse.ArgumentParser(prog="./run bench tls", description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--qos", type=int, action="append", choices=(0, 1, 2), help="only this one (repeatable)")
    add("--rounds", type=int, default=5, help="for each side and QoS (default: 5)")
    add("--messages", type=int, help="a round (default: 100000, 40000, 10000 for QoS 0, 1, 2)")
    add("--payload", type=int, default=64, help="bytes a message (default: 64)")
    add("--window", type=int, default=WINDOW, help=f"under way at QoS 1, 2 (default: {WINDOW})")
    add("--paho-window", type=int, help="paho's at QoS 0 (default: the best of a few)")
    add("--tls", choices=("1.2", "1.3"), default="1.2", help="newest version that the broker knows")
    add("--cipher", default="ECDHE-ECDSA-AES256-GCM-SHA384", help="of TLS 1.2, as OpenSSL names it")
    add("--plain", action="store_true", help="without TLS: what the link alone costs")
    add("--reconnects", type=int, default=30, help="of each kind (default: 30; 0: none)")
    options = arguments.parse(parser, rounds=3, reconnects=10)
    options.qos = sorted(options.qos or ((0, 1) if options.brief else (0, 1, 2)))
    options.window_rounds = 1 if options.brief else 2
    return options


class Round:
    """What one run of a publisher came to."""

    def __init__(self, messages, published, counted, broker_seconds):
        begin, acknowledged, cpu_ns, _ = published
        self.received, last, longest = counted
        self.silence_ms = longest / 1e6
        self.lost = messages - self.received
        self.rate = self.received / (last - begin) * 1e9
        self.acknowledged_rate = messages / (acknowledged - begin) * 1e9
        self.publisher_us = cpu_ns / messages / 1e3
        self.broker_us = broker_seconds / messages * 1e6


class Bench:
    def __init__(self, options, broker):
        self.options, self.broker = options, broker

    def _start(self, name, *arguments):
        return subprocess.Popen(
            [self.options.programs / name, *map(str, arguments)], stdout=subprocess.PIPE, text=True
        )

    def _numbers(self, process):
        """What it prints when it ends well."""
        try:
            out, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Failure(f"{process.args[0]} does not end") from None
        if process.returncode != 0:
            raise Failure(f"{process.args[0]} failed")
        return [int(number) for number in out.split()]

    def _publisher(self, side, *arguments):
        if self.options.plain:
            where = ("-p", self.broker.plain_port)
        else:
            where = ("-p", self.broker.tls_port, "-c", self.broker.certificates.ca)
        return self._start(PROGRAMS[side], *where, "-s", self.options.payload, *arguments)

    def agreed(self, side):
        """Version and cipher of its connections."""
        relay = Relay(self.broker.tls_port)
        self._numbers(self._publisher(side, "-q", 1, "-p", relay.port))
        return relay.agreed()

    def measure(self, side, qos, window):
        messages = self.options.messages or MESSAGES[qos]
        counter = self._start("count", "-p", self.broker.plain_port, "-n", messages)
        try:
            if counter.stdout.readline() != "ready\n":
                raise Failure("count cannot subscribe")
            broker_before = self.broker.cpu_seconds()
            published = self._numbers(
                self._publisher(
                    side, "-q", qos, "-n", messages, "-u", messages // 10, "-w", window
                )
            )
            counted = self._numbers(counter)
        finally:
            counter.kill()
            counter.wait()
        return Round(messages, published, counted, self.broker.cpu_seconds() - broker_before)

    def reconnects(self):
        where = ("-p", self.broker.tls_port, "-c", self.broker.certificates.ca)
        numbers = self._numbers(self._start("reconnect", *where, "-n", self.options.reconnects))
        return [numbers[i : i + 4] for i in range(0, len(numbers), 4)]


def print_settings(options):
    print(f"machine    {machine()}")
    names = ("mosquitto", "libpaho-mqtt1.3", "libmbedtls14", "libssl3", "libmosquitto1")
    print(f"versions   {', '.join(versions(*names))}")
    print(f"messages   {options.payload} bytes of payload, {options.window} under way at QoS 1, 2")


def print_agreed(bench, options):
    agreed = {side: "none" if options.plain else bench.agreed(side) for side in ("paho", "iotkit")}
    print(f"TLS        {', '.join(f'{side}: {what}' for side, what in agreed.items())}")


def median(rounds, what):
    return statistics.median(getattr(one, what) for one in rounds)


def best_paho_window(bench, options):
    """Its throughput at QoS 0 with each."""
    if options.paho_window:
        return options.paho_window
    rates = {
        window: max(bench.measure("paho", 0, window).rate for _ in range(options.window_rounds))
        for window in PAHO_WINDOWS
    }
    best = max(rates, key=rates.get)
    tried = ", ".join(f"{window}: {rate:.0f}/s" for window, rate in rates.items())
    print(f"\npaho at QoS 0 with so many under way: {tried}; from here on {best}")
    return best


def print_round(number, side, one):
    loss = f"  {one.lost} LOST" if one.lost else ""
    print(
        f"{number:5}  {side:6} {one.rate:11.0f} {one.acknowledged_rate:15.0f}"
        f" {one.publisher_us:12.1f} {one.broker_us:9.1f} {one.silence_ms:11.0f}{loss}",
        flush=True,
    )


def compare(bench, options, qos):
    windows = {"iotkit": options.window, "paho": options.window}
    if qos == 0:
        windows["paho"] = best_paho_window(bench, options)
    print(f"\nQoS {qos}, {options.messages or MESSAGES[qos]} messages a round")
    print("round  side    received/s  acknowledged/s", end="")
    print("  CPU us/msg:  publisher, broker  silence ms")
    rounds = {"paho": [], "iotkit": []}
    for number in range(1, options.rounds + 1):
        for side, results in rounds.items():
            results.append(bench.measure(side, qos, windows[side]))
            print_round(number, side, results[-1])
    print_verdict(rounds, None if options.plain else GOALS.get(qos))
    tell_rows(options, qos, rounds, windows)


def print_verdict(rounds, goal):
    for side, results in rounds.items():
        rates = [one.rate for one in results]
        print(
            f"       {side:6} median {median(results, 'rate'):.0f}/s, "
            f"from {min(rates):.0f} to {max(rates):.0f}, "
            f"{sum(one.lost for one in results)} lost"
        )
    ratio, other_ratio = (
        median(rounds["iotkit"], what) / median(rounds["paho"], what)
        for what in ("rate", "acknowledged_rate")
    )
    wanted = f" (goal: at least {goal:.2f})" if goal else ""
    print(f"       iotkit/paho: {ratio:.2f} received{wanted}, {other_ratio:.2f} acknowledged")


def tell_rows(options, qos, rounds, windows):
    sort = f"QoS {qos}, without TLS" if options.plain else f"QoS {qos}"
    version = "no TLS" if options.plain else f"TLS {options.tls}, {options.cipher}"
    under_way = f"{windows['paho']} under way" + (" at paho.mqtt.c" if qos == 0 else "")
    settings = (
        f"{options.messages or MESSAGES[qos]} messages of {options.payload} bytes, {under_way},"
        f" {options.rounds} rounds; {version}; mbedTLS in libiotkit, OpenSSL in paho.mqtt.c"
    )

    def row(title, unit, better, what):
        sides = {NAMES[side]: [getattr(one, what) for one in rounds[side]] for side in NAMES}
        return Row("tls", f"{sort}: {title}", unit, better, sides, settings=settings)

    received = row("received", "msg/s", "more", "rate")
    if qos in GOALS and not options.plain:
        received.at_least(GOALS[qos], of=NAMES["paho"])
    arguments.tell(options, received)
    arguments.tell(options, row("client CPU", "us/msg", "less", "publisher_us"))
    lost = row("lost", "messages", "less", "lost")
    arguments.tell(options, lost.at_most(0) if qos else lost)


def tell_reconnects(options, title, handshakes):
    sizes, times = ([one[i] for one in handshakes] for i in (0, 1))
    settings = f"TLS {options.tls}, {options.cipher}, {options.reconnects} of each in turns"
    for what, unit, values in (
        ("size", "bytes", sizes),
        ("time", "ms", [time / 1e3 for time in times]),
    ):
        name = f"handshake {title}: {what}"
        row = Row("tls", name, unit, "less", {OURS: values}, settings=settings)
        arguments.tell(options, row)


def print_reconnects(bench, options):
    """Medians of full handshakes and of resumed ones."""
    rows = bench.reconnects()
    kinds = [[row[1:] for row in rows if row[0] == wanted] for wanted in (0, 1)]
    for title, handshakes in zip(("in full", "resumed"), kinds):
        tell_reconnects(options, title, handshakes)
    full, resumed = (
        [statistics.median(column) for column in zip(*kind)] if kind else None for kind in kinds
    )
    print("\nReconnects of libiotkit (medians)")
    if resumed is None:
        print("       no session was resumed")
        return
    print("                 handshake bytes  handshake ms  connect ms, with MQTT's")
    saved = [a - b for a, b in zip(full, resumed)]
    for name, (size, handshake_us, connect_us) in (
        ("full", full),
        ("resumed", resumed),
        ("saved", saved),
    ):
        print(f"       {name:9} {size:15.0f} {handshake_us / 1e3:13.2f} {connect_us / 1e3:11.2f}")


def main():
    options = parse()
    print_settings(options)
    with Broker(options.tls, options.cipher, max(options.window, 1000)) as broker:
        bench = Bench(options, broker)
        print_agreed(bench, options)
        for qos in options.qos:
            compare(bench, options, qos)
        if options.reconnects and not options.plain:
            print_reconnects(bench, options)


if __name__ == "__main__":
    as_program(main)
