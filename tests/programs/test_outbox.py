# SPDX-License-Identifier: MIT
"""iotkit-outbox on files that iotkit-pub has made, with no broker to send to."""

import base64
import contextlib
import datetime
import json
import os
import pathlib
import pty
import re
import shutil
import sqlite3
import tempfile
import unittest

import support
from support import run

PROGRAM = "iotkit-outbox"
TEXT = 'said "21.5 °C"\tat\\home'
BYTES = b"\x00\xff\x1b[31mred"


MADE = pathlib.Path(tempfile.gettempdir(), f"iotkit-outbox-made-{os.getpid()}")


def setUpModule():
    """Four messages that nobody takes."""
    MADE.mkdir()
    unittest.addModuleCleanup(shutil.rmtree, MADE)
    for args, stdin in (
        (["-t", "home/pump/power", "-q", "1", "-l"], b"on\noff\n"),
        (["-t", "home/temperature", "-q", "2", "-r", "-m", TEXT], b""),
        (["-t", "bytes", "-s", "-q", "1"], BYTES),
    ):
        nobody = f"mqtt://127.0.0.1:{support.free_port()}"
        path = f"outbox.path={MADE / 'outbox.db'}"
        result = run("iotkit-pub", "--broker", nobody, "-W", "1", "--option", path, *args,
                     stdin=stdin)
        if "not done within 1 s" not in result.err:
            raise AssertionError(f"iotkit-pub: {result.err}")


