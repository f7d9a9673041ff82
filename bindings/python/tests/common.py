# SPDX-License-Identifier: MIT
"""What the tests of the Python package share: the broker and the rest of tests/programs, and
Python programs of their own process."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

PACKAGE = pathlib.Path(__file__).resolve().parents[1]
ROOT = PACKAGE.parents[1]
sys.path.insert(0, str(ROOT / "tests/programs"))

import support  # noqa: E402 - it is where the line above says
from support import PATIENCE, Board, Broker  # noqa: E402, F401

import iotkit  # noqa: E402
from iotkit import EventType  # noqa: E402

SANITIZED = "IOTKIT_SANITIZED" in os.environ


def environment(**changes):
    """That of a program which uses the package; None takes a variable away."""
    merged = {**os.environ, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def start(test, text, *arguments, **changes):
    """A Python program, as a support.Process: its text, and its sys.argv[1:]."""
    with changed_environment(environment(**changes)):
        process = support.Process(
            test, sys.executable, "-X", "faulthandler", "-u", "-c", text, *arguments
        )
    return process


@contextlib.contextmanager
def changed_environment(wanted):
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(wanted)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class PythonTest(unittest.TestCase):
    """Adds what most of these tests do."""

    def folder(self):
        path = pathlib.Path(tempfile.mkdtemp(prefix="iotkit-python-"))
        self.addCleanup(shutil.rmtree, path, ignore_errors=True)
        return path

    def client(self, *arguments, **options):
        """A client that is closed when the test ends."""
        client = iotkit.Client(*arguments, **options)
        self.addCleanup(client.close)
        return client

    def connected(self, broker, **options):
        client = self.client(broker.uri, **options)
        client.connect(PATIENCE)
        return client

    def wait_for(self, client, kind, **fields):
        """The next event of this kind that has these fields; others are passed over."""
        seen = []
        while True:
            event = client.next_event(PATIENCE)
            if event is None:
                self.fail(f"no {kind} with {fields} came; seen: {seen}")
            if event.type is kind and all(getattr(event, n) == v for n, v in fields.items()):
                return event
            seen.append(event)

    def until(self, is_so):
        """For what only this process can see, and tells nobody."""
        deadline = time.monotonic() + PATIENCE
        while not is_so():
            if time.monotonic() > deadline:
                self.fail("it does not come to be so")
            time.sleep(0.001)

    def wait_subscribed(self, client, topic):
        return self.wait_for(client, EventType.SUBSCRIBED, topic=topic)

    def runs(self, text, *arguments, out=None, **changes):
        """A Python program that ends well; what it printed."""
        return self.ends(start(self, text, *arguments, **changes), out)

    def ends(self, process, out=None, code=0):
        if process.wait() != code:
            self.fail(f"ended with {process.popen.returncode}: {process.describe()}")
        printed = process.out.data.decode()
        if out is not None:
            self.assertEqual(printed, out, process.describe())
        return printed


__all__ = ["EventType", "PythonTest", "iotkit", "signal", "subprocess", "support"]
