# SPDX-License-Identifier: MIT
"""iotkit-doctor and the outbox's file: good, in use, and with each thing that can be wrong."""

import contextlib
import os
import shutil
import signal
import sqlite3
import time
import unittest

import doctor
import support


class Outbox(doctor.DoctorTest):
    def setUp(self):
        self.place = self.folder()
        self.path = self.place / "outbox.db"

    def fill(self, count=3, size=10):
        """Messages that no broker takes."""
        publisher = self.start("iotkit-pub", *self.nowhere(), "-W", "600", "-t", "a", "-q", "1",
                               "-l", "--option", f"outbox.path={self.path}",
                               stdin=support.subprocess.PIPE)
        publisher.write((b"x" * size + b"\n") * count)
        deadline = time.monotonic() + support.PATIENCE
        while self.count() < count:
            self.assertLess(time.monotonic(), deadline, publisher.describe())
            time.sleep(0.02)
        publisher.signal(signal.SIGTERM)
        publisher.wait()

    def count(self):
        """How many are in the file by now, whose tables may not be there yet."""
        try:
            with contextlib.closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as file:
                return file.execute("SELECT count(*) FROM message").fetchone()[0]
        except sqlite3.OperationalError:
            return 0

    def finds_outbox(self, name, *args, **keywords):
        return self.finds(name, *self.nowhere(), "--option", f"outbox.path={self.path}", *args,
                          **keywords)

    def test_in_memory(self):
        self.finds("outbox.in-memory", *self.nowhere(), says=["outbox.path"])

    def test_none_yet(self):
        report = self.finds_outbox("outbox.new")
        self.assertEqual(list(self.place.iterdir()), [])
        self.assertIn(str(self.path), report.get("outbox.new")["subject"])

    def test_good(self):
        self.fill()
        before = {path: path.read_bytes() for path in self.place.iterdir()}
        report = self.finds_outbox("outbox.good", says=["3 messages wait, the oldest for"])
        self.assertEqual(report.get("outbox.good")["details"]["messages"], 3)
        self.assertEqual({path: path.read_bytes() for path in self.place.iterdir()}, before)

    def test_named_in_the_brokers_uri(self):
        self.fill(1)
        quoted = str(self.path).replace("outbox", "%6futbox")
        report = self.finds("outbox.good", "--broker",
                            f"mqtt://127.0.0.1:1?payload=json&outbox.path={quoted}&batch.ms=1")
        self.assertIn(str(self.path), report.get("outbox.good")["subject"])

    def test_in_use(self):
        gateway = self.start("iotkit-gateway", *self.nowhere(), "--option",
                             f"outbox.path={self.path}")
        gateway.err.wait_for("no connection")
        self.finds_outbox("outbox.in-use",
                          says=[rf"process {gateway.popen.pid} \(iotkit-gateway\) has the outbox"])

    def test_full(self):
        self.fill(5)
        self.finds_outbox("outbox.full", "--option", "outbox.max_rows=5", code=1,
                          says=["5 messages", "outbox.max_rows"])

    def test_folder_that_is_missing(self):
        shutil.rmtree(self.place)
        self.addCleanup(self.place.mkdir)
        self.finds_outbox("outbox.no-folder", code=1, says=["mkdir -p"])

    def test_folder_that_cannot_be_written_to(self):
        self.place.chmod(0o555)
        self.finds_outbox("outbox.folder-not-writable", nobody=True, says=["Permission denied"])

    def test_file_that_cannot_be_written_to(self):
        self.fill()
        self.place.chmod(0o777)
        self.path.chmod(0o444)
        self.finds_outbox("outbox.not-writable", nobody=True, says=["uid", "chown"])

    def test_file_that_a_gateway_made_as_root(self):
        if os.geteuid() != 0:
            self.skipTest("needs to be root")
        self.fill()
        os.chown(self.place, doctor.NOBODY, doctor.NOBODY)
        self.finds_outbox("outbox.other-owner", code=1, says=[f"chown {doctor.NOBODY}"])

    def test_damaged_file(self):
        self.fill(200, 200)
        with open(self.path, "r+b") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(4096)
            file.write(b"\xa5" * (size - 4096))
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        self.finds_outbox("outbox.damaged", code=1, says=["damaged"])

    def test_damaged_message(self):
        self.fill()
        with contextlib.closing(sqlite3.connect(self.path)) as database, database:
            database.execute("UPDATE message SET payload = 'other' WHERE id = 2")
        self.finds_outbox("outbox.damaged", code=1)

    def test_other_file(self):
        self.path.write_text("[mqtt]\nclient_id = gw\n")
        self.finds_outbox("outbox.not-one", code=1, says=["is no outbox", "outbox.path"])

    def test_file_of_a_newer_library(self):
        self.fill()
        with contextlib.closing(sqlite3.connect(self.path)) as database, database:
            database.execute("PRAGMA user_version = 99")
        self.finds_outbox("outbox.newer", code=1, says=["version 99"])

    def test_disk_with_little_space(self):
        self.finds_outbox("outbox.little-space", "--option", "outbox.max_bytes=1099511627776",
                          code=1, says=["outbox.max_bytes"])

    @unittest.skipUnless(doctor.can_mount(), "no mount namespaces here")
    def test_small_disk(self):
        script = f"mount -t tmpfs -o size=1m none {self.place} && exec \"$@\""
        self.finds_outbox("outbox.little-space", code=1,
                          before=["unshare", "-m", "sh", "-c", script, "sh"])


if __name__ == "__main__":
    unittest.main()
