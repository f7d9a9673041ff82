# SPDX-License-Identifier: MIT
"""The pages about the ABI say what the header and the tests say."""

import re
import subprocess
import unittest

import errors_page
import header
import man_page
import support  # of tests/programs

TODAY = header.read()
DOCS = header.SOURCE / "docs"


class Pages(unittest.TestCase):
    def test_the_errors_page_has_each_code_with_its_text_and_its_functions(self):
        page = errors_page.PAGE.read_text()
        self.assertEqual(errors_page.codes_of(page), errors_page.codes(TODAY))
        self.assertEqual(page, errors_page.rewrite(page, TODAY),
                         "run: tests/abi/errors_page.py --write")

    def test_the_man_page_has_each_function_and_each_code(self):
        page = man_page.PAGE.read_text()
        self.assertEqual(page, man_page.rewrite(page, TODAY), "run: tests/abi/man_page.py --write")
        for function in TODAY.functions.values():
            self.assertTrue(function.brief, function.name)

    def test_the_example_of_the_man_page_compiles(self):
        example = re.search(r"^\.SH EXAMPLE\n\.EX\n(.*?)^\.EE$", man_page.PAGE.read_text(),
                            re.DOTALL | re.MULTILINE).group(1).replace("\\e", "\\")
        subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I",
                        header.HEADER.parent, "-x", "c", "-"], input=example, text=True, check=True)

    def test_all_man_pages_are_of_this_version(self):
        macros = re.findall(r"#define IOTKIT_VERSION_\w+ (\d+)", header.HEADER.read_text())
        for path in (DOCS / "man").iterdir():
            self.assertIn(f'"libiotkit {".".join(macros)}"', path.read_text(), path.name)

    def test_the_threads_page_says_of_each_function_what_it_waits_for(self):
        rows = re.findall(r"^\| (`iotkit_\w+\(\)`.*)$", (DOCS / "threads.md").read_text(), re.M)
        told = [name for row in rows for name in re.findall(r"iotkit_\w+", row.split("|")[0])]
        self.assertEqual(sorted(told), sorted(TODAY.functions))

    def test_the_tests_that_the_pages_name_exist(self):
        listed = subprocess.run(["ctest", "--test-dir", support.BIN.parent, "-N"], text=True,
                                check=True, capture_output=True).stdout
        tests = set(re.findall(r"Test +#\d+: (\S+)", listed))
        for page in ("abi.md", "threads.md"):
            text = (DOCS / page).read_text()
            named = set(re.findall(r"`((?:abi|integration|stress|unit)\.\w+)`", text))
            self.assertGreater(len(named), 4)
            self.assertEqual(named - tests, set(), page)


if __name__ == "__main__":
    unittest.main()
