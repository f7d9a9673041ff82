# SPDX-License-Identifier: MIT
"""TLS as it is meant to be used."""

import json
import shutil
import time
import unittest

import faults
import pki
import support
from client import TlsTest
from faults import HANDSHAKE, Proxy
from pki import CLIENT, Pki
from servers import SServer, TlsBroker

RECONNECT = {"reconnect_min_ms": 1, "reconnect_max_ms": 50}
PSK = "1234abcd1234abcd"
KEYS = r"(?m)^CLIENT_(RANDOM|TRAFFIC_SECRET_0) [0-9a-f]{64} ([0-9a-f]{64}|[0-9a-f]{96})$"


class WorksTest(TlsTest):
    @classmethod
    def setUpClass(cls):
        cls.pki = Pki(cls)

    def carries(self, broker, *args, uri=None):
        """A message goes there and back, and nobody is warned."""
        mark = broker.mark()
        sub = self.start(
            "iotkit-sub", "--broker", uri or broker.uri, "-t", "a", "-C", 1, "-i", "sub", *args
        )
        broker.wait_subscribed("sub", mark)
        text = self.publish(uri or broker.uri, *args)
        self.assertEqual(text, "")
        self.assert_ended(sub)
        self.assertEqual((sub.out.data, sub.err.data), (b"hello\n", b""))


class Messages(WorksTest):
    def test_large_ones(self):
        """They go from where they lie, a record at a time."""
        broker = TlsBroker.of(self, self.pki)
        payload = b"".join(number.to_bytes(4, "big") for number in range(750_000))
        file = self.pki.folder / "large"
        file.write_bytes(payload)
        for qos in (0, 1, 2):
            with self.subTest(qos=qos):
                mark = broker.mark()
                sub = self.start(
                    "iotkit-sub", "--broker", broker.uri, "-t", "a", "-q", 2, "-C", 1,
                    *("-i", "sub"), *self.trusting(),
                )  # fmt: skip
                broker.wait_subscribed("sub", mark)
                result = support.run(
                    "iotkit-pub", "--broker", broker.uri, "-t", "a", "-f", file, "-q", qos,
                    *self.trusting(),
                )  # fmt: skip
                self.assert_ran(result)
                self.assert_ended(sub)
                self.assertTrue(sub.out.data == payload + b"\n")


class Certificates(WorksTest):
    def test_kinds_of_key(self):
        for kind in pki.KINDS:
            with self.subTest(kind):
                identity = self.pki.issue("localhost", kind=kind)
                self.carries(TlsBroker.of(self, self.pki, identity), *self.trusting())

    def test_ip_address(self):
        identity = self.pki.issue("dev", san="DNS:dev,IP:127.0.0.1")
        broker = TlsBroker.of(self, self.pki, identity)
        self.carries(broker, *self.trusting(), uri=f"mqtts://127.0.0.1:{broker.port}")

    def test_common_name_alone(self):
        """As the course's first openssl commands made it."""
        identity = self.pki.issue("localhost", san=None)
        self.carries(TlsBroker.of(self, self.pki, identity), *self.trusting())

    def test_wildcard(self):
        identity = self.pki.issue("x", san="DNS:*.dev.example")
        broker = TlsBroker.of(self, self.pki, identity)
        self.carries(broker, *self.trusting(tls_server_name="pi.dev.example"))

    def test_other_name(self):
        broker = TlsBroker.of(self, self.pki, self.pki.issue("dev"))
        self.carries(broker, *self.trusting(tls_server_name="dev"))

    def test_intermediate(self):
        intermediate = self.pki.make_intermediate()
        identity = self.pki.issue("localhost", by=intermediate)
        identity.cert = self.pki.join("chain.pem", identity.cert, intermediate.cert)
        self.carries(TlsBroker.of(self, self.pki, identity), *self.trusting())

    def test_folder_of_cas(self):
        folder = self.pki.folder / "trusted"
        folder.mkdir()
        for ca in (self.pki.other_ca, self.pki.ca):
            shutil.copy(ca.cert, folder)
        (folder / "README").write_text("not a certificate\n")
        self.carries(TlsBroker.of(self, self.pki), *self.options(tls_ca_path=folder))

    def test_several_cas_in_a_file(self):
        bundle = self.pki.join("bundle.pem", self.pki.other_ca.cert, self.pki.ca.cert)
        self.carries(TlsBroker.of(self, self.pki), *self.options(tls_ca_file=bundle))

    def test_self_signed_that_is_trusted(self):
        identity = self.pki.self_signed()
        self.carries(TlsBroker.of(self, self.pki, identity), *self.trusting(identity))

    def test_pins(self):
        broker = TlsBroker.of(self, self.pki)
        pin = self.pki.server.pin()
        for text in (pin.hex(), pin.hex().upper(), self.pki.server.pin_base64(),
                     "ab" * 32 + "," + pin.hex()):
            with self.subTest(text):
                self.carries(broker, *self.trusting(tls_pin_sha256=text))

    def test_revocation_list_without_it(self):
        self.pki.revoke(self.pki.issue("localhost"))
        options = self.trusting(tls_crl_file=self.pki.make_crl())
        self.carries(TlsBroker.of(self, self.pki), *options)

    def test_application_protocol(self):
        server = SServer(self, self.pki.server, "-tls1_2", "-alpn", "mqtt", broker=True)
        self.publish(server.uri, *self.trusting(tls_alpn="x-amzn-mqtt-ca,mqtt"), qos=0)
        server.out.wait_for("ALPN protocols selected: mqtt")

    def test_name_is_indicated(self):
        other = self.pki.issue("dev")
        server = SServer(
            self, self.pki.server, "-servername", "dev", "-servername_fatal",
            "-cert2", other.cert, "-key2", other.key, broker=True,
        )
        self.publish(server.uri, *self.trusting(tls_server_name="dev"), qos=0)

    def test_settings_in_a_file(self):
        """Paths are relative to it."""
        broker = TlsBroker.of(self, self.pki)
        config = self.pki.write(
            "gateway.conf", f"broker = {broker.uri}\n[tls]\nca_file = {self.pki.ca.cert.name}\n"
        )
        gateway = self.start("iotkit-gateway", "-c", config)
        gateway.err.wait_for(r"\d connected .*TLSv1\.[23]")
        self.interrupt(gateway)


