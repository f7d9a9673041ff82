# SPDX-License-Identifier: MIT
"""The program under test, and what it has told so far."""

import collections
import dataclasses
import subprocess
import threading

import support

PATIENCE = 60  # seconds until a wait fails


@dataclasses.dataclass
class Sample:
    heap: int  # bytes
    rss: int  # KiB
    descriptors: int
    threads: int
    cpu_ms: int
    name: str = ""  # of the round
    took: float = 0

    TITLES = "heap bytes   RSS KiB   descriptors   threads   CPU ms"

    def __str__(self):
        return (
            f"{self.heap:10} {self.rss:9} {self.descriptors:13} {self.threads:9} {self.cpu_ms:8}"
        )


class Program:
    def __init__(self, test, uri, options):
        self.told = collections.defaultdict(list)  # by the first word of its lines: the others
        self.ended = False
        self.changed = threading.Condition()
        words = support.command("iotkit-soak-client", uri)
        self.popen = subprocess.Popen(
            words + [f"{name}={value}" for name, value in options.items()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, errors="replace",
        )
        test.addCleanup(self.kill)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.popen.stdout:
            kind, _, words = line.rstrip("\n").partition(" ")
            with self.changed:
                self.told[kind].append(words)
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait(self, kind, count=1):
        """Returns the last one of so many lines."""
        with self.changed:
            self.changed.wait_for(lambda: len(self.told[kind]) >= count or self.ended, PATIENCE)
            if len(self.told[kind]) < count:
                state = "it has ended" if self.ended else "it goes on"
                raise AssertionError(
                    f"no '{kind}' number {count}, and {state}; the last events were "
                    f"{self.told['connected'][-2:]} {self.told['disconnected'][-4:]}"
                )
            return self.told[kind][count - 1]

    def wait_more(self, kind, more=1):
        return self.wait(kind, len(self.told[kind]) + more)

    def wait_messages(self, wanted):
        with self.changed:
            if not self.changed.wait_for(lambda: wanted <= set(self.told["message"]), PATIENCE):
                raise AssertionError(f"did not come: {wanted - set(self.told['message'])}")

    def sample(self, number):
        return Sample(*map(int, self.wait("sample", number).split()))

    def measure(self):
        number = len(self.told["sample"]) + 1
        self.popen.stdin.write(".")
        self.popen.stdin.flush()
        return self.sample(number)

    def close(self):
        """What it measured after iotkit_close()."""
        number = len(self.told["sample"]) + 1
        self.popen.stdin.close()
        sample = self.sample(number)
        if self.popen.wait(PATIENCE) != 0:
            raise AssertionError(f"iotkit-soak-client ended with {self.popen.returncode}")
        return sample

    def kill(self):
        self.popen.kill()
        self.popen.wait()
        self.popen.stdout.close()
