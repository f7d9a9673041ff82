# SPDX-License-Identifier: MIT
"""A row of what `./run bench` prints: one figure of each side, measured in turns in one run."""

import dataclasses
import json
import re
import statistics

OURS = "libiotkit"
BOUND = re.compile(r"(at least|at most|under) ([\d.]+)(?: of (.+)| .*)?")


@dataclasses.dataclass
class Row:
    """Sides and floor map a name to its samples, one a round. A goal is set by one of at_least(),
    at_most() and under(), after the samples."""

    bench: str
    row: str
    unit: str
    better: str  # "less" or "more"
    sides: dict
    floor: dict = dataclasses.field(default_factory=dict)
    goal: str = ""
    met: bool | None = None
    settings: str = ""

    def __post_init__(self):
        if self.better not in ("less", "more"):
            raise ValueError(f"{self.row}: better is less or more, not {self.better!r}")

    def samples(self, side):
        return self.sides.get(side) or self.floor.get(side) or []

    def median(self, side):
        """None when the side was not measured."""
        samples = self.samples(side)
        return statistics.median(samples) if samples else None

    def ratio(self, side, other):
        """Of the medians; None when there is none."""
        over, under = self.median(side), self.median(other)
        return over / under if over is not None and under else None

    def at_least(self, bound, of=None):
        """What is wished of libiotkit: times another side's median, or in the row's unit."""
        return self._aim("at least", bound, of, lambda value: value >= bound)

    def at_most(self, bound, of=None):
        return self._aim("at most", bound, of, lambda value: value <= bound)

    def under(self, bound, of=None):
        return self._aim("under", bound, of, lambda value: value < bound)

    def _aim(self, words, bound, of, holds):
        self.goal = f"{words} {bound:.10g} " + (f"of {of}" if of else self.unit)
        value = self.ratio(OURS, of) if of else self.median(OURS)
        self.met = None if value is None else holds(value)
        return self

    def bound(self):
        """Words, number and side (or None) of the goal; None when there is no such goal."""
        match = BOUND.fullmatch(self.goal)
        return (match[1], float(match[2]), match[3]) if match else None

    def peers(self):
        """The sides that are not libiotkit itself, in another of its settings."""
        return [side for side in self.sides if not side.startswith(OURS) and self.samples(side)]

    def rival(self):
        """Whom libiotkit is compared with: the side that the goal names, or the best peer."""
        bound = self.bound()
        if bound and bound[2] and self.samples(bound[2]):
            return bound[2]
        best = min if self.better == "less" else max
        return best(self.peers(), key=self.median, default=None)


def append(path, row):
    """A line more in the file, whole or not at all."""
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(dataclasses.asdict(row)) + "\n")


def read(path):
    with open(path, encoding="utf-8") as file:
        return [Row(**json.loads(line)) for line in file]
