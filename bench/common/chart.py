# SPDX-License-Identifier: MIT
"""docs/benchmarks.svg: how many times better or worse libiotkit is than each peer, as bars."""

import math
from xml.sax.saxutils import escape

from rows import OURS

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8c7ae6", "#999933")
LABELS, PLOT, VALUES = 410, 440, 60  # pixels, from left to right
BAR, BETWEEN, HEADING, EDGE = 12, 7, 26, 16
WIDTH = LABELS + PLOT + VALUES
MOST = 1000  # times; longer bars end here, and say how long they are

# A background of its own: the page around it need not have the colours that the system has.
STYLE = """\
  .paper { fill: #ffffff } .grid { stroke: #d8dee4 } .one { stroke: #57606a }
  .goal { stroke: #cf222e; stroke-width: 2 }
  text { fill: #1f2328; font: 12px system-ui, sans-serif }
  .small { fill: #57606a; font-size: 11px } .name { font-weight: 600 }
  .title { font-size: 15px; font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 } .grid { stroke: #30363d } .one { stroke: #9198a1 }
    .goal { stroke: #ff7b72 } text { fill: #f0f6fc } .small { fill: #9198a1 }
  }"""


def times_better(row, peer):
    """More than 1 where libiotkit is better, whatever better means in this row."""
    ratio = row.ratio(OURS, peer)
    if not ratio or ratio < 0:
        return None
    return ratio if row.better == "more" else 1 / ratio


def times_text(times):
    return f"{times:.2f}" if times < 1 else f"{times:.1f}" if times < 10 else f"{times:.0f}"


def goal_times(row, peer):
    bound = row.bound()
    if not bound or bound[2] != peer or not bound[1]:
        return None
    return bound[1] if row.better == "more" else 1 / bound[1]


def bars_of(row):
    bars = [(peer, times_better(row, peer)) for peer in row.peers()]
    return [(peer, times) for peer, times in bars if times is not None]


class Scale:
    """Logarithmic, from some power of two below 1 to one above it."""

    def __init__(self, values):
        low, high = min([*values, 0.9]), min(max([*values, 1.1]), MOST)
        self.low, self.high = math.floor(math.log2(low)), math.ceil(math.log2(high))

    def x(self, times):
        part = (math.log2(min(times, MOST)) - self.low) / (self.high - self.low)
        return LABELS + PLOT * min(part, 1)

    def ticks(self):
        span = self.high - self.low
        step = 1 if span <= 8 else 2
        return [2.0**n for n in range(self.low, self.high + 1) if n % step == 0]


class Drawing:
    def __init__(self, groups):
        self.groups = groups
        rows = [row for rows in groups.values() for row in rows]
        self.scale = Scale([times for row in rows for _, times in bars_of(row)])
        peers = dict.fromkeys(peer for row in rows for peer, _ in bars_of(row))
        self.colours = {peer: COLOURS[i % len(COLOURS)] for i, peer in enumerate(peers)}
        self.parts, self.y = [], EDGE

    def add(self, form, *texts, **numbers):
        self.parts.append(form.format(*map(escape, texts), **numbers))

    def text(self, x, y, text, kind="", anchor="start"):
        self.add(
            '<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{0}</text>',
            text, x=x, y=y, kind=kind, anchor=anchor,
        )  # fmt: skip

    def legend(self):
        x = EDGE
        for peer, colour in self.colours.items():
            width = 26 + 7 * len(peer)
            if x + width > WIDTH - EDGE:
                x, self.y = EDGE, self.y + 18
            self.add(
                '<rect x="{x}" y="{y}" width="10" height="10" fill="{fill}"/>',
                x=x, y=self.y - 9, fill=colour,
            )  # fmt: skip
            self.text(x + 15, self.y, peer)
            x += width
        self.y += 24

    def head(self, subtitle):
        self.y += 12
        self.text(EDGE, self.y, "How many times better libiotkit is than its peers", "title")
        self.y += 18
        self.text(EDGE, self.y, "To the right of 1 libiotkit is better, to the left the peer."
                  " A red line is a goal.", "small")  # fmt: skip
        self.y += 16
        self.text(EDGE, self.y, subtitle, "small")
        self.y += 24

    def lane(self, row):
        bars = bars_of(row)
        middle = self.y + len(bars) * BAR / 2 + 4
        self.text(LABELS - 10, middle, f"{row.row}, {row.unit}", anchor="end")
        for peer, times in bars:
            self.bar(row, peer, times)
        self.y += BETWEEN

    def bar(self, row, peer, times):
        one, end = self.scale.x(1), self.scale.x(times)
        self.add(
            '<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h}" fill="{fill}">'
            "<title>{0}</title></rect>",
            f"{row.row}: {times_text(times)} times as good as {peer}",
            x=min(one, end), y=self.y, w=max(abs(end - one), 0.5), h=BAR - 2,
            fill=self.colours[peer],
        )  # fmt: skip
        if goal := goal_times(row, peer):
            self.add(
                '<line x1="{x:.1f}" x2="{x:.1f}" y1="{a:.1f}" y2="{b:.1f}" class="goal"/>',
                x=self.scale.x(goal), a=self.y - 2, b=self.y + BAR,
            )  # fmt: skip
        self.text(max(end, one) + 5, self.y + BAR - 2.5, f"{times_text(times)}×", "small")
        self.y += BAR

    def lanes(self):
        for name, rows in self.groups.items():
            self.y += HEADING - BETWEEN
            self.text(EDGE, self.y - 6, name, "name")
            for row in rows:
                self.lane(row)

    def grid(self, top):
        """Drawn last, since it is as high as the bars; put before them."""
        lines = []
        for times in self.scale.ticks():
            kind = "one" if times == 1 else "grid"
            x = self.scale.x(times)
            lines.append(
                f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{self.y:.1f}" class="{kind}"/>'
            )
            label = f"{times:g}×" if times >= 1 else f"1/{1 / times:g}×"
            self.text(x, self.y + 14, label, "small", "middle")
        self.y += 14 + EDGE
        return lines

    def draw(self, subtitle):
        self.head(subtitle)
        self.legend()
        top, before = self.y, len(self.parts)
        self.lanes()
        self.parts[before:before] = self.grid(top)
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.y:.0f}"'
                f' width="{WIDTH}" height="{self.y:.0f}" role="img">',
                "<title>How many times better libiotkit is than its peers</title>",
                f"<style>\n{STYLE}\n</style>",
                '<rect width="100%" height="100%" class="paper"/>',
                *self.parts,
                "</svg>\n",
            ]
        )


def svg(results):
    """Of the rows that have a peer."""
    groups = {
        name: [row for row in rows if bars_of(row)] for name, rows in results.groups().items()
    }
    drawing = Drawing({name: rows for name, rows in groups.items() if rows})
    return drawing.draw(f"{results.date[:10]}, {results.machine}")
