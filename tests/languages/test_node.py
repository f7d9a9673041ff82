# SPDX-License-Identifier: MIT
"""Node.js with koffi, which npm installs into the build folder."""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import unittest

import support
from language import EXAMPLES, HEADER, LanguageTest, need, skip

SCRIPT = EXAMPLES / "node/measure.js"
SCRATCH = pathlib.Path(os.environ["IOTKIT_SCRATCH"]) / "node"
# It ships compiled code for this machine, so that none of its scripts need run.
INSTALL = ["npm", "install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund",
           "--prefer-offline", "--fetch-retries=1", "--fetch-timeout=30000"]


def koffi_version():
    """Of the one that is there, if it loads."""
    done = subprocess.run(["node", "-p", "require('koffi').version"], cwd=SCRATCH,
                          capture_output=True, text=True, timeout=support.PATIENCE)
    return done.stdout.strip() if done.returncode == 0 else None


def install_koffi():
    wanted = json.loads((EXAMPLES / "node/package.json").read_text())["dependencies"]["koffi"]
    SCRATCH.mkdir(parents=True, exist_ok=True)
    shutil.copy(EXAMPLES / "node/package.json", SCRATCH)
    if koffi_version() == wanted:
        return
    try:
        done = subprocess.run(INSTALL, cwd=SCRATCH, capture_output=True, text=True, timeout=150)
    except subprocess.TimeoutExpired:
        skip("npm took too long to install koffi: is there a network?")
    if done.returncode != 0:
        told = re.search(r"(?m)^npm \S+ (.*\breason: .*|4\d\d .*)$", done.stderr)
        skip(f"npm cannot install koffi: {told.group(1) if told else done.stderr.strip()}")
    if koffi_version() != wanted:
        skip(f"koffi {wanted} does not load on this machine")


def declared_in_header():
    """The header without comments, each space one space."""
    text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.DOTALL)
    return " ".join(text.replace("IOTKIT_API", "").replace("iotkit_status ", "int32_t ").split())


def one_line(strings):
    """A JavaScript expression of strings with + between, as the string that it is."""
    return re.sub(r"'\s*\+\s*'", "", strings)


class Node(LanguageTest, support.ProgramTest):
    base = "iotkit/node"
    hello = "hello from Node.js"

    @classmethod
    def setUpClass(cls):
        need("node", "nodejs")
        need("npm", "npm")
        install_koffi()
        os.environ["NODE_PATH"] = str(SCRATCH / "node_modules")

    def example(self, uri):
        return ["node", SCRIPT, uri]

    def test_the_event_loop_runs_on_while_it_waits(self):
        code = f"setInterval(() => console.log('tick'), 20).unref(); require({str(SCRIPT)!r})"
        with socket.create_server(("127.0.0.1", 0)) as silent:
            uri = f"mqtt://127.0.0.1:{silent.getsockname()[1]}"
            process = self.start("node", "-e", code, "--", "measure.js", uri)
            peer, _ = silent.accept() # now it waits for an answer, and for events
            with peer:
                self.assertTrue(peer.recv(1))
                process.out.wait_for(r"(tick\n){10}", len(process.out.data))
                self.assertIsNone(process.popen.poll(), process.describe())
                process.kill()


class Declarations(unittest.TestCase):
    """What the example says of the ABI is what the header says."""

    script = SCRIPT.read_text()
    header = declared_in_header()

    def test_functions(self):
        functions = re.findall(r"library\.func\(\s*('.*?')\);", one_line(self.script))
        self.assertEqual(len(functions), self.script.count("library.func("))
        for function in functions:
            plain = re.sub(r"_(Out|Inout)_ ", "", function.strip("'"))
            self.assertIn(f" {plain};", self.header)

    def test_structs(self):
        structs = re.findall(r"koffi\.struct\('(\w+)', \{(.*?)\}\)", self.script, re.DOTALL)
        self.assertEqual(len(structs), 2)
        for name, text in structs:
            fields = "".join(kind.rstrip("*") + ("*" if kind.endswith("*") else " ") + field + "; "
                             for field, kind in re.findall(r"(\w+): '([^']+)'", text))
            self.assertIn(f"typedef struct {name} {{ {fields}", self.header)

    def test_constants(self):
        text = re.search(r"const (OK = \d.*?);", self.script).group(1)
        for name, number in re.findall(r"(\w+) = (\d+)", text):
            self.assertRegex(self.header, rf"IOTKIT_(EVENT_)?{name} = {number}\b")


if __name__ == "__main__":
    unittest.main()
