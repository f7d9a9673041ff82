# SPDX-License-Identifier: MIT
"""`iotkit-certs check` shows what a broker presents, and judges it in words."""

import re
import time
import unittest

from client import TlsTest, support
from pki import SERVER, Pki
from servers import SServer, TlsBroker, silent


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

    def test_the_peer_is_shown_first(self):
        """Also when it sends a long chain, and when the handshake fails after it."""
        between = self.pki.make_intermediate()
        identity = self.pki.issue("localhost", by=between)
        identity.cert = self.pki.join("chain.crt", identity.cert, between.cert)
        subjects = ["localhost", "intermediate CA", "course CA"]
        wants = f"require_certificate true\ncafile {self.pki.ca.cert}\n"
        for settings, code in (("", 0), (wants, 1)):
            with self.subTest(settings):
                broker = TlsBroker.of(self, self.pki, identity, settings)
                out, _ = self.check(broker, code=code)
                self.assertEqual(re.findall("subject: *CN=(.*)", out), subjects)
                blocks = out.split("\n\n")
                for block, name in zip(blocks, subjects):
                    self.assertRegex(block, rf"\Acertificate:(.*\n)+subject: *CN={name}\n(.*\n)+pin:")

    def test_key_that_does_not_go_with_the_cipher(self):
        """A usage that only RSA without Diffie-Hellman needs."""
        identity = self.pki.issue("localhost", kind="rsa", purpose=f"{SERVER}keyUsage=keyEncipherment\n")
        for server in (
            SServer(self, identity, "-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"),
            TlsBroker.of(self, self.pki, identity, "ciphers ECDHE-RSA-AES128-GCM-SHA256\n", at_most="1.2"),
        ):
            with self.subTest(type(server).__name__):
                out = self.bad(
                    server, "certificate of localhost:.*'CN=localhost'", "not for servers",
                    "key usage", "digitalSignature",
                )
                self.assertIn("ECDHE-RSA", out)
                self.refused(server.uri, *self.trusting(), says=("not for servers", "key usage"))

    def test_an_address(self):
        identity = self.pki.issue("dev", san="IP:127.0.0.1")
        broker = TlsBroker.of(self, self.pki, identity)
        self.check(broker, "-o", f"broker=mqtts://127.0.0.1:{broker.port}")

    def test_nothing_is_judged_without_verification(self):
        broker = TlsBroker.of(self, self.pki, self.pki.issue("dev", by=self.pki.other_ca))
        out = self.bad(
            broker, r"not judged \(tls\.verify=none\)", args=("-o", "tls.verify=none")
        )
        self.assertNotIn("good", out)
        self.assertIn("CN=dev", out)

    def test_a_pin_is_judged_without_verification(self):
        broker = TlsBroker.of(self, self.pki)
        wanted = ("-o", "tls.verify=none", "-o")
        pin, other = self.pki.server.pin().hex(), self.pki.ca.pin().hex()
        out, _ = self.check(broker, *wanted, f"tls.pin_sha256={pin}")
        self.assert_says(out, "good: .*pin; nothing else was judged")
        self.bad(broker, "tls.pin_sha256 does not list", args=(*wanted, f"tls.pin_sha256={other}"))

    def test_pre_shared_key(self):
        self.pki.write("server.psk", "pi:1234abcd1234abcd\n")
        key = self.pki.write("client.psk", "1234abcd1234abcd\n")
        broker = TlsBroker(self, f"psk_hint course\npsk_file {self.pki.folder}/server.psk\n")
        for verify in ("full", "none"):
            with self.subTest(verify):
                result = support.run(
                    "iotkit-certs", "check", f"localhost:{broker.port}",
                    *self.options(tls_psk_identity="pi", tls_psk_file=key, tls_verify=verify),
                )
                self.assert_ran(result)
                self.assert_says(result.out.decode(), "verdict: *good")

    def test_deadline(self):
        began = time.monotonic()
        result = support.run(
            "iotkit-certs", "check", f"localhost:{silent(self).port}",
            *self.options(connect_timeout_ms=300),
        )
        self.assert_ran(result, 1)
        self.assert_says(result.err, r"connect\.timeout_ms")
        self.assertLess(time.monotonic() - began, 10)

    def test_option(self):
        broker = TlsBroker.of(self, self.pki, self.pki.issue("dev"))
        self.check(broker, "-o", "tls.server_name=dev")


if __name__ == "__main__":
    unittest.main()
