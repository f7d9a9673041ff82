#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How many instructions the hot paths take, counted by callgrind, beside those that are kept.

Counts repeat exactly, on a busy machine too. See ../README.md for how to read the result.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import arguments
import rows
from setting import first_line, say

HERE = pathlib.Path(__file__).resolve().parent
BASELINE = HERE / "baseline.json"
ALLOWED = 0.10  # growth, and what is told as a saving
STEPS = 16  # of each path, after a warm-up
WALK_S = 240  # at most
SKIPPED = 77
SQLITE = "libsqlite3"

MEND = (
    "make it cheaper, or if it is worth it, keep the new figure with ./run bench counts --keep"
    " and say why in the commit"
)


class Failure(Exception):
    """Nothing was counted."""


def parse():
    parser = argparse.ArgumentParser(prog="./run bench counts", description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--keep", action="store_true", help="keep the figures in baseline.json")
    add("--test", action="store_true", help=f"fail when one grew by more than {ALLOWED:.0%}%")
    add("--steps", type=int, default=STEPS, help=f"counted of each path (default: {STEPS})")
    return arguments.parse(parser)


# ---- counting ------------------------------------------------------------


def count_file(path):
    """Instructions in a dump of callgrind's: all but SQLite's with what it calls, and those."""
    names = {}  # "(7) /lib/libc.so" the first time, "(7)" from then on
    total = sqlite = 0
    caller = callee = ""
    is_call = False

    def name_of(text):
        key, _, name = text.partition(" ")
        return names.setdefault(key, name)

    for line in path.read_text().splitlines():
        if line.startswith("ob="):
            caller = name_of(line[3:])
        elif line.startswith("cob="):
            callee = name_of(line[4:])
        elif line.startswith("fn="):
            callee = ""
        elif line.startswith("calls="):
            is_call = True
        elif line[:1].isdigit() or line[:1] in ("+", "-", "*"):
            cost = int(line.split()[-1])
            if not is_call:
                total += cost
            elif SQLITE in callee and SQLITE not in caller:
                sqlite += cost
            is_call, callee = False, ""
    return total - sqlite, sqlite


def walk(program, steps, folder):
    """Lets the program walk its paths; it says which they are, in the order of the dumps."""
    # Where things lie on the stack, which begins with all these, can be worth an instruction: so
    # they are always as long.
    pathlib.Path(folder, "count_paths").symlink_to(program.resolve())
    command = (
        shutil.which("valgrind"),
        "--tool=callgrind",
        "--quiet",
        "--callgrind-out-file=out",
        "--toggle-collect=counted",
        "--dump-after=path_done",
        "./count_paths",
        ".",
        str(steps),
    )
    done = subprocess.run(
        command,
        cwd=folder,
        env={"LD_BIND_NOW": "1"},
        capture_output=True,
        text=True,
        timeout=WALK_S,
    )
    if done.returncode != 0:
        raise Failure(f"{program}: {done.stderr or done.stdout}")
    return [line.split("\t", 1)[1] for line in done.stdout.splitlines()]


def count(program, steps):
    """Instructions a step of each path, and of them SQLite's."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        paths = walk(program, steps, folder)
        dumps = [pathlib.Path(folder, f"out.{number}") for number in range(1, len(paths) + 1)]
        counts = [count_file(dump) for dump in dumps]
    ours = {path: one[0] // steps for path, one in zip(paths, counts)}
    sqlite = {path: one[1] // steps for path, one in zip(paths, counts)}
    return ours, sqlite


# ---- the baseline --------------------------------------------------------


def read_baseline():
    return json.loads(BASELINE.read_text()) if BASELINE.exists() else {"made_by": "", "steps": {}}


def keep(made_by, ours):
    figures = {"made_by": made_by, "steps": ours}
    BASELINE.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")


def change(now, before):
    return now / before - 1


def complaints(ours, kept):
    """What is to be mended, a sentence each."""
    for path, now in ours.items():
        if path not in kept:
            yield f"'{path}' is new: keep its figure with ./run bench counts --keep"
        elif change(now, kept[path]) > ALLOWED:
            yield (
                f"'{path}' takes {now} instructions, {change(now, kept[path]):.0%} more than the"
                f" {kept[path]} of {BASELINE.relative_to(HERE.parents[1])}: {MEND}"
            )
    for path in kept.keys() - ours.keys():
        yield f"'{path}' is counted no more: take it out with ./run bench counts --keep"


def good_news(ours, kept):
    for path, now in ours.items():
        if path in kept and change(now, kept[path]) < -ALLOWED:
            yield (
                f"'{path}' takes {now} instructions, {-change(now, kept[path]):.0%} less than"
                " before: keep that with ./run bench counts --keep"
            )


# ---- what is printed -----------------------------------------------------


def print_table(ours, sqlite, kept):
    say(f"\n{'instructions a step':38}{'now':>10}{'kept':>10}{'change':>9}{'SQLite':>10}")
    for path, now in ours.items():
        before = kept.get(path)
        difference = f"{change(now, before):+.1%}" if before else "new"
        say(
            f"{path:38}{now:10}{before or '-':>10}{difference:>9}"
            f"{sqlite[path] or '':>10}"
        )


def tell_rows(options, ours, made_by):
    for name, now in ours.items():
        row = rows.Row("counts", name, "instructions", "less", {rows.OURS: [now]})
        row.settings = f"callgrind, {made_by}"
        arguments.tell(options, row)


def skip(reason):
    say(f"skipped: {reason}")
    return SKIPPED


def main():
    options = parse()
    program = options.programs / "count_paths"
    made_by = first_line(program)
    baseline = read_baseline()
    comparable = baseline["made_by"] == made_by
    if options.test and not comparable:
        return skip(f"the figures kept are of {baseline['made_by']}, and this is {made_by}")
    if shutil.which("valgrind") is None:
        return skip("there is no valgrind") if options.test else "bench: there is no valgrind"
    ours, sqlite = count(program, options.steps)
    kept = baseline["steps"] if comparable else {}
    say(f"built by   {made_by}; {first_line('valgrind', '--version')}")
    print_table(ours, sqlite, kept)
    if not comparable:
        say(f"\nThe figures kept are of {baseline['made_by'] or 'nothing'}: they are not compared.")
    if options.keep:
        keep(made_by, ours)
        kept = ours
    tell_rows(options, ours, made_by)
    bad = list(complaints(ours, kept)) if options.test else []
    for sentence in [*good_news(ours, kept), *bad]:
        say(f"\n{sentence}")
    return 1 if bad else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"bench: {failure}")
