#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What arduino-lint asks of a library, as far as it can be asked without a network: the numbers in
the tests' names are those of its rules. Usage: test_library_rules.py LIBRARY"""

import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(sys.argv.pop(1)).resolve()
FILES = sorted(path for path in ROOT.rglob("*"))
PROPERTIES = dict(line.split("=", 1) for line in
                  (ROOT / "library.properties").read_text().splitlines()
                  if line and not line.startswith("#"))
KNOWN = {"name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url",
         "architectures", "depends", "includes", "dot_a_linkage", "precompiled", "ldflags"}
REQUIRED = {"name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url",
            "architectures"}
CATEGORIES = {"Display", "Communication", "Signal Input/Output", "Sensors", "Device Control",
              "Timing", "Data Storage", "Data Processing", "Other"}
IDENTIFIERS = {"KEYWORD1", "KEYWORD2", "KEYWORD3", "LITERAL1", "LITERAL2"}
KEYWORDS = [line for line in (ROOT / "keywords.txt").read_text().splitlines()
            if line and not line.startswith("#")]
HEADER = (ROOT / "src" / "IoTKit.h").read_text()


class Structure(unittest.TestCase):
    def test_ls002_ls003_the_folder_has_a_name_that_tools_take(self):
        self.assertRegex(ROOT.name, r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")

    def test_ls005_ls006_ls007_nothing_that_the_index_refuses(self):
        for path in FILES:
            self.assertFalse(path.is_symlink(), path)
            self.assertNotIn(path.name, (".development", ".gitmodules"))
            self.assertNotEqual(path.suffix, ".exe", path)

    def test_ls008_a_header_has_the_librarys_name(self):
        self.assertTrue((ROOT / "src" / f"{PROPERTIES['name']}.h").is_file())

    def test_ls009_ls010_ls011_ld005_folders_have_their_names(self):
        folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
        self.assertLessEqual(folders, {"src", "examples", "extras"})

    def test_ld001_ld002_it_has_a_readme_and_a_licence(self):
        self.assertIn("# IoTKit", (ROOT / "README.md").read_text())
        self.assertIn("MIT License", (ROOT / "LICENSE").read_text())

    def test_ld003_ld004_ss_sketches_are_examples_each_in_a_folder_of_its_name(self):
        sketches = [path for path in FILES if path.suffix in (".ino", ".pde")]
        self.assertGreater(len(sketches), 5)
        for path in sketches:
            self.assertEqual(path.parent.parent, ROOT / "examples")
            self.assertEqual(path.name, f"{path.parent.name}.ino")
        for folder in (ROOT / "examples").iterdir():
            self.assertRegex(folder.name, r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")
            self.assertTrue((folder / f"{folder.name}.ino").is_file(), folder)

    def test_lc001_arduino_h_is_spelt_right(self):
        for path in FILES:
            if path.suffix in (".h", ".cpp", ".ino"):
                for name in re.findall(r"#include\s*[<\"](arduino\.h)", path.read_text(), re.I):
                    self.assertEqual(name, "Arduino.h", path)


class Properties(unittest.TestCase):
    def test_lp001_to_lp006_only_known_fields_in_one_file(self):
        self.assertEqual([path for path in FILES if path.name.lower() == "library.properties"],
                         [ROOT / "library.properties"])
        self.assertLessEqual(set(PROPERTIES), KNOWN)
        self.assertGreaterEqual(set(PROPERTIES), REQUIRED)
        for name, value in PROPERTIES.items():
            self.assertEqual(value, value.strip(), name)
            self.assertTrue(value, name)

    def test_lp007_to_lp018_the_name(self):
        self.assertRegex(PROPERTIES["name"], r"^[A-Za-z][A-Za-z0-9_.-]{0,15}$")
        self.assertNotRegex(PROPERTIES["name"].lower(), "arduino|library")
        self.assertEqual(PROPERTIES["name"], ROOT.name)

    def test_lp019_to_lp021_the_version_is_semver(self):
        self.assertRegex(PROPERTIES["version"], r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$")

    def test_lp027_lp057_arduino_maintains_it_not(self):
        self.assertNotIn("arduino", PROPERTIES["maintainer"].lower())

    def test_lp036_the_paragraph_does_not_repeat_the_sentence(self):
        self.assertFalse(PROPERTIES["paragraph"].startswith(PROPERTIES["sentence"]))

    def test_lp038_lp041_lp045_values_that_tools_know(self):
        self.assertIn(PROPERTIES["category"], CATEGORIES)
        self.assertRegex(PROPERTIES["url"], r"^https?://[^ /]+\.[^ ]+$")
        self.assertEqual(PROPERTIES["architectures"], "*")

    def test_lp052_includes_are_there(self):
        for name in PROPERTIES["includes"].split(","):
            self.assertTrue((ROOT / "src" / name).is_file(), name)


class Keywords(unittest.TestCase):
    def test_words_and_kinds_are_separated_by_one_tab(self):
        for line in KEYWORDS:
            self.assertRegex(line, r"^[A-Za-z][A-Za-z0-9_]*\t[A-Z]+[0-9]$")
            self.assertIn(line.split("\t")[1], IDENTIFIERS)

    def test_they_are_what_the_header_offers(self):
        words = [line.split("\t")[0] for line in KEYWORDS]
        self.assertEqual(len(words), len(set(words)))
        public = HEADER[HEADER.index("public:"):HEADER.index("protected:")]
        methods = set(re.findall(r"^  \w[\w ]*?\b(\w+)\(", public, re.MULTILINE))
        self.assertEqual({line.split("\t")[0] for line in KEYWORDS if "KEYWORD2" in line}, methods)

    def test_each_method_has_a_comment(self):
        public = HEADER[HEADER.index("public:"):HEADER.index("protected:")]
        for block in public.strip().split("\n\n"):
            self.assertIn("/*", block, block)


class Code(unittest.TestCase):
    def test_it_asks_for_no_memory_and_throws_nothing(self):
        banned = re.compile(r"\b(malloc|calloc|realloc|free|new|delete|throw|String|printf|sprintf"
                            r"|snprintf|dtostrf)\b(?!;)")
        for path in sorted((ROOT / "src").glob("*")):
            code = re.sub(r"/\*.*?\*/|\"[^\"\n]*\"", "", path.read_text(), flags=re.DOTALL)
            found = banned.search(code)
            self.assertIsNone(found, f"{path.name}: {found and found.group()}")

    def test_every_file_says_its_licence(self):
        for path in FILES:
            if path.suffix in (".h", ".cpp", ".ino"):
                self.assertIn("SPDX-License-Identifier: MIT", path.read_text()[:200], path)


if __name__ == "__main__":
    unittest.main()
