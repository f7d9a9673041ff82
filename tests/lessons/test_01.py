# SPDX-License-Identifier: MIT
"""Lesson 1: who comes late gets what is retained, and nothing else."""

import unittest

import lessons
from lessons import support


@lessons.in_both_languages
class PublishSubscribe:
    number = "01"

    def setUp(self):
        self.broker = support.Broker(self)

    def test_a_late_subscriber_gets_the_retained_message_alone(self):
        self.assert_as_in_readme(self.run_lesson(self.broker.uri))

    def test_the_retained_message_outlives_its_publisher(self):
        self.run_lesson(self.broker.uri)
        self.assertEqual(self.broker.retained(self, "lesson/01/#"), b"11")

    def test_a_plus_is_one_level_and_a_hash_is_all_below(self):
        one = self.broker.observe(self, "lesson/01/+/temperature")
        all_below = self.broker.observe(self, "lesson/01/#")
        self.run_lesson(self.broker.uri)
        last = ("lesson/01/kitchen/temperature", b"21")
        self.assertEqual(len(one.wait_until(*last)), 3)
        self.assertEqual(len(all_below.wait_until(*last)), 5)

    def test_the_broker_tells_the_publisher_that_nobody_listens(self):
        self.run_lesson(self.broker.uri)
        self.broker.log.wait_for(r"Sending PUBACK to lesson-01-publisher \(m32768, rc16\)")
        self.broker.log.wait_for(r"Sending PUBACK to lesson-01-publisher \(m32772, rc0\)")

    def test_what_fails_says_why_and_what_to_do(self):
        result = support.run(*self.program(), "mqtt://localhost?mqtt.keepalive=5")
        self.assert_ran(result, code=1)
        self.assert_sentence("lesson-01", result.err, "mqtt.keepalive_s")


if __name__ == "__main__":
    unittest.main()
