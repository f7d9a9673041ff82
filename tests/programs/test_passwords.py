# SPDX-License-Identifier: MIT
"""Where a password may come from, and who sees it."""

import os
import pathlib
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
        inherited = pathlib.Path(f"/proc/{gateway.popen.pid}/environ").read_bytes()
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


if __name__ == "__main__":
    unittest.main()
