"""The bad cable and the scripted boards do what they say.

Usage: test_linetool.py NOISY_LINE SCRIPTED_BOARD READ_FRAMES FRAMES.txt

SPDX-License-Identifier: MIT
"""
import binascii
import contextlib
import errno
import os
import random
import re
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time
import tty
import unittest

NOISY, SCRIPTED, READ_FRAMES, VECTORS = sys.argv[1:5]
PATIENCE_S = 20


@contextlib.contextmanager
def running(*command):
    """A program; ended and checked, unless it has ended."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) as process:
        try:
            yield process
        finally:
            process.terminate()
            status = process.wait(PATIENCE_S)
    assert status == 0, f"{command[0]} ended with {status}"


def read_line(fd):
    line = b""
    while not line.endswith(b"\n"):
        assert select.select([fd], [], [], PATIENCE_S)[0], f"only {line!r} came"
        byte = os.read(fd, 1)
        assert byte, f"its end after {line!r}"
        line += byte
    return line.decode().strip()


def open_port(path):
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    tty.setraw(fd, termios.TCSANOW)  # else it would throw away what has come
    return fd


def pass_through(source, target, data, piece, enough):
    """Write data in pieces; return what comes out, once enough(that) says so."""
    got = b""
    sent = 0
    deadline = time.monotonic() + PATIENCE_S
    while True:
        assert time.monotonic() < deadline, f"{len(got)} bytes came"
        writers = [source] if sent < len(data) else []
        readers, writers, _ = select.select([target], writers, [], 0.5)
        if readers:
            got += os.read(target, 65536)
        if writers:
            with contextlib.suppress(BlockingIOError):
                sent += os.write(source, data[sent:sent + piece])
        elif enough(got):
            return got


class Cable:
    """A noisy_line with both its ends."""

    def __init__(self, *options):
        self.folder = tempfile.TemporaryDirectory()
        self.to = os.path.join(self.folder.name, "board")
        self.link = os.path.join(self.folder.name, "line")
        self.options = options

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        self.make_board()
        self.process = self.stack.enter_context(
            running(NOISY, "--to", self.to, "--link", self.link, *self.options))
        assert read_line(self.process.stdout.fileno()) == os.readlink(self.link)
        self.gateway = open_port(self.link)
        self.await_both()
        return self

    def __exit__(self, *_):
        os.close(self.gateway)
        os.close(self.board)
        self.stack.close()
        left = os.listdir(self.folder.name)
        self.folder.cleanup()
        assert left == ["board"], left

    def make_board(self):
        self.board, slave = os.openpty()
        tty.setraw(slave)
        self.slave = slave
        os.set_blocking(self.board, False)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.to)
        os.symlink(os.ttyname(slave), self.to)

    def await_both(self):
        """Until noisy_line has opened the board, which is seen when nobody else has."""
        os.close(self.slave)
        deadline = time.monotonic() + PATIENCE_S
        ends = select.poll()
        ends.register(self.board, select.POLLIN)
        while any(event & select.POLLHUP for _, event in ends.poll(0)):
            assert time.monotonic() < deadline, "noisy_line does not open the board"
            time.sleep(0.005)
        time.sleep(0.05)  # it looks for the gateway every 10 ms, and shows it to nobody

    def ask_counts(self):
        self.process.send_signal(signal.SIGUSR1)
        counts = {}
        for way in "up", "down":
            name, *words = read_line(self.process.stdout.fileno()).split()
            assert name == way
            counts[way] = dict(zip(words[::2], map(int, words[1::2])))
        return counts

    def all_came(self, way, data):
        """For pass_through(): what has been dropped will not come. Not for both faults at once."""
        def enough(got):
            counts = self.ask_counts()[way]
            came = counts["bytes"] - counts["dropped"] + counts["doubled"]
            return counts["bytes"] == len(data) and len(got) == came
        return enough


def noise(size):
    return random.Random(7).randbytes(size)


class TestNoisyLine(unittest.TestCase):
    def test_without_faults_all_passes_both_ways(self):
        data = noise(300000)
        with Cable() as cable:
            up = pass_through(cable.board, cable.gateway, data, 4096, lambda got: len(got) >= 300000)
            down = pass_through(cable.gateway, cable.board, data, 4096,
                                lambda got: len(got) >= 300000)
        self.assertEqual(up, data)
        self.assertEqual(down, data)

    def test_flips_at_the_rate(self):
        data = noise(200000)
        with Cable("--flip", "0.01") as cable:
            got = pass_through(cable.board, cable.gateway, data, 4096,
                               lambda got: len(got) >= len(data))
            counts = cable.ask_counts()["up"]
        differing = [a ^ b for a, b in zip(data, got) if a != b]
        self.assertEqual(len(got), len(data))
        self.assertEqual(len(differing), counts["flipped"])
        self.assertTrue(all(bits.bit_count() == 1 for bits in differing))
        self.assertTrue(1800 < counts["flipped"] < 2200, counts)

    def test_drops_and_doubles_at_the_rate(self):
        data = noise(200000)
        for option, rate, count in (("--drop", 0.002, "dropped"), ("--double", 0.01, "doubled")):
            with self.subTest(option), Cable(option, str(rate)) as cable:
                pass_through(cable.gateway, cable.board, data, 4096, cable.all_came("down", data))
                hit = cable.ask_counts()["down"][count]
                self.assertTrue(0.8 < hit / (len(data) * rate) < 1.2, hit)

    def test_the_seed_says_what_happens_however_the_bytes_are_cut(self):
        data = noise(20000)
        results = []
        for seed, piece in ("5", 4096), ("5", 97), ("6", 4096):
            with Cable("--seed", seed, "--flip", "0.01", "--drop", "0.01", "--burst") as cable:
                results.append(pass_through(cable.board, cable.gateway, data, piece,
                                            cable.all_came("up", data)))
        self.assertEqual(results[0], results[1])
        self.assertNotEqual(results[0], results[2])

    def test_bursts_hit_as_many_bytes_in_runs(self):
        data = noise(200000)
        with Cable("--burst", "--flip", "0.01") as cable:
            got = pass_through(cable.board, cable.gateway, data, 4096,
                               lambda got: len(got) >= len(data))
            flipped = cable.ask_counts()["up"]["flipped"]
        hit = bytes(a != b for a, b in zip(data, got))
        runs = [len(run) for run in re.findall(b"\1+", hit)]
        self.assertTrue(1400 < flipped < 2600, flipped)
        self.assertTrue(8 < sum(runs) / len(runs) < 24, runs)

    def test_one_direction_alone(self):
        data = noise(20000)
        for option, clean, bad in ("--up-only", "down", "up"), ("--down-only", "up", "down"):
            with self.subTest(option), Cable(option, "--flip", "0.01") as cable:
                for source, target in ((cable.board, cable.gateway),
                                       (cable.gateway, cable.board)):
                    pass_through(source, target, data, 4096, lambda got: len(got) >= len(data))
                counts = cable.ask_counts()
                self.assertEqual(counts[clean]["flipped"], 0)
                self.assertGreater(counts[bad]["flipped"], 100)

    def test_delays_keep_the_order(self):
        data = noise(20)
        with Cable("--delay", "1", "--delay-ms", "40") as cable:
            begin = time.monotonic()
            got = pass_through(cable.board, cable.gateway, data, 20, lambda got: len(got) >= 20)
            self.assertGreaterEqual(time.monotonic() - begin, 19 * 0.04)
            self.assertEqual(cable.ask_counts()["up"]["delayed"], 20)
        self.assertEqual(got, data)

    def test_either_side_may_go_and_come_back(self):
        with Cable() as cable:
            for word in b"one", b"two":
                os.close(cable.gateway)
                time.sleep(0.1)  # it sees that within 10 ms
                lost = noise(1000)
                os.write(cable.board, lost)
                while cable.ask_counts()["up"]["unheard"] % len(lost) != 0:
                    time.sleep(0.01)
                time.sleep(0.1)
                cable.gateway = open_port(cable.link)
                time.sleep(0.1)
                self.assertEqual(pass_through(cable.board, cable.gateway, word, 10,
                                              lambda got: len(got) >= 3), word)
                os.close(cable.board)
                cable.make_board()
                cable.await_both()
                self.assertEqual(pass_through(cable.gateway, cable.board, word, 10,
                                              lambda got: len(got) >= 3), word)
            self.assertEqual(cable.ask_counts()["up"]["unheard"], 2000)

    def test_costs_nothing_while_nobody_is_there(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "line")
            with running(NOISY, "--to", folder + "/none", "--link", path) as process:
                read_line(process.stdout.fileno())
                time.sleep(0.5)
                with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
                    ticks = sum(map(int, stat.read().rpartition(")")[2].split()[11:13]))
        self.assertLess(ticks / os.sysconf("SC_CLK_TCK"), 0.1)


class Gateway:
    """The gateway's side of the protocol for one board, simple and without a disk."""

    def __init__(self, path, lose=lambda: False, mute=0):
        self.fd = open_port(path)
        self.lose = lose  # whether to lose the frame at hand
        self.mute = mute  # how many readings to leave without an answer at first
        self.rest = b""
        self.id = None
        self.expected = 1
        self.taken = []  # (kind, name, value)
        self.skipped = 0
        self.damaged = 0
        self.hellos = []
        self.results = []

    def say(self, *words):
        body = " ".join(words) + " "
        try:
            os.write(self.fd, f"~{body}~{binascii.crc32(body.encode()):08x}\n".encode())
        except OSError as gone:  # it has ended since it said what is answered here
            if gone.errno != errno.EIO:
                raise

    def hear(self, line):
        found = re.search(r"~(.* )~([0-9a-f]{8})$", line)
        if not found or int(found[2], 16) != binascii.crc32(found[1].encode()):
            self.damaged += 1
            return
        kind, *fields = found[1].split()
        if self.lose():
            return
        if kind == "H":
            assert len(fields) == 8, line
            self.hellos.append(fields)
            self.id = self.id or "5f3a9c01"
            self.say("W", fields[1], self.id)
        elif kind == "R":
            self.results.append(fields[1:] + [len(self.taken)])
        else:
            self.take(kind, fields)

    def take(self, kind, fields):
        assert fields[0] == self.id
        seq, base, age = map(int, fields[1:4])
        assert base <= seq and age < 60000
        if self.mute > 0:
            self.mute -= 1
            return
        if base > self.expected:
            self.skipped += base - self.expected
            self.expected = base
        if seq > self.expected:
            self.say("N", self.id, str(self.expected))
            return
        if seq == self.expected:
            self.taken.append((kind, *fields[4:6]))
            self.expected += 1
        if not self.lose():
            self.say("A", self.id, str(self.expected - 1))

    def serve(self, until):
        deadline = time.monotonic() + PATIENCE_S
        while not until():
            assert time.monotonic() < deadline, self.taken[-3:]
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    self.rest += os.read(self.fd, 65536)
                except OSError:
                    return
                *lines, self.rest = self.rest.split(b"\n")
                for line in lines:
                    self.hear(line.decode())

    def values(self):
        return [int(value) for kind, name, value in self.taken if (kind, name) == ("M", "n")]


