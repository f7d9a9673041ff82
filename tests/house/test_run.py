#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What ./run installs, and what it says where it cannot; no package is touched."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534

# What ./run calls before it installs anything; neither sudo nor npm is among it.
TOOLS = ("bash", "comm", "dirname", "grep", "nproc", "sed", "sort", "xargs")


class Installing(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.place = Path(temporary.name)
        self.place.chmod(0o755)
        shutil.copy(ROOT / "run", self.place)
        (self.place / "apt.txt").write_text("one # and why\n\n# two\nthree\n\n# more [bench fuzz]\nfour # [test]\n")
        tools = self.place / "bin"
        tools.mkdir()
        for name in TOOLS:
            (tools / name).symlink_to(shutil.which(name))
        self.tool("dpkg-query", "echo 'one installed'")

    def tool(self, name, script):
        path = self.place / "bin" / name
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    def run_it(self, command):
        user = NOBODY if os.geteuid() == 0 else None
        return subprocess.run([str(self.place / "run"), command], cwd="/", user=user,
                              env={"PATH": str(self.place / "bin")}, timeout=60,
                              capture_output=True, text=True, check=False)

    def test_who_is_not_root_and_has_no_sudo_is_told_all_that_root_has_to_do(self):
        done = self.run_it("build")
        self.assertEqual(done.returncode, 2, done)
        self.assertIn("apt-get update && apt-get install --no-install-recommends three\n",
                      done.stderr)

    def test_some_packages_are_for_some_commands_alone(self):
        self.assertIn(" three\n", self.run_it("build").stderr)
        for command in ("bench", "fuzz"):
            self.assertIn(" four three\n", self.run_it(command).stderr)

    def test_npm_is_wanted_by_the_tests_alone_and_only_where_there_is_none(self):
        self.assertIn(" three nodejs npm\n", self.run_it("test").stderr)
        self.tool("npm", "true")
        self.assertIn(" three\n", self.run_it("test").stderr)


if __name__ == "__main__":
    unittest.main()
