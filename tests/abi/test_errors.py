# SPDX-License-Identifier: MIT
"""Every error that the header documents is provoked by a test, which errors.txt names."""

import pathlib
import re
import unittest

import header

HERE = pathlib.Path(__file__).resolve().parent
TODAY = header.read()
# A test, with the comment before it; and a helper of one, as those that memory runs out in.
START = r"(?:/\*(?:[^*]|\*(?!/))*\*/\s*)?(?:START_TEST\({name}\)|static \w[\w *]*\b{name}\()"

# How these suites expect a code: for want of memory, after fork().
EXPECTS = {"stress/test_memory.c": "TRY|TRY_REFUSED|is_short", "integration/test_fork.c": "refused"}


def rows():
    """errors.txt: function, code, file, test."""
    for line in (HERE / "errors.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            yield line.split()


def text_of(path, name):
    """A test's whole text; None when there is no such test."""
    text = path.read_text()
    match = re.search(START.format(name=re.escape(name)) + r".*?^}", text, re.DOTALL | re.MULTILINE)
    return match and match.group()


class Errors(unittest.TestCase):
    def test_each_documented_error_has_its_row_and_no_other(self):
        documented = {(name, code) for name, function in TODAY.functions.items()
                      for code in function.codes}
        listed = [(function, code) for function, code, _, _ in rows()]
        self.assertEqual(len(listed), len(set(listed)), "a row is there twice")
        self.assertEqual(set(listed) - documented, set(), "the header does not say so")
        self.assertEqual(documented - set(listed), set(), "no test provokes these")

    def test_each_row_names_a_test_that_calls_the_function_and_expects_the_code(self):
        for function, code, file, name in rows():
            with self.subTest(function=function, code=code):
                text = text_of(HERE.parent / file, name)
                self.assertIsNotNone(text, f"{file} has no test {name}")
                self.assertIn(f"{function}(", text)
                expected = EXPECTS.get(file, f"IOTKIT_{code}")
                self.assertRegex(text, rf"\b({expected})\b")

    def test_every_code_is_documented_somewhere(self):
        found = {code for function in TODAY.functions.values() for code in function.codes}
        codes = {name.removeprefix("IOTKIT_") for name in TODAY.constants
                 if re.fullmatch(r"IOTKIT_E[A-Z]+", name)}
        # What comes in events alone: a line of a board that is no metric.
        self.assertEqual(codes - found, {"EFORMAT"})

    def test_each_function_with_a_handle_is_refused_after_fork(self):
        text = (HERE.parent / "integration/test_fork.c").read_text()
        for name, function in TODAY.functions.items():
            if any(parameter.type == "iotkit *" for parameter in function.parameters):
                self.assertIn(f"{name}(iot", text)


if __name__ == "__main__":
    unittest.main()
