# SPDX-License-Identifier: MIT
"""`pip install ./bindings/python` as a stranger does it: in a fresh venv, without network."""

import base64
import csv
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
import venv
import zipfile

from common import PACKAGE, ROOT, PythonTest, environment, iotkit, support

ELSEWHERE = {"PYTHONPATH": None, "PYTHONDONTWRITEBYTECODE": None, "IOTKIT_BUNDLE": None}
LIBRARY = os.environ.get("IOTKIT_LIBRARY")
IGNORED = shutil.ignore_patterns("__pycache__", "tests", "*.so*")


class Installing(PythonTest):
    """In one venv, which each test leaves as it was."""

    @classmethod
    def setUpClass(cls):
        cls.venv = pathlib.Path(tempfile.mkdtemp(prefix="iotkit-python-"))
        cls.addClassCleanup(shutil.rmtree, cls.venv)
        venv.create(cls.venv, with_pip=True)

    def setUp(self):
        self.source = self.folder() / "python"
        shutil.copytree(PACKAGE, self.source, ignore=IGNORED)
        self.addCleanup(self.assert_nothing_is_left)

    def assert_nothing_is_left(self):
        self.pip("uninstall", "-y", "iotkit")
        left = [path for path in self.venv.rglob("*iotkit*") if path.name != "__pycache__"]
        self.assertEqual(left, [])

    def run_python(self, *arguments, **changes):
        done = subprocess.run(
            [self.venv / "bin/python", *map(str, arguments)], cwd=self.venv, text=True,
            capture_output=True, env=environment(**{**ELSEWHERE, **changes}), timeout=280,
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def pip(self, *arguments, **changes):
        """Not even asking the index: there is no network."""
        self.run_python("-m", "pip", "--disable-pip-version-check", "--no-cache-dir", *arguments,
                        PIP_NO_INDEX="1", **changes)

    def where(self, **changes):
        """Which package and which library are used."""
        text = (
            "import iotkit, iotkit._ffi as f\n"
            "print(iotkit.version(), iotkit.__file__, f.library()._name, sep='\\n')"
        )
        version, package, library = self.run_python("-c", text, **changes).split("\n")[:3]
        self.assertEqual(version, iotkit.__version__)
        return pathlib.Path(package), library

    def test_pip_installs_without_network(self):
        self.pip("install", self.source)
        package, library = self.where(IOTKIT_LIBRARY=LIBRARY)
        self.assertTrue(package.is_relative_to(self.venv))
        self.assertEqual(library, LIBRARY)

    def test_a_bundle_needs_no_installed_library(self):
        self.pip("install", self.source, IOTKIT_BUNDLE="1", IOTKIT_LIBRARY=LIBRARY)
        package, library = self.where(IOTKIT_LIBRARY=None)
        self.assertEqual(library, str(package.with_name("libiotkit.so.1")))

    def test_an_editable_installation_is_the_source(self):
        self.pip("install", "-e", self.source)
        package, _ = self.where(IOTKIT_LIBRARY=LIBRARY)
        self.assertTrue(package.is_relative_to(self.source))


class Building(PythonTest):
    """backend.py, called as pip calls it."""

    def setUp(self):
        self.source, self.out = self.folder() / "python", self.folder()
        shutil.copytree(PACKAGE, self.source, ignore=IGNORED)

    def build(self, what, code=0, **changes):
        done = subprocess.run(
            [sys.executable, "-c", f"import backend, sys; print(backend.{what}(sys.argv[1]))",
             str(self.out)],
            cwd=self.source, env=environment(**{**ELSEWHERE, **changes}), text=True,
            capture_output=True,
        )
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr if code else self.out / done.stdout.strip()

    def test_a_wheel_has_all_files_and_their_digests(self):
        path = self.build("build_wheel")
        self.assertEqual(path.name, f"iotkit-{iotkit.__version__}-py3-none-any.whl")
        with zipfile.ZipFile(path) as wheel:
            names = wheel.namelist()
            record = next(name for name in names if name.endswith("/RECORD"))
            rows = {row[0]: row[1:] for row in csv.reader(wheel.read(record).decode().split("\n"))
                    if row}
            self.assertEqual(sorted(rows), sorted(names))
            for name, (digest, size) in rows.items():
                if name != record:
                    data = wheel.read(name)
                    sha = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode()
                    self.assertEqual(digest, f"sha256={sha.rstrip('=')}")
                    self.assertEqual(int(size), len(data))
        wanted = {f"iotkit/{p.name}" for p in (PACKAGE / "src/iotkit").glob("*.py")}
        self.assertLessEqual(wanted | {"iotkit/py.typed"}, set(names))

    def test_the_same_files_make_the_same_wheel(self):
        first = self.build("build_wheel").read_bytes()
        self.assertEqual(self.build("build_wheel").read_bytes(), first)

    def test_a_bundle_is_for_this_platform_alone(self):
        path = self.build("build_wheel", IOTKIT_BUNDLE="1", IOTKIT_LIBRARY=LIBRARY)
        self.assertRegex(path.name, rf"-py3-none-linux_{os.uname().machine}\.whl$")
        with zipfile.ZipFile(path) as wheel:
            self.assertEqual(wheel.read("iotkit/libiotkit.so.1"),
                             pathlib.Path(LIBRARY).read_bytes())
            self.assertIn(b"Root-Is-Purelib: false", wheel.read(
                f"iotkit-{iotkit.__version__}.dist-info/WHEEL"))

    def test_a_bundle_without_a_library_is_told(self):
        for library, said in ((None, "build the library first"), ("/none", "there is no /none"),
                              (__file__, "is no shared library")):
            told = self.build("build_wheel", code=1, IOTKIT_BUNDLE="1", IOTKIT_LIBRARY=library)
            self.assertIn(said, told)
            self.assertNotIn("Traceback", told)

    def test_a_bundle_takes_the_library_built_last_for_this_machine(self):
        checkout = self.source.parent
        self.source = (checkout / "bindings/python").resolve()
        shutil.copytree(PACKAGE, self.source, ignore=IGNORED)
        wanted = pathlib.Path(LIBRARY).read_bytes()
        built = (("release", b"older"), ("dev", wanted), ("tsan", b"sanitized"), ("arm64", b"other"))
        for moment, (preset, data) in enumerate(built):
            library = checkout / "build" / preset / "lib/libiotkit.so.1"
            library.parent.mkdir(parents=True)
            library.write_bytes(data)
            os.utime(library, (moment, moment))
        path = self.build("build_wheel", IOTKIT_BUNDLE="1", IOTKIT_LIBRARY=None)
        with zipfile.ZipFile(path) as wheel:
            self.assertEqual(wheel.read("iotkit/libiotkit.so.1"), wanted)

    def test_a_bundle_for_another_processor_is_told(self):
        library = self.out / "libiotkit.so.1"
        data = bytearray(pathlib.Path(LIBRARY).read_bytes())
        data[18] ^= 0xFF
        library.write_bytes(data)
        told = self.build("build_wheel", code=1, IOTKIT_BUNDLE="1", IOTKIT_LIBRARY=str(library))
        self.assertIn("is for another processor", told)

    def test_a_wheel_can_be_made_of_the_sdist(self):
        path = self.build("build_sdist")
        with tarfile.open(path) as archive:
            archive.extractall(self.out)
        self.source = self.out / path.name[: -len(".tar.gz")]
        self.assertTrue((self.source / "PKG-INFO").is_file())
        self.assertIn("-py3-none-any.whl", self.build("build_wheel").name)

    def test_the_licence_is_that_of_the_house(self):
        self.assertEqual((PACKAGE / "LICENSE").read_text(), (ROOT / "LICENSE").read_text())


class Types(PythonTest):
    def test_the_package_and_its_examples_are_fully_typed(self):
        done = subprocess.run(
            [
                *("/usr/bin/mypy", "--strict", "--python-version", "3.9", "--cache-dir", support.BIN.parent / "mypy"),
                *("src/iotkit", *sorted(PACKAGE.glob("examples/*.py"))),
            ],
            cwd=PACKAGE,
            text=True,
            capture_output=True,
            env=environment(MYPYPATH="src", PYTHONPATH=None),
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Starting(PythonTest):
    def test_who_does_not_use_asyncio_does_not_wait_for_it(self):
        self.runs(
            "import sys, iotkit\n"
            "assert 'asyncio' not in sys.modules, 'import iotkit loads asyncio'\n"
            "assert 'AsyncClient' in dir(iotkit)\n"
            "assert iotkit.AsyncClient is iotkit.AsyncClient\n"
            "assert 'asyncio' in sys.modules\n"
            "from iotkit import *\n"
            "assert AsyncClient is iotkit.AsyncClient\n"
            "assert not hasattr(iotkit, 'Nothing')\n"
        )


if __name__ == "__main__":
    unittest.main()
