# SPDX-License-Identifier: MIT
"""Lesson 2: what each QoS says on the wire, as the broker logs it."""

import re
import unittest

import lessons
from lessons import support

ONCE_OR_NEVER = ["PUBLISH"]
AT_LEAST_ONCE = ["PUBLISH", "PUBACK"]
EXACTLY_ONCE = ["PUBLISH", "PUBREC", "PUBREL", "PUBCOMP"]


def exchanges(log, client):
    """The packets of each message that a client and the broker exchanged, by packet id."""
    pattern = rf"(PUB[A-Z]+) (?:from|to) {client} \((?:.*?\bm|Mid: )(\d+)"
    found = {}
    for packet, number in re.findall(pattern, log):
        found.setdefault(int(number), []).append(packet)
    return found


@lessons.in_both_languages
class Qos:
    number = "02"

    def setUp(self):
        self.broker = support.Broker(self)

    def test_what_comes_has_the_lower_qos_of_the_two(self):
        self.assert_as_in_readme(self.run_lesson(self.broker.uri))

    def test_the_broker_logs_one_two_or_four_packets_a_message(self):
        self.run_lesson(self.broker.uri)
        self.broker.log.wait_for("Client lesson-02-publisher .*disconnected")
        log = self.broker.log.data.decode()
        published = exchanges(log, "lesson-02-publisher")
        self.assertEqual(published.pop(0), 3 * ONCE_OR_NEVER)
        self.assertEqual(list(published.values()), 3 * [AT_LEAST_ONCE, EXACTLY_ONCE])
        for wanted, rest in ((0, {0: 3 * ONCE_OR_NEVER}),
                             (1, {0: ONCE_OR_NEVER, 1: AT_LEAST_ONCE, 2: AT_LEAST_ONCE}),
                             (2, {0: ONCE_OR_NEVER, 1: AT_LEAST_ONCE, 2: EXACTLY_ONCE})):
            self.assertEqual(exchanges(log, f"lesson/02/{wanted}"), rest, wanted)


class WhatElseTheReadmeSays(support.ProgramTest):
    def test_only_qos_1_and_2_wait_for_who_is_away(self):
        broker = support.Broker(self)
        you = ["mosquitto_sub", *broker.address, "-q", "1", "-t", "door", "-i", "you", "-c"]
        self.assert_ran(support.run(*you, "-E"))
        broker.publish("door", "-q", "0", "-m", "with QoS 0")
        broker.publish("door", "-q", "1", "-m", "with QoS 1")
        self.assertEqual(support.run(*you, "-C", "1").out, b"with QoS 1\n")

    def test_times_in_the_log_are_seconds_unless_a_format_is_set(self):
        self.assertRegex(support.Broker(self).log.data, rb"(?m)^\d{10}: mosquitto version")
        readable = support.Broker(self, "allow_anonymous true\n"
                                        "log_timestamp_format %Y-%m-%dT%H:%M:%S\n")
        self.assertRegex(readable.log.data, rb"(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d: mosquitto ver")


if __name__ == "__main__":
    unittest.main()
