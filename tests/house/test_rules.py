#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The rules that keep the house as it is drawn: usage: test_rules.py ROOT"""

import ast
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(sys.argv.pop(1))
LIBRARY = ROOT / "libiotkit"

# Which rooms each one may include from, besides itself: who uses whom, without a
# circle. device and mqtt do not know each other; api joins them.
MAY_INCLUDE = {
    "api": {"device", "metric", "outbox", "mqtt", "link", "packet", "tls", "tls/x509", "base"},
    "device": {"metric", "base"},
    "metric": {"base"},
    "outbox": {"base"},
    "mqtt": {"outbox", "link", "packet", "tls", "base"},
    "link": {"packet", "tls", "base"},
    "packet": {"base"},
    "tls": {"tls/x509", "base"},
    "tls/x509": {"base"},
    "base": set(),
}

# Each dependency has one room.
DEPENDENCIES = {
    r"MQTTAsync\.h": ["mqtt/"],
    r"mbedtls/.*": ["tls/"],
    r"psa/.*": ["tls/x509/compat.h"],
    r"libserialport\.h": ["device/port.c", "device/port_list.c"],
    r"libudev\.h": ["device/watch.c"],
    r"sqlite3\.h": ["outbox/"],
    r"ini\.h": ["api/config.c"],
    r"cJSON\.h": ["device/json_line.c"],
}
SOURCES = sorted(LIBRARY.glob("**/*.[ch]"))
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)


def name(path):
    return path.relative_to(LIBRARY).as_posix()


class Rules(unittest.TestCase):
    def test_data_flows_one_way(self):
        for path in SOURCES:
            room = path.parent.relative_to(LIBRARY).as_posix()
            for included in INCLUDE.findall(path.read_text()):
                other = included.rpartition("/")[0]
                if other in MAY_INCLUDE and other != room:
                    self.assertIn(other, MAY_INCLUDE[room], f"{name(path)} includes {included}")

    def test_each_dependency_has_one_room(self):
        for path in SOURCES:
            for included in INCLUDE.findall(path.read_text()):
                for pattern, rooms in DEPENDENCIES.items():
                    if re.fullmatch(pattern, included):
                        self.assertTrue(name(path).startswith(tuple(rooms)),
                                        f"{name(path)} includes {included}")

    def test_the_library_neither_prints_nor_exits_nor_handles_signals(self):
        banned = re.compile(r"\b(printf|puts|putchar|perror|exit|abort|signal|sigaction)\s*\(")
        for path in SOURCES:
            found = banned.search(path.read_text())
            self.assertIsNone(found, f"{name(path)}: {found and found.group()}")

    def test_programs_see_only_the_public_header(self):
        for path in (ROOT / "examples").rglob("*.[ch]"):
            for included in INCLUDE.findall(path.read_text()):
                self.assertNotIn(included.split("/")[0], MAY_INCLUDE, f"{path} includes {included}")

    def test_files_stay_readable(self):
        for path in SOURCES:
            lines = len(path.read_text().splitlines())
            self.assertLessEqual(lines, 450, f"{name(path)} has {lines} lines: two jobs?")

    def test_every_file_says_its_licence(self):
        for path in SOURCES + sorted((ROOT / "tests").rglob("*.[ch]")):
            self.assertIn("SPDX-License-Identifier: MIT", path.read_text()[:200], str(path))

    @unittest.skipUnless(hasattr(sys, "stdlib_module_names"), "Python before 3.10")
    def test_the_python_package_needs_the_standard_library_alone(self):
        package = ROOT / "bindings/python"
        for path in [package / "backend.py", *sorted((package / "src").rglob("*.py"))]:
            for node in ast.walk(ast.parse(path.read_text())):
                names = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.level == 0:
                    names = [node.module]
                for imported in names:
                    base = imported.partition(".")[0]
                    self.assertIn(base, sys.stdlib_module_names, f"{path} imports {imported}")
            self.assertLessEqual(len(path.read_text().splitlines()), 450, str(path))
            self.assertIn("SPDX-License-Identifier: MIT", path.read_text()[:200], str(path))

    def test_udev_knows_the_boards_that_the_library_knows(self):
        known = re.findall(r"\{0x([0-9a-f]{4}), 0x([0-9a-f]{4}),",
                           (LIBRARY / "device/boards.c").read_text())
        ruled = re.findall(r'vid}=="([0-9a-f]{4})", ENV{.iotkit_pid}=="([0-9a-f]{4})"',
                           (ROOT / "examples/udev/60-iotkit.rules").read_text())
        self.assertGreater(len(known), 40)
        self.assertEqual(sorted(known), sorted(ruled))


if __name__ == "__main__":
    unittest.main()
