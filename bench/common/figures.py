# SPDX-License-Identifier: MIT
"""Prints a row with all its rounds, and hands it on."""

import statistics

import arguments
from setting import say


def number(value):
    """Three digits are what a median is worth, or all of a whole number."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def show(options, row):
    goal = f"; goal: {row.goal}, {'met' if row.met else 'NOT MET'}" if row.goal else ""
    say(f"\n{row.row} ({row.unit}{goal})")
    for side, samples in (row.sides | {f"floor: {k}": v for k, v in row.floor.items()}).items():
        if not samples:
            continue
        spread = f"({number(min(samples))} to {number(max(samples))})"
        rounds = " ".join(map(number, samples)) if len(samples) > 1 else ""
        say(f"   {side:28} {number(statistics.median(samples)):>10} {spread:24} {rounds}")
    arguments.tell(options, row)
