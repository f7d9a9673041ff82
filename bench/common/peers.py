# SPDX-License-Identifier: MIT
"""The publishers that bench/common has, and how to run one."""

import dataclasses
import pathlib
import subprocess
import sys

from broker import Failure

PYTHON = "/usr/bin/python3"  # for which Debian has paho-mqtt
SPARE_SECONDS = 30  # for a program to start and end, beside its own limit


@dataclasses.dataclass(frozen=True)
class Peer:
    """A library as the tables call it, the ending of its programs' names, their arguments."""

    name: str
    program: str
    arguments: tuple = ()

    def command(self, programs, verb, *arguments):
        """As publish_paho -d ..., in the folder of the programs; those in Python are in ours, or
        beside the benchmark."""
        if self.program.endswith(".py"):
            name = f"{verb}_{self.program}"
            folders = (pathlib.Path(__file__).parent, pathlib.Path(sys.argv[0]).parent)
            program = [PYTHON, next(one / name for one in folders if (one / name).exists())]
        else:
            program = [programs / f"{verb}_{self.program}"]
        return [str(word) for word in (*program, *self.arguments, *arguments)]


IOTKIT = Peer("libiotkit", "iotkit")
PAHO = Peer("paho.mqtt.c", "paho")
PAHO_TLS = Peer("paho.mqtt.c", "paho_tls")
MOSQUITTO = Peer("libmosquitto", "mosquitto", ("-d",))
MOSQUITTO_NAGLE = Peer("libmosquitto (Nagle)", "mosquitto")
PYTHON_PAHO = Peer("paho-mqtt (Python)", "paho.py", ("-d",))
RAW = Peer("raw socket", "raw")


def numbers(process, seconds):
    """What a program prints when it ends well within its time; it is ended else."""
    try:
        out, _ = process.communicate(timeout=seconds + SPARE_SECONDS)
    except subprocess.TimeoutExpired:
        raise Failure(f"{process.args[0]} does not end") from None
    finally:
        process.kill()
        process.wait()
    if process.returncode != 0:
        raise Failure(f"{' '.join(process.args)} failed")
    return [int(number) for number in out.split()]
