# SPDX-License-Identifier: MIT
"""Lesson 11: a board obeys, and says so; what cannot be obeyed is told.

`./run lesson 11 --check` has a real sketch on a simulated Arduino, and watches its pin. Here are
boards that are none, and one that speaks the protocol without any firmware.
"""

import re
import unittest

import lessons
from lessons import support

SIMBOARD = support.BIN.parent / "tests/simboard"


@lessons.in_both_languages
class Commands:
    number = "11"

    def setUp(self):
        self.broker = support.Broker(self)

    def test_a_board_that_is_not_there_has_its_time(self):
        printed = self.run_lesson(f"{self.broker.uri}?command.ttl_ms=100", "attic",
                                  "serial:/no/such/port", "led", "1", code=1)
        self.assertIn("led 1, by us: the board was absent", printed)

    def test_a_plain_board_is_told_by_its_lines(self):
        board = support.Board(self)
        board.plug()
        program = self.start_lesson(self.broker.uri, "greenhouse", f"serial:{board.path}", "led", "1")
        program.out.wait_for("is open at")
        board.say("# begins")
        board.say("temperature:23.5")
        program.out.wait_for("led 1, by us: .*plain sketch")
        self.assert_ended(program, 1)

    def test_run_lesson_shows_it_and_leaves_nothing_behind(self):
        """And what the README shows."""
        said = re.findall(r"^  program  \| (.*, by us: .*\n)", self.run_stage(), re.MULTILINE)
        self.assert_as_in_readme("".join(said[:3]))


if not SIMBOARD.exists():
    del Commands.test_run_lesson_shows_it_and_leaves_nothing_behind

if __name__ == "__main__":
    unittest.main()
