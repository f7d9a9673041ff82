"""The library's frames on the board are those of tests/vectors/frames.txt.

Usage: test_vectors.py SIMBOARD VECTORS_SKETCH.elf FRAMES

SPDX-License-Identifier: MIT
"""
import os
import re
import select
import subprocess
import sys
import time

SIMBOARD, SKETCH, FRAMES = sys.argv[1:4]
PATIENCE_S = 300


def listen(port):
    """What the board prints until it is done."""
    data = b""
    deadline = time.monotonic() + PATIENCE_S
    while b"DONE\r\n" not in data:
        left = deadline - time.monotonic()
        assert left > 0, f"only {data!r} came"
        if select.select([port], [], [], left)[0]:
            data += os.read(port, 4096)
    return data.decode()


with open(FRAMES, encoding="utf-8") as frames:
    wanted = [n for n, line in enumerate(frames, 1) if line.startswith(("good\t", "bad\t"))]
# Opening resets the board, so that nothing it prints is missed.
with subprocess.Popen([SIMBOARD, "--reset-on-open", SKETCH], stdout=subprocess.PIPE) as board:
    try:
        port = os.open(board.stdout.readline().strip(), os.O_RDWR | os.O_NOCTTY)
        heard = listen(port)
        os.close(port)
    finally:
        board.terminate()
last = heard[heard.rindex(f"line {wanted[0]}\r\n") - 5:]
passed = [int(n) for n in re.findall(r"^PASS line (\d+)\r$", last, re.MULTILINE)]
print(f"{len(passed)} of {len(wanted)} lines passed")
assert passed == wanted, f"failed: {sorted(set(wanted) - set(passed))} in\n{heard}"
