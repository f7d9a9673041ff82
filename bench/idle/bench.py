#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What it costs to do nothing: a gateway with silent boards and a connection, for a minute.

Beside it the peers of ../boards, and connections without boards, by libiotkit and by paho.mqtt.c.
See ../README.md for how to read the result.
"""

import argparse
import contextlib
import pathlib
import subprocess
import time

import arguments
from broker import Broker, Failure, as_program
from figures import show
from gateway import gateway, plain_loop, silent_ports, student
from peers import IOTKIT, PAHO
from process import cpu_ns, switches
from programs import running
from rows import Row
from setting import machine, say, versions

GOAL = 0.1  # per cent of a core
SETTLE_S = 5
ALONE = "paho.mqtt.c, no boards"


def parse():
    parser = argparse.ArgumentParser(prog="./run bench idle", description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--gateway", type=pathlib.Path, help="another iotkit-gateway")
    add("--boards", type=int, default=8, help="that say nothing (default: 8)")
    add("--seconds", type=int, default=60, help="that are measured (default: 60)")
    options = arguments.parse(parser)  # a minute is what it takes
    options.gateway = options.gateway or options.programs.parent / "bin" / "iotkit-gateway"
    return options


def start(options, port, stack):
    """Processes by side, each with its connection and its boards."""

    def paths():
        return stack.enter_context(silent_ports(options.boards))

    def hold(peer):
        command = peer.command(options.programs, "hold", "-p", port)
        return stack.enter_context(running(command, stdin=subprocess.PIPE))

    loop = options.programs / "boards_plain"
    return {
        "libiotkit": stack.enter_context(gateway(options.gateway, port, paths())),
        "pyserial + paho-mqtt": stack.enter_context(student(port, paths())),
        "C loop + paho.mqtt.c": stack.enter_context(plain_loop(loop, port, paths())),
        "libiotkit, no boards": hold(IOTKIT),
        ALONE: hold(PAHO),
    }


def look(processes):
    for side, process in processes.items():
        if process.poll() is not None:
            raise Failure(f"{side} ended with {process.returncode}")
    return {side: (cpu_ns(one.pid), switches(one.pid)) for side, one in processes.items()}


def measure(options, port):
    """By side: per cent of a core, and wake-ups a second."""
    with contextlib.ExitStack() as stack:
        processes = start(options, port, stack)
        time.sleep(SETTLE_S)
        begin, before = time.monotonic(), look(processes)
        time.sleep(options.seconds)
        seconds, after = time.monotonic() - begin, look(processes)
    shares, wakes = {}, {}
    for side in processes:
        cpu, switched = (b - a for a, b in zip(before[side], after[side]))
        shares[side], wakes[side] = [cpu / 1e9 / seconds * 100], [switched / seconds]
    return shares, wakes


def main():
    options = parse()
    say(f"machine    {machine()}")
    names = ("mosquitto", "libpaho-mqtt1.3", "python3-serial", "python3-paho-mqtt")
    say(f"versions   {', '.join(versions(*names))}")
    setting = f"{options.boards} boards that say nothing, {options.seconds} s, all sides at once"
    say(f"measured   {setting}; a keep-alive of 60 s")
    with Broker() as broker:
        shares, wakes = measure(options, broker.plain_port)
    for what, unit, samples in (("CPU", "% of a core", shares), ("wake-ups", "1/s", wakes)):
        # The least there is: without boards, and without us.
        floor = {ALONE: samples.pop(ALONE)}
        row = Row("idle", f"silent gateway: {what}", unit, "less", samples, floor, settings=setting)
        show(options, row.under(GOAL) if what == "CPU" else row)


if __name__ == "__main__":
    as_program(main)