def counts_of(line):
    words = line.split()
    return dict(zip(words[::2], words[1::2]))


class TestScriptedBoard(unittest.TestCase):
    @contextlib.contextmanager
    def board(self, *options, **gateway_options):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "board")
            with running(SCRIPTED, "--link", path, "--name", "kit 1", *options) as process:
                assert read_line(process.stdout.fileno()) == os.readlink(path)
                gateway = Gateway(path, **gateway_options)
                yield process, gateway
                os.close(gateway.fd)

    def finish(self, process, gateway):
        gateway.serve(lambda: process.poll() is not None)
        return counts_of(read_line(process.stdout.fileno()))

    def test_all_arrives_in_the_time_of_the_line(self):
        with self.board("--count", "500", "--baud", "230400") as (process, gateway):
            counts = self.finish(process, gateway)
        self.assertEqual(gateway.values(), list(range(1, 501)))
        self.assertLessEqual(gateway.damaged, 1)  # what was said while the port was opened
        self.assertEqual(gateway.hellos[0][3:5], ["128", "kit%201"])
        self.assertEqual(counts["acknowledged"], "500")
        self.assertGreaterEqual(int(counts["sent"]), 500)
        # A frame has 30 bytes at least. What the port loses while late is sent again.
        self.assertGreater(float(counts["seconds"]), 470 * 30 * 10 / 230400)

    def test_lost_frames_come_again(self):
        dice = random.Random(3)
        with self.board("--count", "400", "--baud", "1000000",
                        lose=lambda: dice.random() < 0.05) as (process, gateway):
            counts = self.finish(process, gateway)
        self.assertEqual(gateway.values(), list(range(1, 401)))
        self.assertEqual(gateway.skipped, 0)
        self.assertGreater(int(counts["resent"]), 5)

    def test_begins_again_when_nobody_answers(self):
        with self.board("--count", "20", "--ring", "4", mute=8) as (process, gateway):
            counts = self.finish(process, gateway)
        # Twice four readings without an answer: a wait of 250 ms, and one of 500 ms.
        self.assertGreater(float(counts["seconds"]), 0.75)
        self.assertEqual(gateway.values(), list(range(1, 21)))
        self.assertEqual(int(counts["resent"]), 8)

    def test_a_full_ring_loses_the_oldest(self):
        with self.board("--count", "50", "--ring", "4", "--rate", "100",
                        mute=6) as (process, gateway):
            counts = self.finish(process, gateway)
        self.assertGreater(gateway.skipped, 0)
        # A board also drops what is taken already, when it hears of that too late.
        self.assertGreaterEqual(int(counts["dropped"]), gateway.skipped)
        values = gateway.values()
        self.assertEqual(values, sorted(set(values)))
        self.assertEqual(len(values) + gateway.skipped, 50)

    def test_obeys_a_command_once(self):
        with self.board("--count", "0", "--rate", "20") as (process, gateway):
            gateway.serve(lambda: gateway.taken)
            for _time in range(2):
                gateway.say("C", gateway.id, "7", "led", "on")
            gateway.serve(lambda: gateway.results)
            gateway.say("C", "00000bad", "9", "led", "off")
            gateway.say("C", gateway.id, "8", "fan", "on")
            gateway.serve(lambda: ["8", "1"] in [result[:2] for result in gateway.results])
            process.terminate()
        self.assertEqual([taken for taken in gateway.taken if taken[0] == "S"],
                         [("S", "led", "on")])
        command, result, taken_before = gateway.results[0]
        self.assertEqual({result[0] for result in gateway.results}, {"7", "8"})
        self.assertEqual((command, result), ("7", "0"))
        self.assertLess(gateway.taken.index(("S", "led", "on")), taken_before)

    def test_says_who_it_is_when_asked(self):
        with self.board("--rate", "0.001") as (process, gateway):
            gateway.serve(lambda: gateway.hellos)
            gateway.say("?")
            gateway.serve(lambda: len(gateway.hellos) >= 2)
            process.terminate()
        self.assertEqual([hello[0] for hello in gateway.hellos[:2]], ["-", "5f3a9c01"])

    def test_plain_lines(self):
        with self.board("--plain", "--count", "3000", "--baud", "1000000") as (process, gateway):
            data = b""
            while data.count(b"\n") < 3000:
                assert select.select([gateway.fd], [], [], PATIENCE_S)[0], data[-20:]
                more = os.read(gateway.fd, 65536)
                self.assertTrue(more, data[-20:])
                data += more
            process.wait(PATIENCE_S)
        self.assertEqual(data, b"".join(b"n:%d\r\n" % n for n in range(1, 3001)))

    def test_many_boards(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "board")
            with running(SCRIPTED, "--link", path, "--boards", "32", "--name", "kit",
                         "--count", "5") as process:
                for _board in range(32):
                    read_line(process.stdout.fileno())
                gateways = [Gateway(f"{path}{i}") for i in range(1, 33)]
                for gateway in gateways:
                    gateway.serve(lambda gateway=gateway: len(gateway.taken) == 5)
                    self.assertEqual(gateway.values(), [1, 2, 3, 4, 5])
                process.wait(PATIENCE_S)
                lines = process.stdout.read().decode().splitlines()
                for gateway in gateways:
                    os.close(gateway.fd)
        self.assertEqual({gateway.hellos[0][4] for gateway in gateways},
                         {f"kit{i}" for i in range(1, 33)})
        self.assertEqual(lines[-1].split()[:2], ["all", "32"])
        self.assertEqual(counts_of(lines[-1])["acknowledged"], "160")

    def test_ends_in_time(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([SCRIPTED, "--link", folder + "/board", "--count", "1",
                                   "--seconds", "0.1"], stdout=subprocess.DEVNULL,
                                  timeout=PATIENCE_S)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(os.listdir(folder), [])


class TestVectors(unittest.TestCase):
    def setUp(self):
        if not os.path.exists(VECTORS):
            self.skipTest("no vectors")

    def read(self, lines):
        done = subprocess.run([READ_FRAMES], input=b"".join(line + b"\n" for line in lines),
                              stdout=subprocess.PIPE, timeout=PATIENCE_S, check=True)
        return done.stdout.splitlines()

    def vectors(self, kind):
        def unescape(match):
            return bytes([int(match[1], 8)])

        with open(VECTORS, "rb") as file:
            for row in file.read().split(b"\n"):
                first, *columns = row.split(b"\t")
                if first == kind:
                    line = re.sub(rb"\\([0-7]{3})", unescape, columns[0])
                    yield line, columns[1:]

    def test_good_frames(self):
        vectors = list(self.vectors(b"good"))
        self.assertGreater(len(vectors), 10)
        for (line, columns), answer in zip(vectors, self.read([line for line, _ in vectors])):
            kind, *fields = answer.split(b" ")
            self.assertEqual((kind, len(fields)), (columns[0], len(columns) - 1), line)

    def test_bad_frames(self):
        """Those that are bad whatever a field means; kit.c looks at its own fields."""
        meaning = re.compile(rb"^(id|no id|number|nonce|no nonce|no number|no age|no value|value|"
                             rb"escape|a text|a measurement|a state|a value|room|protocol)")
        vectors = [vector for vector in self.vectors(b"bad") if not meaning.match(vector[1][0])]
        self.assertGreater(len(vectors), 10)
        for (line, columns), answer in zip(vectors, self.read([line for line, _ in vectors])):
            self.assertEqual(answer, b"no frame", (line, columns))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[5:], verbosity=2)
