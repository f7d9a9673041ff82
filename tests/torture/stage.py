# SPDX-License-Identifier: MIT
"""The broker, the observer, the network between, and the client's lives, all in one
folder that is kept when something is wrong."""

import contextlib
import itertools
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TESTS = HERE.parent
for folder in ("tls", "programs"):
    sys.path.insert(0, str(TESTS / folder))
os.environ.update(
    LSAN_OPTIONS=f"suppressions={TESTS}/lsan.supp",
    TSAN_OPTIONS=f"suppressions={TESTS}/tsan.supp",
)

import support
from faults import on_the_way
from judge import Arrivals, Journal
from network import Network

PATIENCE = 2 * support.PATIENCE  # seconds until a wait fails
CLIENT_ID = "torture"
ENDED_WELL, ENDED_WITH_MESSAGES_LEFT = 0, 3  # exit statuses of the client
IN_FLIGHT = 20  # messages of the client that are under way at once

# Mosquitto 2.0.11 sends a subscriber more at once than max_inflight_messages, when they wait.
# Of those it knows so many as under way when it starts again; the rest are new to it, and it
# sends messages of QoS 2 again that it had released. So it must be more than there are.
CONFIGURATION = """
listener {port} 127.0.0.1
user {user}
persistence true
persistence_location {folder}/
autosave_interval {autosave}
max_queued_messages 1000000
max_inflight_messages 60000
allow_anonymous true
log_dest stderr
log_type error
log_type warning
log_type notice
log_type information
log_type subscribe
"""


class Failure(Exception):
    """What was to happen did not."""


def wait_until(holds, what, patience=PATIENCE):
    deadline = time.monotonic() + patience
    while not holds():
        if time.monotonic() > deadline:
            raise Failure(f"{what}: not within {patience:.0f} s")
        time.sleep(0.003)


class Broker:
    """A private mosquitto, whose state survives it."""

    def __init__(self, owner, folder, autosave):
        self.folder = folder / "broker"
        self.folder.mkdir()
        self.log = folder / "broker.log"
        self.database = self.folder / "mosquitto.db"
        self.autosave = autosave
        self.popen = None
        owner.addCleanup(self.stop)
        for _ in range(10):  # somebody may take the port first
            self.port = support.free_port()
            if self._run():
                return
        raise Failure(f"mosquitto does not start: see {self.log}")

    def start(self):
        if not self._run():
            raise Failure(f"mosquitto does not start again: see {self.log}")

    def _run(self):
        configuration = self.folder / "mosquitto.conf"
        configuration.write_text(
            CONFIGURATION.format(
                port=self.port,
                # As root it would become the user mosquitto, who cannot read our files.
                user="root" if os.geteuid() == 0 else os.environ.get("USER", "nobody"),
                folder=self.folder,
                autosave=self.autosave,
            )
        )
        mark = self.mark()
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(
                ["mosquitto", "-c", configuration], stdout=subprocess.DEVNULL, stderr=log
            )
        wait_until(
            lambda: self.has_logged(rb"version \S+ running", mark) or self.popen.poll() is not None,
            "mosquitto starts",
        )
        if self.popen.poll() is not None:
            return False
        # Its main loop must run too: before, a signal would be forgotten.
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as probe:
            seen = rb"New connection from 127.0.0.1:%d " % probe.getsockname()[1]
            wait_until(lambda: self.has_logged(seen, mark), "mosquitto accepts")
        return True

    def mark(self):
        return self.log.stat().st_size if self.log.exists() else 0

    def all_logged(self, pattern, mark=0):
        with open(self.log, "rb") as log:
            log.seek(mark)
            return re.findall(pattern, log.read())

    def has_logged(self, pattern, mark):
        return bool(self.all_logged(pattern, mark))

    def end(self, number):
        if self.popen is not None and self.popen.poll() is None:
            self.popen.send_signal(number)
            self.popen.wait(PATIENCE)

    def stop(self):
        """It writes all it knows."""
        self.end(signal.SIGTERM)

    def kill(self):
        self.end(signal.SIGKILL)

    def forget(self):
        self.database.unlink(missing_ok=True)

    def save(self):
        """It writes a new file and renames it."""
        before = self.database.stat().st_ino if self.database.exists() else None
        self.popen.send_signal(signal.SIGUSR1)
        wait_until(
            lambda: self.database.exists() and self.database.stat().st_ino != before,
            "mosquitto saves",
        )

    def publish(self, topic, payload):
        result = support.run(
            "mosquitto_pub", "-h", "127.0.0.1", "-p", self.port, "-q", 2, "-t", topic, "-m", payload
        )
        if result.code != 0:
            raise Failure(f"mosquitto_pub: {result.err}")


