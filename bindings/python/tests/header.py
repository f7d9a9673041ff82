# SPDX-License-Identifier: MIT
"""Reads include/iotkit.h: its functions, structs and constants, as C has them."""

import re
import subprocess

# What its declarations are made of, and no more: a new kind of them is to be noticed.
FUNCTION = re.compile(r"IOTKIT_API ([^;(]*?)(\w+)\(([^;]*)\);")
STRUCT = re.compile(r"typedef struct (\w+) \{(.*?)\} \1;", re.DOTALL)
FIELD = re.compile(r"([\w \*]*?[\s*])(\w+)(?:\[(\d+)\])?;")
ENUM = re.compile(r"enum \{(.*?)\};", re.DOTALL)
CONSTANT = re.compile(r"(\w+) = (-?\d+)")
CALLBACK = re.compile(r"typedef void \(\*(\w+)\)\(([^;]*)\);")
MACRO = re.compile(r"^#define (IOTKIT_VERSION_\w+) (\d+)", re.MULTILINE)


def squeeze(text):
    """A type as it is compared: one space, none before a star."""
    return re.sub(r"\s*\*\s*", " *", " ".join(text.split())).strip()


def parameters(text):
    """The types of a list of parameters, without their names."""
    if text.strip() == "void":
        return []
    return [squeeze(re.sub(r"\w+$", "", one.strip())) for one in text.split(",")]


class Header:
    def __init__(self, path):
        self.path = path
        whole = path.read_text()
        text = re.sub(r"/\*.*?\*/", " ", whole, flags=re.DOTALL)
        self.macros = {name: int(value) for name, value in MACRO.findall(text)}
        self.functions = {
            name: (squeeze(result), parameters(taken))
            for result, name, taken in FUNCTION.findall(text)
        }
        self.structs = {
            name: [(field, squeeze(kind), int(length or 0))
                   for kind, field, length in FIELD.findall(body)]
            for name, body in STRUCT.findall(text)
        }
        self.callbacks = {name: parameters(taken) for name, taken in CALLBACK.findall(text)}
        self.constants = {
            name: int(value) for body in ENUM.findall(text) for name, value in CONSTANT.findall(body)
        }
        self.check_nothing_was_overlooked(text)

    def check_nothing_was_overlooked(self, text):
        """Counted in another way, so that a declaration of a new form does not pass unseen."""
        body = text[text.index("#define IOTKIT_API\n") :]
        assert body.count("IOTKIT_API ") == len(self.functions), "a function was not understood"
        assert body.count("} iotkit_") == len(self.structs), "a struct was not understood"
        equals = len(re.findall(r"\bIOTKIT_\w+ =", body))
        assert equals == len(self.constants), "a constant was not understood"
        for name, fields in self.structs.items():
            declared = re.search(rf"struct {name} \{{(.*?)\}}", body, re.DOTALL).group(1)
            assert declared.count(";") == len(fields), f"a field of {name} was not understood"

    def layout(self, folder):
        """What the compiler says: by struct its size, by field its offset and size."""
        lines = []
        for name, fields in self.structs.items():
            lines.append(f'printf("{name} . %zu 0\\n", sizeof({name}));')
            lines += [
                f'printf("{name} {field} %zu %zu\\n", offsetof({name}, {field}),'
                f" sizeof((({name} *)0)->{field}));"
                for field, _, _ in fields
            ]
        source, program = folder / "layout.c", folder / "layout"
        source.write_text(
            f'#include "{self.path}"\n#include <stdio.h>\nint main(void)\n{{\n'
            + "\n".join(lines)
            + "\nreturn 0;\n}\n"
        )
        subprocess.run(["cc", "-std=c11", source, "-o", program], check=True)
        told = subprocess.run([program], check=True, capture_output=True, text=True).stdout
        return {
            tuple(line.split()[:2]): tuple(map(int, line.split()[2:]))
            for line in told.splitlines()
        }
