#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The line protocol in few lines of Python says the same of each line of frames.txt as the file does.

Usage: test_frames.py FRAMES
"""

import binascii
import math
import re
import sys
import unittest

FRAMES = sys.argv.pop(1)

NUMBER = r"0|[1-9][0-9]{0,9}"
TEXT = r"(?:[^ ~%]|%[0-9A-F]{2})+"
FORMS = {"i": r"(?!0{8})[0-9a-f]{8}", "j": r"-|(?!0{8})[0-9a-f]{8}", "x": r"[0-9a-f]{8}",
         "n": NUMBER, "t": TEXT, "m": r"(?!-$)" + TEXT, "c": TEXT, "v": r"-?[0-9]+(?:\.[0-9]+)?(?:e[-+]?[0-9]+)?"}
KINDS = {"H": "jxnntttc", "M": "innnmvt", "S": "innnmt", "R": "inn", "W": "xi", "A": "in",
         "N": "in", "C": "intt", "?": ""}


class NoFrame(Exception):
    """Why a line is no frame."""


def decode(field):
    if field == "-":
        return ""
    coded = re.sub(rb"%(..)", lambda m: bytes.fromhex(m[1].decode()), field.encode())
    return coded.decode()


def read_field(form, field):
    if not re.fullmatch(FORMS[form], field):
        raise NoFrame(f"{field!r} is not of form {form}")
    if form == "n" and int(field) > 0xffffffff:
        raise NoFrame(f"{field} is too large")
    if form == "v" and not math.isfinite(float(field)):
        raise NoFrame(f"{field} is beyond all numbers")
    decoded = decode(field) if form in "tm" else field
    if form in "tm" and "\0" in decoded:
        raise NoFrame("byte 0")
    return decoded


def read(line):
    """[kind, field, ...], decoded."""
    before, tilde, crc = line.removesuffix(b"\r").rpartition(b"~")
    _, other, body = before.rpartition(b"~")
    if not tilde or not other:
        raise NoFrame("not two tildes")
    if crc != b"%08x" % binascii.crc32(body):
        raise NoFrame(f"the CRC would be {binascii.crc32(body):08x}")
    if re.search(rb"[\0-\x1f\x7f]", body):
        raise NoFrame("a control byte")
    try:
        kind, *fields, last = body.decode().split(" ")
        forms = KINDS[kind]
        if last != "" or len(fields) != len(forms):
            raise NoFrame("fields")
        out = [kind, *map(read_field, forms, fields)]
    except (KeyError, ValueError) as error:
        raise NoFrame(str(error)) from error
    if kind == "H" and int(fields[3]) < 48:
        raise NoFrame("room")
    return out


def plain(column):
    """A column's bytes."""
    return re.sub(rb"\\([0-7]{3})", lambda m: bytes([int(m[1], 8)]), column.encode())


class Frames(unittest.TestCase):
    def setUp(self):
        with open(FRAMES, encoding="utf-8", newline="\n") as file:
            lines = [line.rstrip("\n").split("\t") for line in file]
        self.lines = [columns for columns in lines if columns[0][:1] not in ("", "#")]

    def test_good_lines_mean_what_is_said(self):
        for verdict, line, *fields in self.lines:
            if verdict == "good":
                with self.subTest(line):
                    self.assertEqual([field.encode() for field in read(plain(line))],
                                     [plain(field) for field in fields])

    def test_bad_lines_are_no_frames(self):
        for verdict, line, *reason in self.lines:
            if verdict == "bad":
                with self.subTest(line):
                    self.assertEqual(len(reason), 1)
                    with self.assertRaises(NoFrame) as caught:
                        read(plain(line))
                    # Else it would be bad for another reason than is said.
                    if "CRC" not in reason[0] and plain(line).count(b"~") == 2 and \
                            re.search(rb"~[0-9a-f]{8}$", plain(line)):
                        self.assertNotIn("CRC", str(caught.exception))

    def test_there_are_lines_of_every_kind_and_no_other(self):
        self.assertEqual({columns[0] for columns in self.lines}, {"good", "bad"})
        self.assertEqual({columns[2] for columns in self.lines if columns[0] == "good"}, set(KINDS))


if __name__ == "__main__":
    unittest.main()
