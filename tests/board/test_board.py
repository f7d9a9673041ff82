"""The simulated board behaves as a real one on a cable does.

Usage: test_board.py SIMBOARD PLAIN_SKETCH.elf ECHO_SKETCH.elf PROBE_<MCU>.elf...

SPDX-License-Identifier: MIT
"""
import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import unittest

SIMBOARD, PLAIN, ECHO, *PROBES = sys.argv[1:]
PROBE = PROBES[0]  # for the ATmega328P
LINE = re.compile(rb"temperature:(-?\d+\.\d),light:(\d+),sample:(\d+)\r\n")
PATIENCE_S = 20


class Board:
    """A running simboard, ended and checked when the `with` block ends."""

    def __init__(self, firmware, *options):
        self.folder = tempfile.TemporaryDirectory()
        self.link = os.path.join(self.folder.name, "board")
        self.process = subprocess.Popen(
            [SIMBOARD, "--link", self.link, *options, firmware], stdout=subprocess.PIPE,
            bufsize=0)

    def __enter__(self):
        assert self.process.stdout.readline().startswith(b"/dev/pts/")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=PATIENCE_S)
        status = self.process.returncode
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


    def says(self):
        """The next line on its stdout."""
        return read_until(self.process.stdout.fileno(), lambda got: got.endswith(b"\n"),
                          size=1).decode().strip()


def read_until(fd, enough, size=4096):
    """Read until enough(bytes so far)."""
    data = b""
    deadline = time.monotonic() + PATIENCE_S
    while not enough(data):
        left = deadline - time.monotonic()
        assert left > 0, f"only {data!r} came"
        if select.select([fd], [], [], left)[0]:
            data += os.read(fd, size)
    return data


def ask_probe(fd, letters, answer):
    """Send the probe letters, again if it is silent: before its setup it hears nothing."""
    data = b""
    asked = False
    deadline = time.monotonic() + PATIENCE_S
    while not re.search(answer, data):
        assert time.monotonic() < deadline, f"only {data!r} came"
        if select.select([fd], [], [], 0.5 if asked else 0)[0]:
            data += os.read(fd, 4096)
        else:
            os.write(fd, letters)
            asked = True
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


class TestSignals(unittest.TestCase):
    def test_reset_keeps_the_ram(self):
        with Board(PROBE) as board, board.port() as fd:
            ask_probe(fd, b"p", b"here")
            for boots in range(2, 5):
                board.process.send_signal(signal.SIGUSR1)
                self.assertEqual(board.says(), "reset")
                # The other 2: by the reset button.
                read_until(fd, lambda got, n=boots: f"boot {n} 2\n".encode() in got)

    def test_a_pulled_cable_loses_what_is_said_meanwhile(self):
        with Board(PLAIN) as board:
            with board.port() as fd:
                before = read_samples(fd, 2)[-1][2]
                board.process.send_signal(signal.SIGUSR2)
                self.assertEqual(board.says(), "unplugged")
                self.assertFalse(os.path.lexists(board.link))
                with self.assertRaises(OSError) as hung_up:
                    while os.read(fd, 4096):
                        pass
                    raise OSError(5, "at its end")  # Linux may say either
                self.assertEqual(hung_up.exception.errno, 5)
                time.sleep(1)  # the sketch prints each 100 ms
                board.process.send_signal(signal.SIGUSR2)
                said = board.says()
                self.assertEqual(said, "plugged " + os.readlink(board.link))
            with board.port() as fd:
                samples = [sample for _, _, sample in read_samples(fd, 4)]
        self.assertGreater(samples[0], before + 2)
        self.assertEqual(samples, list(range(samples[0], samples[0] + len(samples))))


class TestProcessors(unittest.TestCase):
    def test_pins_are_watched(self):
        for probe in PROBES:
            mcu = re.search("probe_(.*).elf", probe)[1]
            with self.subTest(mcu), Board(probe, "--mcu", mcu, "--watch-pin", "B5") as board, \
                    board.port() as fd:
                for _time in range(2):
                    ask_probe(fd, b"hp", b"here")
                    self.assertEqual(board.says(), "pin B5 1")
                    ask_probe(fd, b"lp", b"here")
                    self.assertEqual(board.says(), "pin B5 0")

    def test_a_pin_may_float(self):
        with Board(PROBE, "--watch-pin", "B5") as board, board.port() as fd:
            for _time in range(2):
                ask_probe(fd, b"hp", b"here")
                self.assertEqual(board.says(), "pin B5 1")
                ask_probe(fd, b"fp", b"here")
                self.assertEqual(board.says(), "pin B5 0")

    def test_a_reset_lets_go_of_the_pins(self):
        with Board(PROBE, "--watch-pin", "B5", "--watch-pin", "B4") as board, board.port() as fd:
            for _time in range(2):
                ask_probe(fd, b"hp", b"here")
                self.assertEqual(board.says(), "pin B5 1")
                board.process.send_signal(signal.SIGUSR1)
                self.assertEqual({board.says(), board.says()}, {"reset", "pin B5 0"})

    def test_only_the_watchdog_ends_a_deep_sleep(self):
        for probe in PROBES:
            mcu = re.search("probe_(.*).elf", probe)[1]
            with self.subTest(mcu), Board(probe, "--mcu", mcu) as board, board.port() as fd:
                begin = time.monotonic()
                data = ask_probe(fd, b"s", rb"slept \d+\nslept \d+\n")
                # A real timer would make no tick; simavr may let one pass on the way.
                for ticks in re.findall(rb"slept (\d+)", data):
                    self.assertLessEqual(int(ticks), 1, data)
                self.assertGreater(time.monotonic() - begin, 0.2)
                self.assertNotIn(b"woken", data)

    def test_reset_ends_a_deep_sleep(self):
        with Board(PROBE) as board, board.port() as fd:
            ask_probe(fd, b"s", b"slept")
            board.process.send_signal(signal.SIGUSR1)
            ask_probe(fd, b"s", b"boot [0-9]+ 2\n(slept [01]\n)+")

    def test_reset_ends_a_long_sleep_at_once(self):
        with Board(PROBE) as board, board.port() as fd:
            ask_probe(fd, b"S", b"asleep\n")
            time.sleep(0.1)  # it falls asleep within microseconds
            begin = time.monotonic()
            board.process.send_signal(signal.SIGUSR1)
            read_until(fd, lambda got: b"boot 2 2\n" in got)
            self.assertLess(time.monotonic() - begin, 6)  # of 8 s

    def test_refuses_what_it_cannot_do(self):
        for options in (["--mcu", "z80"], ["--watch-pin", "B9"], ["--watch-pin", "Z1"],
                        ["--watch-pin", "B"], ["--watch-pin", "B5"] * 9):
            done = subprocess.run([SIMBOARD, *options, PROBE], stderr=subprocess.PIPE,
                                  timeout=PATIENCE_S)
            self.assertEqual(done.returncode, 2, options)
        done = subprocess.run([SIMBOARD, "--watch-pin", "F1", PROBE], stderr=subprocess.PIPE,
                              timeout=PATIENCE_S)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"no pin F1", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
