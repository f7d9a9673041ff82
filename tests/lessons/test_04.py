# SPDX-License-Identifier: MIT
"""Lesson 4: a last will is published for who was killed or frozen, not for who says goodbye."""

import signal
import subprocess
import unittest

import lessons
from lessons import support

TOPIC = "lesson/04/status"
KEEPALIVE_S = 4


@lessons.in_both_languages
class LastWill:
    number = "04"

    def setUp(self):
        self.broker = support.Broker(self)
        self.watcher = self.broker.observe(self, TOPIC)

    def start_online(self, *args):
        client = self.start_lesson(self.broker.uri, *args, stdin=subprocess.PIPE)
        self.expect(b"online")
        client.out.wait_for("told: online")
        return client

    def expect(self, *statuses):
        self.assertEqual([self.watcher.next().payload for _ in statuses], list(statuses))

    def test_who_is_killed_has_vanished_and_that_stays_known(self):
        self.start_online().signal(signal.SIGKILL)
        self.expect(b"vanished")
        self.assertEqual(self.broker.retained(self, TOPIC), b"vanished")

    def test_who_says_goodbye_is_offline_and_leaves_no_will(self):
        client = self.start_online()
        client.write(b"\n")
        self.assert_ended(client)
        self.assert_as_in_readme(client.out.data.decode())
        self.broker.log.wait_for("Received DISCONNECT from lesson-04")
        self.broker.log.wait_for("Client lesson-04 disconnected")
        self.broker.publish(TOPIC, "-m", "end")
        self.expect(b"offline", b"end")

    def test_who_is_frozen_has_vanished_and_is_online_again_when_it_wakes(self):
        client = self.start_online(KEEPALIVE_S)
        client.signal(signal.SIGSTOP)
        self.expect(b"vanished")
        self.broker.log.wait_for("Client lesson-04 has exceeded timeout")
        client.signal(signal.SIGCONT)
        self.expect(b"online")

    def test_the_broker_has_the_will_from_the_start(self):
        self.start_online()
        self.broker.log.wait_for(r"Will message specified \(8 bytes\) \(r1, q1\)\.\n.*" + TOPIC)


if __name__ == "__main__":
    unittest.main()
