# SPDX-License-Identifier: MIT
"""mosquitto_pub's flags for TLS mean the same to our programs."""

import socket
import unittest

from client import TlsTest, support
from pki import Pki
from servers import SServer, TlsBroker

PSK = "1234abcd1234abcd"
HANDSHAKE, CONNECT = b"\x16", b"\x10"


class FlagsTest(TlsTest):
    @classmethod
    def setUpClass(cls):
        cls.pki = Pki(cls)
        cls.psk = cls.pki.write("client.psk", f"{PSK}\n")

    def pub(self, *args, code=0):
        result = support.run("iotkit-pub", "-t", "a", "-m", "hello", "-q", 1, *args)
        self.assert_ran(result, code)
        return result.err

    def address(self, server):
        return "-h", "localhost", "-p", server.port


class Meaning(FlagsTest):
    """Each flag by what the server sees of it."""

    def carries(self, broker, *flags):
        mark = broker.mark()
        sub = self.start(
            "iotkit-sub", *self.address(broker), "-t", "a", "-C", 1, "-i", "sub", *flags
        )
        broker.wait_subscribed("sub", mark)
        self.assertEqual(self.pub(*self.address(broker), *flags), "")
        self.assert_ended(sub)
        self.assertEqual((sub.out.data, sub.err.data), (b"hello\n", b""))

    def test_cafile(self):
        broker = TlsBroker.of(self, self.pki)
        self.carries(broker, "--cafile", self.pki.ca.cert)
        self.refused(broker.uri, "--cafile", self.pki.other_ca.cert, says=["course CA"])

    def test_capath(self):
        folder = self.pki.folder / "trusted"
        folder.mkdir()
        (folder / "ca.pem").write_text(self.pki.ca.cert.read_text())
        self.carries(TlsBroker.of(self, self.pki), "--capath", folder)

    def test_system_store(self):
        """The last of them wins; this CA the system does not know."""
        broker = TlsBroker.of(self, self.pki)
        flags = "--cafile", self.pki.ca.cert, "--tls-use-os-certs"
        self.refused(broker.uri, *flags, says=["course CA"])
        self.carries(broker, *reversed(flags[2:]), *flags[:2])

    def test_client_certificate(self):
        broker = TlsBroker.of(
            self, self.pki,
            settings=f"cafile {self.pki.ca.cert}\nrequire_certificate true\n"
            "use_identity_as_username true\n",
            observer_flags=("--cert", str(self.pki.client.cert), "--key", str(self.pki.client.key)),
        )
        trust = "--cafile", self.pki.ca.cert
        self.carries(broker, *trust, "--cert", self.pki.client.cert, "--key", self.pki.client.key)
        broker.log.wait_for("New client connected from [^\n]*u'anna'")

    def test_insecure_checks_all_but_the_name(self):
        broker = TlsBroker.of(self, self.pki, self.pki.issue("dev"))
        trust = "--cafile", self.pki.ca.cert
        self.refused(broker.uri, *trust, says=["dev"])
        self.pub(*self.address(broker), *trust, "--insecure")
        self.refused(
            broker.uri, "--cafile", self.pki.other_ca.cert, "--insecure", says=["course CA"]
        )

    def test_application_protocol(self):
        server = SServer(self, self.pki.server, "-tls1_2", "-alpn", "mqtt", broker=True)
        flags = "--cafile", self.pki.ca.cert, "--tls-alpn", "mqtt", "-q", 0
        self.pub(*self.address(server), *flags)
        server.out.wait_for("ALPN protocols selected: mqtt")

    def test_version(self):
        broker = TlsBroker.of(self, self.pki)
        self.carries(broker, "--cafile", self.pki.ca.cert, "--tls-version", "tlsv1.2")

    def test_pre_shared_key(self):
        server_keys = self.pki.write("server.psk", f"pi:{PSK}\n")
        broker = TlsBroker(self, f"psk_hint course\npsk_file {server_keys}\n")
        flags = "--psk-identity", "pi", "--psk-file", self.psk
        self.assertEqual(self.pub(*self.address(broker), *flags), "")


