# SPDX-License-Identifier: MIT
"""What the tests of the programs share: a program with a deadline, a private
broker, a pty in place of a board.

Nothing here sleeps to let something happen: each wait is for what was printed,
logged or ended, and fails with all that was seen when it does not come.
"""

import contextlib
import os
import pathlib
import pty
import random
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import tty
import unittest

BIN = pathlib.Path(os.environ["IOTKIT_BIN"])
# What runs them where they are for another processor, as "qemu-arm -L SYSROOT".
EMULATOR = shlex.split(os.environ.get("IOTKIT_EMULATOR", ""))
SOURCE = pathlib.Path(__file__).resolve().parents[2]

# A shell ignores SIGINT for what it starts with &, and our programs respect that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Where Debian keeps mosquitto, which is not in every user's path.
os.environ["PATH"] += ":/usr/sbin:/sbin"

# Seconds until a wait fails; builds with a sanitizer are slow.
PATIENCE = float(os.environ.get("IOTKIT_TEST_PATIENCE", "30"))

PORTS = 10000, 32767  # of what tests start


def command(name, *args):
    """The command line of one of our programs, or of the system's."""
    program = [*EMULATOR, str(BIN / name)] if name.startswith("iotkit-") else [name]
    return [*program, *map(str, args)]


class Output(threading.Thread):
    """Collects what a pipe brings, so that a test can wait for a part of it."""

    def __init__(self, pipe):
        super().__init__(daemon=True)
        self.pipe = pipe
        self.data = b""
        self.ended = False
        self.changed = threading.Condition()
        self.start()

    def run(self):
        while True:
            piece = os.read(self.pipe.fileno(), 65536)
            with self.changed:
                self.data += piece
                self.ended = not piece
                self.changed.notify_all()
            if not piece:
                self.pipe.close()
                return

    def wait_for(self, pattern, start=0):
        """The first match of a regular expression at or after `start`."""
        compiled = re.compile(pattern.encode() if isinstance(pattern, str) else pattern)

        def found():
            return compiled.search(self.data, start) or self.ended

        with self.changed:
            self.changed.wait_for(found, PATIENCE)
            match = compiled.search(self.data, start)
        if match is None:
            raise AssertionError(f"{pattern!r} did not come; seen: {self.data[start:]!r}")
        return match


class Process:
    """A running program. It is killed when the test ends."""

    def __init__(
        self, test, name, *args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, variables=None
    ):
        self.command = command(name, *args)
        self.popen = subprocess.Popen(
            self.command,
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            env={**os.environ, **(variables or {})},
        )
        self.out = Output(self.popen.stdout) if stdout == subprocess.PIPE else None
        self.err = Output(self.popen.stderr)
        test.addCleanup(self.kill)

    def write(self, data):
        self.popen.stdin.write(data)
        self.popen.stdin.flush()

    def signal(self, number):
        self.popen.send_signal(number)

    def wait(self):
        """The exit status, once all output is collected."""
        try:
            code = self.popen.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running: {self.describe()}") from None
        for output in (self.out, self.err):
            if output is not None:
                output.join(PATIENCE)
        return code

    def kill(self):
        if self.popen.stdin is not None and not self.popen.stdin.closed:
            try:
                self.popen.stdin.close()
            except BrokenPipeError:
                pass
        if self.popen.poll() is None:
            self.popen.kill()
            self.popen.wait()

    def describe(self):
        out = self.out.data if self.out is not None else b""
        return f"{' '.join(self.command)}\nstdout: {out!r}\nstderr: {self.err.data.decode()}"


