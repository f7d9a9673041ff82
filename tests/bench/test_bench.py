#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What ./run bench makes of what was measured, and of a benchmark that fails."""

import contextlib
import io
import json
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import bench
import chart
import page
import results
import rows
import table

HERE = Path(__file__).resolve().parent
SAMPLE = HERE / "sample.json"
BENCHES = HERE.parents[1] / "bench"

# Benchmarks that take no time.
GOOD = """\
import sys
assert "--brief" in sys.argv
with open(sys.argv[sys.argv.index("--json") + 1], "a") as file:
    print('{line}', file=file)
"""
BAD = GOOD + 'print("a word before")\nsys.exit("bench: the broker does not start")\n'


def row(better="less", floor=None, **sides):
    return rows.Row("bench", "row", "us", better, sides, floor or {})


class Rows(unittest.TestCase):
    def test_a_goal_about_a_peer_is_judged_by_medians(self):
        one = row(libiotkit=[1, 2, 90], peer=[4, 5, 4]).at_most(0.5, of="peer")
        self.assertEqual((one.goal, one.met), ("at most 0.5 of peer", True))
        self.assertIs(one.at_least(0.6, of="peer").met, False)
        self.assertIs(one.under(0.5, of="peer").met, False)

    def test_a_goal_in_the_row_s_unit(self):
        self.assertEqual(row(libiotkit=[99]).under(100).goal, "under 100 us")
        self.assertIs(row(libiotkit=[100]).under(100).met, False)
        self.assertIs(row(libiotkit=[300000]).at_least(300000).met, True)
        self.assertEqual(row(libiotkit=[1]).at_least(300000).goal, "at least 300000 us")

    def test_what_was_not_measured_is_neither_met_nor_missed(self):
        self.assertIsNone(row(peer=[1]).under(100).met)
        self.assertIsNone(row(libiotkit=[1]).at_most(0.5, of="peer").met)
        self.assertIsNone(row(libiotkit=[1], peer=[0]).at_most(0.5, of="peer").met)

    def test_the_rival_is_whom_the_goal_names_or_the_best_peer(self):
        sides = {"libiotkit": [1], "libiotkit power": [0.1], "slow": [9], "fast": [2], "none": []}
        self.assertEqual(row(**sides).rival(), "fast")
        self.assertEqual(row("more", **sides).rival(), "slow")
        self.assertEqual(row(**sides).at_most(0.5, of="slow").rival(), "slow")
        self.assertEqual(row(floor={"raw": [1]}, **sides).at_most(2, of="raw").rival(), "raw")
        self.assertIsNone(row(libiotkit=[1]).under(4).rival())

    def test_rows_come_back_from_a_file_as_they_were(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "rows")
            written = [row(libiotkit=[1.5]).under(2), row("more", libiotkit=[3])]
            for one in written:
                rows.append(path, one)
            self.assertEqual(rows.read(path), written)

    def test_a_row_says_whether_less_is_better(self):
        self.assertRaises(ValueError, row, "fewer")


class Rendering(unittest.TestCase):
    def setUp(self):
        self.found = results.load(SAMPLE)

    def test_numbers_are_short(self):
        told = [table.short(n) for n in (0.02134, 1, 4.56, 99.96, 818.4, 9999, 48213, 419e3, 1e6)]
        self.assertEqual(
            told, ["0.0213", "1", "4.56", "100", "818", "9999", "48.2k", "419k", "1M"]
        )

    def test_the_table_has_medians_spreads_floors_ratios_and_goals(self):
        lines = table.text(self.found).splitlines()
        cpu = next(line for line in lines if line.startswith("QoS 0: client CPU"))
        for cell in ("2 (1 to 3)", "8.5 (8 to 9)", "raw socket: 0.0213", "0.444 of libmosquitto",
                     "at most 0.5 of libmosquitto", "yes"):  # fmt: skip
            self.assertIn(f"  {cell}", cpu)
        self.assertIn("Goals: 3 met, 1 not met, 1 not measured.", lines)
        self.assertIn("Not met: publish, QoS 1 & 2: received: 0.84 of paho.mqtt.c;"
                      " the goal is at least 1 of paho.mqtt.c.", lines)  # fmt: skip

    def test_a_block_has_the_columns_that_it_needs(self):
        header, lines = table.block(self.found.groups()["idle"])
        self.assertEqual(header, ["", "unit", "better", "libiotkit", "goal", "met"])
        self.assertEqual(lines[0][-3:], ["-", "under 0.1 %", "not measured"])

    def test_the_page_has_each_benchmark_and_where_it_was_measured(self):
        text = page.page(self.found)
        for part in ("## publish\n", "## outbox\n", "## idle\n", "2026-01-02", "1.0.0 abcdef0",
                     "2 x A processor", "mosquitto 2.0.11-1", "2.5 minutes",
                     "| 1 |\n", "2. window of 128"):  # fmt: skip
            self.assertIn(part, text)
        rows_of = [line for line in text.split("## publish\n")[1].split("\n") if "|" in line]
        self.assertEqual(len({line.count(" | ") for line in rows_of[:4]}), 1, rows_of)

    def test_the_chart_is_well_formed_and_has_a_bar_for_each_peer(self):
        drawing = chart.svg(self.found)
        root = ElementTree.fromstring(drawing)
        bars = [one.text for one in root.iter("{http://www.w3.org/2000/svg}title")][1:]
        self.assertEqual(bars, [
            "QoS 0: client CPU: 4.2 times as good as paho.mqtt.c",
            "QoS 0: client CPU: 2.2 times as good as libmosquitto",
            "QoS 1 & 2: received: 0.84 times as good as paho.mqtt.c",
            "QoS 1 & 2: received: 0.70 times as good as libmosquitto",
        ])  # fmt: skip
        self.assertEqual(drawing.count('class="goal"'), 2)

    def test_a_chart_of_nothing_is_a_chart(self):
        self.found.rows = []
        ElementTree.fromstring(chart.svg(self.found))
        self.assertIn("nothing of the median", page.page(self.found))