class Scheme(FlagsTest):
    """Whether the first byte that a server sees begins a handshake or a CONNECT."""

    def first_byte(self, *args, host="127.0.0.1", port=0):
        with socket.create_server((host, port)) as server:
            server.settimeout(support.PATIENCE)
            process = self.start(
                "iotkit-pub", "-h", host, "-p", server.getsockname()[1], "-t", "a", "-n", *args
            )
            connection, _ = server.accept()
            with connection:
                connection.settimeout(support.PATIENCE)
                first = connection.recv(1)
            process.kill()
        return first

    def test_any_flag_means_tls(self):
        for flags in (
            ("--cafile", self.pki.ca.cert),
            ("--capath", self.pki.folder),
            ("--tls-use-os-certs",),
            ("--insecure",),
            ("--cert", self.pki.client.cert, "--key", self.pki.client.key),
            ("--psk-identity", "pi", "--psk-file", self.psk),
            ("--tls-alpn", "mqtt"),
            ("--tls-version", "tlsv1.2"),
        ):
            with self.subTest(flags[0]):
                trust = () if flags[0].startswith("--psk") else ("--cafile", self.pki.ca.cert)
                self.assertEqual(self.first_byte(*flags, *trust), HANDSHAKE)

    def test_each_flag_alone(self):
        for flag in ("--tls-alpn", "mqtt"), ("--tls-version", "tlsv1.2"), ("--insecure",):
            with self.subTest(flag):
                self.assertEqual(self.first_byte(*flag), HANDSHAKE)

    def test_no_flag_means_plain(self):
        self.assertEqual(self.first_byte(), CONNECT)

    def test_the_port_for_tls(self):
        try:
            self.assertEqual(self.first_byte(host="127.88.8.3", port=8883), HANDSHAKE)
        except OSError as taken:
            self.skipTest(str(taken))

    def test_without_host_and_port(self):
        """localhost:8883, where nobody may be listening."""
        text = self.pub("--cafile", self.pki.ca.cert, "--option", "tls.server_name=x", code=1)
        self.assertIn("localhost:8883", text)


class Refusals(FlagsTest):
    def assert_usage_error(self, program, *args, says):
        needed = {"iotkit-pub": ["-t", "a", "-n"], "iotkit-sub": ["-t", "a"]}.get(program, [])
        result = support.run(program, *needed, *args)
        self.assert_ran(result, 2)
        for words in says:
            self.assert_sentence(program, result.err, words)
        return result.err

    def test_flags_with_a_plain_uri(self):
        for program in "iotkit-pub", "iotkit-sub", "iotkit-gateway":
            for flag in ("--cafile", "x"), ("--insecure",), ("--psk-file", "x"):
                with self.subTest(program, flag=flag):
                    self.assert_usage_error(
                        program, "--broker", "mqtt://anna@dev", *flag,
                        says=[f"{flag[0]} is for TLS", "mqtt://dev", "begin with mqtts://"],
                    )

    def test_flags_with_a_plain_uri_in_the_file(self):
        config = self.pki.write("plain.ini", "broker = mqtt://dev:1884\n")
        self.assert_usage_error(
            "iotkit-gateway", "-c", config, "--insecure", says=["mqtt://dev:1884", "mqtts://"]
        )

    def test_a_key_on_the_command_line(self):
        text = self.assert_usage_error(
            "iotkit-pub", "--psk-identity", "pi", "--psk", PSK, says=["use --psk-file", "chmod 600"]
        )
        self.assertNotIn(PSK, text)

    def test_ciphers(self):
        self.assert_usage_error("iotkit-sub", "--ciphers", "x", says=["not supported"])

    def test_versions(self):
        for version, words in (
            ("tlsv1.1", "no longer secure.*tlsv1.2"),
            ("1.2", "no TLS version '1.2'; use --tls-version tlsv1.2"),
        ):
            self.assert_usage_error("iotkit-sub", "--tls-version", version, says=[words])


if __name__ == "__main__":
    unittest.main()
