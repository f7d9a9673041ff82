# SPDX-License-Identifier: MIT
"""Lesson 12: a gateway that is a service: ready when it says so, back when it was killed, with
nothing lost, and gone with a goodbye.

`./run lesson 12 --check` has a real sketch, TLS and users; here is what it says to systemd, and how
it ends.
"""

import os
import pathlib
import socket
import tempfile
import unittest
from unittest import mock

import lessons
from lessons import support

SIMBOARD = support.BIN.parent / "tests/simboard"


@lessons.in_both_languages
class Gateway:
    number = "12"

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="iotkit-lesson-")
        self.addCleanup(folder.cleanup)
        self.config = pathlib.Path(folder.name, "gateway.conf")
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.manager.close)
        self.manager.settimeout(support.PATIENCE)
        self.manager.bind(str(self.config.with_name("notify")))

    def start_gateway(self, broker, more=""):
        self.config.write_text(f"broker = {broker}\n{more}[outbox]\npath = gateway.outbox\n")
        variables = {"NOTIFY_SOCKET": str(self.config.with_name("notify"))}
        with mock.patch.dict(os.environ, variables):
            return self.start_lesson(self.config)

    def test_it_is_ready_without_a_broker_and_ends_well(self):
        gateway = self.start_gateway(f"mqtt://127.0.0.1:{support.free_port()}")
        self.assertEqual(self.manager.recv(100), b"READY=1")
        gateway.err.wait_for("disconnected: cannot connect")
        gateway.signal(support.signal.SIGTERM)
        # Its own offline stays in the outbox, for which it ends with a failure.
        self.assert_ended(gateway, 1)
        self.assertIn("whose file keeps them", gateway.err.data.decode())

    def test_it_says_goodbye_and_leaves_a_will(self):
        broker = support.Broker(self)
        seen = broker.observe(self, "iotkit/gateway/own/status")
        gateway = self.start_gateway(broker.uri)
        seen.wait_until("iotkit/gateway/own/status", b"online")
        gateway.kill()
        seen.wait_until("iotkit/gateway/own/status", b"offline")
        gateway = self.start_gateway(broker.uri)
        seen.wait_until("iotkit/gateway/own/status", b"online")
        self.interrupt(gateway)
        seen.wait_until("iotkit/gateway/own/status", b"offline")

    def test_what_cannot_be_mended_ends_it_with_a_failure(self):
        broker = support.Broker(self, "allow_anonymous false\n")
        gateway = self.start_gateway(broker.uri)
        self.assert_ended(gateway, 1)
        self.assertIn("check user name and password", gateway.err.data.decode())

    def test_it_may_be_started_by_hand(self):
        broker = support.Broker(self)
        self.config.write_text(f"broker = {broker.uri}\n")
        gateway = self.start_lesson(self.config)
        gateway.err.wait_for("connected: connected to")
        self.interrupt(gateway)

    def test_a_configuration_that_is_wrong_is_told(self):
        gateway = self.start_gateway("mqtt://localhost", "payload = xml\n")
        self.assert_ended(gateway, 1)
        self.assertRegex(gateway.err.data.decode(), "lesson-12: .*gateway.conf.*xml")


if not SIMBOARD.exists():
    del Gateway.test_run_lesson_shows_it_and_leaves_nothing_behind

if __name__ == "__main__":
    unittest.main()
