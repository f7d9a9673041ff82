#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Nothing lost, exactly once, from boards over bad lines: judged at the broker.

Boards with the library IoTKit count 1, 2, 3 as fast as the line takes it. The line damages
bytes both ways, the gateway is killed, boards are reset and unplugged. An observer of its own
must see each number once, and nothing else.

Usage: IOTKIT_BIN=build/dev/tests line.py [OPTION]...
"""

import argparse
import random
import signal
import sys
import time

from line_stage import LineStage
from stage import Failure


class Run:
    def __init__(self, options):
        self.options = options
        self.dice = random.Random(options.seed)
        self.begin = time.monotonic()
        self.spoken = self.begin

    def tell(self, stage):
        now = time.monotonic()
        if now > self.spoken + 5:
            self.spoken = now
            print(f"  {stage.arrivals.arrived} arrived, {now - self.begin:.0f} s", flush=True)


def strike(run, stage, what):
    """At a random moment of what is going on."""
    time.sleep(run.dice.random() * run.dice.choice([0, 0.003, 0.03, 0.15]))
    if what == "kill":
        stage.kill_gateway()
    elif what == "reset":
        stage.reset(run.dice.choice(stage.names))
    else:
        stage.unplug(run.dice.choice(stage.names))


def play(run, stage):
    options = run.options
    strikes = ["kill"] * options.kills + ["reset"] * options.resets
    strikes += ["unplug"] * options.unplugs
    run.dice.shuffle(strikes)
    frames = options.frames // options.boards * options.boards
    for done, what in enumerate(strikes, 1):
        stage.wait_arrived(frames * done // (len(strikes) + 1), lambda: run.tell(stage))
        strike(run, stage, what)
    stage.wait_arrived(frames, lambda: run.tell(stage))
    stage.finish()


def report(run, stage):
    arrivals = stage.arrivals.update()
    took = time.monotonic() - run.begin
    rows = {
        "arrived": arrivals.arrived,
        "lost": arrivals.lost,
        "doubled": len(arrivals.all_of("doubled")),
        "out of order": len(arrivals.all_of("disordered")),
        "corrupt": len(arrivals.corrupt),
        "kills": run.options.kills,
        "resets": run.options.resets,
        "unplugged": run.options.unplugs,
        "dropped by boards, told": stage.told("the board dropped"),
        "seconds": f"{took:.1f}",
        "arrived/s": f"{arrivals.arrived / took:.0f}",
    }
    for name, value in rows.items():
        print(f"  {name:24}{value:>10}")
    print("  the line: " + ", ".join(f"{name} {n}" for name, n in stage.damage().items()))


def wrong(stage):
    arrivals = stage.arrivals
    for what, values in (
        ("doubled", arrivals.all_of("doubled")),
        ("out of order", arrivals.all_of("disordered")),
        ("corrupt", arrivals.corrupt),
    ):
        if values:
            yield f"{what}: {len(values)}, as {values[:5]}"
    if arrivals.lost:
        yield f"lost: {arrivals.lost}"
    if arrivals.arrived == 0:
        yield "nothing arrived"


def parse():
    parser = argparse.ArgumentParser(
        prog="./run torture line", description=__doc__.split("\n", 1)[0]
    )
    add = parser.add_argument
    add("--frames", type=int, default=20000, help="readings of all boards (default: 20000)")
    add("--errors", type=float, default=1e-3, help="how likely a byte is damaged: 0.001")
    add("--burst", action="store_true", help="damage comes in runs of 1 to 31 bytes")
    add("--kills", type=int, default=20, help="kill -9 of the gateway (default: 20)")
    add("--resets", type=int, default=0, help="of boards (default: 0)")
    add("--unplugs", type=int, default=0, help="of cables (default: 0)")
    add("--unplug-seconds", type=float, default=1.0, help="for so long each (default: 1)")
    add("--boards", type=int, default=2, help="at once (default: 2)")
    add("--scripted", action="store_true", help="play the boards rather than simulate them")
    add("--baud", type=int, default=115200, help="of played boards (default: 115200)")
    add("--lines", choices=("auto", "framed"), default="auto", help="as in the port's URI")
    add("--option", action="append", default=[], metavar="NAME=VALUE", help="of the gateway")
    add("--seed", type=int, default=time.time_ns() % 1000000)
    options = parser.parse_args()
    if options.scripted and options.resets:
        parser.error("played boards cannot be reset")
    return options


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))  # what was started ends too
    options = parse()
    run = Run(options)
    kind = f"played at {options.baud} baud" if options.scripted else "simulated at 115200 baud"
    print(
        f"line: {options.frames} readings of {options.boards} boards, {kind}; a byte is damaged"
        f" with {options.errors:g}{' in bursts' if options.burst else ''}; --seed {options.seed}",
        flush=True,
    )
    with LineStage(options) as stage:
        failures = []
        try:
            play(run, stage)
        except Failure as failure:
            failures = [f"{failure}; what follows is as it was then"]
        report(run, stage)
        failures += wrong(stage)
    if not failures:
        stage.remove()
        return 0
    for sentence in failures:
        print(f"WRONG: {sentence}")
    print(f"Kept in {stage.folder}; --seed {options.seed}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
