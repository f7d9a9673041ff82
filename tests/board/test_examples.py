#!/usr/bin/env python3
"""Each example of the Arduino library runs on a simulated Uno and Mega, and the gateway takes what it
measures.

Usage: test_examples.py SIMBOARD GATEWAY SKETCHES

SPDX-License-Identifier: MIT
"""
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest

SIMBOARD, GATEWAY, SKETCHES = sys.argv[1:]
PATIENCE_S = 30
MCUS = {"": "atmega328p", "_mega": "atmega2560"}

# What each one says first: a metric, or where there is no sensor to be read, who it is.
EXAMPLES = {
    "analog_sensors": " board A0 ",
    "blink_and_report": " board temperature ",
    "commands": " board light ",
    "deep_sleep": " board battery ",
    "dht_like": "firmware DhtLike 0.1.0",
    "plain": " board temperature ",
}


class Examples(unittest.TestCase):
    def hear(self, sketch, mcu, expected):
        with tempfile.TemporaryDirectory() as folder:
            link = pathlib.Path(folder, "board")
            board = subprocess.Popen([SIMBOARD, "--mcu", mcu, "--link", link, sketch],
                                     stdout=subprocess.PIPE)
            board.stdout.readline()  # now the port is there
            # Metrics are printed as they are read; for that no broker is needed.
            gateway = subprocess.Popen(
                [GATEWAY, "--broker", "mqtt://127.0.0.1:1", "--print",
                 "--option", "reconnect.min_ms=60000", "--device", f"board=serial:{link}"],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            deadline = threading.Timer(PATIENCE_S, gateway.kill)
            deadline.start()
            heard = []
            for line in gateway.stdout:
                heard.append(line)
                if expected in line:
                    break
            deadline.cancel()
            for process in gateway, board:
                process.kill()
                process.wait()
                process.stdout.close()
        self.assertIn(expected, heard[-1] if heard else "", "".join(heard[-20:]))

    def test_each_runs(self):
        for name, expected in EXAMPLES.items():
            for suffix, mcu in MCUS.items():
                with self.subTest(example=name, mcu=mcu):
                    self.hear(pathlib.Path(SKETCHES, f"{name}_sketch{suffix}.elf"), mcu, expected)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