class Clients(WorksTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.broker = TlsBroker.of(
            cls, cls.pki,
            settings=f"require_certificate true\ncafile {cls.pki.ca.cert}\n"
            "use_identity_as_username true\n",
        )

    def publishes_as(self, name, cert, key, **options):
        mark = self.broker.mark()
        text = self.publish(
            self.broker.uri, *self.trusting(tls_cert_file=cert, tls_key_file=key, **options)
        )
        self.assertEqual(text, "")
        self.broker.log.wait_for(rf"New client connected from [^\n]*u'{name}'", mark)

    def test_certificate(self):
        for kind in pki.KINDS:
            with self.subTest(kind):
                client = self.pki.issue("anna", purpose=CLIENT, kind=kind)
                self.publishes_as("anna", client.cert, client.key)

    def test_encrypted_key(self):
        client = self.pki.client
        password = self.pki.write("password.txt", pki.PASS_PHRASE + "\n")
        self.publishes_as(
            "anna", client.cert, self.pki.encrypt(client.key), tls_key_password_file=password
        )

    def test_intermediate(self):
        intermediate = self.pki.make_intermediate()
        client = self.pki.issue("berta", by=intermediate, purpose=CLIENT)
        chain = self.pki.join("client-chain.pem", client.cert, intermediate.cert)
        self.publishes_as("berta", chain, client.key)

    def test_pre_shared_key(self):
        server_keys = self.pki.write("server.psk", f"pi:{PSK}\n")
        client_key = self.pki.write("client.psk", f"{PSK}\n")
        broker = TlsBroker(
            self, f"psk_hint course\npsk_file {server_keys}\nuse_identity_as_username true\n"
        )
        text = self.publish(
            broker.uri, *self.options(tls_psk_identity="pi", tls_psk_file=client_key)
        )
        self.assertEqual(text, "")
        broker.log.wait_for("New client connected from [^\n]*u'pi'")


class Reconnects(WorksTest):
    def gateway(self, uri, *args):
        gateway = self.start(
            "iotkit-gateway", "--broker", uri, *args, *self.options(**RECONNECT)
        )
        self.seen = 0
        self.wait_said(gateway, r"\d connected ")
        return gateway

    def wait_said(self, gateway, pattern):
        match = gateway.err.wait_for(rf"[^\n]*{pattern}[^\n]*\n", self.seen)
        self.seen = match.end()
        return match.group().decode()

    def reconnects(self, times=1, at_most="1.2", identity=None, **options):
        """What the last connection is told as, and the sizes of the handshakes."""
        client = self.pki.client
        broker = TlsBroker.of(
            self, self.pki, identity, at_most=at_most,
            settings=f"require_certificate true\ncafile {self.pki.ca.cert}\n",
        )
        proxy = Proxy(self, broker.port, faults.pass_on)
        gateway = self.gateway(
            proxy.uri,
            *self.trusting(tls_cert_file=client.cert, tls_key_file=client.key, **options),
        )
        for i in range(times):
            proxy.connections[i].cut()
            text = self.wait_said(gateway, r"\d connected ")
        self.interrupt(gateway)
        return text, [each.bytes[HANDSHAKE] for each in proxy.connections]

    def test_session_is_resumed(self):
        text, (first, second) = self.reconnects()
        self.assertIn("resumed", text)
        self.assertLess(second, first / 2)

    def test_sessions_are_resumed_in_a_row(self):
        """With the newest TLS, too, whose tickets are for one time."""
        for at_most in ("1.2", None):
            with self.subTest(at_most):
                text, _ = self.reconnects(times=3, at_most=at_most)
                self.assertIn("resumed", text)

    def test_session_of_a_chain_is_resumed(self):
        """Of an intermediate CA, as all public ones are."""
        intermediate = self.pki.make_intermediate()
        identity = self.pki.issue("localhost", by=intermediate)
        identity.cert = self.pki.join("chain.pem", identity.cert, intermediate.cert)
        text, _ = self.reconnects(times=2, identity=identity)
        self.assertIn("resumed", text)

    def test_session_is_not_resumed(self):
        text, (first, second) = self.reconnects(tls_resume="off")
        self.assertNotIn("resumed", text)
        self.assertGreater(second, first * 0.8)

    def test_session_that_the_broker_forgot(self):
        """A new process cannot read the old one's tickets."""
        broker = TlsBroker.of(self, self.pki)
        gateway = self.gateway(broker.uri, *self.trusting())
        broker.stop()
        broker.start()
        self.assertNotIn("resumed", self.wait_said(gateway, r"\d connected "))
        self.interrupt(gateway)

    def test_files_are_read_again(self):
        broker = TlsBroker.of(self, self.pki)
        trusted = self.pki.join("trusted.pem", self.pki.ca.cert)
        gateway = self.gateway(broker.uri, *self.options(tls_ca_file=trusted))
        broker.stop()
        new = self.pki.issue("localhost", by=self.pki.other_ca)
        broker.settings = broker.settings.replace(str(self.pki.server.cert), str(new.cert))
        broker.settings = broker.settings.replace(str(self.pki.server.key), str(new.key))
        broker.start()
        self.wait_said(gateway, "other CA.*trying again")
        self.pki.join("trusted.pem", self.pki.other_ca.cert)
        self.wait_said(gateway, r"\d connected ")
        self.interrupt(gateway)

    def test_own_certificate_is_read_again(self):
        """So a renewed one needs no restart; a session resumed would be of the old one."""
        broker = TlsBroker.of(
            self, self.pki, settings=f"require_certificate true\ncafile {self.pki.ca.cert}\n"
            "use_identity_as_username true\n"
        )
        first, second = (self.pki.issue(name, purpose=CLIENT) for name in ("anna", "berta"))
        cert = self.pki.join("own.crt", first.cert)
        key = self.pki.join("own.key", first.key)
        proxy = Proxy(self, broker.port, faults.pass_on)
        gateway = self.gateway(
            proxy.uri, *self.trusting(tls_cert_file=cert, tls_key_file=key)
        )
        broker.log.wait_for("u'anna'")
        self.pki.join("own.crt", second.cert)
        self.pki.join("own.key", second.key)
        proxy.connections[0].cut()
        self.assertNotIn("resumed", self.wait_said(gateway, r"\d connected "))
        broker.log.wait_for("New client connected from [^\n]*u'berta'")
        self.interrupt(gateway)


class Clocks(WorksTest):
    def test_server_that_has_expired(self):
        broker = TlsBroker.of(self, self.pki, self.pki.issue("localhost", days=(-9, -2)))
        text = self.publish(broker.uri, *self.options(tls_verify="none"))
        self.assert_says(text, "warning: .*expired on", "localhost", "renew")
        self.assertNotIn("days", text)

    def test_server_that_expires_soon(self):
        broker = TlsBroker.of(self, self.pki, self.pki.issue("localhost", days=(-1, 5.5)))
        text = self.publish(broker.uri, *self.trusting())
        self.assert_says(text, "warning: .*expires", "in 5 days", "localhost", "renew")
        quiet = self.publish(broker.uri, *self.trusting(tls_expiry_warning_days=4))
        self.assertEqual(quiet, "")

    def test_client_that_expires_soon(self):
        client = self.pki.issue("anna", purpose=CLIENT, days=(-1, 5.5))
        broker = TlsBroker.of(
            self, self.pki, settings=f"require_certificate true\ncafile {self.pki.ca.cert}\n"
        )
        text = self.publish(
            broker.uri, *self.trusting(tls_cert_file=client.cert, tls_key_file=client.key)
        )
        self.assert_says(text, "warning: .*expires", "in 5 days", "anna")

    def floor(self, days):
        """As the library keeps it: the moment as a number, and for people."""
        moment = int(time.time() + days * 86400)
        text = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(moment))
        path = self.pki.write("clock", f"{moment} {text}\n")
        return self.trusting(tls_clock="floor", tls_clock_file=path)

    def test_floor_makes_up_for_a_clock_that_is_behind(self):
        broker = TlsBroker.of(self, self.pki, self.pki.issue("localhost", days=(5, 30)))
        text = self.publish(broker.uri, *self.floor(10))
        self.assert_says(text, "warning: .*clock", r"tls\.clock")
        self.refused(broker.uri, *self.trusting(), says=("valid only from",))

    def test_floor_accepts_nothing_expired(self):
        broker = TlsBroker.of(self, self.pki, self.pki.issue("localhost", days=(-9, 5)))
        self.refused(broker.uri, *self.floor(10), says=("expired",))

    def test_floor_is_kept(self):
        broker = TlsBroker.of(self, self.pki)
        path = self.pki.folder / "kept"
        self.publish(broker.uri, *self.trusting(tls_clock="floor", tls_clock_file=path))
        kept = int(path.read_text().split()[0])
        self.assertLess(abs(kept - time.time()), 3600)

    def test_stranger_does_not_move_the_floor(self):
        broker = TlsBroker.of(self, self.pki, self.pki.self_signed())
        path = self.pki.folder / "stranger"
        self.publish(
            broker.uri, *self.trusting(tls_clock="floor", tls_clock_file=path), code=1
        )
        self.assertFalse(path.exists())


