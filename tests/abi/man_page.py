#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the man page iotkit(3) has from the header: each function with its first sentence, and each
code with its text. test_pages.py compares them. With --write it makes these parts anew, and keeps
the words between."""

import re
import sys

import errors_page
import header

PAGE = header.SOURCE / "docs" / "man" / "iotkit.3"
BEGIN = '.\\" Made by tests/abi/man_page.py --write from iotkit.h; do not edit.\n'
END = '.\\" The end of what is made.\n'


def roff(text):
    return text.replace("\\", "\\e").replace("-", "\\-")


def declared(parameter):
    """As in C: the name follows the star at once."""
    space = "" if parameter.type.endswith("*") else " "
    return f"{parameter.type}{space}\\fI{parameter.name}\\fR"


def paragraph(function):
    space = "" if function.returns.endswith("*") else " "
    arguments = ", ".join(map(declared, function.parameters)) or "void"
    return (f".TP\n{function.returns}{space}\\fB{function.name}\\fR({arguments})\n"
            f"{roff(function.brief)}\n")


def functions(today):
    return "".join(paragraph(function) for function in today.functions.values())


def codes(today):
    said = errors_page.texts()
    return "".join(f".TP\n.BR {code} \" ({roff(str(today.constants[code]))})\"\n{roff(said[code])}\n"
                   for code in errors_page.codes(today))


def rewrite(page, today):
    made = iter((functions(today), codes(today)))
    pattern = re.escape(BEGIN) + ".*?" + re.escape(END)
    return re.sub(pattern, lambda _: BEGIN + next(made) + END, page, flags=re.DOTALL)


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: man_page.py --write")
    PAGE.write_text(rewrite(PAGE.read_text(), header.read()))
