# SPDX-License-Identifier: MIT
"""Packets that go over TLS, seen before they are encrypted."""

import shutil
import unittest

from client import TlsTest, support
from pki import Pki
from servers import TlsBroker

PASSWORD = "not to be seen"


class Captures(TlsTest):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("tshark"):
            raise unittest.SkipTest("tshark is not installed")
        cls.pki = Pki(cls)

    def read(self, path, *fields):
        read = support.run(
            "tshark", "-n", "-r", path, "-Y", "mqtt || tcp.flags.syn == 1", "-T", "fields",
            *(word for field in fields for word in ("-e", field)),
        )
        self.assert_ran(read)
        return [line.split("\t") for line in read.out.decode().splitlines()]

    def test_tshark_reads_them_without_keys_and_without_the_password(self):
        broker = TlsBroker.of(self, self.pki)
        secret = self.pki.folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o600)
        for version in ("3.1.1", "5"):
            with self.subTest(version=version):
                path = self.pki.folder / f"{version}.pcap"
                text = self.publish(
                    broker.uri, "-d", "-u", "joe",
                    *("--will-topic", "gone", "--will-payload", "for good"),
                    *self.trusting(trace_pcap=path, mqtt_version=version),
                    *("--option", f"mqtt.password_file={secret}"),
                )
                self.assertIn("with user name, with password)", text)
                self.assertNotIn(PASSWORD, text)
                self.assertNotIn(PASSWORD.encode(), path.read_bytes())
                rows = self.read(
                    path, "mqtt.msgtype", "mqtt.username", "mqtt.passwd", "mqtt.willmsg_text",
                    "mqtt.topic", "frame.comment",
                )
                self.assertEqual([row[0] for row in rows], ["", "", "1", "2", "3", "4", "14"])
                self.assertRegex(rows[0][5], rf"^localhost:{broker.port} over TLS")
                self.assertEqual(rows[2][1:3], ["joe", "*" * len(PASSWORD)])
                self.assertEqual(rows[4][4], "a")


if __name__ == "__main__":
    unittest.main()
