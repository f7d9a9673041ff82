# SPDX-License-Identifier: MIT
"""The rows of this benchmark in the table of all."""

import statistics

import arguments
from rows import OURS, Row

PAHO = "paho.mqtt.c"
NAMES = {"iotkit": OURS, "paho": PAHO}
START_MS, START_MIB = 100, 16


def make_row(options, title, unit, better, sides, settings):
    settings = f"{options.payload} bytes of payload, {settings}"
    return Row("outbox", title, unit, better, sides, settings=settings)


def by_side(measured):
    return {NAMES[side]: values for side, values in measured.items()}


def accept(options, rates):
    """Each beside what promises the same; SQLite is what lies below."""
    settings = f"QoS 1, not connected, {options.messages} messages a round"
    title, unit, better = "accepting what survives kill -9", "msg/s", "more"
    sides = {OURS: rates.get("libiotkit process", []), PAHO: rates.get("paho files (no fsync)", [])}
    files = f"{PAHO} with its files, without fsync"
    process = make_row(options, title, unit, better, sides, f"{settings}; {files}")
    process.floor = {"SQLite NORMAL": rates.get("SQLite NORMAL", [])}
    arguments.tell(options, process.at_least(25, of=PAHO))

    title = "accepting what survives loss of power"
    sides = {OURS: rates.get("libiotkit power", [])}
    sides[f"{OURS}, 8 threads"] = rates.get("libiotkit power, 8 threads", [])
    power = make_row(options, title, unit, better, sides, f"{settings}; each is synced to the disk")
    power.floor = {"SQLite FULL": rates.get("SQLite FULL", [])}
    arguments.tell(options, power)


def last_beside_first(rates):
    """Of the rates by tenth: three each, since a neighbour disturbs one now and then."""
    return statistics.median(rates[-3:]) / statistics.median(rates[:3])


def growth(options, measured):
    """Of a number of messages and the rates by tenth."""
    sides = by_side({side: [last_beside_first(rates)] for side, (_, rates) in measured.items()})
    sizes = ", ".join(f"{size} messages to {NAMES[side]}" for side, (size, _) in measured.items())
    title = "accepting: rate of the last three tenths over the first three's"
    one = make_row(options, title, "x", "more", sides, f"QoS 1, not connected, {sizes}")
    arguments.tell(options, one.at_least(0.8))


def start(options, measured):
    """Of starts by side, by how many wait."""
    settings = f"from main() on, files in the page cache, {options.rounds} rounds"
    for size, starts in sorted(measured.items()):
        for title, unit, what, goal in (
            ("first message at the broker", "ms", "publish_ms", START_MS),
            ("memory", "MiB", "publish_mib", START_MIB),
        ):
            sides = by_side({side: [getattr(one, what) for one in starts[side]] for side in starts})
            title = f"start with {size:,} waiting: {title}"
            one = make_row(options, title, unit, "less", sides, settings)
            arguments.tell(options, one.under(goal) if size == options.rows else one)


def drain(options, qos, size, rates):
    settings = f"{size} waiting, by a new process, from its connection on"
    one = make_row(options, f"draining at QoS {qos}", "msg/s", "more", by_side(rates), settings)
    arguments.tell(options, one)
