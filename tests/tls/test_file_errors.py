# SPDX-License-Identifier: MIT
"""What is wrong with one's own files is told with the file's name, what was found
in it, and what mends it; a broker is not bothered."""

import os
import unittest

from client import TlsTest
from pki import Pki
from servers import Listener, TlsBroker


class Files(TlsTest):
    @classmethod
    def setUpClass(cls):
        cls.pki = Pki(cls)
        cls.broker = TlsBroker.of(cls, cls.pki)

    def refuses(self, *words, **options):
        return self.refused(self.broker.uri, *self.options(**options), says=words)

    def refuses_ca(self, path, *words):
        self.refuses(str(path), r"tls\.ca_file", *words, tls_ca_file=path)

    def refuses_client(self, *words, cert=None, key=None, **options):
        client = self.pki.client
        self.refused(
            self.broker.uri,
            *self.trusting(tls_cert_file=cert or client.cert, tls_key_file=key or client.key),
            *self.options(**options),
            says=words,
        )

    # Whom we trust.

    def test_ca_missing(self):
        self.refuses_ca("/no/such/ca.crt", "there is no")

    def test_ca_unreadable(self):
        self.refuses_ca(self.pki.folder, "not a file")

    @unittest.skipIf(os.geteuid() == 0, "root reads everything")
    def test_ca_forbidden(self):
        self.refuses_ca(self.pki.write("forbidden", "", mode=0), "Permission denied")

    def test_ca_empty(self):
        self.refuses_ca(self.pki.write("empty", ""), "empty")

    def test_ca_not_pem(self):
        self.refuses_ca(self.pki.write("text", "hello\n"), "BEGIN CERTIFICATE|PEM")

    def test_ca_damaged(self):
        text = self.pki.ca.cert.read_text()
        half = self.pki.write("half", text[:200] + text[260:])
        self.refuses_ca(half, "damaged|broken|cannot be (read|parsed|understood)|no certificate")

    def test_ca_is_a_key(self):
        self.refuses_ca(self.pki.server.key, "private key", "certificate")

    def test_ca_path_without_any(self):
        folder = self.pki.folder / "nothing"
        folder.mkdir()
        self.refuses(str(folder), r"tls\.ca_path", tls_ca_path=folder)

    def test_crl_is_a_certificate(self):
        path = self.pki.ca.cert
        self.refused(
            self.broker.uri,
            *self.trusting(tls_crl_file=path),
            says=(str(path), r"tls\.crl_file", "certificate"),
        )

    def test_pin_of_wrong_length(self):
        self.refused(
            self.broker.uri,
            *self.trusting(tls_pin_sha256="abcd"),
            says=(r"tls\.pin_sha256", "abcd", "hexadecimal"),
        )

    # Who we are.

    def test_key_of_another_certificate(self):
        key = self.pki.server.key
        self.refuses_client(str(key), str(self.pki.client.cert), "match|belong", key=key)

    def test_key_missing(self):
        self.refuses_client("/no/such.key", r"tls\.key_file", key="/no/such.key")

    def test_certificate_without_key(self):
        self.refused(
            self.broker.uri,
            *self.trusting(tls_cert_file=self.pki.client.cert),
            says=(r"tls\.cert_file", r"tls\.key_file"),
        )

    def test_key_without_certificate(self):
        self.refused(
            self.broker.uri,
            *self.trusting(tls_key_file=self.pki.client.key),
            says=(r"tls\.cert_file", r"tls\.key_file"),
        )

    def test_key_is_a_certificate(self):
        cert = self.pki.client.cert
        cert.chmod(0o600)
        self.refuses_client(str(cert), "certificate", "private key", key=cert)

    def test_key_others_can_read(self):
        key = self.pki.write("open.key", self.pki.client.key.read_text(), mode=0o644)
        self.refuses_client("others can read", f"chmod 600 {key}", key=key)

    def test_encrypted_key_without_password(self):
        key = self.pki.encrypt(self.pki.client.key)
        self.refuses_client(str(key), "encrypted", r"tls\.key_password_file", key=key)

    def test_wrong_key_password(self):
        key = self.pki.encrypt(self.pki.client.key)
        password = self.pki.write("wrong.txt", "wrong guess\n")
        self.refuses_client(
            str(key), str(password), "wrong|not open|does not fit|not the pass phrase", key=key,
            tls_key_password_file=password,
        )

    def test_password_is_not_told(self):
        key = self.pki.encrypt(self.pki.client.key)
        password = self.pki.write("guess.txt", "wrong guess\n")
        text = self.publish(
            self.broker.uri,
            *self.trusting(tls_cert_file=self.pki.client.cert, tls_key_file=key),
            *self.options(tls_key_password_file=password),
            code=1,
        )
        self.assertNotIn("wrong guess", text)

    def test_psk_that_is_not_hexadecimal(self):
        path = self.pki.write("psk", "s3cret psk\n")
        text = self.refuses(
            str(path), r"tls\.psk_file", "hexadecimal",
            tls_psk_identity="pi", tls_psk_file=path,
        )
        self.assertNotIn("s3cret", text)

    def test_psk_others_can_read(self):
        path = self.pki.write("open.psk", "1234abcd\n", mode=0o644)
        self.refuses(
            "others can read", f"chmod 600 {path}", tls_psk_identity="pi", tls_psk_file=path
        )

    def test_nothing_is_sent(self):
        """What cannot work is not begun."""
        listener = Listener(self)
        self.refused(listener.uri, *self.options(tls_ca_file="/no/such"), says=("/no/such",))
        listener.socket.setblocking(False)
        with self.assertRaises(BlockingIOError):
            listener.socket.accept()


if __name__ == "__main__":
    unittest.main()
