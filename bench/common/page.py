# SPDX-License-Identifier: MIT
"""docs/benchmarks.md, of what one run came to."""

from rows import OURS
from table import block, verdict

PAGE = """\
<!-- Made by ./run bench --publish; change bench/common/page.py instead. -->
# Benchmarks

libiotkit beside what one would use instead, every row measured in turns in one run of
`./run bench`, on {day}. [bench/README.md](../bench/README.md) says what each benchmark does.

![How many times better or worse than each peer](benchmarks.svg)

| | |
| --- | --- |
| libiotkit | {library} |
| machine | {machine} |
| versions | {versions} |
| settings | {settings} |
| time | {minutes:.1f} minutes |

## Goals

{goals}
{missed}

## How to read it

- A cell is the **median** of the rounds; in brackets the least and the most of them. k is a
  thousand, M a million.
- **better** says whether less or more is good.
- **floor** is what the machine needs for the bare work, without a library: nobody can be better.
- **ratio** is libiotkit's median over that of the peer it names: the one that the goal is about,
  or else the best one. Where less is better, 0.5 means half the cost; where more is better, 2 means
  twice as fast.
- Processor time is of the client's own process, with all its threads; the broker's is not in it.
- Each peer is used as well as it can be: what that means for it is in bench/README.md.
- A number in the last column is that of the settings below the table.

## How much it scatters

{noise}

{blocks}"""

NOISE = """\
Client, broker and subscriber share the processors of one machine, and a virtual one has neighbours.
So rates and latencies of one side differ from round to round: here by {spread} of the median in the
usual row (the least to the most). Sides take turns, which spreads what disturbs over all of them,
so the ratios hold better than the numbers; a ratio nearer to 1 than that says nothing. Processor
time scatters less than rates do. Of two runs, compare ratios, not numbers. What repeats exactly,
instructions a message, is held by a test instead."""


def cell(text):
    return text.replace("|", "\\|")


def markdown_row(cells):
    return f"| {' | '.join(map(cell, cells))} |"


def markdown_block(name, rows):
    """The table; a number in its last column tells the settings, where they differ."""
    header, lines = block(rows)
    header = [f"**{title}**" if title == OURS else title for title in header]
    settings = list(dict.fromkeys(row.settings for row in rows))
    if len(settings) > 1:
        header = [*header, ""]
        lines = [[*line, str(settings.index(row.settings) + 1)] for line, row in zip(lines, rows)]
    told = [markdown_row(header), markdown_row(["---"] * len(header)), *map(markdown_row, lines)]
    if len(settings) > 1:
        settings = [f"{i}. {text or 'none of its own'}" for i, text in enumerate(settings, 1)]
    return "\n".join([f"## {name}", "", *told, "", *settings, ""])


def page(results):
    share = results.usual_spread()
    goals, *missed = verdict(results)
    return PAGE.format(
        day=results.date[:10],
        library=results.library,
        machine=results.machine,
        versions=", ".join(results.versions),
        settings=results.settings,
        minutes=sum(one.seconds for one in results.outcomes) / 60,
        goals=goals,
        missed="".join(f"\n- {sentence}" for sentence in missed),
        noise=NOISE.format(spread="nothing" if share is None else f"{100 * share:.0f} %"),
        blocks="\n".join(markdown_block(*group) for group in results.groups().items()),
    )
