# SPDX-License-Identifier: MIT
"""iotkit-gateway as systemd runs it: what it tells the service manager, what it logs for
the journal, and SIGHUP, which takes up renewed certificates and passwords. The test plays
systemd by its real protocol; broker and certificates are real."""

import array
import fcntl
import os
import pathlib
import pty
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import termios
import threading
import time
import unittest

import support
from test_broker import SetUp

VALUE = "iotkit/greenhouse/a"


class Manager:
    """The end of $NOTIFY_SOCKET that systemd has."""

    def __init__(self, test, abstract=False):
        folder = tempfile.mkdtemp(prefix="iotkit-notify-")
        test.addCleanup(shutil.rmtree, folder)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        test.addCleanup(self.socket.close)
        self.path = f"@iotkit-{secrets.token_hex(8)}" if abstract else f"{folder}/notify"
        self.socket.bind(self.path.replace("@", "\0", 1) if abstract else self.path)
        self.seen = []

    def next(self, patience=support.PATIENCE):
        """One datagram as a dictionary; None when none comes."""
        self.socket.settimeout(patience)
        try:
            text = self.socket.recv(65536).decode()
        except (TimeoutError, BlockingIOError):
            return None
        self.seen.append(text)
        return dict(line.split("=", 1) for line in text.split("\n"))

    def wait_for(self, name, pattern):
        """The first message in which this variable is so."""
        deadline = time.monotonic() + support.PATIENCE
        while time.monotonic() < deadline:
            message = self.next(deadline - time.monotonic())
            if message is not None and re.search(pattern, message.get(name, "")):
                return message
        raise AssertionError(f"no {name}={pattern}; seen: {self.seen}")

    def wait_for_silence(self, seconds=1):
        deadline = time.monotonic() + support.PATIENCE
        while self.next(seconds) is not None:
            if time.monotonic() > deadline:
                raise AssertionError("it goes on talking")


class ServiceTest(support.ProgramTest):
    def setUp(self):
        self.board = support.Board(self)
        self.board.plug()

    def service(self, uri, *args, manager=None, variables=None, **keywords):
        variables = dict(variables or {})
        if manager is not None:
            variables["NOTIFY_SOCKET"] = manager.path
        return self.start(
            "iotkit-gateway",
            *("--broker", uri, "--device", f"greenhouse=serial:{self.board.path}"),
            *("--option", "mqtt.client_id=gw", "--option", "metric.qos=1"),
            *("--option", "reconnect.max_ms=200"),
            *args,
            variables=variables,
            **keywords,
        )

    def wait_for_board(self, gateway):
        gateway.err.wait_for("device greenhouse online")
        self.board.say("")


