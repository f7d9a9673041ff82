# SPDX-License-Identifier: MIT
"""Who cannot be reached, speaks something else, or refuses us: the sentence tells
which of these it was, and at which stage."""

import shutil
import subprocess
import time
import unittest

import servers
from client import TlsTest, support
from pki import CLIENT, Pki
from servers import SServer, TlsBroker

PSK = "1234abcd1234abcd"
OLD = "DEFAULT@SECLEVEL=0"
ANONYMOUS = "AECDH-AES128-SHA:@SECLEVEL=0"  # mbedTLS has none without certificates


def can_unshare():
    command = ["unshare", "-rn", "true"]
    return shutil.which("unshare") and subprocess.run(command, capture_output=True).returncode == 0


class Protocols(TlsTest):
    """Versions, ciphers, and what is no TLS at all."""

    @classmethod
    def setUpClass(cls):
        cls.pki = Pki(cls)

    def refuses(self, server, *words, **options):
        return self.refused(server.uri, *self.trusting(**options), says=words)

    def test_plain_mqtt_on_this_port(self):
        broker = TlsBroker(self, "")
        self.refuses(broker, str(broker.port), "without TLS|plain MQTT|no TLS", "mqtt://", "8883")

    def test_http_on_this_port(self):
        server = servers.http(self)
        self.refuses(server, "HTTP", str(server.port), "8883")

    def test_tls_on_a_plain_connection(self):
        for server in (TlsBroker.of(self, self.pki), SServer(self, self.pki.server)):
            with self.subTest(type(server).__name__):
                self.refused(f"mqtt://localhost:{server.port}", says=("TLS", "mqtts://"))

    def test_only_tls_1_1(self):
        for flag in ("-tls1", "-tls1_1"):
            with self.subTest(flag):
                server = SServer(self, self.pki.server, flag, "-cipher", OLD)
                self.refuses(server, r"TLS 1\.[01]|older", r"1\.2")

    def test_mosquitto_with_only_tls_1_1(self):
        settings = f"tls_version tlsv1.1\nciphers {OLD}\n"
        broker = TlsBroker.of(self, self.pki, settings=settings, at_most="1.1")
        self.refuses(broker, r"TLS 1\.[01]|older|version", r"1\.2")

    def test_only_tls_1_3(self):
        broker = TlsBroker.of(self, self.pki, settings="tls_version tlsv1.3\n")
        if self.speaks_1_3():
            self.publish(broker.uri, *self.trusting())
        else:
            self.refuses(broker, r"1\.3|version")

    def test_1_3_wanted(self):
        broker = TlsBroker.of(self, self.pki, at_most="1.2")
        reason = "update the broker" if self.speaks_1_3() else r"mbedTLS \d"
        self.refuses(broker, r"tls\.min_version", r"1\.3", reason, tls_min_version="1.3")

    def test_no_common_cipher(self):
        server = SServer(self, self.pki.server, "-tls1_2", "-cipher", ANONYMOUS)
        self.refuses(server, "cipher", "ECDHE")

    def test_mosquitto_without_common_cipher(self):
        broker = TlsBroker.of(self, self.pki, settings=f"ciphers {ANONYMOUS}\n", at_most="1.2")
        self.refuses(broker, "cipher", "ECDHE")


class Clients(TlsTest):
    """The server does not take who we are."""

    @classmethod
    def setUpClass(cls):
        cls.pki = Pki(cls)
        cls.broker = TlsBroker.of(
            cls, cls.pki, settings=f"require_certificate true\ncafile {cls.pki.ca.cert}\n"
        )

    def required_by(self, test_server, identity=None):
        options = {}
        if identity:
            options = {"tls_cert_file": identity.cert, "tls_key_file": identity.key}
        return lambda *words: self.refused(
            test_server.uri, *self.trusting(**options), says=words
        )

    def s_server(self):
        return SServer(
            self, self.pki.server, "-tls1_2", "-Verify", 3, "-verify_return_error",
            "-CAfile", self.pki.ca.cert,
        )

    def test_certificate_required(self):
        for server in (self.broker, self.s_server()):
            with self.subTest(type(server).__name__):
                self.required_by(server)("client certificate", r"tls\.cert_file", "iotkit-certs")

    def test_certificate_of_another_ca(self):
        stranger = self.pki.issue("anna", by=self.pki.other_ca, purpose=CLIENT)
        for server in (self.broker, self.s_server()):
            with self.subTest(type(server).__name__):
                self.required_by(server, stranger)("refuse", "CN=anna", "other CA")

    def test_expired_certificate(self):
        old = self.pki.issue("anna", days=(-9, -2), purpose=CLIENT)
        for server in (self.broker, self.s_server()):
            with self.subTest(type(server).__name__):
                self.required_by(server, old)("anna", "expired")

    def test_servers_certificate_at_a_client(self):
        self.required_by(self.broker, self.pki.server)("refuse", "CN=localhost")


