"""The simulated board behaves as a real one on a cable does.

Usage: test_board.py SIMBOARD PLAIN_SKETCH.elf ECHO_SKETCH.elf

SPDX-License-Identifier: MIT
"""
import contextlib
import os
import re
import select
import subprocess
import sys
import tempfile
import time
import unittest

SIMBOARD, PLAIN, ECHO = sys.argv[1:4]
LINE = re.compile(rb"temperature:(-?\d+\.\d),light:(\d+),sample:(\d+)\r\n")
PATIENCE_S = 20


class Board:
    """A running simboard, ended and checked when the `with` block ends."""

    def __init__(self, firmware, *options):
        self.folder = tempfile.TemporaryDirectory()
        self.link = os.path.join(self.folder.name, "board")
        self.process = subprocess.Popen(
            [SIMBOARD, "--link", self.link, *options, firmware], stdout=subprocess.PIPE)

    def __enter__(self):
        assert self.process.stdout.readline().startswith(b"/dev/pts/")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.stdout.close()
        status = self.process.wait(PATIENCE_S)
        left = os.listdir(self.folder.name)
        self.folder.cleanup()
        assert status == 0, f"simboard ended with {status}"
        assert left == [], f"simboard left {left}"

    @contextlib.contextmanager
    def port(self):
        fd = os.open(self.link, os.O_RDWR | os.O_NOCTTY)
        try:
            yield fd
        finally:
            os.close(fd)


def read_until(fd, enough):
    """Read until enough(bytes so far)."""
    data = b""
    deadline = time.monotonic() + PATIENCE_S
    while not enough(data):
        left = deadline - time.monotonic()
        assert left > 0, f"only {data!r} came"
        if select.select([fd], [], [], left)[0]:
            data += os.read(fd, 4096)
    return data


def read_samples(fd, count):
    """`count` whole lines as (temperature, light, sample); the first may be half a line."""
    data = read_until(fd, lambda got: len(LINE.findall(got)) >= count)
    whole = data[data.index(b"temperature"):]
    found = LINE.findall(whole)
    rest = LINE.sub(b"", whole)
    assert b"\n" not in rest, f"not a line of metrics: {rest!r}"
    return [(float(t), int(light), int(sample)) for t, light, sample in found]


class TestBoard(unittest.TestCase):
    def test_prints_metrics_that_move(self):
        with Board(PLAIN) as board, board.port() as fd:
            samples = read_samples(fd, 25)
        temperatures, lights, counters = zip(*samples)
        self.assertTrue(all(9 <= t <= 41 for t in temperatures), temperatures)
        self.assertTrue(all(0 <= light <= 1023 for light in lights), lights)
        self.assertGreater(len(set(temperatures)), 3)
        self.assertGreater(len(set(lights)), 10)
        first = counters[0]
        self.assertEqual(list(counters), list(range(first, first + len(counters))))

    def test_what_nobody_reads_is_lost(self):
        with Board(PLAIN) as board:
            with board.port() as fd:
                before = read_samples(fd, 1)[-1][2]
            time.sleep(1)
            with board.port() as fd:
                after = read_samples(fd, 1)[0][2]
        self.assertGreater(after, before + 2)

    def test_opening_resets_on_request(self):
        with Board(PLAIN, "--reset-on-open") as board:
            for _time in range(2):
                with board.port() as fd:
                    self.assertIn(1, [sample for _, _, sample in read_samples(fd, 5)])
                time.sleep(0.1)  # simboard looks every 2 ms whether the port is closed

    def test_receives_without_losing_a_byte(self):
        sent = bytes(range(256)) * 8
        with Board(ECHO) as board, board.port() as fd:
            time.sleep(0.1)  # for setup(): before it the UART is off
            os.write(fd, sent)
            self.assertEqual(read_until(fd, lambda got: len(got) >= len(sent)), sent)

    def test_stops_by_itself(self):
        done = subprocess.run([SIMBOARD, "--seconds", "0.2", PLAIN], stdout=subprocess.PIPE,
                              timeout=PATIENCE_S, check=True)
        self.assertTrue(done.stdout.startswith(b"/dev/pts/"))

    def test_refuses_what_is_no_firmware(self):
        for path, words in (("/nonexistent.elf", b"cannot read"), (__file__, b"no program")):
            done = subprocess.run([SIMBOARD, path], stderr=subprocess.PIPE, timeout=PATIENCE_S)
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
