# SPDX-License-Identifier: MIT
"""docs/doctor.md is true: each finding in it is one that iotkit-doctor makes, and a test
provokes; and each that it makes is in it."""

import ast
import pathlib
import re
import unittest

import doctor
import support

SOURCES = (support.SOURCE / "examples/doctor").glob("*.c")
ID = r'"([a-z]+\.[a-z-]+)"'


def options():
    text = (support.SOURCE / "docs/options.md").read_text()
    return set(re.findall(r"(?m)^\| `([a-z0-9_.]+)`", text))


def made():
    """The ids in the source; what else looks like one is an option's name."""
    found = set()
    for path in SOURCES:
        found.update(re.findall(ID, path.read_text()))
    return found - options()


def tests():
    """The strings in each test."""
    words = {}
    for path in pathlib.Path(__file__).parent.glob("test_doctor*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                words[node.name] = {
                    each.value for each in ast.walk(node)
                    if isinstance(each, ast.Constant) and isinstance(each.value, str)
                }
    return words


class Table(unittest.TestCase):
    def test_each_row_is_whole(self):
        for cells in doctor.rows():
            with self.subTest(cells[0]):
                self.assertEqual(len(cells), 5)
                self.assertIn(cells[1], doctor.SEVERITIES)
                self.assertRegex(cells[4], r"^`test_\w+`$")

    def test_all_findings_are_in_it_once(self):
        told = [cells[0].strip("`") for cells in doctor.rows()]
        self.assertEqual(len(told), len(set(told)))
        self.assertEqual(made(), set(told))

    def test_a_test_provokes_each(self):
        words = tests()
        for cells in doctor.rows():
            with self.subTest(cells[0]):
                self.assertIn(cells[0].strip("`"), words.get(cells[4].strip("`"), ()))


if __name__ == "__main__":
    unittest.main()
