# SPDX-License-Identifier: MIT
"""iotkit-doctor and brokers: each step of the way to one, and what keeps from the next."""

import base64
import datetime
import hashlib
import json
import os
import shutil
import unittest
import unittest.mock

import doctor
import servers
import support
from pki import Pki

PLUGIN = "mosquitto_dynamic_security.so"


class Network(doctor.DoctorTest):
    def test_unknown_name(self):
        report = self.finds("name.unknown", "--broker", "mqtt://does-not-exist.invalid", code=1,
                            says=["cannot be looked up", "check the spelling"])
        for later in ("tcp.not-examined", "login.not-examined", "topics.not-examined"):
            self.assertIn(later, report.ids)

    def test_unknown_name_with_tls(self):
        report = self.finds("tls.not-examined", "--broker", "mqtts://does-not-exist.invalid")
        self.assertIn("name.unknown", report.ids)

    def test_nobody_listens(self):
        port = support.free_port()
        report = self.finds("tcp.failed", "--broker", f"mqtt://localhost:{port}", code=1,
                            says=[f"localhost:{port}", "refused", "nothing listens"])
        self.assertIn("127.0.0.1", report.get("name.found")["details"]["addresses"])

    def test_nobody_answers(self):
        server = servers.full(self)
        self.finds("tcp.failed", "--broker", f"mqtt://127.0.0.1:{server.port}", "--timeout", "1",
                   says=["timed out", "firewall"])

    def test_address_in_brackets(self):
        """Nobody listens there; %31 is a 1."""
        port = support.free_port()
        report = self.finds("tcp.failed", "--broker", f"mqtt://[::%31]:{port}", code=1)
        self.assertEqual(report.get("name.found")["subject"], "name ::1")
        self.assertEqual(report.get("tcp.failed")["subject"], f"TCP [::%31]:{port}")

    def test_one_of_two_hosts_works(self):
        broker = support.Broker(self)
        closed = support.free_port()
        report = self.finds("tcp.failed", "--broker",
                            f"mqtt://127.0.0.1:{closed},127.0.0.1:{broker.port}", code=1)
        self.assertEqual(report.bad, ["tcp.failed"])
        self.assertIn(str(broker.port), report.get("tcp.connected")["subject"])
        self.assertIn(str(broker.port), report.get("login.accepted")["what"])