class Outbox(support.ProgramTest):
    """A folder with a copy of those messages."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="iotkit-outbox-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.path = self.folder / "outbox.db"
        shutil.copy(MADE / "outbox.db", self.path)

    def outbox(self, *args, code=0, path=None):
        result = run(PROGRAM, *args, path or self.path)
        self.assert_ran(result, code)
        return result

    def show(self, *args):
        result = self.outbox(*args)
        self.assertEqual(result.err, "")
        return result.out.decode()

    def export(self, *args):
        lines = self.outbox("--export", *args).out.decode().splitlines()
        return [json.loads(line) for line in lines]

    def ids(self, *args):
        return [message["id"] for message in self.export(*args)]

    def change(self, sql):
        with contextlib.closing(sqlite3.connect(self.path)) as database, database:
            database.execute(sql)

    def gateway(self):
        """A process that has the file open."""
        nobody = f"mqtt://127.0.0.1:{support.free_port()}"
        gateway = self.start("iotkit-gateway", "--broker", nobody, "--option",
                             f"outbox.path={self.path}")
        gateway.err.wait_for("cannot connect to 127.0.0.1")
        return gateway


class Show(Outbox):
    def test_summary(self):
        text = self.show("-n", "0")
        size = sum(len(part) for part in ("home/pump/power" * 2, "onoff", "home/temperature",
                                          "bytes")) + len(TEXT.encode()) + len(BYTES)
        for pattern in (
            rf"File +{re.escape(str(self.path))}",
            rf"Messages +4, {size} bytes of topics and payloads",
            r"Oldest +\d+ (s|min) ago \(20\d\d-\d\d-\d\dT[\d:.]+Z\), id 1",
            r"Newest +\d+ (s|min) ago",
            r"Last id +4",
            rf"On disk +{self.path.stat().st_size / 1000:.1f} kB, \d+ bytes a message",
            r"Client id +iotkit-\w+",
            r"In use +no",
        ):
            self.assertRegex(text, rf"(?m)^{pattern}")
        self.assertNotIn("TOPIC", text)

    def test_first_messages(self):
        text = self.show()
        self.assertRegex(text, r"(?m)^ID +AGE +QOS +RETAIN +STATE +TOPIC +PAYLOAD$")
        self.assertRegex(text, r"(?m)^ 1 +\d+ (s|min) +1 +no +waiting +home/pump/power +on$")
        self.assertRegex(text, r"(?m)^ 3 .* 2 +yes +waiting +home/temperature +said \"21.5 °C\"")
        self.assertEqual(len(self.show("-n", "1").split("PAYLOAD\n")[1].splitlines()), 1)
        only = self.show("-t", "home/#", "--after", "1").split("PAYLOAD\n")[1]
        self.assertEqual([line.split()[0] for line in only.splitlines()], ["2", "3"])

    def test_payloads_cannot_steer_the_terminal(self):
        text = self.show()
        self.assertIn("???[31mred", text)
        self.assertIsNone(re.search(r"[^\n\x20-\x7e°]", text))

    def test_empty_outbox(self):
        self.outbox("--purge", "--yes")
        text = self.show()
        self.assertRegex(text, r"(?m)^Messages +0$")
        self.assertRegex(text, r"(?m)^Last id +4$")
        self.assertNotIn("Oldest", text)

    def test_nothing_changes(self):
        def contents():
            return {path.name: path.read_bytes() for path in self.folder.iterdir()}

        before = contents()
        self.show()
        self.export()
        self.assertEqual(contents(), before)

    def test_in_use(self):
        self.gateway()
        self.assertRegex(self.show(), r"(?m)^In use +yes")
        self.assertEqual(self.ids(), [1, 2, 3, 4])


class Export(Outbox):
    def test_json(self):
        on, off, text, data = self.export()
        moment = datetime.datetime.fromisoformat(on.pop("time").replace("Z", "+00:00"))
        now = datetime.datetime.now(datetime.timezone.utc)
        self.assertLess(abs((now - moment).total_seconds()), 600)
        self.assertEqual(on, {"id": 1, "qos": 1, "retain": False, "topic": "home/pump/power",
                              "payload": "on"})
        self.assertEqual(off["payload"], "off")
        self.assertEqual((text["qos"], text["retain"], text["payload"]), (2, True, TEXT))
        self.assertEqual(base64.b64decode(data["payload_base64"]), BYTES)
        self.assertNotIn("payload", data)

    def test_chosen_messages(self):
        for args, ids in (
            (["--after", "2"], [3, 4]),
            (["--after", "18446744073709551615"], []),
            (["-t", "home/#"], [1, 2, 3]),
            (["-t", "home/+"], [3]),
            (["-t", "+/pump/+"], [1, 2]),
            (["-t", "home/pump/power/#"], [1, 2]),
            (["-t", "#"], [1, 2, 3, 4]),
            (["-t", "home"], []),
            (["-t", "home/pump"], []),
            (["-t", "home/#", "--after", "1"], [2, 3]),
        ):
            with self.subTest(args):
                self.assertEqual(self.ids(*args), ids)

    def test_tsv(self):
        lines = self.outbox("--export=tsv").out.decode().splitlines()
        fields = [line.split("\t") for line in lines]
        self.assertEqual([row[0] for row in fields], ["1", "2", "3", "4"])
        self.assertEqual(fields[0][2:], ["1", "0", "home/pump/power", "on"])
        self.assertEqual(fields[2][2:], ["2", "1", "home/temperature",
                                         'said "21.5 °C"\\tat\\\\home'])
        self.assertEqual(fields[3][5], r"\x00\xff\x1b[31mred")

    def test_damaged_message_is_left_out(self):
        self.change("UPDATE message SET payload='onn' WHERE id=1")
        result = self.outbox("--export", code=1)
        self.assert_sentence(PROGRAM, result.err, "message 1 is damaged")
        self.assertEqual(len(result.out.splitlines()), 3)
        self.assertRegex(self.show(), r"(?m)^ 1 +.*\(damaged\)")

    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            for args in (["--export"], []):
                result = run(PROGRAM, *args, self.path, stdout=full)
                self.assert_ran(result, 1)
                self.assert_sentence(PROGRAM, result.err, "cannot write to standard output")


class Purge(Outbox):
    def assert_purged(self, args, count, left):
        self.assertEqual(self.outbox("--purge", "--yes", *args).out.decode(),
                         f"{count} messages deleted\n")
        self.assertEqual(self.ids(), left)

    def test_all(self):
        self.assert_purged([], 4, [])

    def test_by_age(self):
        for age in ("1h", "30m", "7d", "2w", "2020-01-01", "2020-02-29T23:59:59Z"):
            with self.subTest(age):
                self.assert_purged(["--before", age], 0, [1, 2, 3, 4])
        self.assert_purged(["--before", self.export()[2]["time"]], 2, [3, 4])
        self.assert_purged(["--before", "0s"], 2, [])

    def test_nobody_to_ask(self):
        result = self.outbox("--purge", code=2)
        self.assert_sentence(PROGRAM, result.err, "say --yes")
        self.assertEqual(self.ids(), [1, 2, 3, 4])

    def test_asks_on_a_terminal(self):
        for answer, code, left in (("\n", 1, 4), ("n\n", 1, 4), ("y\n", 0, 0)):
            with self.subTest(answer):
                master, slave = pty.openpty()
                process = self.start(PROGRAM, "--purge", self.path, stdin=slave)
                os.close(slave)
                process.err.wait_for(r"has 4 messages, 0 of them in flight.\n.*\[y/N\] ")
                os.write(master, answer.encode())
                self.assert_ended(process, code)
                os.close(master)
                self.assertEqual(len(self.ids()), left)

    def test_in_use(self):
        gateway = self.gateway()
        result = self.outbox("--purge", "--yes", code=1)
        self.assert_sentence(PROGRAM, result.err,
                             rf"process {gateway.popen.pid} \(iotkit-gateway\) has the outbox")
        self.interrupt(gateway)
        # What the gateway itself has put into it is not of this test.
        self.assertEqual(self.ids()[:4], [1, 2, 3, 4])


class Errors(Outbox):
    def assert_refused(self, path, pattern):
        for args in ([], ["--export"], ["--purge", "--yes"]):
            with self.subTest(path, args=args):
                result = self.outbox(*args, code=1, path=path)
                self.assert_sentence(PROGRAM, result.err, pattern)
                self.assertEqual(result.out, b"")

    def test_what_is_no_outbox(self):
        self.assert_refused(self.folder / "none.db", "there is no outbox .*none.db")
        self.assert_refused(self.folder, "is no outbox, but a folder")
        self.assert_refused(support.SOURCE / "README.md", "is no outbox, but something else")
        self.assertEqual([path.name for path in self.folder.iterdir()], ["outbox.db"])

    def test_newer_version(self):
        self.change("PRAGMA user_version=99")
        self.assert_refused(self.path, "is of version 99")

    def test_cut_file(self):
        os.truncate(self.path, 4096)
        (self.folder / "outbox.db-lock").touch()
        self.assert_refused(self.path, "is damaged .* sets the file aside")

    def test_usage(self):
        for args, pattern in (
            ([], "a file is needed"),
            (["a", "b"], "one file at a time: 'b'"),
            (["a", "-n", "many"], "the number of messages must be .* not 'many'"),
            (["a", "--export=xml"], "json or tsv, not 'xml'"),
            (["a", "--after", "-1"], "--after takes a message's id, not '-1'"),
            (["a", "--after", "1x"], "--after takes"),
            (["a", "--after", "18446744073709551616"], "--after takes"),
            (["a", "-t", "a/#/b"], "'a/#/b' is no topic filter"),
            (["a", "-t", "a+"], "is no topic filter"),
            (["a", "-t", ""], "is no topic filter"),
            (["a", "--export", "--purge"], "export first"),
            (["a", "--export", "-n", "3"], "does not take -n"),
            (["a", "--purge", "-n", "3"], "does not take -n"),
            (["a", "--purge", "-t", "b"], "neither --topic nor --after"),
            (["a", "--before", "1h"], "go with --purge"),
            (["a", "--yes"], "go with --purge"),
            (["a", "--purge"], "say --yes"),
            (["a", "--nonsense"], "unrecognized option '--nonsense'"),
        ):
            self.assert_usage_error(args, pattern)

    def test_moments(self):
        for moment in ("soon", "", "h", "7", "7x", "7d2", "-1h", "1234567h", "2026", "2026-13-01",
                       "2026-00-01", "2026-02-29", "2026-04-31", "2026-04-00", "2026-4-1",
                       "1969-12-31", "2026-01-01T", "2026-01-01T10:00:00", "2026-01-01T24:00:00Z",
                       "2026-01-01T10:60:00Z", "2026-01-01T10:00:00.Z", "2026-01-01T10Z",
                       "2026-01-01 10:00:00Z", "2026-01-01T10:00:00Zz"):
            self.assert_usage_error(["a", "--purge", "--yes", "--before", moment],
                                    "--before takes a duration")

    def assert_usage_error(self, args, pattern):
        with self.subTest(args=args):
            result = run(PROGRAM, *args)
            self.assert_ran(result, 2)
            self.assertEqual(result.out, b"")
            self.assert_sentence(PROGRAM, result.err, pattern)
            self.assertIn(f"Try '{PROGRAM} --help'", result.err)


if __name__ == "__main__":
    unittest.main()
