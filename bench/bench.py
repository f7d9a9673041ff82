#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs every benchmark, one after the other, and makes one table of what they measured.

See README.md for how to read it.
"""

import argparse
import datetime
import pathlib
import shutil
import signal
import sys
import time

import chart
import page
import results
import table
from job import Job
from setting import first_line, machine, say, versions

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
# What users ask first comes first; one that is not named here comes last.
ORDER = ("publish", "latency", "metrics", "inbound", "outbox", "tls", "boards", "python")
PACKAGES = (
    *("mosquitto", "libmosquitto1", "libpaho-mqtt1.3", "python3-paho-mqtt", "python3-serial"),
    *("libserialport0", "libmbedtls14", "libssl3", "libsqlite3-0", "python3"),
)
LIMIT_S = 240  # for one benchmark


def parse(words):
    parser = argparse.ArgumentParser(
        prog="./run bench",
        description=__doc__.split("\n")[0],
        epilog="./run bench NAME runs one of them, with its details; --help after it.",
    )
    add = parser.add_argument
    add("--programs", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    add("--only", metavar="NAME,NAME", help="run no others")
    add("--skip", metavar="NAME,NAME", help="do not run these")
    add("--from", dest="kept", type=pathlib.Path, metavar="RESULTS.JSON",
        help="measure nothing: show what was kept")  # fmt: skip
    add("--publish", action="store_true", help="write docs/benchmarks.md and docs/benchmarks.svg")
    add("--limit", type=int, default=LIMIT_S, metavar="SECONDS",
        help=f"for one benchmark (default: {LIMIT_S})")  # fmt: skip
    add("--out", type=pathlib.Path, default=ROOT / "build/bench", metavar="FOLDER",
        help="for results.json and what each benchmark printed (default: build/bench)")  # fmt: skip
    add("--docs", type=pathlib.Path, default=ROOT / "docs", help=argparse.SUPPRESS)
    add("--benches", type=pathlib.Path, default=HERE, help=argparse.SUPPRESS)
    options = parser.parse_args(words)
    options.there = sorted(path.parent.name for path in options.benches.glob("*/bench.py"))
    for name in split(options.only) + split(options.skip):
        if name not in options.there:
            parser.error(f"there is no benchmark '{name}'; there is: {' '.join(options.there)}")
    return options


def split(names):
    return [name for name in (names or "").split(",") if name]


# ---- which ones ----------------------------------------------------------


def find_jobs(options):
    """In their order, those in the background last."""
    only, skip = split(options.only) or options.there, split(options.skip)
    names = [name for name in options.there if name in only and name not in skip]
    names.sort(key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
    reports = options.out / "reports"
    reports.mkdir(parents=True, exist_ok=True)
    jobs = [Job(options.benches / name, options.programs, reports) for name in names]
    return sorted(jobs, key=lambda job: job.background)


# ---- running them --------------------------------------------------------


class Progress:
    """What runs, for how long, and what is left. Where one watches, a line counts seconds."""

    def __init__(self, jobs, known):
        self.jobs, self.known, self.number = jobs, known, 0
        self.live = sys.stdout.isatty()
        self.head, self.since = "", 0

    def begin(self, job):
        self.number += 1
        self.since = time.monotonic()
        usual = f"some {self.known[job.name]:.0f} s" if job.name in self.known else "runs"
        left = " ".join(one.name for one in self.jobs[self.number :])
        self.head = f"[{self.number}/{len(self.jobs)}] {job.name:10}"
        say(f"{self.head} {usual}; {f'left: {left}' if left else 'the last one'}")

    def seconds(self):
        return time.monotonic() - self.since

    def tick(self):
        if self.live:
            print(f"\r{self.head} {self.seconds():4.0f} s", end="", flush=True)

    def end(self, outcome, count):
        told = f"FAILED: {outcome.failure}" if outcome.failure else f"{count} rows"
        back = "\r" if self.live else ""
        say(f"{back}{self.head} {outcome.seconds:4.0f} s, {told}")


def measure(options, jobs, found, progress):
    """Those in the background begin first and are waited for last; an outcome's time is what
    was waited for it."""
    running = []
    try:
        for job in jobs:
            if job.background:
                say(f"{job.name} begins, beside the others")
                job.start()
                running.append(job)
        for job in progress.jobs:
            progress.begin(job)
            if not job.background:
                job.start()
                running.append(job)
            while job.seconds() < options.limit and not job.ended(1):
                progress.tick()
            failure, rows = job.collect(options.limit)
            running.remove(job)
            found.outcomes.append(results.Outcome(job.name, progress.seconds(), failure))
            found.rows += rows
            progress.end(found.outcomes[-1], len(rows))
    finally:
        for job in running:
            job.collect(options.limit)


def measure_all(options, kept):
    jobs = find_jobs(options)
    found = new_results(options)
    say(f"machine    {found.machine}")
    say(f"versions   {', '.join(found.versions)}")
    measure(options, jobs, found, Progress(jobs, known_seconds(kept)))
    found.save(kept)
    return found


def new_results(options):
    describe = ("git", "-C", str(ROOT), "describe", "--always", "--dirty")
    commit = first_line(*describe) if shutil.which("git") else ""
    return results.Results(
        date=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        library=" ".join(filter(None, (version(), commit))),
        machine=machine(),
        versions=versions(*PACKAGES),
        settings="each benchmark with --brief"
        + (f"; only {options.only}" if options.only else "")
        + (f"; without {options.skip}" if options.skip else ""),
    )


def version():
    """The version, as include/iotkit.h has it."""
    words = [line.split() for line in (ROOT / "include/iotkit.h").read_text().splitlines()]
    return ".".join(
        word[2]
        for word in words
        if word[:1] == ["#define"] and len(word) > 2 and word[1].startswith("IOTKIT_VERSION_")
    )


# ---- telling -------------------------------------------------------------


def known_seconds(path):
    """How long each took the last time."""
    try:
        return {one.bench: one.seconds for one in results.load(path).outcomes}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def publish(options, found):
    if found.failures():
        say("Not published: a benchmark failed. --skip leaves one out.")
        return
    options.docs.mkdir(parents=True, exist_ok=True)
    for name, text in (("benchmarks.md", page.page(found)), ("benchmarks.svg", chart.svg(found))):
        (options.docs / name).write_text(text, encoding="utf-8")
        say(f"Written: {options.docs / name}")


def main(words=None):
    options = parse(words)
    kept = options.out / "results.json"
    if options.kept:
        found = results.load(options.kept)
    else:
        found = measure_all(options, kept)
    say(f"\n{table.text(found)}\n")
    if not options.kept:
        seconds = sum(one.seconds for one in found.outcomes)
        say(f"{seconds / 60:.1f} minutes. Kept: {kept}; what each printed: {options.out}/reports/")
    if options.publish:
        publish(options, found)
    return 1 if found.failures() else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what runs is ended
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
