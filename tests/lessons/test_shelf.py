# SPDX-License-Identifier: MIT
"""Each lesson is whole: its files are there and short, what its README has one type exists,
and it stands in the lists."""

import re
import shutil
import subprocess
import unittest

import lessons
from lessons import support

LONGEST_PROGRAM = 80  # lines

# What a shell knows by itself, and what needs a machine that has been booted.
NOT_PROGRAMS = {"export", "cd", "kill", "sudo"}


def commands(number):
    """The lines of a README's ```sh blocks, without comments and `sudo`."""
    for block in lessons.blocks(number, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            line = re.sub(r"(^|\s)#.*", "", line).strip().removeprefix("sudo ")
            if line:
                yield line


class Shelf(support.ProgramTest):
    def test_each_folder_has_all_that_makes_a_lesson(self):
        for folder in lessons.FOLDERS:
            for name in ("README.md", "lesson.c", "lesson.py", "stage.sh"):
                self.assertTrue((folder / name).is_file(), f"{folder.name}/{name}")
            test = lessons.ROOT / f"tests/lessons/test_{folder.name[:2]}.py"
            self.assertTrue(test.is_file(), test)

    def test_programs_are_short(self):
        for folder in lessons.FOLDERS:
            for name in ("lesson.c", "lesson.py"):
                lines = len((folder / name).read_text().splitlines())
                self.assertLessEqual(lines, LONGEST_PROGRAM, f"{folder.name}/{name}")

    def test_programs_need_nothing_but_the_library(self):
        for folder in lessons.FOLDERS:
            included = re.findall(r"#include ([<\"].*)", (folder / "lesson.c").read_text())
            self.assertIn("<iotkit.h>", included)
            self.assertFalse([name for name in included if name.startswith('"')], folder.name)

    def test_what_a_readme_has_one_type_exists(self):
        for folder in lessons.FOLDERS:
            number = folder.name[:2]
            for line in commands(number):
                word = line.split()[0]
                known = word in NOT_PROGRAMS or shutil.which(word) or (lessons.ROOT / word).is_file()
                self.assertTrue(known, f"{folder.name}/README.md: {line}")

    def test_a_readme_begins_with_how_to_run_its_lesson(self):
        for folder in lessons.FOLDERS:
            number = int(folder.name[:2])
            first, second, *_ = commands(f"{number:02}")
            self.assertEqual((first, second),
                             (f"./run lesson {number}", f"./run lesson {number} --python"))

    def test_a_readme_has_questions_and_answers(self):
        for folder in lessons.FOLDERS:
            text = (folder / "README.md").read_text()
            self.assertGreaterEqual(len(re.findall(r"^\*\*.*\?\*\* \S", text, re.MULTILINE)), 3,
                                    folder.name)

    def test_the_lists_name_all_lessons(self):
        listed = support.run(str(lessons.SHELF / "lesson.sh"))
        self.assert_ran(listed)
        table = (lessons.SHELF / "README.md").read_text()
        for folder in lessons.FOLDERS:
            number = int(folder.name[:2])
            heading = (folder / "README.md").read_text().splitlines()[0]
            title = re.fullmatch(rf"# Lesson {number}: (.*)", heading).group(1)
            self.assertRegex(listed.out.decode(), rf"\./run lesson {number} +{re.escape(title)}\n")
            self.assertIn(f"({folder.name}/README.md)", table)
            self.assertIn(f"(../../tests/lessons/test_{folder.name[:2]}.py)", table)

    def test_links_lead_somewhere(self):
        for readme in lessons.SHELF.rglob("README.md"):
            for link in re.findall(r"\]\(([^)#:]+)\)", readme.read_text()):
                self.assertTrue((readme.parent / link).exists(), f"{readme}: {link}")

    def test_a_lesson_that_does_not_exist_is_refused(self):
        for wrong in ("99", "x"):
            result = support.run(str(lessons.SHELF / "lesson.sh"), wrong)
            self.assert_ran(result, code=1)
            self.assertIn("./run lesson lists them", result.err)
            self.assertRegex(result.err, r"^\./run lesson (99 )?cannot go on: ")

    def test_an_option_that_does_not_exist_is_named(self):
        result = support.run(str(lessons.SHELF / "lesson.sh"), "8", "--pyhton")
        self.assert_ran(result, code=2)
        self.assertIn("no option '--pyhton'", result.err)
        self.assertIn("--python ", result.err)

    def test_what_python_needs_by_hand_holds_in_any_folder(self):
        exports = re.findall(r"^export .*", (lessons.SHELF / "README.md").read_text(), re.MULTILINE)
        script = "\n".join([*exports, "cd /", 'ls "$PYTHONPATH/iotkit/__init__.py"'])
        done = subprocess.run(["bash", "-euc", script], cwd=lessons.ROOT, timeout=60,
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
