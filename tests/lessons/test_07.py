# SPDX-License-Identifier: MIT
"""Lesson 7: who may not is told so by MQTT 5 at QoS 1, and by nobody else."""

import re
import unittest

import lessons
from lessons import support

ANNA, BERT = "anna:of-anna", "bert:of-bert"
SETTINGS = "allow_anonymous false\npassword_file {folder}/passwords\nacl_file {folder}/acl\n"


@lessons.in_both_languages
class Users:
    number = "07"

    def setUp(self):
        """The broker with the rights that the README shows."""
        self.broker = support.Broker(self, SETTINGS, start=False)
        self.acl = self.broker.folder / "acl"
        self.acl.write_text(lessons.blocks("07", "conf")[0])
        (self.broker.folder / "passwords").touch()
        for user in ("anna", "bert", "operator"):
            self.set_password(user, f"of-{user}")
        self.broker.start(any_port=True)

    def set_password(self, user, password):
        passwords = self.broker.folder / "passwords"
        self.assert_ran(support.run("mosquitto_passwd", "-b", passwords, user, password))

    def reload(self):
        mark = self.broker.mark()
        self.broker.popen.send_signal(support.signal.SIGHUP)
        self.broker.log.wait_for("Reloading config", mark)

    def uri(self, login):
        return self.broker.uri.replace("//", f"//{login}@")

    def test_what_the_readme_has_one_try_ends_as_it_says(self):
        commands = re.findall(r"lesson-07 (.* write .*)", "".join(lessons.blocks("07", "sh")))
        said = []
        for command in commands:
            words = command.replace("'", "").replace(":18807", f":{self.broker.port}").split()
            result = support.run(*self.program(), *words)
            said.append(result.out.decode() + result.err)
        self.assertEqual(len(said), 6)
        self.assert_as_in_readme("".join(said).replace(f":{self.broker.port}", ":18807"), 1)

    def test_new_rights_hold_for_who_is_connected_already(self):
        reader = self.start_lesson(self.uri(ANNA), "read", "lesson/07/#")
        reader.out.wait_for("granted: lesson/07/#")
        self.acl.write_text(self.acl.read_text().replace("notes", "news"))
        self.reload()
        operator = ("-u", "operator", "-P", "of-operator", "-q", "1", "-m", "hello")
        self.broker.publish("lesson/07/notes", *operator)
        self.broker.publish("lesson/07/news", *operator)
        self.assertEqual(reader.out.wait_for("read: (.*)\n").group(1), b"lesson/07/news hello")

    def test_a_reload_ends_who_has_an_old_password_and_no_other(self):
        anna = self.start_lesson(self.uri(ANNA), "read", "lesson/07/#")
        bert = self.start_lesson(self.uri(BERT), "read", "lesson/07/#")
        for reader in (anna, bert):
            reader.out.wait_for("granted")
        self.set_password("bert", "another")
        self.reload()
        self.assert_ended(bert, 1)
        self.assertIn("check user name and password", bert.err.data.decode())
        operator = ("-u", "operator", "-P", "of-operator", "-q", "1", "-m", "hello")
        self.broker.publish("lesson/07/notes", *operator)
        anna.out.wait_for("read: lesson/07/notes hello")
        self.assertEqual(anna.err.data, b"")


if __name__ == "__main__":
    unittest.main()
