"""Each example is there as a program for each board, newer than its source.

Usage: test_examples.py AVR_SIZE EXAMPLES SKETCHES

SPDX-License-Identifier: MIT
"""
import pathlib
import re
import subprocess
import sys

AVR_SIZE = sys.argv[1]
EXAMPLES, SKETCHES = map(pathlib.Path, sys.argv[2:4])
FLASH = {"": 32256, "_mega": 253952, "_leonardo": 28672}

examples = sorted(EXAMPLES.glob("*/*.ino"))
assert len(examples) >= 6, examples
for source in examples:
    name = re.sub("([a-z])([A-Z])", r"\1_\2", source.stem).lower().removesuffix("_sketch")
    for board, flash in FLASH.items():
        elf = SKETCHES / f"{name}_sketch{board}.elf"
        assert elf.stat().st_mtime >= source.stat().st_mtime, f"{elf} is older than {source}"
        table = subprocess.run([AVR_SIZE, elf], stdout=subprocess.PIPE, text=True, check=True)
        text, data = map(int, table.stdout.splitlines()[1].split()[:2])
        assert 1000 < text + data < flash, f"{elf} has {text + data} bytes"
        print(f"{elf.name}: {text + data} bytes of flash")