class Observer:
    """observer.py, at the broker itself."""

    def __init__(self, owner, folder, broker):
        self.broker = broker
        mark = broker.mark()
        self.popen = subprocess.Popen(
            [sys.executable, HERE / "observer.py", str(broker.port), folder / "arrivals"]
        )
        owner.addCleanup(self.stop)
        self.wait_subscribed(mark)

    def wait_subscribed(self, mark):
        wait_until(
            lambda: self.broker.has_logged(rb"observer 2 torture/#", mark),
            "the observer subscribes",
        )

    def freeze(self):
        """Returns when the broker has handled all that it said."""
        self.popen.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.popen.pid, os.WSTOPPED)  # it goes on for a while
        *_, port = self.broker.all_logged(rb"connected from 127.0.0.1:(\d+) as observer")
        wait_until(
            lambda: on_the_way(int(port), self.broker.port) == 0, "the broker hears the observer"
        )

    def thaw(self):
        self.popen.send_signal(signal.SIGCONT)

    def stop(self):
        self.popen.kill()
        self.popen.wait()


class Feeder:
    """Sends the client numbers from 1, each exactly once to the broker. Every 40th is large."""

    def __init__(self, owner):
        self.count = 0
        self.popen = subprocess.Popen(
            ["mosquitto_pub", "-l", "-h", "127.0.0.1", "-p", str(owner.broker.port)]
            + ["-q", "2", "-t", "orders"],
            stdin=subprocess.PIPE,
            text=True,
        )
        owner.callback(self.stop)

    def feed(self, count):
        for self.count in range(self.count + 1, self.count + count + 1):
            rest = "x" * (100000 if self.count % 40 == 0 else self.count % 200)
            self.popen.stdin.write(f"{self.count} {rest}\n")
        self.popen.stdin.flush()

    def end(self):
        """All that it was given is at the broker."""
        self.popen.stdin.close()
        if self.popen.wait(PATIENCE) != 0:
            raise Failure("mosquitto_pub fails")

    def stop(self):
        self.popen.kill()
        self.popen.wait()


class Life:
    """One process of the client."""

    def __init__(self, owner, number, words, log):
        self.number = number
        self.popen = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
        )
        self.stages = b""
        owner.callback(self.end)

    def reach(self, stage):
        """Waits until it is there: see tell_stage() of client.c."""
        deadline = time.monotonic() + PATIENCE
        while stage.encode() + b"\n" not in self.stages:
            left = max(0, deadline - time.monotonic())
            if not select.select([self.popen.stdout], [], [], left)[0]:
                raise Failure(f"life {self.number} did not come to '{stage}'")
            piece = os.read(self.popen.stdout.fileno(), 4096)
            if not piece:
                raise Failure(
                    f"life {self.number} ended with {self.popen.wait()} before '{stage}'"
                )
            self.stages += piece

    def kill(self):
        if self.popen.poll() is not None:
            raise Failure(f"life {self.number} ended by itself with {self.popen.returncode}")
        self.end()

    def end(self):
        self.popen.kill()
        self.popen.wait()
        self.popen.stdin.close()
        self.popen.stdout.close()

    def ask_to_finish(self):
        self.popen.stdin.close()


