# SPDX-License-Identifier: MIT
"""The one table of all benchmarks: a block for each, whose columns are the sides it has."""

import statistics

from rows import OURS

MET = {True: "yes", False: "NO", None: "not measured"}


def short(value):
    """Three digits that count, or all before the point: 0.0213, 4.56, 818, 1213, 48.2k."""
    for unit, size in (("M", 1e6), ("k", 1e4)):
        if abs(value) >= size:
            divisor = 1e6 if unit == "M" else 1e3
            return f"{value / divisor:.3g}" + unit if abs(value) < 1e3 * divisor else f"{value:.3g}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def spread(samples):
    """The median, and the least and the most where there are more than one."""
    if not samples:
        return "-"
    low, middle, high = (short(f(samples)) for f in (min, statistics.median, max))
    return middle if low == high else f"{middle} ({low} to {high})"


def floor(row):
    return ", ".join(f"{name}: {spread(samples)}" for name, samples in row.floor.items())


def ratio(row):
    rival = row.rival()
    value = row.ratio(OURS, rival) if rival else None
    return f"{short(value)} of {rival}" if value is not None else ""


def sides_of(rows):
    """libiotkit first, then the others as they come up."""
    names = dict.fromkeys(side for row in rows for side in row.sides)
    return sorted(names, key=lambda name: not name.startswith(OURS))


def block(rows):
    """A header and lines, of cells; columns that would be empty are left out."""
    sides = sides_of(rows)
    header = ["", "unit", "better", *sides, "floor", "ratio", "goal", "met"]
    lines = [
        [
            *(row.row, row.unit, row.better),
            *(spread(row.sides[side]) if side in row.sides else "" for side in sides),
            *(floor(row), ratio(row), row.goal, MET[row.met] if row.goal else ""),
        ]
        for row in rows
    ]
    used = [i for i in range(len(header)) if i == 0 or any(line[i] for line in lines)]
    return [header[i] for i in used], [[line[i] for i in used] for line in lines]


def text_block(name, rows):
    header, lines = block(rows)
    cells = [[name, *header[1:]], *lines]
    widths = [max(map(len, column)) for column in zip(*cells)]
    padded = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in cells]
    return [padded[0], "-" * max(map(len, padded)), *padded[1:]]


def verdict(results):
    """Goals that are met and that are not, and who failed; sentences, the first of all goals."""
    met, missed, unknown = results.goals()
    told = [f"Goals: {len(met)} met, {len(missed)} not met, {len(unknown)} not measured."]
    for row in missed:
        value = ratio(row) if row.bound() and row.bound()[2] else spread(row.samples(OURS))
        told.append(f"Not met: {row.bench}, {row.row}: {value}; the goal is {row.goal}.")
    told += [f"FAILED: {one.bench}: {one.failure}" for one in results.failures()]
    return told


def text(results):
    lines = []
    for name, rows in results.groups().items():
        lines += [*text_block(name, rows), ""]
    return "\n".join([*lines, *verdict(results)])
