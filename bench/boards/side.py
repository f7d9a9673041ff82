# SPDX-License-Identifier: MIT
"""One round: boards, who reads them, a broker that counts, and what it all costs."""

import os
import pathlib
import pty
import re
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import threading
import time
import tty

from broker import Failure, free_port
from process import cpu_ns, rss_mib

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 40  # seconds
SETTLE_S = 1  # after the first readings of all
PING_S = 0.1
COUNTER = "$SYS/broker/publish/messages/received"
BASE = "bench/boards"
PYTHON = "/usr/bin/python3"  # for which Debian has pyserial and paho-mqtt


def wait_until(holds, what, processes):
    deadline = time.monotonic() + PATIENCE
    while not holds():
        for process in processes:
            if process.poll() is not None:
                raise Failure(f"{process.args[0]} ended with {process.returncode}")
        if time.monotonic() > deadline:
            raise Failure(f"{what}: not within {PATIENCE} s")
        time.sleep(0.02)


class Broker:
    """mosquitto tells once a second how many messages it was sent; hearing that costs
    nothing, which a subscriber to all of them would not."""

    def __init__(self, folder):
        self.port = free_port()
        self.arrived = 0
        self.ticks = 0
        self.pings = []  # seconds on the way
        self.changed = threading.Condition()
        configuration = folder / "mosquitto.conf"
        configuration.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nsys_interval 1\n"
            # As root it would become the user mosquitto, who cannot read our files.
            f"user {'root' if os.geteuid() == 0 else os.environ.get('USER', 'nobody')}\n"
            "max_inflight_messages 1000\nmax_queued_messages 1000000\n"
        )
        log = open(folder / "mosquitto.log", "wb")
        self.popen = subprocess.Popen(["mosquitto", "-c", configuration], stdout=log, stderr=log)
        wait_until(self._accepts, "mosquitto accepts", [self.popen])
        self.client = self._listen()

    def _accepts(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def _listen(self):
        client = subprocess.Popen(
            ["mosquitto_sub", "-h", "127.0.0.1", "-p", str(self.port), "-F", "%t %p"]
            + ["-t", COUNTER, "-t", f"{BASE}/clock/ping"],
            stdout=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._hear, args=(client.stdout,), daemon=True).start()
        return client

    def _hear(self, lines):
        for line in lines:
            self._take(*line.split())

    def _take(self, topic, payload):
        if topic == COUNTER:
            with self.changed:
                self.arrived = int(payload)
                self.ticks += 1
                self.changed.notify_all()
        else:
            self.pings.append(time.monotonic() - float(payload))

    def wait_tick(self):
        """Returns the count, fresh."""
        with self.changed:
            tick = self.ticks
            if not self.changed.wait_for(lambda: self.ticks > tick, PATIENCE):
                raise Failure("mosquitto counts nothing more")
            return self.arrived

    def wait_quiet(self, expected):
        """The count when so many readings have come, or nothing more comes. mosquitto tells only
        of changes."""
        with self.changed:
            deadline = time.monotonic() + PATIENCE
            while self.arrived - len(self.pings) < expected and time.monotonic() < deadline:
                tick = self.ticks
                if not self.changed.wait_for(lambda: self.ticks > tick, 2.5):
                    break
            return self.arrived

    def end(self):
        for process in (self.client, self.popen):
            process.kill()
            process.wait()


class Clock(threading.Thread):
    """One more board: it says what time it is, by which its way is measured."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)
        self.path = os.ttyname(self.slave)
        self.said = 0
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.wait(PING_S):
            try:
                os.write(self.master, b"ping:%.6f\r\n" % time.monotonic())
                self.said += 1
            except BlockingIOError:
                pass

    def end(self):
        self.stopped.set()
        self.join()
        os.close(self.master)
        os.close(self.slave)


def line_size(plain, n):
    """Bytes of the line, or the frame, that says this number; ages and ids vary a little."""
    if plain:
        return len(f"n:{n}\r\n")
    return len(f"~M 5f3a9c01 {n} {n} 10 n {n} - ~c301a60c\n")


class Result:
    said = kilobytes = arrived = cpu = cpu_each = broker_cpu = rss = lost = None
    latency = latency_worst = None


class Side:
    def __init__(self, options, boards, what, reader, qos, durable):
        """So many boards, and what they say."""
        self.options = options
        self.boards = boards
        self.plain = what == "plain"
        self.reader = reader
        self.qos = qos
        self.durable = durable
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="iotkit-bench-"))
        self.running = []

    def _start(self, name, *words):
        log = open(self.folder / f"{name}.log", "wb")
        process = subprocess.Popen([str(word) for word in words], stdout=log, stderr=log)
        self.running.append(process)
        return process

    def _start_boards(self, rate):
        words = [self.options.programs / "scripted_board", "--link", self.folder / "port"]
        words += ["--boards", self.boards]
        words += ["--plain"] if self.plain else []
        words += ["--rate", rate] if rate else []
        process = self._start("boards", *words)
        last = self._link(self.boards)
        wait_until(lambda: os.path.lexists(last), "the boards are there", [process])
        return process

    def _link(self, number):
        return self.folder / f"port{number if self.boards > 1 else ''}"

    def _ports(self, clock):
        """Paths by the names of devices."""
        ports = {f"b{i}": self._link(i) for i in range(1, self.boards + 1)}
        return ports | {"clock": clock.path}

    def _start_reader(self, broker, clock):
        ports = self._ports(clock)
        named = [f"{name}={path}" for name, path in ports.items()]
        programs = self.options.programs
        if self.reader == "python":
            script = (PYTHON, HERE / "student.py")
            return self._start("reader", *script, broker.port, self.qos, BASE, *named)
        if self.reader == "c":
            return self._start("reader", programs / "boards_plain", broker.port, BASE, *named)
        if self.reader == "floor":
            return self._start("reader", programs / "boards_floor", *ports.values())
        words = [self.options.gateway, "--broker", f"mqtt://127.0.0.1:{broker.port}"]
        settings = {"topic.base": BASE, "metric.qos": self.qos}
        if self.durable:
            settings["outbox.path"] = self.folder / "outbox"
        for name, value in settings.items():
            words += ["--option", f"{name}={value}"]
        for name, path in ports.items():
            words += ["--device", f"{name}=serial:{path}?baud=115200"]
        return self._start("reader", *words)

    def _said(self, boards):
        """How many readings they have said, each once, so far."""
        log = self.folder / "boards.log"
        before = log.stat().st_size
        boards.send_signal(signal.SIGUSR1)
        wait_until(
            lambda: re.search(rb"(?m)^all .*\n", log.read_bytes()[before:]), "boards tell", [boards]
        )
        return self._last_report()

    def _last_report(self):
        text = (self.folder / "boards.log").read_text()
        _, sent, resent = re.findall(r"(?m)^all (\d+) sent (\d+) resent (\d+)", text)[-1]
        return int(sent) - int(resent)

    def measure(self, rate):
        broker = Broker(self.folder)
        clock = Clock(self.folder)
        try:
            return self._measure(rate, broker, clock)
        finally:
            if not clock.stopped.is_set():
                clock.end()
            for process in self.running:
                process.kill()
                process.wait()
            broker.end()
            shutil.rmtree(self.folder)

    def _measure(self, rate, broker, clock):
        boards = self._start_boards(rate)
        reader = self._start_reader(broker, clock)
        clock.start()
        enough = 5 * self.boards
        if self.reader != "floor":
            wait_until(lambda: broker.arrived > enough, "readings arrive", [boards, reader])
        time.sleep(SETTLE_S)
        result = self._watch(broker, boards, reader)
        clock.end()
        boards.terminate()  # what is under way by now may arrive
        boards.wait(PATIENCE)
        if self.reader != "floor":
            said = self._last_report()
            arrived = broker.wait_quiet(said) - len(broker.pings)
            result.lost = max(0, 100 * (1 - arrived / said))
        return result

    def _watch(self, broker, boards, reader):
        def now():
            arrived = 0 if self.reader == "floor" else broker.wait_tick()
            return (
                time.monotonic_ns(), arrived - len(broker.pings), self._said(boards),
                cpu_ns(reader.pid), cpu_ns(broker.popen.pid),
            )  # fmt: skip

        ping = len(broker.pings)
        begin = now()
        time.sleep(self.options.seconds - 0.5)
        ns, arrived, said, cpu, broker_cpu = (b - a for a, b in zip(begin, now()))
        seconds = ns / 1e9
        if self.reader == "floor":
            arrived = said  # nobody counts them
        result = Result()
        result.said, result.arrived = said / seconds, arrived / seconds
        half_way = (begin[2] + said / 2) / self.boards
        result.kilobytes = result.said * line_size(self.plain, int(half_way)) / 1000
        result.cpu, result.broker_cpu = 100 * cpu / ns, 100 * broker_cpu / ns
        result.cpu_each = cpu / 1000 / max(arrived, 1)
        result.rss = rss_mib(reader.pid)
        if pings := sorted(broker.pings[ping:]):
            result.latency = 1000 * statistics.median(pings)
            result.latency_worst = 1000 * pings[-1]
        return result
