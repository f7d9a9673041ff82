# SPDX-License-Identifier: MIT
"""Lesson 11: a board obeys, and says so; what cannot be obeyed is told.

`./run lesson 11 --check` has a real sketch on a simulated Arduino, and watches its pin. Here are
boards that are none, and one that speaks the protocol without any firmware.
"""

import unittest

import lessons
from lessons import support

SIMBOARD = support.BIN.parent / "tests/simboard"
SKETCHES = support.BIN.parent / "sketches"


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

    @unittest.skipUnless(SIMBOARD.exists(), "no simulated board is built")
    def test_what_the_readme_shows(self):
        board = self.start(str(SIMBOARD), SKETCHES / "porch_sketch.elf")
        port = board.out.wait_for("/dev/pts/[0-9]+").group().decode()
        printed = self.run_lesson(self.broker.uri, "porch", f"serial:{port}", "led", "1", "led", "0",
                                  "fan", "1", code=1)
        lines = [line for line in printed.splitlines(keepends=True) if line[0] != "#"]
        self.assert_as_in_readme("".join(lines))


if not SIMBOARD.exists():
    del Commands.test_run_lesson_shows_it_and_leaves_nothing_behind

if __name__ == "__main__":
    unittest.main()
