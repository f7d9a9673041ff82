# SPDX-License-Identifier: MIT
"""Boards, bad cables, a gateway that is killed, the broker and the observer."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

from line_judge import LineArrivals
from stage import PATIENCE, Broker, Failure, Observer, wait_until

TESTS = pathlib.Path(os.environ["IOTKIT_BIN"]).resolve()
BUILD = TESTS.parent
GATEWAY = BUILD / "bin" / "iotkit-gateway"
SKETCH = BUILD / "sketches" / "line_test_sketch.elf"
DELAY_MS = 20


class Part:
    """A program with a log of its own, told in `name`.log."""

    def __init__(self, owner, name, *words):
        self.name = name
        self.log = owner.folder / f"{name}.log"
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(
                [str(word) for word in words], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        owner.callback(self.kill)

    def check(self):
        if self.popen.poll() is not None:
            raise Failure(f"{self.name} ended by itself with {self.popen.returncode}")

    def signal(self, number):
        self.check()
        self.popen.send_signal(number)

    def kill(self):
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait()

    def end(self):
        """It may say goodbye."""
        if self.popen.poll() is None:
            self.popen.terminate()
        return self.popen.wait(PATIENCE)


class LineStage(contextlib.ExitStack):
    def __init__(self, options):
        super().__init__()
        self.addCleanup = self.callback  # what support's parts want of their owner
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="iotkit-line-"))
        self.options = options
        self.names = [f"b{number}" for number in range(1, options.boards + 1)]
        self.broker = Broker(self, self.folder, 0)
        self.observer = Observer(self, self.folder, self.broker)
        self.arrivals = LineArrivals(self.folder / "arrivals", self.names)
        self.boards = self._start_boards()
        self.cables = {name: self._start_cable(name) for name in self.names}
        self.gateway = None
        self.start_gateway()

    def remove(self):
        shutil.rmtree(self.folder)

    # ---- what there is ----

    def port(self, name):
        return self.folder / f"port-{name}"

    def _start_boards(self):
        """A part for each name; scripted boards are all the same one."""
        if self.options.scripted:
            return dict.fromkeys(self.names, self._start_scripted())
        return {
            name: Part(
                self, f"board-{name}", TESTS / "simboard", "--link", self.port(name), SKETCH
            )
            for name in self.names
        }

    def _start_scripted(self):
        each = self.options.frames // self.options.boards
        words = ["--link", f"{self.folder}/port-b", "--name", "b", "--boards", len(self.names)]
        words += ["--count", each, "--baud", self.options.baud]
        part = Part(self, "boards", TESTS / "scripted_board", *words)
        if len(self.names) == 1:  # it numbers them only where there are several
            self.port = lambda name: self.folder / "port-b"
        return part

    def _start_cable(self, name):
        """One byte in 1 / --errors is damaged, each way; one in ten times that is late."""
        wait_until(lambda: os.path.lexists(self.port(name)), f"board {name} has a port")
        rate = self.options.errors
        seed = self.options.seed * 1000 + self.names.index(name)
        words = ["--to", self.port(name), "--link", self.folder / f"noisy-{name}"]
        for fault in ("flip", "drop", "double"):
            words += [f"--{fault}", f"{rate / 3:.9f}"]
        words += ["--delay", f"{rate / 10:.9f}", "--delay-ms", DELAY_MS, "--seed", seed]
        words += ["--burst"] if self.options.burst else []
        return Part(self, f"cable-{name}", TESTS / "noisy_line", *words)

    def start_gateway(self):
        settings = {
            "mqtt.client_id": "line",
            "topic.base": "torture",
            "metric.qos": 2,
            "outbox.path": self.folder / "outbox.db",
            "reconnect.min_ms": 20,
            **dict(pair.split("=", 1) for pair in self.options.option),
        }
        words = ["--broker", f"mqtt://127.0.0.1:{self.broker.port}"]
        for name, value in settings.items():
            words += ["--option", f"{name}={value}"]
        for name in self.names:
            uri = f"serial:{self.folder}/noisy-{name}?baud=115200&lines={self.options.lines}"
            words += ["--device", f"{name}={uri}"]
        self.gateway = Part(self, "gateway", GATEWAY, *words)

    # ---- what is done to it ----

    def kill_gateway(self):
        self.gateway.check()
        self.gateway.kill()
        self.start_gateway()

    def reset(self, name):
        self.arrivals.reset(name)
        self.boards[name].signal(signal.SIGUSR1)

    def unplug(self, name):
        """Between the board and the cable, or, where the boards are one program, between the
        cable and the gateway."""
        if self.options.scripted:
            self.cables[name].end()
            time.sleep(self.options.unplug_seconds)
            self.cables[name] = self._start_cable(name)
        else:
            self.boards[name].signal(signal.SIGUSR2)
            time.sleep(self.options.unplug_seconds)
            self.boards[name].signal(signal.SIGUSR2)

    # ---- how it goes on ----

    def wait_arrived(self, wanted, tell):
        """However slow the line is, something has to arrive now and then."""
        seen, since = self.arrivals.update().arrived, time.monotonic()
        while self.arrivals.update().arrived < wanted:
            if self.arrivals.arrived > seen:
                seen, since = self.arrivals.arrived, time.monotonic()
            if time.monotonic() > since + PATIENCE:
                raise Failure(f"nothing has arrived for {PATIENCE:.0f} s")
            self.gateway.check()
            tell()
            time.sleep(0.005)

    def finish(self):
        """Scripted boards end by themselves, once all is acknowledged."""
        if self.options.scripted:
            board = self.boards[self.names[0]]
            try:
                if board.popen.wait(PATIENCE) != 0:
                    raise Failure(f"the boards ended with {board.popen.returncode}")
            except subprocess.TimeoutExpired:
                raise Failure("not all that arrived is acknowledged") from None
        for part in [*self.boards.values(), *self.cables.values()]:
            part.end()
        self.gateway.end()
        self.broker.publish("torture/mark", "end")
        wait_until(lambda: "end" in self.arrivals.update().marks, "all comes to the observer")

    def damage(self):
        """What the cables did: name of the fault: bytes."""
        faults = {}
        for log in self.folder.glob("cable-*.log"):
            for words in re.findall(r"(?m)^(?:up|down) (.*)$", log.read_text()):
                numbers = words.split()
                for name, count in zip(numbers[::2], numbers[1::2]):
                    faults[name] = faults.get(name, 0) + int(count)
        return faults

    def told(self, words):
        return (self.folder / "gateway.log").read_text(errors="replace").count(words)
