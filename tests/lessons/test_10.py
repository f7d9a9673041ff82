# SPDX-License-Identifier: MIT
"""Lesson 10: what a board prints is published, and a board that was pulled is found again.

That a plain sketch loses what it measured meanwhile, and one with the library does not, is checked
by `./run lesson 10 --check`, with real sketches on a simulated Arduino.
"""

import pathlib
import unittest

import lessons
from lessons import support

SIMBOARD = support.BIN.parent / "tests/simboard"


@lessons.in_both_languages
class Boards:
    number = "10"

    def setUp(self):
        self.broker = support.Broker(self)
        self.board = support.Board(self)

    def start_reader(self):
        return self.start_lesson(self.broker.uri, "greenhouse", f"serial:{self.board.path}")

    def test_the_lines_of_the_readme_are_understood_as_it_says(self):
        self.board.plug()
        reader = self.start_reader()
        reader.out.wait_for("greenhouse is online.*\n")
        reader.out.wait_for("# connected")  # which of the two comes first is chance
        self.board.say("# begins")  # what comes first may be the end of a line
        start = reader.out.wait_for("# begins\n").end()
        for line in lessons.blocks("10", "input")[0].splitlines():
            self.board.say(line)
        end = reader.out.wait_for("temperature 24\n").end()
        self.assert_as_in_readme(reader.out.data[start:end].decode())

    def test_each_number_has_a_topic_and_the_board_a_status(self):
        seen = self.broker.observe(self, "iotkit/#")
        reader = self.start_reader()
        reader.out.wait_for("greenhouse is offline: no such port")
        self.board.plug()
        seen.wait_until("iotkit/greenhouse/status", b"online")
        self.board.say("# begins")
        self.board.say("temperature:23.5C,humidity:40%")
        seen.wait_until("iotkit/greenhouse/temperature", b"23.5")
        seen.wait_until("iotkit/greenhouse/humidity", b"40")
        self.board.unplug()
        seen.wait_until("iotkit/greenhouse/status", b"offline")
        self.board.plug()
        seen.wait_until("iotkit/greenhouse/status", b"online")

    def test_what_is_measured_without_a_broker_waits_for_it(self):
        seen = self.broker.observe(self, "iotkit/+/temperature", args=("-c",))
        self.board.plug()
        reader = self.start_reader()
        reader.out.wait_for("# connected")
        self.broker.stop()
        reader.out.wait_for("# cannot connect")
        self.board.say("# begins")
        self.board.say("temperature:23.5")
        reader.out.wait_for("greenhouse temperature 23.5")
        self.broker.start()
        seen.wait_until("iotkit/greenhouse/temperature", b"23.5")


if not SIMBOARD.exists():
    del Boards.test_run_lesson_shows_it_and_leaves_nothing_behind

if __name__ == "__main__":
    unittest.main()
