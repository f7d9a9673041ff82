# SPDX-License-Identifier: MIT
"""A program built with an earlier release's header, and a library of that release's functions,
runs unchanged with today's library."""

import os
import pathlib
import subprocess
import tempfile
import unittest

import support  # of tests/programs

HERE = pathlib.Path(__file__).resolve().parent
RELEASES = sorted(path for path in HERE.glob("[0-9]*.[0-9]*") if (path / "iotkit.h").exists())
LIBRARY = support.BIN.parent / "lib"
FLAGS = ["-std=c11", "-Wall", "-Wextra", "-Werror"]


def nodes_of(release):
    """Which functions came with which node: {node: [function]}."""
    nodes = {}
    for line in (release / "symbols.txt").read_text().splitlines():
        if line.startswith("# node "):
            functions = nodes.setdefault(line.split()[2], [])
        elif line and not line.startswith("#"):
            functions.append(line)
    return nodes


class OldProgram(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="iotkit-abi-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def compile(self, *arguments):
        subprocess.run(["cc", *FLAGS, *arguments], cwd=self.folder, check=True)

    def build_library(self, nodes):
        """One that can be linked with, and does nothing."""
        text = "".join(f"void {name}(void);\nvoid {name}(void) {{}}\n"
                       for names in nodes.values() for name in names)
        (self.folder / "stub.c").write_text(text)
        script = "".join(f"{node} {{ global: {' '.join(name + ';' for name in names)} }};\n"
                         for node, names in nodes.items())
        (self.folder / "stub.map").write_text(script)
        self.compile("-shared", "-fPIC", "stub.c", "-Wl,--version-script=stub.map",
                     "-Wl,-soname,libiotkit.so.1", "-o", "libiotkit.so")

    def build_program(self, release, nodes):
        names = [name for names in nodes.values() for name in names]
        (self.folder / "every.c").write_text(
            "#include <iotkit.h>\n"
            "extern void (*const every_function[])(void);\n"
            "extern const size_t every_function_count;\n"
            "void (*const every_function[])(void) = {\n"
            + "".join(f"\t(void (*)(void)){name},\n" for name in names)
            + f"}};\nconst size_t every_function_count = {len(names)};\n"
        )
        self.compile("-Wno-cast-function-type", "-I", release, "every.c", HERE / "old_program.c",
                     "-L.", "-liotkit", "-o", "old_program")

    def test_a_program_of_each_release_runs_with_todays_library(self):
        self.assertTrue(RELEASES, "no release is kept: ./run abi-baseline")
        for release in RELEASES:
            with self.subTest(release.name):
                nodes = nodes_of(release)
                self.build_library(nodes)
                self.build_program(release, nodes)
                self.assert_needs(nodes)
                self.run_it()

    def assert_needs(self, nodes):
        """The program asks the loader for the SONAME and the nodes, not just for any library."""
        told = subprocess.run(["readelf", "-d", "-V", "old_program"], cwd=self.folder, text=True,
                              check=True, capture_output=True).stdout
        for wanted in ("Shared library: [libiotkit.so.1]", *(f"Name: {node}" for node in nodes)):
            self.assertIn(wanted, told)

    def run_it(self):
        broker = support.Broker(self)
        environment = {**os.environ, "LD_LIBRARY_PATH": str(LIBRARY), "LD_BIND_NOW": "1"}
        done = subprocess.run([self.folder / "old_program", broker.uri], env=environment, text=True,
                              capture_output=True, timeout=4 * support.PATIENCE)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("all is as it was", done.stdout)


if __name__ == "__main__":
    unittest.main()