class Result:
    """How a program ended that ran from start to end."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err


def run(name, *args, stdin=b"", stdout=subprocess.PIPE):
    try:
        done = subprocess.run(
            command(name, *args),
            input=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired as late:
        raise AssertionError(f"still running: {late.cmd}: {late.stdout} {late.stderr}") from None
    return Result(done.returncode, done.stdout, done.stderr.decode())


def free_port():
    """Below those the system gives to connections: one of them could take it, or be its own
    other end, while a broker is away."""
    while True:
        port = random.randint(*PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Broker:
    """A private mosquitto on a loopback port, its state in a folder of its own."""

    def __init__(self, owner, settings="allow_anonymous true\n", start=True):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="iotkit-broker-"))
        self.settings = settings
        self.port = free_port()
        self.popen = None
        self.log = None
        self.observers = 0
        cleanup = getattr(owner, "addClassCleanup", None) if isinstance(owner, type) else None
        (cleanup or owner.addCleanup)(self.remove)
        if start:
            self.start(any_port=True)

    def start(self, any_port=False):
        """Returns when it accepts. Somebody may take the port between its choice
        and now: then, unless clients know it already, another one is tried."""
        for _ in range(10):
            if self._start():
                return
            if any_port:
                self.port = free_port()
        raise AssertionError(f"mosquitto does not start: {self.log.data.decode()}")

    def _start(self):
        config = self.folder / "mosquitto.conf"
        config.write_text(
            f"listener {self.port} 127.0.0.1\n"
            # As root it would become the user mosquitto, who cannot read our files.
            f"user {'root' if os.geteuid() == 0 else os.environ.get('USER', 'nobody')}\n"
            f"persistence true\npersistence_location {self.folder}/\n"
            "log_dest stderr\nlog_type all\n"
            # Not to lose what an observer is slow to take. (With 0, no limit, mosquitto
            # 2.0.11 disconnects clients whose PUBLISH it refuses.)
            "max_queued_messages 1000000\n"
            f"{self.settings.format(folder=self.folder)}"
        )
        self.popen = subprocess.Popen(
            ["mosquitto", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        self.log = Output(self.popen.stderr)
        try:
            self.log.wait_for(r"mosquitto version \S+ running")
            # Its main loop must run too: before, a SIGTERM would be forgotten.
            with socket.create_connection(("127.0.0.1", self.port), PATIENCE):
                self.log.wait_for("New connection")
        except (AssertionError, OSError):
            self.stop()
            return False
        return True

    def stop(self):
        if self.popen is not None and self.popen.poll() is None:
            self.popen.terminate()
            self.popen.wait(PATIENCE)

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder)

    @property
    def uri(self):
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def address(self):
        """The flags that all mosquitto-like programs know."""
        return ["-h", "127.0.0.1", "-p", str(self.port)]

    def mark(self):
        """A place in the log, to wait for what comes after."""
        return len(self.log.data)

    def wait_subscribed(self, client_id, mark=0):
        self.log.wait_for(rf"Sending SUBACK to {re.escape(client_id)}\b", mark)

    def publish(self, topic, *args):
        result = run("mosquitto_pub", *self.address, "-t", topic, *args)
        if result.code != 0:
            raise AssertionError(f"mosquitto_pub: {result.err}")

    def observe(self, test, *topics, qos=2, args=()):
        """A mosquitto_sub that is subscribed already."""
        self.observers += 1
        return Observer(test, self, f"observer-{self.observers}", topics, qos, args)

    def retained(self, test, topic):
        """The payload that is retained on a topic."""
        observer = self.observe(test, topic)
        message = observer.next()
        observer.process.kill()
        test.assertTrue(message.retain)
        return message.payload


class Message:
    def __init__(self, line):
        retain, qos, payload, topic = line.decode().split(" ", 3)
        self.retain = retain == "1"
        self.qos = int(qos)
        self.payload = bytes.fromhex(payload)
        self.topic = topic

    def __repr__(self):
        return f"<{self.topic} {self.payload!r} qos {self.qos} retain {self.retain}>"


class Observer:
    """mosquitto_sub, whose messages are taken one by one."""

    def __init__(self, test, broker, client_id, topics, qos, args):
        filters = [part for topic in topics for part in ("-t", topic)]
        mark = broker.mark()
        self.process = Process(
            test,
            "mosquitto_sub",
            *broker.address,
            *("-i", client_id, "-q", qos, "-V", "mqttv311", "-F", "%r %q %x %t"),
            *filters,
            *args,
        )
        self.taken = 0
        broker.wait_subscribed(client_id, mark)

    def next(self):
        match = self.process.out.wait_for(rb"([^\n]*)\n", self.taken)
        self.taken = match.end()
        return Message(match.group(1))

    def wait_until(self, topic, payload):
        """Takes messages up to the one wanted, and returns all of them."""
        seen = []
        while not seen or (seen[-1].topic, seen[-1].payload) != (topic, payload):
            try:
                seen.append(self.next())
            except AssertionError:
                raise AssertionError(f"no {payload!r} on {topic}; seen: {seen}") from None
        return seen


class Board:
    """A pty whose far end the gateway reads. `path` stays the same when the board
    is unplugged and comes back."""

    def __init__(self, test):
        folder = tempfile.mkdtemp(prefix="iotkit-board-")
        test.addCleanup(shutil.rmtree, folder)
        test.addCleanup(self.unplug)
        self.path = os.path.join(folder, "port")
        self.master = None

    def plug(self):
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        os.symlink(os.ttyname(slave), self.path)
        self.slave = slave

    def unplug(self):
        if self.master is None:
            return
        os.unlink(self.path)
        os.close(self.slave)
        os.close(self.master)
        self.master = None

    def say(self, line):
        os.write(self.master, line.encode() + b"\n")


class ProgramTest(unittest.TestCase):
    """Adds what most of these tests do."""

    def start(self, name, *args, **keywords):
        return Process(self, name, *args, **keywords)

    def assert_ended(self, process, code=0):
        actual = process.wait()
        if actual != code:
            self.fail(f"ended with {actual}, not {code}: {process.describe()}")

    def assert_ran(self, result, code=0):
        if result.code != code:
            self.fail(f"ended with {result.code}, not {code}: {result.out!r} {result.err}")

    def assert_sentence(self, program, text, pattern):
        """One line that begins with the program's name and says this."""
        self.assertRegex(text, rf"(?m)^{program}: .*{pattern}")

    def interrupt(self, process, number=signal.SIGTERM):
        process.signal(number)
        self.assert_ended(process)