class Stage(contextlib.ExitStack):
    """`network`: whether the client goes through one that can fail."""

    def __init__(self, options, network=False, autosave=0):
        super().__init__()
        self.addCleanup = self.callback  # what support's parts want of their owner
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="iotkit-torture-"))
        self.options = options
        self.broker = Broker(self, self.folder, autosave)
        self.observer = Observer(self, self.folder, self.broker)
        self.network = Network(self, self.broker.port) if network else None
        self.journal = Journal(self.folder / "journal")
        self.arrivals = Arrivals(self.folder / "arrivals")
        self.client_log = self.enter_context(open(self.folder / "client.log", "ab"))
        self.marks = itertools.count(1)
        self.lives = 0
        self.killed = set()
        self.broker.save()  # that there is an observer

    def remove(self):
        shutil.rmtree(self.folder)

    def wait(self, holds, what):
        wait_until(holds, what)

    def fail(self, sentence):
        raise Failure(sentence)

    # The client.

    def live(self, **plan):
        self.lives += 1
        port = self.network.port if self.network else self.broker.port
        settings = {
            "life": self.lives,
            "qos": self.options.qos,
            "mqtt.version": self.options.version,
            "mqtt.client_id": CLIENT_ID,
            "mqtt.window": IN_FLIGHT,
            "events.max": 1000000,
            "reconnect.min_ms": 20,
            "reconnect.max_ms": 200,
        }
        if not self.options.ram:
            settings["outbox.path"] = self.folder / "outbox.db"
        settings.update(plan)
        words = support.command(
            "iotkit-torture-client", f"mqtt://127.0.0.1:{port}", self.folder / "journal"
        )
        words += [f"{name}={value}" for name, value in settings.items()] + self.options.option
        self.client_log.write(f"life {self.lives}: {' '.join(words)}\n".encode())
        self.client_log.flush()
        return Life(self, self.lives, words, self.client_log)

    def client_told(self, event, words):
        """How many events of this type had these words."""
        log = (self.folder / "client.log").read_text(errors="replace")
        return len(re.findall(rf"(?m)^\d+ {event} .*{words}", log))

    def kill(self, life):
        life.kill()
        self.killed.add(life.number)

    def finish(self, life, allowed=(ENDED_WELL, ENDED_WITH_MESSAGES_LEFT)):
        """A clean end. As long as something arrives it may take its time."""
        life.ask_to_finish()
        while life.popen.poll() is None:
            before = self.arrivals.update().first
            try:
                life.popen.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                if self.arrivals.update().first == before:
                    raise Failure(f"life {life.number} does not end") from None
        if life.popen.returncode not in allowed:
            raise Failure(f"life {life.number} ended with {life.popen.returncode}")

    def drain(self, **plan):
        """The last life, which publishes nothing, and ends when all is delivered."""
        life = self.live(finish_ms=600000, **plan)
        life.reach("connected")
        self.finish(life, allowed=[ENDED_WELL])
        self.wait_observed()

    # The broker.

    def wait_observed(self):
        """All that the broker has taken has come to the observer: it keeps the order of
        what it has for one session."""
        mark = str(next(self.marks))
        self.broker.publish("torture/mark", mark)
        wait_until(
            lambda: mark in self.arrivals.update().marks, f"mark {mark} comes to the observer"
        )

    def cut_off(self):
        """Cuts the client off, with its exchanges half-done. The broker has handled all
        that it said."""
        self.network.freeze()
        wait_until(self.network.is_read, "the broker reads what it was sent")

    def kill_broker_saved(self):
        """The broker has saved all that it knows when it is killed: nothing comes to it
        in between."""
        self.cut_off()
        self.observer.freeze()
        self.broker.save()
        self.broker.kill()
        self.observer.thaw()

    def wait_told(self, more):
        """So many more messages are told as delivered."""
        wanted = self.journal.update().deliveries + more
        wait_until(
            lambda: self.journal.update().deliveries >= wanted, f"{more} more are delivered"
        )