class Notify(ServiceTest):
    def setUp(self):
        super().setUp()
        self.broker = support.Broker(self)

    def test_ready_then_connected_then_stopping(self):
        for abstract in (False, True):
            with self.subTest(abstract=abstract):
                manager = Manager(self, abstract)
                gateway = self.service(self.broker.uri, manager=manager)
                self.assertIn("STATUS", manager.wait_for("READY", "^1$"))
                manager.wait_for("STATUS", rf"connected to .*{self.broker.port}.* messages wait")
                self.interrupt(gateway)
                manager.wait_for("STOPPING", "^1$")

    def test_ready_without_a_broker(self):
        """It serves boards already; a broker that comes later must not make it a failed unit."""
        self.broker.stop()
        manager = Manager(self)
        self.service(self.broker.uri, manager=manager)
        manager.wait_for("READY", "^1$")
        manager.wait_for("STATUS", "no connection: .*refused")
        self.broker.start()
        manager.wait_for("STATUS", "connected to")

    def test_not_ready_when_it_is_set_up_wrongly(self):
        manager = Manager(self)
        gateway = self.service(self.broker.uri, "-c", "/no/such.conf", manager=manager)
        self.assert_ended(gateway, 1)
        self.assertIsNone(manager.next(0))

    def test_watchdog_unasked(self):
        manager = Manager(self)
        gateway = self.service(self.broker.uri, manager=manager)
        manager.wait_for("STATUS", "connected to")
        self.interrupt(gateway)
        while manager.next(0) is not None:
            pass
        self.assertNotIn("WATCHDOG", "".join(manager.seen))

    def test_watchdog_of_another_process(self):
        manager = Manager(self)
        gateway = self.service(
            self.broker.uri,
            manager=manager,
            variables={"WATCHDOG_USEC": "100000", "WATCHDOG_PID": str(os.getpid())},
        )
        manager.wait_for("STATUS", "connected to")
        self.interrupt(gateway)
        while manager.next(0) is not None:
            pass
        self.assertNotIn("WATCHDOG", "".join(manager.seen))

    def test_watchdog_is_fed_until_the_gateway_is_frozen(self):
        manager = Manager(self)
        gateway = self.service(
            self.broker.uri, manager=manager, variables={"WATCHDOG_USEC": "100000"}
        )
        for _ in range(3):
            manager.wait_for("WATCHDOG", "^1$")
        gateway.signal(signal.SIGSTOP)
        manager.wait_for_silence()
        gateway.signal(signal.SIGCONT)
        manager.wait_for("WATCHDOG", "^1$")
        self.interrupt(gateway)

    def test_watchdog_is_not_fed_by_a_gateway_that_hangs(self):
        """Nobody reads what it prints: its main loop waits, although its threads run."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        size = fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        manager = Manager(self)
        gateway = self.service(
            self.broker.uri,
            "--print",
            manager=manager,
            variables={"WATCHDOG_USEC": "100000"},
            stdout=writer,
        )
        os.close(writer)
        self.wait_for_board(gateway)
        for number in range(size // 20):
            self.board.say(f"a:{number}")
        manager.wait_for_silence()
        waiting = array.array("i", [0])
        fcntl.ioctl(reader, termios.FIONREAD, waiting)
        self.assertGreater(waiting[0], size - 100)
        # It waits within a write, which this must not end.
        gateway.signal(signal.SIGHUP)
        drain = threading.Thread(target=self.drain, args=(reader,), daemon=True)
        drain.start()
        manager.wait_for("WATCHDOG", "^1$")
        gateway.err.wait_for("reload: ")
        gateway.kill()
        drain.join()

    @staticmethod
    def drain(descriptor):
        while os.read(descriptor, 65536):
            pass


class Journal(ServiceTest):
    def journal(self, stream, variables=None, uri=None):
        """Starts a gateway whose JOURNAL_STREAM is made of its standard error, a pipe."""
        uri = uri or f"mqtt://127.0.0.1:{support.free_port()}"
        script = f"exec env JOURNAL_STREAM=$(stat -Lc {stream} /proc/self/fd/2) \"$@\""
        return self.start(
            "sh",
            *("-c", script, "sh", support.BIN / "iotkit-gateway"),
            *("--broker", uri, "--device", f"greenhouse=serial:{self.board.path}"),
            variables=variables,
        )

    def test_priorities_and_no_times(self):
        gateway = self.journal("%d:%i")
        gateway.err.wait_for(r"(?m)^<6>iotkit-gateway \S+ starts\n")
        gateway.err.wait_for(r"(?m)^<6>device greenhouse online")
        gateway.err.wait_for(r"(?m)^<4>no connection: .*refused")
        gateway.signal(signal.SIGKILL)
        gateway.wait()
        for line in gateway.err.data.decode().splitlines():
            self.assertRegex(line, r"^<[346]>\w")

    def test_a_command_cannot_write_lines_of_its_own(self):
        """Nor do anything to the terminal of who reads them: here red, in two ways."""
        broker = support.Broker(self)
        gateway = self.journal("%d:%i", uri=broker.uri)
        gateway.err.wait_for("device greenhouse online")
        broker.log.wait_for("Sending SUBACK")
        broker.publish("iotkit/greenhouse/relay/set", "-m", "1\n<2>all is lost\x1b[31m\u009b31m \u00e9")
        self.board.say("a:1")
        gateway.err.wait_for(
            "(?m)^<4>device greenhouse warning: command relay "
            r"1\?<2>all is lost\?\[31m\?31m " "\u00e9: the board"
        )

    def test_standard_error_that_is_not_the_journal(self):
        """As in a shell that a service has started."""
        gateway = self.journal("1:%i", {"TZ": "IST-5:30"})
        gateway.err.wait_for(
            r"(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+05:30 iotkit-gateway \S+ starts\n"
        )


class Terminal(ServiceTest):
    def test_a_terminal_that_closes_ends_the_gateway(self):
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        popen = subprocess.Popen(
            support.command("iotkit-gateway", "--broker", "mqtt://127.0.0.1:1"), stderr=slave
        )
        self.addCleanup(popen.kill)
        os.close(slave)
        self.assertIn(b"iotkit-gateway", os.read(master, 65536))
        popen.send_signal(signal.SIGHUP)
        self.assertEqual(popen.wait(support.PATIENCE), -signal.SIGHUP)


class Talker(threading.Thread):
    """A board that says one number after the other."""

    def __init__(self, test, board):
        super().__init__(daemon=True)
        self.board = board
        self.count = 0
        self.enough = threading.Event()
        test.addCleanup(self.stop)
        self.start()

    def run(self):
        while not self.enough.wait(0.005):
            self.board.say(f"a:{self.count + 1}")
            self.count += 1

    def stop(self):
        self.enough.set()
        self.join()
        return self.count


class Reload(ServiceTest):
    """A broker that knows its clients by their certificates."""

    def setUp(self):
        super().setUp()
        self.files = pathlib.Path(tempfile.mkdtemp(prefix="iotkit-reload-"))
        self.addCleanup(shutil.rmtree, self.files)
        self.make("ca")
        self.make("server", "localhost", "--out", "server")
        self.make("client", "old", "--out", "old")
        self.make("client", "new", "--out", "new")
        self.use("old")
        self.tls_port = support.free_port()
        self.broker = support.Broker(
            self,
            "allow_anonymous true\n"
            f"listener {self.tls_port} 127.0.0.1\n"
            f"cafile {self.files}/ca.crt\ncertfile {self.files}/server.crt\n"
            f"keyfile {self.files}/server.key\n"
            "require_certificate true\nuse_identity_as_username true\n",
        )

    def make(self, *args):
        self.assert_ran(support.run("iotkit-certs", *args, "--dir", self.files))

    def use(self, name):
        """As who renews certificates does it: in one step a file."""
        for end in ("crt", "key"):
            shutil.copy2(self.files / f"{name}.{end}", self.files / f"next.{end}")
            os.replace(self.files / f"next.{end}", self.files / f"gateway.{end}")

    def gateway(self, *args, **keywords):
        gateway = self.service(
            f"mqtts://localhost:{self.tls_port}",
            *("--cafile", self.files / "ca.crt"),
            *("--cert", self.files / "gateway.crt", "--key", self.files / "gateway.key"),
            *args,
            **keywords,
        )
        self.wait_for_board(gateway)
        return gateway

    def wait_for_login(self, name, mark=0):
        self.broker.log.wait_for(rf"as gw \(.*u'{name}'", mark)

    def logins(self):
        return len(re.findall(rb"New client connected .* as gw \(", self.broker.log.data))

    def test_a_new_client_certificate_is_taken_up_and_nothing_is_lost(self):
        observer = self.broker.observe(self, VALUE)
        manager = Manager(self)
        gateway = self.gateway(manager=manager)
        self.wait_for_login("old")
        talker = Talker(self, self.board)
        observer.next()
        for name in ("new", "old", "new"):
            self.use(name)
            mark = self.broker.mark()
            gateway.signal(signal.SIGHUP)
            self.assertGreater(int(manager.wait_for("RELOADING", "^1$")["MONOTONIC_USEC"]), 0)
            manager.wait_for("READY", "^1$")
            self.wait_for_login(name, mark)
        last = talker.stop()
        seen = observer.wait_until(VALUE, str(last).encode())
        numbers = [int(message.payload) for message in seen]
        self.assertEqual(set(range(2, last + 1)) - set(numbers), set())
        self.assertEqual(gateway.err.data.count(b"device greenhouse online"), 1)
        self.interrupt(gateway)

    def test_a_broken_certificate_leaves_the_connection_alone(self):
        observer = self.broker.observe(self, VALUE)
        gateway = self.gateway()
        self.wait_for_login("old")
        (self.files / "gateway.crt").write_text("no certificate\n")
        gateway.signal(signal.SIGHUP)
        gateway.err.wait_for(r"error: reload: the connection stays as it is.*gateway\.crt")
        self.board.say("a:5")
        observer.wait_until(VALUE, b"5")
        self.assertEqual(self.logins(), 1)
        self.use("new")
        gateway.signal(signal.SIGHUP)
        self.wait_for_login("new")
        self.interrupt(gateway)

    def test_a_certificate_of_a_stranger_leaves_the_connection_alone(self):
        """Well made, but the broker does not let it in."""
        gateway = self.gateway()
        self.wait_for_login("old")
        other = self.files / "other"
        other.mkdir()
        for args in (("ca",), ("client", "old", "--out", "stranger")):
            self.assert_ran(support.run("iotkit-certs", *args, "--dir", other))
        for end in ("crt", "key"):
            shutil.copy2(other / f"stranger.{end}", self.files / f"stranger.{end}")
        self.use("stranger")
        gateway.signal(signal.SIGHUP)
        gateway.err.wait_for("error: reload: the connection stays as it is")
        self.assertEqual(self.logins(), 1)
        self.interrupt(gateway)

    def test_without_a_connection(self):
        self.broker.stop()
        gateway = self.gateway()
        gateway.err.wait_for("no connection")
        self.use("new")
        gateway.signal(signal.SIGHUP)
        gateway.err.wait_for("reload: not connected now")
        self.broker.start()
        self.wait_for_login("new")
        gateway.err.wait_for("reload: connecting anew")
        self.interrupt(gateway)

    def test_a_changed_configuration_is_told(self):
        config = self.files / "gateway.conf"
        config.write_text("payload = text\n")
        gateway = self.gateway("-c", config)
        self.wait_for_login("old")
        config.write_text("payload = json\n")
        os.utime(config, ns=(0, 1))
        gateway.signal(signal.SIGHUP)
        gateway.err.wait_for(f"warning: {config} has changed, .*restart")
        gateway.err.wait_for("connecting anew")
        self.interrupt(gateway)


class ReloadPassword(ServiceTest):
    def test_a_wrong_password_leaves_the_connection_alone_and_a_new_one_is_taken_up(self):
        broker = SetUp(self, "--listen", "127.0.0.1").start()
        gateway = self.start("iotkit-gateway", "-c", broker.folder / "gateway.conf")
        gateway.err.wait_for("connected to")
        changed = support.run("iotkit-broker", "passwd", broker.folder, "gateway")
        # The broker has not been told yet, so the new password is wrong for now.
        gateway.signal(signal.SIGHUP)
        gateway.err.wait_for("error: reload: the connection stays as it is")
        mark = len(broker.log.data)
        broker.reload(changed.out.decode())
        gateway.signal(signal.SIGHUP)
        broker.log.wait_for(r"New client connected .* as gateway \(", mark)
        self.interrupt(gateway)


if __name__ == "__main__":
    unittest.main()
