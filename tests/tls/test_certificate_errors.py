# SPDX-License-Identifier: MIT
"""What is wrong with a server's certificate is told with what it says, what was
expected, and what mends it."""

import unittest

from client import TlsTest, dates
from pki import CLIENT, Pki
from servers import SServer, TlsBroker


class Mosquitto(TlsTest):
    """One broker after the other, each with a certificate that is bad in one way."""

    @classmethod
    def setUpClass(cls):
        cls.pki = Pki(cls)

    def refuses(self, identity, *words, options=(), **trust):
        broker = TlsBroker.of(self, self.pki, identity)
        return self.refused(broker.uri, *self.trusting(**trust), *options, says=words)

    def test_wrong_host_name(self):
        identity = self.pki.issue("dev", san="DNS:dev,DNS:dev.local")
        self.refuses(identity, "'dev', 'dev.local'", "'localhost'", "mqtts://dev|server_name")

    def test_address_instead_of_a_name(self):
        broker = TlsBroker.of(self, self.pki)
        self.refused(
            f"mqtts://127.0.0.1:{broker.port}",
            *self.trusting(),
            says=("'localhost'", r"127\.0\.0\.1", "IP address", "--ip|mqtts://localhost"),
        )

    def test_name_instead_of_an_address(self):
        identity = self.pki.issue("dev", san="IP:127.0.0.1")
        self.refuses(identity, r"127\.0\.0\.1", "'localhost'")

    def test_unknown_ca(self):
        self.refuses(
            self.pki.issue("localhost", by=self.pki.other_ca),
            "other CA", "course CA|not in|not among", r"tls\.ca_file", str(self.pki.ca.cert),
        )

    def test_unknown_to_the_system(self):
        broker = TlsBroker.of(self, self.pki)
        self.refused(broker.uri, says=("course CA", "system", r"tls\.ca_file"))

    def test_presented_ca_unknown_to_the_system(self):
        identity = self.pki.issue("localhost")
        identity.cert = self.pki.join("whole.pem", identity.cert, self.pki.ca.cert)
        broker = TlsBroker.of(self, self.pki, identity)
        self.refused(
            broker.uri,
            says=(
                "the certificate of localhost:[0-9]+ is signed by 'CN=course CA', which is unknown to "
                "the system's trusted CAs: set tls.ca_file to that CA's certificate",
            ),
        )

    def test_presented_ca_that_is_not_the_files(self):
        identity = self.pki.issue("localhost", by=self.pki.other_ca)
        identity.cert = self.pki.join("other.pem", identity.cert, self.pki.other_ca.cert)
        self.refuses(identity, "signed by 'CN=other CA', which is not in tls.ca_file .*set tls")

    def test_intermediate_left_out(self):
        intermediate = self.pki.make_intermediate()
        identity = self.pki.issue("localhost", by=intermediate)
        self.refuses(identity, "intermediate CA", "chain|intermediate certificate|certfile")

    def test_self_signed(self):
        self.refuses(self.pki.self_signed(), "self-signed", "localhost", r"tls\.ca_file")

    def test_expired(self):
        text = self.refuses(self.pki.issue("localhost", days=(-9, -2)), "expired", "renew")
        self.assertEqual(len(set(dates(text))), 2, text)

    def test_not_yet_valid(self):
        text = self.refuses(self.pki.issue("localhost", days=(5, 9)), "valid only from", "clock")
        self.assertEqual(len(set(dates(text))), 2, text)

    def test_clients_certificate_at_a_server(self):
        identity = self.pki.issue("localhost", purpose=CLIENT)
        self.refuses(identity, "client", "server", "iotkit-certs server")

    def test_revoked(self):
        identity = self.pki.issue("localhost")
        self.pki.revoke(identity)
        self.refuses(
            identity, "revoked", "localhost",
            options=self.options(tls_crl_file=self.pki.make_crl()),
        )

    def test_no_revocation_list_of_its_issuer(self):
        intermediate = self.pki.make_intermediate()
        identity = self.pki.issue("localhost", by=intermediate)
        identity.cert = self.pki.join("chain.pem", identity.cert, intermediate.cert)
        self.refuses(
            identity, "intermediate CA", "revo", r"tls\.crl_file",
            options=self.options(tls_crl_file=self.pki.make_crl()),
        )

    def test_wrong_pin(self):
        identity = self.pki.server
        self.refuses(
            identity, r"tls\.pin_sha256", identity.pin().hex(),
            options=self.options(tls_pin_sha256="ab" * 32),
        )

    def test_gateway_ends(self):
        broker = TlsBroker.of(self, self.pki)
        gateway = self.start("iotkit-gateway", "--broker", broker.uri)
        self.assert_ended(gateway, 1)
        text = gateway.err.data.decode()
        self.assert_says(text, r"^20\S+\d error: ", "course CA", "not trying again$")


class OpenSsl(TlsTest):
    def test_signed_with_sha1(self):
        """Mosquitto would not take it."""
        self.pki = Pki(self)
        identity = self.pki.issue("localhost", md="sha1")
        server = SServer(self, identity, "-cipher", "DEFAULT@SECLEVEL=0", "-tls1_2")
        self.refused(server.uri, *self.trusting(), says=("SHA-?1", "SHA-?256|weak"))


if __name__ == "__main__":
    unittest.main()
