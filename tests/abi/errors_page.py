#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What docs/errors.md has from the header and the library: each code with its number and text, and
the functions that return it. test_pages.py compares them. With --write it makes these lines anew,
and keeps the words between."""

import re
import sys

import header

PAGE = header.SOURCE / "docs" / "errors.md"
TEXTS = header.SOURCE / "libiotkit" / "base" / "error.c"
HEADING = re.compile(r"^## (IOTKIT_\w+).*$")
NEVER = "no function, only events."


def texts():
    """What iotkit_strerror() says, by code."""
    rows = re.findall(r'\{(IOTKIT_\w+), "\1", "([^"]*)"\}', TEXTS.read_text())
    return dict(rows)


def functions_of(today, code):
    names = [f"`{name}()`" for name, function in today.functions.items()
             if code.removeprefix("IOTKIT_") in function.codes]
    return ", ".join(names) + "." if names else NEVER


def rewrite(page, today):
    said = texts()
    lines, code = [], None
    for line in page.splitlines():
        match = HEADING.match(line)
        if match:
            code = match.group(1)
            line = f"## {code} ({today.constants[code]}): {said[code]}"
        elif line.startswith("From:"):
            line = f"From: {functions_of(today, code)}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def codes(today):
    return [name for name in today.constants if re.fullmatch(r"IOTKIT_E[A-Z]+", name)]


def codes_of(page):
    return [match.group(1) for match in map(HEADING.match, page.splitlines()) if match]


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: errors_page.py --write")
    PAGE.write_text(rewrite(PAGE.read_text(), header.read()))
