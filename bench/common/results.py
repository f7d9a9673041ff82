# SPDX-License-Identifier: MIT
"""What one run of all benchmarks came to, as it is kept in results.json."""

import dataclasses
import json
import statistics

from rows import Row


@dataclasses.dataclass
class Outcome:
    """Of one benchmark."""

    bench: str
    seconds: float
    failure: str = ""  # a sentence, when it failed


@dataclasses.dataclass
class Results:
    date: str
    library: str  # its version and commit
    machine: str
    versions: list
    settings: str
    outcomes: list = dataclasses.field(default_factory=list)
    rows: list = dataclasses.field(default_factory=list)

    def failures(self):
        return [one for one in self.outcomes if one.failure]

    def groups(self):
        """The benchmarks in the order in which they ran, each with its rows."""
        names = [one.bench for one in self.outcomes]
        names += sorted({row.bench for row in self.rows} - set(names))
        groups = {name: [row for row in self.rows if row.bench == name] for name in names}
        return {name: rows for name, rows in groups.items() if rows}

    def goals(self):
        """The rows that have one: met, not met, and not measured."""
        wished = [row for row in self.rows if row.goal]
        return [[row for row in wished if row.met is met] for met in (True, False, None)]

    def usual_spread(self):
        """Least to most of a side's rounds, as a part of their median: the median of all sides."""
        spreads = []
        for row in self.rows:
            for samples in row.sides.values():
                middle = statistics.median(samples) if samples else 0
                if len(samples) > 1 and middle:
                    spreads.append((max(samples) - min(samples)) / abs(middle))
        return statistics.median(spreads) if spreads else None

    def save(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(dataclasses.asdict(self), indent=1) + "\n", encoding="utf-8")


def load(path):
    kept = json.loads(path.read_text(encoding="utf-8"))
    kept["outcomes"] = [Outcome(**one) for one in kept["outcomes"]]
    kept["rows"] = [Row(**one) for one in kept["rows"]]
    return Results(**kept)
