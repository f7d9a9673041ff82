#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Many boards at 115200 baud on one gateway, beside the same in Python.

The boards are played by scripted_board, each as busy as its line allows, or with so many
readings a second. See ../README.md for how to read the result.
"""

import argparse
import pathlib
import statistics

import arguments
from broker import as_program
from rows import OURS, Row
from setting import first_line, machine, say, versions
from side import PYTHON, Side

# Name, what the boards say, who reads them, QoS, whether in a file.
CONTENDERS = (
    ("gateway, kits, file, QoS 1", "kits", "gateway", 1, True),
    ("gateway, plain, file, QoS 1", "plain", "gateway", 1, True),
    ("gateway, plain, memory, QoS 0", "plain", "gateway", 0, False),
    ("C, plain, memory, QoS 0", "plain", "c", 0, False),
    ("Python, plain, memory, QoS 0", "plain", "python", 0, False),
    ("read and forget", "plain", "floor", 0, False),
)
US = "gateway, plain, memory, QoS 0"
LOOP = "C, plain, memory, QoS 0"
STUDENT = "Python, plain, memory, QoS 0"
# The same plain lines and QoS, under the names of the table of all.
SAME = {US: OURS, LOOP: "C loop + paho.mqtt.c", STUDENT: "pyserial + paho-mqtt"}
FLOOR = "read and forget"
SAFE = "gateway, kits, file, QoS 1"
# Goals: of the script's CPU a line, and percent of one core for 32 that never pause.
CPU_SHARE, CPU_MOST, BUSIEST = 0.05, 25, "32 boards, never pausing"


def parse():
    parser = argparse.ArgumentParser(prog="./run bench boards", description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--gateway", type=pathlib.Path, help="another iotkit-gateway")
    add("--boards", type=int, action="append", help="on one gateway (default: 32; repeatable)")
    add("--rate", type=float, default=20, help="readings/s of a steady board (default: 20)")
    add("--rounds", type=int, default=3, help="of each (default: 3)")
    add("--seconds", type=int, default=6, help="that each is measured (default: 6)")
    add("--load", choices=("steady", "flood"), action="append", help="only this one")
    add("--only", metavar="WORDS", action="append", help="only what has this in its name")
    options = arguments.parse(parser, rounds=1, seconds=3)
    options.gateway = options.gateway or options.programs.parent / "bin" / "iotkit-gateway"
    options.load = options.load or (["flood"] if options.brief else ["steady", "flood"])
    options.boards = options.boards or ([1, 8, 32] if options.brief else [32])
    return options


def contenders(options, boards):
    """With --brief few boards are for the comparison alone."""
    some = [one for one in CONTENDERS if not options.only or any(w in one[0] for w in options.only)]
    if options.brief:
        safe = (SAFE,) if boards == max(options.boards) else ()
        some = [one for one in some if one[0] in (*SAME, FLOOR, *safe)]
    return some


def middle(results, what):
    return statistics.median(getattr(one, what) for one in results)


# ---- settings ------------------------------------------------------------


def print_settings(options):
    names = ("mosquitto", "python3-serial", "python3-paho-mqtt", "libpaho-mqtt1.3")
    say(f"machine    {machine()}")
    say(f"versions   {', '.join(versions(*names))}, {first_line(PYTHON, '--version')}")
    say(
        f"boards     {', '.join(map(str, options.boards))} on pseudo-terminals, at 115200 baud"
        " (11520 bytes/s); a kit holds 32 readings"
    )
    say(
        "way        a private mosquitto without TLS, which counts; the gateway has its defaults,"
        " MQTT 5;\n           Python has a thread a board, C one loop for all, MQTT 3.1.1"
    )
    say(f"measured   {options.rounds} rounds in turns, {options.seconds} s of each")


# ---- the table -----------------------------------------------------------

COLUMNS = (  # title, what, format
    ("said/s", "said", ".0f"),
    ("kB/s", "kilobytes", ".0f"),
    ("arrived/s", "arrived", ".0f"),
    ("lost %", "lost", ".1f"),
    ("CPU %", "cpu", ".1f"),
    ("us/reading", "cpu_each", ".1f"),
    ("broker %", "broker_cpu", ".0f"),
    ("RSS MiB", "rss", ".1f"),
    ("ms to broker", "latency", ".1f"),
    ("worst ms", "latency_worst", ".0f"),
)


def measure(options, boards, rate):
    some = contenders(options, boards)
    results = {name: [] for name, *_ in some}
    for _ in range(options.rounds):
        for name, *what in some:
            results[name].append(Side(options, boards, *what).measure(rate))
    return results


def median(rounds, what, form):
    values = [getattr(one, what) for one in rounds]
    return "-" if None in values else f"{statistics.median(values):{form}}"


def print_results(results):
    say(" " * 33 + "".join(f"{title:>13}" for title, *_ in COLUMNS))
    for name, rounds in results.items():
        cells = (f"{median(rounds, what, form):>13}" for _, what, form in COLUMNS)
        say(f"   {name:30}{''.join(cells)}")
    say("   least to most of the rounds: arrived/s, us/reading")
    for name, rounds in results.items():
        arrived, cpu = ([getattr(one, what) for one in rounds] for what in ("arrived", "cpu_each"))
        say(
            f"   {name:30}{min(arrived):13.0f} to {max(arrived):.0f}"
            f"{min(cpu):13.1f} to {max(cpu):.1f}"
        )
    for peer in SAME:
        if peer != US and US in results and peer in results:
            cpu, arrived = (
                middle(results[peer], what) / middle(results[US], what)
                for what in ("cpu_each", "arrived")
            )
            say(
                f"   {SAME[peer]} / gateway, the same plain lines and QoS: {cpu:.1f} times the"
                f" CPU a reading, {arrived:.2f} times as many arrived"
            )


# ---- the rows of the table of all ----------------------------------------


def tell_rows(options, results, load):
    settings = f"at 115200 baud, {options.rounds} x {options.seconds} s"

    def samples(name, what):
        return [getattr(one, what) for one in results.get(name, [])]

    def row(title, unit, better, what, sides, how):
        sides = {to: samples(one, what) for one, to in sides.items()}
        return Row("boards", f"{load}: {title}", unit, better, sides, settings=f"{settings}; {how}")

    how = "plain lines, QoS 0, no file"
    cpu = row("CPU a line", "us", "less", "cpu_each", SAME, how)
    cpu.floor = {FLOOR: samples(FLOOR, "cpu_each")}
    arguments.tell(options, cpu.at_most(CPU_SHARE, of=SAME[STUDENT]))
    arguments.tell(options, row("arrived", "lines/s", "more", "arrived", SAME, how))
    # Not beside the peers: who loses lines has less to do.
    for name, how in ((US, how), (SAFE, "kits, QoS 1, a file")):
        if load == BUSIEST and name in results:
            share = row(f"CPU, {how}", "% of a core", "less", "cpu", {name: OURS}, how)
            arguments.tell(options, share.under(CPU_MOST))


def main():
    options = parse()
    print_settings(options)
    number = 0
    for load in options.load:
        for boards in options.boards:
            number += 1
            rate = options.rate if load == "steady" else 0
            busy = f"{rate:g} readings/s each" if rate else "never pausing"
            title = f"{boards} board{'s' if boards > 1 else ''}, {busy}"
            say(f"\n{number}. {title}")
            results = measure(options, boards, rate)
            print_results(results)
            tell_rows(options, results, title)


if __name__ == "__main__":
    as_program(main)
