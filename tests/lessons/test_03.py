# SPDX-License-Identifier: MIT
"""Lesson 3: what a keep-alive costs. That it finds out who is frozen is in stage.sh."""

import re
import shutil
import unittest

import lessons
from lessons import support

KEEPALIVE_S = 6  # long enough not to be missed when the machine is busy
RECONNECTED = r"(?m)^disconnected: .*\n"


@lessons.in_both_languages
class KeepAlive:
    number = "03"

    def setUp(self):
        self.broker = support.Broker(self)

    def capture(self):
        """tcpdump, which prints the sizes of our packets; None where it may not."""
        if not shutil.which("tcpdump"):
            return None
        tcpdump = self.start("tcpdump", "-i", "lo", "-nn", "-v", "-l", "--immediate-mode",
                             f"tcp port {self.broker.port}")
        try:
            tcpdump.err.wait_for("listening on")
        except AssertionError:
            return None
        return tcpdump

    def test_a_day_of_pings_is_as_the_readme_counts_it(self):
        tcpdump = self.capture()
        text = self.run_lesson(self.broker.uri, KEEPALIVE_S)
        self.assert_as_in_readme(re.sub(RECONNECTED, "", text))
        self.broker.log.wait_for("Received PINGREQ from lesson-03")
        self.broker.log.wait_for("Sending PINGRESP to lesson-03")
        if tcpdump is not None:
            # There, back, acknowledged: 160 bytes with the headers.
            tcpdump.out.wait_for(r"(?s)length 54\).*?length 54\).*?length 52\)")


class WhatElseTheReadmeSays(support.ProgramTest):
    def test_most_clients_ask_for_one_minute(self):
        broker = support.Broker(self)
        self.start("mosquitto_sub", *broker.address, "-i", "silent", "-t", "nothing")
        broker.log.wait_for(r"as silent \(.*k60\)")
        self.start("iotkit-sub", "--broker", broker.uri, "-t", "nothing",
                   "--option", "mqtt.client_id=ours")
        broker.log.wait_for(r"as ours \(.*k60\)")


if __name__ == "__main__":
    unittest.main()