class Tls(doctor.DoctorTest):
    @classmethod
    def setUpClass(cls):
        cls.pki = Pki(cls)

    def finds_tls(self, name, server, *args, scheme="mqtts", **keywords):
        return self.finds(name, "--broker", f"{scheme}://localhost:{server.port}", "--cafile",
                          self.pki.ca.cert, *args, **keywords)

    def broker(self, identity=None):
        return servers.TlsBroker.of(self, self.pki, identity)

    def test_trusted(self):
        report = self.finds_tls("tls.trusted", self.broker(), code=0,
                                says=["CN=localhost", r"valid until 20\d\d"])
        self.assertIn("course CA", report.get("tls.trusted")["details"]["report"])

    def test_bad_certificates(self):
        issue = self.pki.issue
        for identity, *words in (
            (issue("localhost", by=self.pki.other_ca), "other CA", "tls.ca_file"),
            (issue("dev"), "'dev'", "not for 'localhost'"),
            (issue("localhost", days=(-9, -2)), "expired on", "renew"),
            (issue("localhost", days=(5, 9)), "valid only from", "set the clock"),
            (self.pki.self_signed(), "self-signed"),
        ):
            with self.subTest(words):
                report = self.finds_tls("tls.failed", self.broker(identity), code=1, says=words)
                self.assertIn("login.not-examined", report.ids)
                self.assertIn("subject:", report.get("tls.failed")["details"]["report"])

    def test_no_tls_on_this_port(self):
        self.finds_tls("tls.failed", servers.TlsBroker(self, ""), says=["mqtt://"])

    def keep_moment(self, then):
        """As a gateway does on a computer without a clock; returns the file, and a
        configuration that names it."""
        kept = self.folder() / "clock"
        kept.write_text(f"{int(then.timestamp())} {then:%Y-%m-%d %H:%M:%S} UTC\n")
        return kept, self.config(f"tls.clock = floor\ntls.clock_file = {kept}\n")

    def test_moment_that_the_gateway_has_kept(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        _, config = self.keep_moment(now + datetime.timedelta(days=6))
        broker = self.broker(self.pki.issue("localhost", days=(5, 9)))
        with doctor.shim("clock_shim", CLOCK_SHIM_TIME="86400"):
            report = self.finds_tls("tls.trusted", broker, "-c", config)
        self.assertIn("login.accepted", report.ids)

    def test_moment_stays_the_gateways(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        kept, config = self.keep_moment(now - datetime.timedelta(days=1))
        before = kept.stat().st_ino, kept.read_bytes()
        self.finds_tls("login.accepted", self.broker(), "-c", config, code=0)
        self.assertEqual((kept.stat().st_ino, kept.read_bytes()), before)
        self.assertEqual(list(kept.parent.iterdir()), [kept])

    def test_files_beside_the_configuration(self):
        broker = self.broker()
        config = self.config(f"broker = mqtts://localhost:{broker.port}\n[tls]\nca_file = ca.crt\n")
        shutil.copy(self.pki.ca.cert, config.parent / "ca.crt")
        self.finds("tls.trusted", "-c", config, code=0)

    def test_file_that_is_missing(self):
        self.finds_tls("tls.bad-files", self.broker(), "--cert", self.folder() / "none.crt",
                       "--key", self.folder() / "none.key", says=["none.crt"])

    def test_nobody_is_verified(self):
        self.finds_tls("tls.not-verified", self.broker(), "--option", "tls.verify=none", code=1,
                       says=["tls.verify=full"])

    def test_certificate_that_ends_soon(self):
        identity = self.pki.issue("localhost", days=(-1, 5))
        self.finds_tls("login.warning", self.broker(identity), code=1, says=["expires"])

    def test_tls_on_a_plain_connection(self):
        broker = self.broker()
        self.finds("login.failed", "--broker", f"mqtt://localhost:{broker.port}", code=1,
                   says=["speaks TLS on this port"])


class LoginTest(doctor.DoctorTest):
    def broker_with_users(self):
        broker = support.Broker(self, "password_file {folder}/users\n", start=False)
        users = broker.folder / "users"
        support.run("mosquitto_passwd", "-c", "-b", users, "anna", "secret")
        broker.start(any_port=True)
        return broker


class Login(LoginTest):
    def test_wrong_password(self):
        broker = self.broker_with_users()
        password = broker.folder / "password"
        password.write_text("wrong\n")
        password.chmod(0o600)
        report = self.finds(
            "login.refused", "--broker", f"mqtt://anna@127.0.0.1:{broker.port}",
            "--option", f"mqtt.password_file={password}", code=1,
            says=["mqtt.username, mqtt.password_file"],
        )
        self.assertIn("topics.not-examined", report.ids)
        self.assertNotIn("wrong\\n", report.text)

    def test_right_password(self):
        broker = self.broker_with_users()
        password = broker.folder / "password"
        password.write_text("secret\n")
        password.chmod(0o600)
        report = self.finds(
            "login.accepted", "--broker", f"mqtt://anna@127.0.0.1:{broker.port}",
            "--option", f"mqtt.password_file={password}", code=0, says=["as anna"],
        )
        self.assertNotIn("secret", report.text)

    def test_no_session_is_left_at_the_broker(self):
        broker = support.Broker(self)
        self.finds("login.accepted", "--broker", broker.uri, "--option", "mqtt.version=3.1.1",
                   "--option", "mqtt.clean_start=off", code=0)
        broker.log.wait_for(r"as iotkit-doctor-\w+ \(p2, c1,")

    def test_password_file_that_others_can_read(self):
        broker = support.Broker(self)
        path = self.config("secret\n")
        self.finds("login.failed", "--broker", f"mqtt://anna@127.0.0.1:{broker.port}",
                   "--option", f"mqtt.password_file={path}", code=1, says=["chmod 600"])

    def test_no_broker(self):
        server = servers.silent(self)
        self.finds("login.failed", "--broker", f"mqtt://127.0.0.1:{server.port}", "--timeout", "1",
                   says=["CONNECT"])


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class ByRoot(LoginTest):
    """The files are the gateway's user's own, as the package has them."""

    def setUp(self):
        # It cannot look at the memory of a process that has become another user.
        options = f"{os.environ.get('ASAN_OPTIONS', '')}:detect_leaks=0".strip(":")
        patch = unittest.mock.patch.dict(os.environ, ASAN_OPTIONS=options)
        patch.start()
        self.addCleanup(patch.stop)

    def gateway(self, password_mode=0o600, password_owner=doctor.NOBODY):
        broker = self.broker_with_users()
        config = self.config(
            f"broker = mqtt://anna@127.0.0.1:{broker.port}\n[mqtt]\npassword_file = password\n"
            "[outbox]\npath = box.db\n",
            mode=0o600,
        )
        password = config.parent / "password"
        password.write_text("secret\n")
        password.chmod(password_mode)
        for path in (config.parent, config):
            os.chown(path, doctor.NOBODY, doctor.NOBODY)
        os.chown(password, password_owner, 0)
        return config

    def test_root_examines_as_the_gateways_user(self):
        report = self.finds("user.owner", "-c", self.gateway(), code=0, says=[str(doctor.NOBODY)])
        for name in ("login.accepted", "outbox.new"):
            self.assertIn(name, report.ids)

    def test_what_that_user_may_not_read(self):
        self.finds("login.failed", "-c", self.gateway(0o640, password_owner=0), code=1,
                   says=["may not read the password file"])


class Rights(doctor.DoctorTest):
    def broker(self, acl):
        broker = support.Broker(self, "allow_anonymous true\nacl_file {folder}/acl\n", start=False)
        (broker.folder / "acl").write_text(acl)
        broker.start(any_port=True)
        return broker

    def test_all_of_a_gateways(self):
        # As iotkit-broker has it.
        broker = self.broker("topic write iotkit/#\ntopic read iotkit/+/+/set\n")
        report = self.finds("commands.come", "--broker", broker.uri, code=0)
        self.assertIn("publish.accepted", report.ids)

    def test_may_not_publish(self):
        broker = self.broker("topic read #\n")
        self.finds("publish.denied", "--broker", broker.uri, code=1,
                   says=["not authorised", "ACL"])

    def test_may_not_publish_with_mqtt_3(self):
        broker = self.broker("topic readwrite #\n")
        self.finds("publish.unsure", "--broker", broker.uri, "--option", "mqtt.version=3.1.1",
                   code=0)

    def test_may_not_read(self):
        broker = self.broker("topic write #\n")
        self.finds("commands.nothing-came", "--broker", broker.uri, "--timeout", "8", code=1,
                   says=["ACL", "silently"])

    def test_may_not_send_commands_itself(self):
        broker = self.broker("topic write iotkit/+/probe\ntopic read #\n")
        self.finds("commands.untried", "--broker", broker.uri, code=0)

    def test_may_not_subscribe(self):
        """The ACL file of mosquitto 2.0 lets everybody subscribe; its plug-in does not."""
        broker = support.Broker(
            self, f"plugin {PLUGIN}\nplugin_opt_config_file {{folder}}/rights.json\n", start=False
        )
        (broker.folder / "rights.json").write_text(json.dumps(dynamic_security()))
        broker.start(any_port=True)
        self.finds("commands.denied", "--broker", f"mqtt://anna:secret@127.0.0.1:{broker.port}",
                   code=1, says=["may not subscribe", "(?i)not authori[sz]ed|refuse"])

    def test_commands_are_off(self):
        broker = support.Broker(self)
        self.finds("commands.off", "--broker", broker.uri, "--option", "command.mqtt=off", code=0)

    def test_broker_that_acknowledges_nothing(self):
        def serve(connection):
            connection.recv(4096)
            connection.sendall(servers.CONNACK)
            while connection.recv(4096):
                pass

        server = servers.Listener(self, serve)
        self.finds("publish.unanswered", "--broker", f"mqtt://127.0.0.1:{server.port}",
                   "--timeout", "5", code=1)


def dynamic_security():
    """One user who may publish, and not subscribe."""
    salt = b"0123456789ab"
    digest = hashlib.pbkdf2_hmac("sha512", b"secret", salt, 101)
    refused = dict.fromkeys(("publishClientReceive", "subscribe", "unsubscribe"), False)
    return {
        "defaultACLAccess": {"publishClientSend": True, **refused},
        "clients": [{
            "username": "anna", "roles": [], "iterations": 101,
            "password": base64.b64encode(digest).decode(),
            "salt": base64.b64encode(salt).decode(),
        }],
        "groups": [],
        "roles": [],
    }


if __name__ == "__main__":
    unittest.main()
