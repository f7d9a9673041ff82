# SPDX-License-Identifier: MIT
"""Runs the programs of ../programs, which report lines of a name and a number."""

import contextlib
import subprocess

from broker import Failure

PATIENCE = 90  # seconds for one program


@contextlib.contextmanager
def running(command, **popen):
    """The process, which does not outlive the block."""
    words = [str(word) for word in command]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, **popen)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def ready(command, **popen):
    """The same, once it has said that it is."""
    with running(command, **popen) as process:
        if process.stdout.readline() != "ready\n":
            raise Failure(f"{command[0]} is not ready")
        yield process


def reported(process):
    """What it reports until it ends, by name."""
    try:
        out, _ = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise Failure(f"{process.args[0]} does not end") from None
    if process.returncode != 0:
        raise Failure(f"{process.args[0]} failed with {process.returncode}")
    return {name: int(number) for name, number in map(str.split, out.splitlines())}


def run(command, **popen):
    """What it reports."""
    with running(command, **popen) as process:
        return reported(process)
