# SPDX-License-Identifier: MIT
"""What every benchmark prints: a line at a time, and on which machine with which versions."""

import os
import pathlib
import subprocess


def say(text=""):
    print(text, flush=True)


def first_line(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.split("\n", 1)[0].strip()


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith(("model name", "Model")):
            return line.split(":", 1)[1].strip()
    return os.uname().machine


def versions(*packages):
    """Of Debian's packages, as "mosquitto 2.0.11-1"; without those that are not there."""
    query = ["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *packages]
    done = subprocess.run(query, capture_output=True, text=True)
    found = dict(line.split() for line in done.stdout.splitlines())
    return [f"{name} {found[name]}" for name in packages if name in found]


def machine():
    """As it is now: the load of others is in every figure."""
    load = ", ".join(f"{one:.2f}" for one in os.getloadavg())
    return f"{os.cpu_count()} x {processor()}, load {load}, Linux {os.uname().release}"
