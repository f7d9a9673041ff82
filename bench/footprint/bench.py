#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How small it is: time to start, memory, size of the library, allocations a message.

Beside it paho.mqtt.c and libmosquitto. See ../README.md for how to read the result. Starts with
messages that wait are in ../outbox.
"""

import argparse
import os
import pathlib
import subprocess
import tempfile
import time

import arguments
from bare_broker import PUBLISH, BareBroker
from broker import Broker, Failure, as_program
from figures import show
from gateway import gateway, plain_loop, silent_ports, student
from peers import IOTKIT, MOSQUITTO, PAHO_TLS, RAW
from process import rss_mib
from programs import ready, reported, run, running
from rows import Row
from setting import machine, say, versions

SIDES = (IOTKIT, PAHO_TLS, MOSQUITTO)
LIBRARIES = {IOTKIT: "libiotkit", PAHO_TLS: "libpaho", MOSQUITTO: "libmosquitto"}
PAYLOAD = 64  # bytes
PARTS = ("start", "memory", "size", "allocations")
WINDOW = 1000  # messages that who feeds has under way
RSS_GOAL_MIB, TEXT_GOAL_KB = 8, 200
SETTLE_S = 2  # with one board, until all that comes with a start is done
EVERY_PROCESS_HAS = ("linux-vdso", "libc.so", "ld-linux")
# What is sent, the QoS, the form of metrics, metrics a message.
SENDING = (
    ("publish, QoS 0", 0, None, 1),
    ("publish, QoS 1", 1, None, 1),
    ("metric as text, QoS 1", 1, "text", 1),
    ("metric as senml in packs of 50, QoS 1", 1, "senml", 50),
)


def parse():
    words = __doc__.split("\n")[0]
    parser = argparse.ArgumentParser(prog="./run bench footprint", description=words)
    add = parser.add_argument
    add("--part", action="append", choices=PARTS, help="only this one (repeatable)")
    add("--gateway", type=pathlib.Path, help="another iotkit-gateway")
    add("--rounds", type=int, default=21, help="starts of each (default: 21)")
    add("--messages", type=int, default=50000, help="that allocations are counted of"
        " (default: 50000); a fifth goes before")  # fmt: skip
    options = arguments.parse(parser, rounds=7, messages=10000)
    options.gateway = options.gateway or options.programs.parent / "bin" / "iotkit-gateway"
    options.part = options.part or PARTS
    return options


# ---- starting ------------------------------------------------------------


def start(programs, peer):
    """Milliseconds until the program was connected, and until its PUBLISH was at the broker."""
    broker = BareBroker()
    begin = time.monotonic_ns()
    command = peer.command(programs, "hold", "-p", broker.port)
    with running(command, stdin=subprocess.PIPE) as process:
        name, connected = process.stdout.readline().split()
        broker.wait()
    broker.close()
    if name != "connected_ns" or PUBLISH not in broker.moments:
        raise Failure(f"{peer.name} does not start")
    return (int(connected) - begin) / 1e6, (broker.moments[PUBLISH] - begin) / 1e6


def measure_start(options):
    times = {side.name: [] for side in SIDES}
    for _ in range(options.rounds):
        for side in SIDES:
            times[side.name].append(start(options.programs, side))
    for i, until in enumerate(("the program is connected", "its first PUBLISH is at the broker")):
        samples = {side: [one[i] for one in rounds] for side, rounds in times.items()}
        setting = f"{options.rounds} rounds, from before exec() on, nothing waiting, without TLS"
        row = Row("footprint", f"start until {until}", "ms", "less", samples, settings=setting)
        show(options, row)


# ---- memory --------------------------------------------------------------


def rss_of_client(programs, peer, port):
    """MiB of a program that has published one message."""
    command = peer.command(programs, "hold", "-p", port)
    with running(command, stdin=subprocess.PIPE) as process:
        while not process.stdout.readline().startswith("published_ns"):
            if process.poll() is not None:
                raise Failure(f"{peer.name} does not start")
        return rss_mib(process.pid)


def rss_with_board(reader):
    with silent_ports(1) as paths, reader(paths) as process:
        time.sleep(SETTLE_S)
        return rss_mib(process.pid)


def measure_memory(options):
    with Broker() as broker:
        port = broker.plain_port
        clients = {side.name: [rss_of_client(options.programs, side, port)] for side in SIDES}
        loop = options.programs / "boards_plain"
        readers = {
            "libiotkit": [rss_with_board(lambda paths: gateway(options.gateway, port, paths))],
            "pyserial + paho-mqtt": [rss_with_board(lambda paths: student(port, paths))],
            "C loop + paho.mqtt.c": [rss_with_board(lambda paths: plain_loop(loop, port, paths))],
        }
    row = Row("footprint", "RSS of a gateway with one board", "MiB", "less", readers)
    show(options, row.under(RSS_GOAL_MIB))
    setting = "connected, one message published; all can do TLS, and do without"
    row = Row("footprint", "RSS of a client", "MiB", "less", clients, settings=setting)
    show(options, row)


# ---- size ----------------------------------------------------------------


def output(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{command[0]}: {done.stderr}")
    return done.stdout


def libraries(binary):
    """Files of all that a program or library needs, by name."""
    found = {}
    for line in output("ldd", binary).splitlines():
        words = line.split()
        if "=>" in words and not words[0].startswith(EVERY_PROCESS_HAS):
            found[words[0]] = pathlib.Path(words[2])
    return found


def own_library(programs, peer):
    program = peer.command(programs, "hold")[0]
    for name, path in libraries(program).items():
        if name.startswith(LIBRARIES[peer]):
            return path
    raise Failure(f"{program} is not linked with {LIBRARIES[peer]}")


def text_kb(path):
    return int(output("size", path).splitlines()[1].split()[0]) / 1000


def stripped_kb(path):
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "copy"
        output("strip", "--strip-unneeded", "-o", copy, path)
        return copy.stat().st_size / 1000


def measure_size(options):
    files = {side.name: own_library(options.programs, side) for side in SIDES}
    needed = {side: libraries(path) for side, path in files.items()}
    text = {side: [text_kb(path)] for side, path in files.items()}
    own = {side: [stripped_kb(path)] for side, path in files.items()}
    everything = {
        side: [own[side][0] + sum(map(stripped_kb, needed[side].values()))] for side in files
    }
    say("\nlibraries, and what they need beside libc")
    for side, path in files.items():
        say(f"   {path.name}: {', '.join(needed[side])}")
    row = Row("footprint", "library: text, as size(1) has it", "kB", "less", text)
    show(options, row.under(TEXT_GOAL_KB))
    show(options, Row("footprint", "library: stripped file", "kB", "less", own))
    row = Row("footprint", "library and all it needs, stripped", "kB", "less", everything)
    show(options, row)


# ---- allocations ---------------------------------------------------------


class Allocations:
    """Counts malloc(), calloc() and realloc() of all threads, a message in the steady state."""

    def __init__(self, options, port):
        self.programs = options.programs
        counter = options.programs.resolve() / "liballocations.so"
        self.environment = os.environ | {"LD_PRELOAD": str(counter)}
        self.messages = options.messages
        self.port = ("-p", port)
        self.common = (*self.port, "-u", self.messages // 5, "-n", self.messages)

    def _each(self, report):
        return report["allocations"] / self.messages

    def sending(self, peer, qos, form, pack):
        what = ("-m", form, "-b", pack) if form else ("-s", PAYLOAD)
        command = peer.command(self.programs, "send", *self.common, "-q", qos, *what)
        return self._each(run(command, env=self.environment))

    def receiving(self, peer, qos):
        receive = peer.command(self.programs, "inbound", *self.common, "-q", qos)
        feed = ("-q", qos, "-n", self.messages * 6 // 5, "-s", PAYLOAD, "-w", WINDOW)
        with (
            ready(receive, env=self.environment) as receiver,
            running(RAW.command(self.programs, "publish", *self.port, *feed)),
        ):
            return self._each(reported(receiver))


def measure_allocations(options):
    setting = f"a message, of {options.messages} after a fifth of that, whole process, in memory"
    with Broker() as broker:
        count = Allocations(options, broker.plain_port)
        for what, qos, form, pack in SENDING:
            samples = {
                side.name: [count.sending(side, qos, form, pack)]
                for side in SIDES
                if form != "senml" or side is IOTKIT
            }
            show_allocations(options, what, samples, setting)
        for qos in (0, 1):
            samples = {side.name: [count.receiving(side, qos)] for side in SIDES}
            show_allocations(options, f"message received, QoS {qos}", samples, setting)


def show_allocations(options, what, samples, setting):
    row = Row("footprint", f"{what}: memory asked for", "times", "less", samples, settings=setting)
    show(options, row)


def main():
    options = parse()
    say(f"machine    {machine()}")
    say(f"versions   {', '.join(versions('mosquitto', 'libpaho-mqtt1.3', 'libmosquitto1'))}")
    for part, measure in zip(
        PARTS, (measure_start, measure_memory, measure_size, measure_allocations)
    ):
        if part in options.part:
            measure(options)


if __name__ == "__main__":
    as_program(main)
