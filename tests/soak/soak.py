#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One session for a long time, whose connection is ended again and again.

A real mosquitto with TLS, users and persistence, a relay in front of it, and the
program iotkit-soak-client, which publishes all the time. Each round ends the
connection in another way, waits for the next one, sees that messages go both ways,
and has the program measure itself. In the end nothing may be lost, and memory,
descriptors and threads must be what they were after the first rounds.

Usage: IOTKIT_BIN=build/asan/tests soak.py SECONDS
"""

import os
import pathlib
import statistics
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
for folder in ("tls", "programs"):
    sys.path.insert(0, str(HERE.parent / folder))
SUPPRESSIONS = HERE.parent
# What was freed is soon given back, so that AddressSanitizer's growth is not ours.
os.environ.update(
    ASAN_OPTIONS="quarantine_size_mb=4",
    LSAN_OPTIONS=f"suppressions={SUPPRESSIONS}/lsan.supp",
    TSAN_OPTIONS=f"suppressions={SUPPRESSIONS}/tsan.supp",
)

from program import Program, Sample
from pki import Pki
from troubles import Troubles

PASSES = 2  # through all troubles at least; the first one warms up
# What is allowed between the first and the last quarter of the rounds after that.
HEAP_GROWTH = 32 * 1024  # bytes, live
# KiB. AddressSanitizer's own books grow for a while: by 7 MiB in the first 300 rounds.
RSS_GROWTH = 12 * 1024 if "IOTKIT_SANITIZED" in os.environ else 1024
BUSY = 0.25  # of one processor, over the whole run


class Soak(unittest.TestCase):
    seconds = 20

    def setUp(self):
        self.troubles = Troubles(self, Pki(self))
        self.program = Program(self, self.troubles.uri, self.troubles.options)

    def test_soak(self):
        self.addCleanup(self.tell_failure)
        self.program.wait("connected")
        self.opened = self.program.sample(1)
        self.begin = time.monotonic()
        rounds = self.rounds()
        self.report(rounds)
        self.assert_nothing_lost()
        self.assert_flat(rounds[len(self.troubles.all) :])
        self.assert_idle_enough()

    # Doing it.

    def rounds(self):
        """What was measured at the end of each."""
        names = list(self.troubles.all)
        samples = []
        while time.monotonic() < self.begin + self.seconds or len(samples) < PASSES * len(names):
            samples.append(self.round(names[len(samples) % len(names)]))
        self.closed = self.program.close()
        self.wall = time.monotonic() - self.begin
        self.troubles.stop()
        return samples

    def round(self, name):
        begin = time.monotonic()
        connected = len(self.program.told["connected"])
        self.troubles.all[name](self.program)
        self.program.wait("connected", connected + 1)
        self.troubles.relay.forget()
        self.troubles.exchange(self.program)
        sample = self.program.measure()
        sample.name, sample.took = name, time.monotonic() - begin
        return sample

    # Judging it.

    def assert_nothing_lost(self):
        """QoS 1 and 2: each message was seen by the broker, and told as delivered once.
        All messages to us arrived."""
        told, troubles = self.program.told, self.troubles
        self.assertEqual(told["dropped"] + told["missed"], [])
        sure = {topic for topic in told["accepted"] if troubles.is_kept(topic)}
        self.assertEqual(sure - set(told["delivered"]), set(), "never delivered")
        self.assertEqual(sure - troubles.seen, set(), "never came to the broker")
        self.assertEqual(len(told["delivered"]), len(set(told["delivered"])), "told twice")
        self.assertEqual(troubles.sent - set(told["message"]), set())

    def assert_flat(self, samples):
        quarter = max(1, len(samples) // 4)
        first, last = samples[:quarter], samples[-quarter:]

        def growth(field):
            return statistics.median(field(s) for s in last) - statistics.median(
                field(s) for s in first
            )

        self.assertLess(growth(lambda s: s.heap), HEAP_GROWTH, "bytes of heap grew")
        self.assertLess(growth(lambda s: s.rss), RSS_GROWTH, "KiB of resident memory grew")
        for what in ("descriptors", "threads"):
            values = {getattr(s, what) for s in samples}
            self.assertEqual(len(values), 1, f"{what} between connections: {values}")
            self.assertEqual(getattr(self.closed, what), getattr(self.opened, what))

    def assert_idle_enough(self):
        self.assertLess(self.closed.cpu_ms / 1000 / self.wall, BUSY)

    def tell_failure(self):
        """What the broker saw last, where the run broke off."""
        if not hasattr(self, "wall"):
            lines = self.troubles.broker.log.data.decode(errors="replace").splitlines()
            print(*(line for line in lines if " soak" in line), sep="\n")

    def report(self, rounds):
        told, closed = self.program.told, self.closed
        print(f"{len(rounds)} rounds in {self.wall:.0f} s, {len(told['connected'])} connections")
        for kind in ("accepted", "delivered", "dropped", "message", "disconnected", "log"):
            print(f"  {kind:12} {len(told[kind]):7}")
        print(f"  processor {closed.cpu_ms / 1000:8.1f} s, {closed.cpu_ms / 10 / self.wall:.1f} %")
        print(f"  {'':22}{Sample.TITLES}")
        print(f"  {'before iotkit_open()':22}{self.opened}")
        for i in sorted({0, len(self.troubles.all), len(rounds) // 2, len(rounds) - 1}):
            print(f"  {f'after round {i + 1}':22}{rounds[i]}")
        print(f"  {'after iotkit_close()':22}{closed}")
        for name in self.troubles.all:
            mine = [sample.took for sample in rounds if sample.name == name]
            print(f"  {name:26} {len(mine):3} times, {statistics.median(mine):.2f} s each")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Soak.seconds = float(sys.argv.pop(1))
    unittest.main()
