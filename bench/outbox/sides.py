# SPDX-License-Identifier: MIT
"""Runs the programs of each side, and knows what their backlogs are on the disk."""

import os
import pathlib
import shutil
import subprocess
import time

from bare_broker import BareBroker
from broker import Failure

PAHO_MOST = 65535  # it refuses the next one
SPARE_SECONDS = 30  # for a program to start and end, beside its own deadline


class Moment:
    def __init__(self, ns, peak_kib):
        self.ns, self.peak_kib = ns, peak_kib


class Report:
    """What a program printed: lines of a name and numbers."""

    def __init__(self, text):
        self.moments, self.numbers, self.tenths = {}, {}, []
        for line in text.splitlines():
            name, *numbers = line.split()
            numbers = [int(number) for number in numbers]
            if name == "tenth":
                self.tenths.append(numbers[1])
            elif len(numbers) == 2:
                self.moments[name] = Moment(*numbers)
            else:
                self.numbers[name] = numbers[0]

    def seconds(self, since, until="end"):
        return (self.moments[until].ns - self.moments[since].ns) / 1e9

    def tenth_rates(self, messages, since):
        """Messages a second in each tenth that was finished."""
        moments = [self.moments[since].ns, *self.tenths]
        return [messages / 10 / (b - a) * 1e9 for a, b in zip(moments, moments[1:]) if b > a]


class Start:
    """What a start came to: milliseconds since main() began, and MiB."""

    def __init__(self, report, connect_ns, publish_ns, peak_kib):
        begin = report.moments["begin"].ns
        self.open_ms = (report.moments["open"].ns - begin) / 1e6
        self.connect_ms = (connect_ns - begin) / 1e6
        self.publish_ms = (publish_ns - begin) / 1e6
        self.open_mib = report.moments["open"].peak_kib / 1024
        self.publish_mib = peak_kib / 1024


class Disk:
    """What a folder holds."""

    def __init__(self, folder):
        self.allocated = self.apparent = self.inodes = 0
        for parent, folders, files in os.walk(folder):
            for name in folders + files:
                stat = os.lstat(os.path.join(parent, name))
                self.allocated += stat.st_blocks * 512
                self.apparent += stat.st_size
                self.inodes += 1


class Sides:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.made = 0

    def new_folder(self):
        self.made += 1
        folder = self.folder / str(self.made)
        folder.mkdir()
        return folder

    def _command(self, name, path, *arguments):
        return [
            *(self.options.programs / name, "-f", path, "-s", self.options.payload),
            *(str(argument) for argument in arguments),
        ]

    def _popen(self, *command):
        return subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)

    def _run(self, command, seconds):
        process = self._popen(*command, "-d", seconds)
        try:
            out, _ = process.communicate(timeout=seconds + SPARE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Failure(f"{command[0]} does not end") from None
        if process.returncode != 0:
            raise Failure(f"{command[0]} failed with {process.returncode}")
        return Report(out)

    @staticmethod
    def path_in(side, folder):
        return folder if side == "paho" else folder / "outbox.db"

    def accept(self, side, messages, qos, seconds, sync=None, threads=1):
        """Fills a new folder; returns it and the report."""
        folder = self.new_folder()
        more = ("-y", sync) if sync else ()
        command = self._command(
            f"accept_{side}", self.path_in(side, folder),
            "-n", messages, "-q", qos, "-t", threads, *more,
        )  # fmt: skip
        os.sync()  # so that what was done before does not cost this one
        return folder, self._run(command, seconds)

    def copy(self, side, folder):
        """A backlog to use up. paho never writes into a file that exists: links will do."""
        copy = self.new_folder()
        how = "-al" if side == "paho" else "-a"
        subprocess.run(["cp", how, f"{folder}/.", str(copy)], check=True)
        os.sync()  # so that nothing is written while something else is measured
        return copy

    @staticmethod
    def remove(side, folder):
        """Not paho's, yet: ext4 shuns the inodes of files deleted in the last minutes, and
        looks for others one by one, so that the next files would come slowly."""
        if side != "paho":
            shutil.rmtree(folder)

    @staticmethod
    def _address(side, folder, port):
        """paho looks for its files in a folder named after the broker's address."""
        if side == "paho":
            for old in folder.glob("bench-outbox-*"):
                old.rename(folder / f"bench-outbox-127.0.0.1-{port}")

    def start(self, side, folder, messages):
        """Starts on a copy of the backlog, until the first PUBLISH."""
        copy = self.copy(side, folder)
        broker = BareBroker()
        self._address(side, copy, broker.port)
        process = self._popen(
            *self._command(
                f"drain_{side}", self.path_in(side, copy),
                "-p", broker.port, "-n", messages, "-i", PAHO_MOST,
            )  # fmt: skip
        )
        try:
            connect_ns, publish_ns = broker.wait()
            peak_kib = peak(process.pid)
        finally:
            process.kill()
            out, _ = process.communicate()
            broker.close()
        if publish_ns is None:
            raise Failure(f"{side} with {messages} waiting sent nothing")
        self.remove(side, copy)
        return Start(Report(out), connect_ns, publish_ns, peak_kib)

    def drain(self, side, folder, messages, port, seconds, rest=0):
        """Sends all of the backlog, which is used up; returns the report."""
        self._address(side, folder, port)
        command = self._command(
            f"drain_{side}", self.path_in(side, folder),
            "-p", port, "-n", messages, "-i", PAHO_MOST, "-r", rest,
        )  # fmt: skip
        return self._run(command, seconds)


def peak(pid):
    """The most memory that a process has used, in KiB; 0 when it has ended."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def sync_cost(folder, rounds=200):
    """Microseconds that it takes to append 4 KiB and have the disk keep it, sorted."""
    times = []
    with open(folder / "sync", "wb", buffering=0) as file:
        for _ in range(rounds):
            file.write(bytes(4096))
            begin = time.monotonic_ns()
            os.fdatasync(file.fileno())
            times.append((time.monotonic_ns() - begin) / 1e3)
    (folder / "sync").unlink()
    return sorted(times)