class KeyLog(WorksTest):
    def capture(self, port):
        if not shutil.which("tcpdump") or not shutil.which("tshark"):
            self.skipTest("tcpdump and tshark are not installed")
        path = self.pki.folder / "capture.pcap"
        tcpdump = self.start(
            "tcpdump", "-i", "lo", "-U", "--immediate-mode", "-w", path,
            *(["-Z", "root"] if support.os.geteuid() == 0 else []), f"tcp port {port}",
        )
        try:
            tcpdump.err.wait_for("listening on")
        except AssertionError as why:
            self.skipTest(f"no right to capture: {why}")
        return path, tcpdump

    def test_wireshark_reads_along(self):
        for at_most in ("1.2", None):
            with self.subTest(at_most):
                self.reads_along(TlsBroker.of(self, self.pki, at_most=at_most))

    def reads_along(self, broker):
        keys = self.pki.folder / "keys.log"
        path, tcpdump = self.capture(broker.port)
        text = self.publish(broker.uri, *self.trusting(keylog_file=keys))
        self.assert_says(text, r"warning: .*keylog\.file", "read")
        self.assertEqual(keys.stat().st_mode & 0o777, 0o600)
        self.assertRegex(keys.read_text(), KEYS)
        self.interrupt(tcpdump, support.signal.SIGINT)
        read = support.run(
            "tshark", "-r", path, "-o", f"tls.keylog_file:{keys}",
            *("-d", f"tcp.port=={broker.port},tls", "-d", f"tls.port=={broker.port},mqtt"),
            *("-Y", "mqtt.msgtype == 3", "-T", "json"),
        )
        self.assert_ran(read)
        layers = json.loads(read.out)[0]["_source"]["layers"]
        self.assertEqual(layers["mqtt"]["mqtt.topic"], "a")
        self.assertEqual(bytes.fromhex(layers["mqtt"]["mqtt.msg"].replace(":", "")), b"hello")

    def test_nothing_is_written_unless_asked_for(self):
        broker = TlsBroker.of(self, self.pki)
        before = set(self.pki.folder.iterdir())
        self.publish(broker.uri, *self.trusting())
        self.assertEqual(set(self.pki.folder.iterdir()), before)


if __name__ == "__main__":
    unittest.main()
