#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make tests/vectors/frames.txt a table in flash for Vectors.ino: make_header.py FRAMES HEADER"""

import re
import sys

# The form of each field: i an id, n a number, t a text, p as it stands in the line.
FORMS = {"H": "iinntttp", "M": "innntpt", "S": "innntt", "R": "inn", "W": "ii", "A": "in",
         "N": "in", "C": "intt", "?": ""}


def octal(text):
    """All as octal escapes, which C cannot take for more than they are."""
    raw = re.sub(rb"\\([0-7]{3})", lambda m: bytes([int(m[1], 8)]), text.encode())
    return "".join(f"\\{byte:03o}" for byte in raw), len(raw)


def main(frames, header):
    texts, rows = [], []
    with open(frames, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            columns = line.rstrip("\n").split("\t")
            if columns[0] not in ("good", "bad"):
                continue
            good = columns[0] == "good"
            kind, fields = (columns[2], columns[3:]) if good else ("", [])
            forms = FORMS[kind] if good else ""
            if kind == "H" and fields[0] == "-":
                forms = "p" + forms[1:]
            text, size = octal(columns[1])
            values = "\\000".join(octal(field)[0] for field in fields)
            for name, value in (("line", text), ("field", values), ("forms", forms)):
                texts.append(f'static const char {name}{number}[] PROGMEM = "{value}";')
            rows.append(f"  {{{number}, {'true' if good else 'false'}, {size}, line{number}, "
                        f"{ord(kind) if kind else 0}, {len(fields)}, field{number}, "
                        f"forms{number}}},")
    with open(header, "w", encoding="utf-8") as out:
        print("/* Made by make_header.py of tests/vectors/frames.txt. */", *texts,
              "static const Vector vectors[] PROGMEM = {", *rows, "};",
              f"static const uint16_t vectorCount = {len(rows)};", sep="\n", file=out)


main(*sys.argv[1:])
