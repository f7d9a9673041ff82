# SPDX-License-Identifier: MIT
"""What the tests of iotkit-doctor share: running it, and reading its findings."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest.mock

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "tls"))

import support

PAGE = support.SOURCE / "docs/doctor.md"
SHIMS = os.environ.get("IOTKIT_SHIMS", "")
NOBODY = 65534
SEVERITIES = ("ok", "note", "warning", "problem")


def rows():
    """The table of all findings: id, severity, what it says, what to do, test."""
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| `"):
            yield cells


def severities():
    return {cells[0].strip("`"): cells[1] for cells in rows()}


def can_mount():
    """Whether a test can have file systems of its own."""
    command = ["unshare", "-m", "true"]
    return os.geteuid() == 0 and subprocess.run(command, capture_output=True).returncode == 0


class Report:
    """The findings of one run."""

    def __init__(self, code, text):
        self.code = code
        self.text = text
        self.all = json.loads(text)
        self.findings = self.all["findings"]

    @property
    def ids(self):
        return [finding["id"] for finding in self.findings]

    def get(self, name):
        for finding in self.findings:
            if finding["id"] == name:
                return finding
        raise AssertionError(f"no {name} among {self.text}")

    @property
    def bad(self):
        """What keeps all from being well."""
        return [f["id"] for f in self.findings if f["severity"] in ("warning", "problem")]


@contextlib.contextmanager
def shim(name, **environment):
    """The program runs with this library preloaded."""
    environment["LD_PRELOAD"] = str(pathlib.Path(SHIMS, f"{name}.so"))
    # Address sanitizer wants to be first in line, but bears a shim before it.
    options = os.environ.get("ASAN_OPTIONS", "")
    environment["ASAN_OPTIONS"] = f"{options}:verify_asan_link_order=0".strip(":")
    with unittest.mock.patch.dict(os.environ, environment):
        yield


class DoctorTest(support.ProgramTest):
    def folder(self):
        """One that every user may look into."""
        path = pathlib.Path(tempfile.mkdtemp(prefix="iotkit-doctor-"))
        self.addCleanup(shutil.rmtree, path)
        path.chmod(0o755)
        return path

    def as_nobody(self):
        """The words that begin the command line of a user who may do nothing. Nobody can look
        into every place where programs are built."""
        if os.geteuid() != 0:
            return [str(support.BIN / "iotkit-doctor")]
        place = self.folder()
        shutil.copy(support.BIN / "iotkit-doctor", place)
        for library in (support.BIN.parent / "lib").glob("libiotkit.so.*"):
            shutil.copy(library, place)
        return [
            "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
            "env", f"LD_LIBRARY_PATH={place}", str(place / "iotkit-doctor"),
        ]

    def examine(self, *args, code=None, nobody=False, before=()):
        """Runs it. Each step ends when it is done: what takes all its time says how long."""
        name, *rest = [*before, *(self.as_nobody() if nobody else ["iotkit-doctor"])]
        if rest:
            rest[-1:] = support.command(rest[-1])
        result = support.run(name, *rest, "--json", "--timeout", 20, "--listen", 15, *args)
        self.assertIn(result.code, (0, 1), result.err)
        report = Report(result.code, result.out.decode())
        self.assertEqual(report.all["ok"], result.code == 0)
        self.assertEqual(report.code == 0, not report.bad)
        if code is not None:
            self.assertEqual(result.code, code, report.text)
        return report

    def finds(self, name, *args, says=(), **keywords):
        """It comes to this finding, which is as docs/doctor.md has it, and says these words."""
        report = self.examine(*args, **keywords)
        finding = report.get(name)
        self.assertEqual(finding["severity"], severities()[name])
        sentence = f"{finding['subject']}: {finding['what']}: {finding['mend']}"
        for word in says:
            self.assertRegex(sentence, word)
        return report

    def config(self, text, mode=0o644):
        path = self.folder() / "gateway.conf"
        path.write_text(text)
        path.chmod(mode)
        return path

    def nowhere(self):
        return "--broker", f"mqtt://127.0.0.1:{support.free_port()}"
