# SPDX-License-Identifier: MIT
"""Where a password may come from, and who sees it."""

import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import unittest
from unittest import mock

import support
from support import run

PASSWORD = "s3cret pass"
WARNING = "warning: others can read a password on the command line"


class Passwords(support.ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.broker = support.Broker(
            cls, "allow_anonymous false\npassword_file {folder}/passwords\n", start=False
        )
        passwords = cls.broker.folder / "passwords"
        subprocess.run(
            ["mosquitto_passwd", "-b", "-c", passwords, "anna", PASSWORD],
            check=True,
            timeout=support.PATIENCE,
        )
        cls.broker.start(any_port=True)
        cls.password_uri = f"mqtt://anna:s3cret%20pass@127.0.0.1:{cls.broker.port}"

    def private_file(self, text, mode=0o600):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name, "file")
        path.write_text(text)
        path.chmod(mode)
        return path


def seen_by_others(process):
    return pathlib.Path(f"/proc/{process.popen.pid}/cmdline").read_bytes()


class CommandLine(Passwords):
    """A running program's command line no longer shows the password."""

    def subscriber(self, *args):
        mark = self.broker.mark()
        process = self.start("iotkit-sub", "-t", "a", "-i", "sub", *args)
        self.broker.wait_subscribed("sub", mark)
        return process

    def test_it_is_hidden_and_warned_about_once(self):
        address = self.broker.address
        for args in (
            [*address, "-u", "anna", "-P", PASSWORD],
            [*address, "-u", "anna", f"-P{PASSWORD}"],
            [*address, "-u", "anna", f"--pw={PASSWORD}"],
            [*address, "-u", "anna", "-P", "s3cret wrong", "-P", PASSWORD],
            [*address, "-u", "anna", "--option", f"mqtt.password={PASSWORD}"],
            ["--broker", self.password_uri],
            ["--option", f"broker={self.password_uri}"],
            ["-u", "anna", "--broker", f"{self.broker.uri}?mqtt.password=s3cret%20pass"],
        ):
            with self.subTest(args):
                process = self.subscriber(*args)
                line = seen_by_others(process)
                self.assertIn(b"iotkit-sub", line)
                self.assertNotIn(b"s3cret", line)
                self.interrupt(process)
                self.assertEqual(process.err.data.decode().count(WARNING), 1)
                self.assertNotIn(b"s3cret", process.err.data)

    def test_gateway(self):
        process = self.start("iotkit-gateway", "--broker", self.password_uri)
        process.err.wait_for("connected to")
        self.assertNotIn(b"s3cret", seen_by_others(process))
        self.interrupt(process)
        self.assertIn(WARNING, process.err.data.decode())

    def test_no_warning_without_a_password(self):
        file = self.private_file(PASSWORD)
        process = self.subscriber(
            *("--broker", self.broker.uri.replace("//", "//anna@")),
            *("--option", f"mqtt.password_file={file}"),
        )
        self.interrupt(process)
        self.assertEqual(process.err.data, b"")


