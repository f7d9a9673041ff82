# SPDX-License-Identifier: MIT
"""The tests of the ABI leave nothing of the header out, and the header keeps what each release had:
functions, numbers, and structs as far as they went."""

import pathlib
import re
import subprocess
import unittest

import header

HERE = pathlib.Path(__file__).resolve().parent
RELEASES = sorted(HERE.glob("[0-9]*.[0-9]*/iotkit.h"))
TODAY = header.read()
LAYOUT = (HERE / "layout.c").read_text()
# Those that a 64-bit number lies at multiples of 8 on.
TARGETS = ("x86_64-linux-gnu", "aarch64-linux-gnu", "arm-linux-gnueabihf", "arm-linux-gnueabi")


def signature(function):
    return function.returns, [parameter.type for parameter in function.parameters]


class Coverage(unittest.TestCase):
    def test_every_field_has_its_place_in_the_layouts(self):
        for struct, fields in TODAY.structs.items():
            self.assertIn(f"HAS({struct}, ", LAYOUT)
            for _, field in fields:
                self.assertIn(f"AT({struct}, {field}, ", LAYOUT)

    def test_every_constant_has_its_number_in_the_layouts(self):
        for name, value in TODAY.constants.items():
            self.assertRegex(LAYOUT, rf"\b{name} == {value}\b")

    def test_every_macro_is_compiled(self):
        used = (HERE / "macros.c").read_text()
        self.assertTrue(TODAY.macros)
        for macro in TODAY.macros:
            self.assertRegex(used, rf"\b{macro}\b")

    def test_every_struct_tells_its_size_first(self):
        for struct, fields in TODAY.structs.items():
            self.assertEqual(fields[0], ("uint32_t", "struct_size"), struct)

    def test_the_layouts_hold_for_all_kinds_of_pointers(self):
        for target in TARGETS:
            with self.subTest(target):
                subprocess.run(
                    ["clang", f"--target={target}", "-std=c11", "-ffreestanding", "-fsyntax-only",
                     "-Werror", "-I", header.HEADER.parent, HERE / "layout.c"],
                    check=True,
                )


class Promise(unittest.TestCase):
    def test_all_of_each_release_is_there_today(self):
        self.assertTrue(RELEASES, "no release is kept: ./run abi-baseline")
        for path in RELEASES:
            with self.subTest(path.parent.name):
                self.assert_kept(header.read(path))

    def assert_kept(self, then):
        for name, function in then.functions.items():
            self.assertIn(name, TODAY.functions)
            self.assertEqual(signature(TODAY.functions[name]), signature(function), name)
        for name, value in then.constants.items():
            self.assertEqual(TODAY.constants.get(name), value, name)
        for name, fields in then.structs.items():
            self.assertEqual(TODAY.structs[name][:len(fields)], fields, name)
        self.assertLessEqual(set(then.macros), set(TODAY.macros))

    def test_every_return_and_every_type_has_a_fixed_width(self):
        """What a language needs no C compiler for: no long, no bool, no struct by value, no
        varargs."""
        known = {"void", "char", "double", "size_t", "int32_t", "int64_t", "uint32_t", "uint64_t",
                 "iotkit_status", "iotkit_event_callback"}
        pointed = known | set(TODAY.structs) | {"iotkit", "iotkit_dedup", "iotkit_outbox_rows"}
        for function in TODAY.functions.values():
            for text in (function.returns, *(p.type for p in function.parameters)):
                base = re.sub(r"\bconst\b|[* ]", "", text)
                self.assertIn(base, pointed if "*" in text else known, function.name)


if __name__ == "__main__":
    unittest.main()
