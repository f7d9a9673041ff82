# SPDX-License-Identifier: MIT
"""What the tests of the lessons share. A test is written once, and is run with the lesson's
program in C and with its twin in Python:

    @lessons.in_both_languages
    class PublishSubscribe:
        number = "01"

        def test_...(self):
            broker = support.Broker(self)
            ...

Each also runs `./run lesson N --check`, which is the lesson's stage.sh.
"""

import doctest
import os
import pathlib
import re
import sys
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/programs"))

import support  # noqa: E402

SHELF = ROOT / "examples/lessons"
FOLDERS = sorted(SHELF.glob("[0-9][0-9]-*"))

# Some lessons are about silence, which takes its time.
support.PATIENCE *= 4

# For the twins in Python: the binding and the library as they were built.
BINDING = ROOT / "bindings/python/src"
os.environ["PYTHONPATH"] = str(BINDING)
os.environ["IOTKIT_LIBRARY"] = str(support.BIN.parent / "lib/libiotkit.so.1")
os.environ["IOTKIT_BUILD_DIR"] = str(support.BIN.parent)
# The programs of this build first, as README files have one do; and this very Python.
python = pathlib.Path(sys.executable).parent
os.environ["PATH"] = f"{support.BIN}:{python}:{os.environ['PATH']}"


def folder(number):
    [found] = [path for path in FOLDERS if path.name.startswith(f"{number}-")]
    return found


def blocks(number, kind):
    """The blocks of a lesson's README that begin with ```kind."""
    text = (folder(number) / "README.md").read_text()
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


class Lesson(support.ProgramTest):
    """One lesson in one language."""

    number = None
    language = None

    def program(self):
        """The command line of the lesson's program, each line shown when it is printed."""
        if self.language == "c":
            return ["stdbuf", "-oL", str(support.BIN / f"lesson-{self.number}")]
        return [sys.executable, "-u", str(folder(self.number) / "lesson.py")]

    def start_lesson(self, *args, **keywords):
        """The program, started; arguments as it takes them, the broker's URI first."""
        return self.start(*self.program(), *args, **keywords)

    def run_lesson(self, *args, code=0):
        """What the program prints, from start to end."""
        result = support.run(*self.program(), *args)
        self.assert_ran(result, code)
        return result.out.decode()

    def assert_as_in_readme(self, text, which=0):
        """The README shows this in one of its blocks ```text, where ... stands for anything."""
        wanted = blocks(self.number, "text")[which]
        if not doctest.OutputChecker().check_output(wanted, text, doctest.ELLIPSIS):
            self.fail(f"README.md of lesson {self.number} shows\n{wanted}\nbut there was\n{text}")

    def run_stage(self):
        """What `./run lesson N --check` prints."""
        flags = ["--python"] if self.language == "python" else []
        # Each of its steps has a deadline of its own.
        with mock.patch.object(support, "PATIENCE", 8 * support.PATIENCE):
            result = support.run(str(SHELF / "lesson.sh"), self.number, "--check", *flags)
        self.assert_ran(result)
        return result.out.decode()

    def test_run_lesson_shows_it_and_leaves_nothing_behind(self):
        place = re.search(r"its log, all of it: (/\S+)/broker.log", self.run_stage()).group(1)
        self.assertFalse(os.path.exists(place))


def in_both_languages(case):
    """Makes two test cases of a class: CASE_c and CASE_python, in its module."""
    module = sys.modules[case.__module__]
    for language in ("c", "python"):
        name = f"{case.__name__}_{language}"
        members = {"language": language, "__module__": case.__module__}
        setattr(module, name, type(name, (case, Lesson), members))
    return case
