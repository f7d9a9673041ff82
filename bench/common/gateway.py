# SPDX-License-Identifier: MIT
"""iotkit-gateway, and its peers of ../boards, with boards on pseudo-terminals that say nothing."""

import contextlib
import os
import pathlib
import pty
import subprocess
import tty

from broker import Failure

STUDENT = pathlib.Path(__file__).resolve().parent.parent / "boards" / "student.py"
PYTHON = "/usr/bin/python3"  # for which Debian has pyserial and paho-mqtt
BASE = "bench/boards"
QOS = 1
PATIENCE = 20  # seconds


@contextlib.contextmanager
def silent_ports(count):
    """Paths of so many ports."""
    ends = [pty.openpty() for _ in range(count)]
    try:
        for _, slave in ends:
            tty.setraw(slave)
        yield [os.ttyname(slave) for _, slave in ends]
    finally:
        for end in (end for pair in ends for end in pair):
            os.close(end)


@contextlib.contextmanager
def running(*command):
    nowhere = subprocess.DEVNULL
    process = subprocess.Popen([str(word) for word in command], stdout=nowhere, stderr=nowhere)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for_boards(port, count):
    """Until a gateway has told the broker that so many are there."""
    told = subprocess.run(
        ["mosquitto_sub", "-p", str(port), "-t", f"{BASE}/+/status", "-W", str(PATIENCE)]
        + ["-C", str(count)],
        capture_output=True,
    )
    if told.returncode != 0:
        raise Failure("the gateway does not tell that its boards are there")


@contextlib.contextmanager
def gateway(program, port, paths):
    """Once all its boards are there."""
    devices = [f"--device=b{i}=serial:{path}?baud=115200" for i, path in enumerate(paths)]
    broker = f"mqtt://127.0.0.1:{port}"
    with running(program, "--broker", broker, "--option", f"topic.base={BASE}", *devices) as one:
        wait_for_boards(port, len(paths))
        yield one


def _named(paths):
    return [f"b{i}={path}" for i, path in enumerate(paths)]


def student(port, paths):
    return running(PYTHON, STUDENT, port, QOS, BASE, *_named(paths))


def plain_loop(program, port, paths):
    return running(program, port, BASE, *_named(paths))
