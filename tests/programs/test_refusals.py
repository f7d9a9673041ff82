# SPDX-License-Identifier: MIT
"""What the broker refuses is told in words, within seconds, with exit status 1."""

import json
import os
import subprocess
import tempfile
import unittest

import support
from support import run

VERSIONS = ("311", "5")


class Passwords(support.ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.broker = support.Broker(
            cls, "allow_anonymous false\npassword_file {folder}/passwords\n", start=False
        )
        passwords = cls.broker.folder / "passwords"
        subprocess.run(
            ["mosquitto_passwd", "-b", "-c", passwords, "anna", "s3cret pass"],
            check=True,
            timeout=support.PATIENCE,
        )
        cls.broker.start(any_port=True)

    def pub(self, *args, code=0):
        result = run("iotkit-pub", *self.broker.address, "-t", "a", "-n", "-q", 1, *args)
        self.assert_ran(result, code)
        return result

    def password_file(self, text):
        file = tempfile.NamedTemporaryFile()
        self.addCleanup(file.close)
        file.write(text)
        file.flush()
        os.chmod(file.name, 0o600)
        return f"mqtt.password_file={file.name}"

    def test_right_password_and_its_warning(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                result = self.pub("-u", "anna", "-P", "s3cret pass", "-V", version)
                self.assert_sentence("iotkit-pub", result.err, "warning: others can read")
                self.assertNotIn("s3cret", result.err)

    def test_quiet_has_no_warning(self):
        result = self.pub("-u", "anna", "-P", "s3cret pass", "--quiet")
        self.assertEqual(result.err, "")

    def test_password_file(self):
        for text in (b"s3cret pass", b"s3cret pass\n"):
            with self.subTest(text):
                result = self.pub("-u", "anna", "--option", self.password_file(text))
                self.assertEqual(result.err, "")

    def test_password_in_the_uri(self):
        uri = f"mqtt://anna:s3cret%20pass@127.0.0.1:{self.broker.port}"
        self.assert_ran(run("iotkit-pub", "--broker", uri, "-t", "a", "-n"))

    def test_password_file_that_is_not_there(self):
        result = self.pub("-u", "anna", "--option", "mqtt.password_file=/no/such", code=1)
        self.assert_sentence("iotkit-pub", result.err, "/no/such")

    def test_wrong_password(self):
        for version in VERSIONS:
            for program, args in (("iotkit-pub", ["-n"]), ("iotkit-sub", [])):
                with self.subTest(version=version, program=program):
                    wrong = ["-u", "anna", "--option", self.password_file(b"wrong")]
                    result = run(
                        program, *self.broker.address, "-t", "a", "-V", version, *wrong, *args
                    )
                    self.assert_ran(result, 1)
                    self.assert_sentence(program, result.err, "(password|authori)")

    def test_timeout_does_not_prolong_a_refusal(self):
        self.pub("-u", "nobody", "-W", int(support.PATIENCE) * 2, code=1)

    def test_gateway(self):
        result = run(
            "iotkit-gateway",
            *("--broker", self.broker.uri, "--option", "mqtt.username=anna"),
            *("--option", self.password_file(b"wrong")),
        )
        self.assert_ran(result, 1)
        self.assertRegex(result.err, r"(?m)^20\S+\d error: .*(password|authori).*not trying again$")


class PublishAcl(support.ProgramTest):
    """MQTT 3.1.1 has no words for this refusal, MQTT 5 has."""

    @classmethod
    def setUpClass(cls):
        cls.broker = support.Broker(
            cls, "allow_anonymous true\nacl_file {folder}/acl\n", start=False
        )
        acl = cls.broker.folder / "acl"
        acl.write_text("topic readwrite open/#\n")
        acl.chmod(0o600)
        cls.broker.start(any_port=True)

    def pub(self, topic, *args, stdin=b"", code=0):
        result = run(
            "iotkit-pub", *self.broker.address, "-V", 5, "-t", topic, *args, stdin=stdin
        )
        self.assert_ran(result, code)
        return result.err

    def test_allowed(self):
        self.assertEqual(self.pub("open/a", "-m", "x", "-q", 1), "")

    def test_refused(self):
        for qos in (1, 2):
            with self.subTest(qos=qos):
                text = self.pub("closed/a", "-m", "x", "-q", qos, code=1)
                self.assert_sentence("iotkit-pub", text, "closed/a.*authori")
                self.assertEqual(text.count("\n"), 1)

    def test_refused_lines(self):
        text = self.pub("closed/a", "-l", "-q", 1, stdin=b"x\n" * 100, code=1)
        self.assert_sentence("iotkit-pub", text, "100 messages were not accepted")
        self.assertLess(text.count("\n"), 20)


DYNSEC = "/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so"


def find_dynamic_security():
    """The plugin's path; its folder differs between architectures."""
    listed = subprocess.run(
        ["dpkg-query", "-L", "mosquitto"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    for line in listed.stdout.decode().splitlines():
        if line.endswith("/mosquitto_dynamic_security.so"):
            return line
    return DYNSEC


class SubscribeAcl(support.ProgramTest):
    """Mosquitto's ACL file lets every subscription pass; its plugin does not."""

    @classmethod
    def setUpClass(cls):
        plugin = find_dynamic_security()
        if not os.path.exists(plugin):
            raise unittest.SkipTest("mosquitto's dynamic security plugin is not installed")
        cls.broker = support.Broker(
            cls,
            f"allow_anonymous true\nplugin {plugin}\n"
            "plugin_opt_config_file {folder}/dynsec.json\n",
            start=False,
        )
        refuse = {"acltype": "subscribePattern", "topic": "closed/#", "allow": False}
        allowed = dict.fromkeys(
            ("publishClientSend", "publishClientReceive", "subscribe", "unsubscribe"), True
        )
        config = {
            "defaultACLAccess": allowed,
            "roles": [{"rolename": "limited", "acls": [refuse]}],
            "groups": [{"groupname": "all", "roles": [{"rolename": "limited"}]}],
            "anonymousGroup": "all",
        }
        (cls.broker.folder / "dynsec.json").write_text(json.dumps(config))
        cls.broker.start(any_port=True)

    def test_refused(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                result = run("iotkit-sub", *self.broker.address, "-V", version, "-t", "closed/a")
                self.assert_ran(result, 1)
                self.assert_sentence("iotkit-sub", result.err, "closed/a")
                self.assertEqual(result.err.count("\n"), 1)

    def test_one_of_two_refused(self):
        result = run("iotkit-sub", *self.broker.address, "-t", "open/a", "-t", "closed/a")
        self.assert_ran(result, 1)
        self.assert_sentence("iotkit-sub", result.err, "closed/a")

    def test_allowed(self):
        result = run("iotkit-sub", *self.broker.address, "-t", "open/a", "-W", 1)
        self.assert_ran(result, 27)


if __name__ == "__main__":
    unittest.main()
