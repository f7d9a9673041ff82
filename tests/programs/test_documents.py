# SPDX-License-Identifier: MIT
"""What the documents print is true: the examples of the README, in C and Python, run as they are
printed and do what they say, and the reference of options is that of the table."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import support
from test_broker import SetUp


class Options(unittest.TestCase):
    def test_the_reference_is_the_table(self):
        printed = support.run("iotkit-gateway", "--list-options=markdown").out.decode()
        self.assertEqual((support.SOURCE / "docs/options.md").read_text(), printed,
                         "run: iotkit-gateway --list-options=markdown >docs/options.md")


@unittest.skipIf("IOTKIT_SANITIZED" in os.environ, "a stranger's program knows no sanitizers")
class Readme(unittest.TestCase):
    def setUp(self):
        self.example = self.example_in("c")

    def example_in(self, language):
        text = (support.SOURCE / "README.md").read_text()
        pattern = rf"^```{language}\n(.*?)^```$"
        return re.search(pattern, text, re.DOTALL | re.MULTILINE).group(1)

    def with_port(self, example, port):
        """The README speaks of the usual one; here the broker is a private one."""
        self.assertIn("localhost:8883", example)
        return example.replace("localhost:8883", f"localhost:{port}")

    def build(self, folder, port):
        source, program = folder / "example.c", folder / "example"
        source.write_text(self.with_port(self.example, port))
        library = support.BIN.parent / "lib"
        subprocess.run(
            ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", source, "-o", program]
            + ["-I", support.SOURCE / "include", "-L", library, f"-Wl,-rpath,{library}", "-liotkit"],
            check=True,
        )
        return program

    def test_the_example_has_about_twenty_lines(self):
        self.assertLessEqual(len(self.example.splitlines()), 28)

    def assert_delivers(self, command):
        """In the folder where `iotkit-broker init broker` was called. `command` is made once the
        broker's port is known."""
        broker = SetUp(self, "--listen", "127.0.0.1").start()
        viewer = broker.subscribe(self, "viewer", "iotkit/#")
        done = subprocess.run(
            command(broker.port), cwd=broker.parent, capture_output=True, timeout=support.PATIENCE
        )
        self.assertEqual((done.returncode, done.stdout), (0, b"the broker has it\n"), done.stderr)
        viewer.out.wait_for("> iotkit/gateway/greenhouse/temperature 23.5\n")

    def test_the_example_delivers_its_metric(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assert_delivers(lambda port: [self.build(pathlib.Path(folder), port)])

    def test_the_example_in_python_delivers_its_metric(self):
        """With the package as it is in the source: bindings/python tests its installation."""
        example = self.example_in("python")
        self.assertLessEqual(len(example.splitlines()), 10)
        changes = {
            "PYTHONPATH": str(support.SOURCE / "bindings/python/src"),
            "IOTKIT_LIBRARY": str(support.BIN.parent / "lib/libiotkit.so.1"),
        }
        with mock.patch.dict(os.environ, changes):
            self.assert_delivers(
                lambda port: [sys.executable, "-c", self.with_port(example, port)]
            )


if __name__ == "__main__":
    unittest.main()
