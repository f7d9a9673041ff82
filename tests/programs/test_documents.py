# SPDX-License-Identifier: MIT
"""What the documents print is true: the C example of the README compiles as it is
printed and does what it says, and the reference of options is that of the table."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import support
from test_broker import SetUp


class Options(unittest.TestCase):
    def test_the_reference_is_the_table(self):
        for form, page in (("markdown", "docs/options.md"), ("man", "docs/man/iotkit-options.5")):
            printed = support.run("iotkit-gateway", f"--list-options={form}").out.decode()
            self.assertEqual((support.SOURCE / page).read_text(), printed,
                             f"run: iotkit-gateway --list-options={form} >{page}")


@unittest.skipIf("IOTKIT_SANITIZED" in os.environ, "a stranger's program knows no sanitizers")
class Readme(unittest.TestCase):
    def setUp(self):
        text = (support.SOURCE / "README.md").read_text()
        self.example = re.search(r"^```c\n(.*?)^```$", text, re.DOTALL | re.MULTILINE).group(1)

    def build(self, folder, port):
        source, program = folder / "example.c", folder / "example"
        # The README speaks of the usual port; here the broker is a private one.
        self.assertIn("localhost:8883", self.example)
        source.write_text(self.example.replace("localhost:8883", f"localhost:{port}"))
        library = support.BIN.parent / "lib"
        subprocess.run(
            ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", source, "-o", program]
            + ["-I", support.SOURCE / "include", "-L", library, f"-Wl,-rpath,{library}", "-liotkit"],
            check=True,
        )
        return program

    def test_the_example_has_about_twenty_lines(self):
        self.assertLessEqual(len(self.example.splitlines()), 28)

    def test_the_example_delivers_its_metric(self):
        """In the folder where `iotkit-broker init broker` was called."""
        broker = SetUp(self, "--listen", "127.0.0.1").start()
        viewer = broker.subscribe(self, "viewer", "iotkit/#")
        with tempfile.TemporaryDirectory() as folder:
            program = self.build(pathlib.Path(folder), broker.port)
            done = subprocess.run(
                [program], cwd=broker.parent, capture_output=True, timeout=support.PATIENCE
            )
        self.assertEqual((done.returncode, done.stdout), (0, b"the broker has it\n"), done.stderr)
        viewer.out.wait_for("> iotkit/gateway/greenhouse/temperature 23.5\n")


if __name__ == "__main__":
    unittest.main()
