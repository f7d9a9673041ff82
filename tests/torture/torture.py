#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Nothing lost, exactly once: proven by an observer that is no part of libiotkit.

A client with a durable outbox publishes numbered messages, and is killed; so is the
broker, and the network fails. In the end a last life of the client delivers the rest,
and what was accepted is compared with what arrived. See scenarios.py for what is done
and what is asserted.

Usage: IOTKIT_BIN=build/dev/tests torture.py SCENARIO [--rounds N] [--seed N] [--qos N]
                                             [--version 3.1.1|5] [--ram]
                                             [--one-life] [--option NAME=VALUE]...
"""

import argparse
import random
import signal
import sys
import time

from judge import examples, judge, wrong_arrivals
from scenarios import SCENARIOS
from stage import Failure, Stage


class Run:
    """What a scenario works with."""

    def __init__(self, options):
        self.options = options
        self.dice = random.Random(options.seed)
        self.strikes = {}  # name of what was done: how often
        self.begin = time.monotonic()
        self.spoken = 0

    def count(self, name):
        self.strikes[name] = self.strikes.get(name, 0) + 1

    def tell(self, stage, done):
        now = time.monotonic()
        if now < self.spoken + 2 and done < self.options.rounds:
            return
        self.spoken = now
        print(
            f"  round {done:4} of {self.options.rounds}:"
            f" {stage.journal.update().accepted} accepted,"
            f" {stage.arrivals.update().first} arrived, {now - self.begin:.0f} s",
            flush=True,
        )


def report(run, stage, verdict):
    took = time.monotonic() - run.begin
    rows = {
        "kills": len(stage.killed),
        "accepted": verdict.accepted,
        "arrived": verdict.arrived,
        "lost": len(verdict.lost),
        "doubled": len(verdict.doubled),
        "out of order": len(verdict.disordered),
        "unjournalled arrivals": verdict.unjournalled,
        "seconds": f"{took:.1f}",
    }
    for name, value in rows.items():
        print(f"  {name:24}{value:>10}")
    print(
        f"  told as delivered: {verdict.told}, of them {verdict.told_late} in a later life;"
        f" {verdict.told_again} told again, {len(verdict.never_told)} never told"
    )
    print("  " + ", ".join(f"{name}: {times}" for name, times in sorted(run.strikes.items())))


def always_wrong(stage, verdict):
    """What no scenario allows."""
    journal, arrivals = stage.journal, stage.arrivals
    if verdict.accepted == 0:
        yield "nothing was accepted"
    for what, values in (
        ("arrived, and were never accepted", verdict.strangers),
        ("told as delivered under a wrong id", verdict.told_wrong),
        ("arrived broken", arrivals.broken),
        ("given up", journal.dropped),
        ("gaps in the journal", journal.gaps),
    ):
        if values:
            yield f"{what}: {examples(values)}"
    if verdict.same_ids:
        yield f"{verdict.same_ids} messages with an id that another had"
    if journal.missed:
        yield f"{journal.missed} events were missed"


def wrong_deliveries(run, stage, verdict):
    """A kill can keep a DELIVERED from the journal, or have it told again; else each
    message has one. Kills leave messages to later lives, which tell them."""
    if not stage.killed:
        if verdict.never_told:
            yield f"never told as delivered: {examples(verdict.never_told)}"
        if verdict.told_again:
            yield f"{verdict.told_again} were told as delivered again"
    elif len(stage.killed) >= 10 and verdict.told_late == 0:
        yield "no message was told as delivered in a later life than its own"


def as_promised(run, stage, verdict):
    return wrong_arrivals(run.options.qos, verdict)


def play(run, stage):
    """Returns what is wrong."""
    failures = []
    judgement = as_promised
    try:
        judgement = SCENARIOS[run.options.scenario](run, stage) or as_promised
    except Failure as failure:
        failures = [f"{failure}; what follows is as it was then"]
    verdict = judge(stage.journal.update(), stage.arrivals.update(), stage.killed)
    report(run, stage, verdict)
    return [
        *failures,
        *always_wrong(stage, verdict),
        *wrong_deliveries(run, stage, verdict),
        *judgement(run, stage, verdict),
    ]


def parse(words):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1000000)
    parser.add_argument("--qos", type=int, default=2, choices=(0, 1, 2))
    parser.add_argument("--version", default="5", choices=("3.1.1", "5"))
    parser.add_argument("--ram", action="store_true", help="no outbox.path: to see it fail")
    parser.add_argument("--one-life", action="store_true", help="the client is never ended")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE")
    return parser.parse_args(words)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))  # what was started ends too
    options = parse(sys.argv[1:])
    run = Run(options)
    print(
        f"{options.scenario}: {options.rounds} rounds at QoS {options.qos}, MQTT"
        f" {options.version}, --seed {options.seed}",
        flush=True,
    )
    scenario = SCENARIOS[options.scenario]
    with Stage(options, **scenario.stage) as stage:
        wrong = play(run, stage)
    if not wrong:
        stage.remove()
        return 0
    for sentence in wrong:
        print(f"WRONG: {sentence}")
    print(
        f"Kept in {stage.folder}: journal, arrivals, outbox.db, client.log, broker.log,"
        f" broker/; seed {options.seed}"
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