class PreSharedKeys(TlsTest):
    @classmethod
    def setUpClass(cls):
        cls.pki = Pki(cls)
        path = cls.pki.write("server.psk", f"pi:{PSK}\n")
        cls.broker = TlsBroker(cls, f"psk_hint course\npsk_file {path}\n")

    def refuses(self, server, identity, key, *words):
        path = self.pki.write("client.psk", key + "\n")
        text = self.refused(
            server.uri, *self.options(tls_psk_identity=identity, tls_psk_file=path), says=words
        )
        self.assertNotIn(key, text)

    def test_unknown_identity(self):
        self.refuses(self.broker, "stranger", PSK, "'stranger'", r"tls\.psk_identity")

    def test_wrong_key(self):
        self.refuses(self.broker, "pi", "ab" * 8, "'pi'", r"tls\.psk_file")

    def test_not_with_tls_1_3(self):
        self.refused(
            self.broker.uri,
            *self.options(
                tls_psk_identity="pi", tls_psk_file=self.pki.write("client.psk", PSK + "\n"),
                tls_min_version="1.3",
            ),
            says=(r"tls\.min_version", r"1\.3", r"set it to 1\.2"),
        )

    def test_server_without_keys(self):
        self.refuses(TlsBroker.of(self, self.pki), "pi", PSK, "pre-shared key|PSK")

    def test_certificates_where_keys_are_wanted(self):
        self.refused(self.broker.uri, *self.trusting(), says=("cipher",))


class Network(TlsTest):
    @classmethod
    def setUpClass(cls):
        cls.pki = Pki(cls)
        cls.pki.ca  # for those who only need a file

    def test_port_closed(self):
        port = support.free_port()
        self.refused(
            f"mqtts://localhost:{port}", *self.trusting(),
            says=(f"localhost:{port}", "refused", "nothing listens", "8883"),
        )

    def test_name_unknown(self):
        self.refused(
            "mqtts://something.invalid", *self.trusting(), says=("something.invalid", "look")
        )

    @unittest.skipUnless(can_unshare(), "no network namespaces here")
    def test_route_down(self):
        command = support.command(
            "iotkit-pub", "--broker", "mqtts://192.0.2.1", "-t", "a", "-n", *self.trusting()
        )
        result = support.run("unshare", "-rn", *command)
        self.assert_ran(result, 1)
        self.assert_says(result.err, r"192\.0\.2\.1:8883", "unreachable", "route")

    # Where the time went.

    def times_out(self, server, *words, scheme="mqtts"):
        begin = time.monotonic()
        self.refused(
            f"{scheme}://localhost:{server.port}", *self.trusting(connect_timeout_ms=700),
            says=(f"localhost:{server.port}", "time|timed out", *words),
        )
        self.assertLess(time.monotonic() - begin, 700e-3 + support.PATIENCE / 10)

    def test_time_out_of_tcp(self):
        self.times_out(servers.full(self), "TCP")

    def test_time_out_of_a_silent_server(self):
        self.times_out(servers.silent(self), "TLS handshake")

    def test_time_out_in_mid_handshake(self):
        self.times_out(servers.half_hello(self), "TLS handshake")

    def test_time_out_of_warnings_without_end(self):
        """mbedTLS passes over them, one after the other."""
        self.times_out(servers.alerts(self, bytes.fromhex("1503030002015a")), "TLS handshake")

    def test_time_out_of_connack(self):
        self.times_out(SServer(self, self.pki.server), "CONNECT")


if __name__ == "__main__":
    unittest.main()