class Check(support.ProgramTest):
    """`iotkit-certs check` hides it as well, and tells it to nobody."""

    def test_it_is_hidden_and_warned_about_once(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            silent.settimeout(support.PATIENCE)
            address = f"127.0.0.1:{silent.getsockname()[1]}"
            for args in (
                [f"mqtts://anna:s3cret@{address}"],
                [f"anna:s3cret@{address}"],
                [address, "-o", "mqtt.password=s3cret"],
                [address, "-o", f"broker=mqtts://anna:s3cret@{address}"],
            ):
                with self.subTest(args):
                    process = self.start("iotkit-certs", "check", *args)
                    connection, _ = silent.accept()
                    line = seen_by_others(process)
                    connection.close()
                    self.assertIn(b"iotkit-certs", line)
                    self.assertNotIn(b"s3cret", line)
                    self.assert_ended(process, 1)
                    self.assertEqual(process.err.data.decode().count(WARNING), 1)
                    self.assertNotIn(b"s3cret", process.err.data + process.out.data)

    def test_no_warning_without_a_password(self):
        result = run("iotkit-certs", "check", f"mqtts://anna@127.0.0.1:{support.free_port()}")
        self.assertNotIn("warning", result.err)


class CoreFile(Passwords):
    """What a program leaves behind that is killed as by a crash."""

    def leaves_one(self, wait, *args):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        process = self.start(
            "sh", "-c", 'ulimit -c unlimited && cd "$1" && shift && exec "$@"', "sh", folder.name,
            *args,
        )
        wait(process)
        process.signal(signal.SIGQUIT)
        _, status = os.waitpid(process.popen.pid, 0)
        self.assertEqual(os.WTERMSIG(status), signal.SIGQUIT)
        return os.WCOREDUMP(status)

    def test_programs_leave_none(self):
        other = ("sh", "-c", "echo begun; exec tail -f /dev/null")
        if not self.leaves_one(lambda each: each.out.wait_for("begun"), *other):
            self.skipTest("no core files here")
        gateway = support.command("iotkit-gateway", "--broker", self.password_uri)
        self.assertFalse(self.leaves_one(lambda each: each.err.wait_for("connected to"), *gateway))


class Environment(Passwords):
    def pub(self, *args, password=PASSWORD, code=0):
        with mock.patch.dict(os.environ, IOTKIT_PASSWORD=password):
            result = run("iotkit-pub", *self.broker.address, "-t", "a", "-n", "-q", 1, *args)
        self.assert_ran(result, code)
        return result.err

    def test_it_is_taken(self):
        self.assertEqual(self.pub("-u", "anna"), "")

    def test_all_else_wins_over_it(self):
        file = self.private_file(PASSWORD)
        for args in (
            ["-P", PASSWORD],
            ["--option", f"mqtt.password={PASSWORD}"],
            ["--option", f"mqtt.password_file={file}"],
        ):
            with self.subTest(args):
                self.pub("-u", "anna", *args, password="wrong")
        self.pub("-u", "anna", password="wrong", code=1)

    def test_the_configuration_file_wins_over_it(self):
        config = self.private_file(f"broker = {self.password_uri}\n")
        with mock.patch.dict(os.environ, IOTKIT_PASSWORD="wrong"):
            gateway = self.start("iotkit-gateway", "-c", config)
        gateway.err.wait_for("connected to")
        self.interrupt(gateway)

    def test_it_is_wiped(self):
        with mock.patch.dict(os.environ, IOTKIT_PASSWORD=PASSWORD):
            gateway = self.start("iotkit-gateway", "--broker", self.broker.uri.replace("//", "//anna@"))
        gateway.err.wait_for("connected to")
        try:
            inherited = pathlib.Path(f"/proc/{gateway.popen.pid}/environ").read_bytes()
        except PermissionError:  # only root may look into our programs
            inherited = b"PATH="
        self.assertIn(b"PATH=", inherited)
        self.assertNotIn(PASSWORD.encode(), inherited)
        self.interrupt(gateway)


class ConfigurationFile(Passwords):
    def test_one_that_others_can_read_is_refused(self):
        config = self.private_file(f"[mqtt]\nusername = anna\npassword = {PASSWORD}\n", 0o644)
        result = run("iotkit-gateway", "-c", config)
        self.assert_ran(result, 1)
        self.assert_sentence(
            "iotkit-gateway", result.err, f"others can read the password .*'chmod 600 {config}'"
        )
        self.assertNotIn("s3cret", result.err)
        config.chmod(0o600)
        gateway = self.start("iotkit-gateway", "-c", config, "--broker", self.broker.uri)
        gateway.err.wait_for("connected to")
        self.interrupt(gateway)

    def test_the_mend_is_whole_however_long_the_path(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        config = pathlib.Path(folder.name, "x" * (250 - len(folder.name)))
        config.write_text(f"[mqtt]\npassword = {PASSWORD}\n")
        config.chmod(0o644)
        result = run("iotkit-gateway", "-c", config)
        self.assert_ran(result, 1)
        self.assert_sentence("iotkit-gateway", result.err, f"run 'chmod 600 {config}'\n")


if __name__ == "__main__":
    unittest.main()
