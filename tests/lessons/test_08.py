# SPDX-License-Identifier: MIT
"""Lesson 8: TLS with a CA of one's own, and each failure in the words that the README shows.

`./run lesson 8 --check`, which each lesson's test runs, does what the README says, command by
command, and compares what is said.
"""

import re
import unittest

import lessons
from lessons import support


@lessons.in_both_languages
class Tls:
    number = "08"

    def test_run_lesson_shows_it_and_leaves_nothing_behind(self):
        """Each of the README's commands is run."""
        text = (lessons.folder("08") / "README.md").read_text()
        by_hand = text.split("### It works")[1].split("## What to watch")[0]
        commands = re.findall(r"^(?:faketime .* )?lesson-08 .*", by_hand, re.MULTILINE)
        self.assertGreaterEqual(len(commands), 20)
        shown = self.run_stage()
        ran = re.findall(r"^  \$ (?:faketime .* )?lesson-08 .*", shown, re.MULTILINE)
        self.assertEqual(len(ran), len(commands))

    def test_its_ends_can_be_told_apart_by_programs(self):
        nobody = f"mqtts://localhost:{support.free_port()}"
        refused = support.run(*self.program(), nobody)
        self.assert_ran(refused, 1)
        self.assertIn("(no connection; the library would try again)", refused.err)
        missing = support.run(*self.program(), f"{nobody}?tls.ca_file=/no/such/ca.crt")
        self.assert_ran(missing, 1)
        self.assertIn("trying again cannot mend it", missing.err)


if __name__ == "__main__":
    unittest.main()