class Running(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.place = Path(temporary.name)

    def bench(self, name, text):
        folder = self.place / "benches" / name
        folder.mkdir(parents=True)
        line = json.dumps(vars(rows.Row(name, "a row", "us", "less", {"libiotkit": [1]})))
        (folder / "bench.py").write_text(text.format(line=line))
        return folder

    def run_it(self, *words):
        """Its exit code and what it said."""
        places = {"benches": "benches", "out": "out", "docs": "docs", "programs": "none"}
        options = [f"--{option}={self.place / name}" for option, name in places.items()]
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                code = bench.main([*options, *map(str, words)])
            except SystemExit as ending:
                code = ending.code
        return code, said.getvalue()

    def test_one_that_fails_is_told_and_the_others_are_measured(self):
        self.bench("alone", BAD)
        self.bench("beside", GOOD).joinpath("background").write_text("It costs time alone.\n")
        self.bench("then", GOOD)
        code, said = self.run_it("--publish")
        self.assertEqual(code, 1, said)
        self.assertIn("FAILED: alone: bench: the broker does not start", said)
        self.assertIn("Not published", said)
        self.assertFalse((self.place / "docs").exists())
        kept = results.load(self.place / "out/results.json")
        self.assertEqual(list(kept.groups()), ["alone", "then", "beside"])
        self.assertEqual([one.bench for one in kept.failures()], ["alone"])

    def test_one_without_rows_or_an_end_has_failed(self):
        self.bench("silent", "")
        self.bench("wrong", GOOD.replace("'{line}'", "'[]'"))
        self.bench("endless", "import signal; signal.pause()")
        code, said = self.run_it("--limit=1")
        self.assertEqual(code, 1, said)
        self.assertIn("FAILED: silent: told no rows", said)
        self.assertIn("FAILED: wrong: told what is no row", said)
        self.assertIn("FAILED: endless: not done within 1 s", said)

    def test_some_are_chosen_and_kept_results_are_published(self):
        for name in ("one", "two", "three"):
            self.bench(name, GOOD)
        code, said = self.run_it("--only=one,two", "--skip=two")
        self.assertEqual(code, 0, said)
        self.assertEqual(list(results.load(self.place / "out/results.json").groups()), ["one"])
        code, said = self.run_it("--from", SAMPLE, "--publish")
        self.assertEqual(code, 0, said)
        self.assertIn("## publish\n", (self.place / "docs/benchmarks.md").read_text())
        ElementTree.parse(self.place / "docs/benchmarks.svg")

    def test_an_unknown_name_is_told_with_those_there_are(self):
        self.bench("one", GOOD)
        code, said = self.run_it("--only=on")
        self.assertEqual(code, 2, said)
        self.assertIn("there is no benchmark 'on'; there is: one", said)


class Benchmarks(unittest.TestCase):
    """Those that there are."""

    def test_each_tells_its_options(self):
        for program in sorted(BENCHES.glob("*/bench.py")):
            done = subprocess.run(
                [sys.executable, program, "--help"], capture_output=True, text=True
            )
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"./run bench {program.parent.name}", done.stdout)


if __name__ == "__main__":
    unittest.main()
