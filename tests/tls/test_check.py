# SPDX-License-Identifier: MIT
"""`iotkit-certs check` shows what a broker presents, and judges it in words."""

import unittest

from client import TlsTest, support
from pki import Pki
from servers import SServer, TlsBroker


class Check(TlsTest):
    @classmethod
    def setUpClass(cls):
        cls.pki = Pki(cls)

    def check(self, server, *args, code=0):
        result = support.run(
            "iotkit-certs", "check", f"localhost:{server.port}",
            "--cafile", self.pki.ca.cert, *args,
        )
        self.assert_ran(result, code)
        return result.out.decode(), result.err

    def bad(self, server, *words, args=()):
        out, err = self.check(server, *args, code=1)
        self.assert_says(err or out, *words)
        return out

    def test_good(self):
        for server in (TlsBroker.of(self, self.pki), SServer(self, self.pki.server)):
            with self.subTest(type(server).__name__):
                out, err = self.check(server)
                for word in ("CN=localhost", "course CA", "TLSv1|TLS 1", "ECDHE|TLS1-3", r"20\d\d-\d\d-"):
                    self.assertRegex(out, word)
                self.assertIn(self.pki.server.pin().hex(), out.lower())
                self.assertEqual(err, "")

    def test_bad_certificates_are_shown(self):
        cases = (
            (self.pki.issue("dev"), ("'dev'", "'localhost'")),
            (self.pki.issue("localhost", by=self.pki.other_ca), ("other CA", r"tls\.ca_file")),
            (self.pki.issue("localhost", days=(-9, -2)), ("expired",)),
            (self.pki.issue("localhost", days=(5, 9)), ("valid only from",)),
            (self.pki.self_signed(), ("self-signed",)),
        )
        for identity, words in cases:
            with self.subTest(words):
                out = self.bad(TlsBroker.of(self, self.pki, identity), *words)
                self.assertRegex(out, "CN=(dev|localhost)")

    def test_certificate_wanted(self):
        broker = TlsBroker.of(
            self, self.pki, settings=f"require_certificate true\ncafile {self.pki.ca.cert}\n"
        )
        out = self.bad(broker, "client certificate")
        self.assertIn("CN=localhost", out)
        client = self.pki.client
        self.check(broker, "--cert", client.cert, "--key", client.key)

    def test_plain_broker(self):
        self.bad(TlsBroker(self, ""), "plain MQTT")

    def test_option(self):
        broker = TlsBroker.of(self, self.pki, self.pki.issue("dev"))
        self.check(broker, "-o", "tls.server_name=dev")


if __name__ == "__main__":
    unittest.main()
