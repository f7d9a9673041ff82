# SPDX-License-Identifier: MIT
"""Lesson 5: what the broker keeps for who is away, and what becomes of a program whose broker
is restarted."""

import pathlib
import signal
import unittest

import lessons
from lessons import support

NEWS = "lesson/05/news"


@lessons.in_both_languages
class Sessions:
    number = "05"

    def setUp(self):
        self.broker = support.Broker(self)

    def attend(self, kind):
        mark = self.broker.mark()
        client = self.start_lesson(self.broker.uri, kind)
        self.broker.wait_subscribed("lesson-05", mark)
        return client

    def leave(self, client):
        """What it has printed in all; with who is connected first, as in the README, since
        messages that waited may be told before."""
        self.broker.publish(NEWS, "-q", "1", "-m", "bye")
        self.assert_ended(client)
        lines = client.out.data.decode().splitlines(keepends=True)
        return "".join(sorted(lines, key=lambda line: not line.startswith("connected: ")))

    def be_away(self, kind):
        """Has been here, and messages come since."""
        self.leave(self.attend(kind))
        for qos in (0, 1, 2):
            self.broker.publish(NEWS, "-q", qos, "-m", f"while you were away, with QoS {qos}")

    def test_a_persistent_session_keeps_what_has_qos_1_and_2(self):
        self.be_away("persistent")
        self.assert_as_in_readme(self.leave(self.attend("persistent")))

    def test_a_clean_session_keeps_nothing(self):
        self.be_away("clean")
        self.assert_as_in_readme(self.leave(self.attend("clean")), 1)

    def test_it_outlives_a_restart_of_the_broker_and_gets_what_came_meanwhile(self):
        client = self.attend("persistent")
        self.broker.stop()
        client.out.wait_for("disconnected: ")
        self.broker.start()
        # It may not be back yet, but its session is.
        self.broker.publish(NEWS, "-q", "1", "-m", "after the restart")
        client.out.wait_for("connected: the broker knew the session\n")
        client.out.wait_for("got: after the restart\n")
        self.leave(client)

    def test_a_broker_whose_file_is_lost_begins_new_sessions(self):
        client = self.attend("persistent")
        self.broker.stop()
        client.out.wait_for("disconnected: ")
        (self.broker.folder / "mosquitto.db").unlink(missing_ok=True)
        self.broker.start()
        client.out.wait_for("disconnected: (?s:.*)connected: a new session")
        self.broker.wait_subscribed("lesson-05")
        self.leave(client)

    def test_a_reload_disconnects_nobody_and_takes_effect(self):
        client = self.attend("persistent")
        with open(self.broker.folder / "mosquitto.conf", "a") as config:
            config.write("log_timestamp_format %Y-%m-%d\n")
        self.broker.popen.send_signal(signal.SIGHUP)
        self.broker.log.wait_for("Reloading config")
        self.broker.publish(NEWS, "-q", "1", "-m", "after the reload")
        client.out.wait_for("got: after the reload")
        self.broker.log.wait_for(r"\n\d{4}-\d\d-\d\d: Sending PUBLISH to lesson-05")
        self.assertNotIn("disconnected", self.leave(client))

    def test_of_two_with_one_id_the_later_one_wins(self):
        self.attend("persistent")
        self.attend("persistent")
        self.broker.log.wait_for("Client lesson-05 already connected, closing old connection")


@unittest.skipUnless(pathlib.Path("/etc/mosquitto").is_dir(), "mosquitto is not Debian's")
class DebiansMosquitto(unittest.TestCase):
    def test_its_configuration_is_where_the_readme_says(self):
        text = pathlib.Path("/etc/mosquitto/mosquitto.conf").read_text()
        self.assertIn("include_dir /etc/mosquitto/conf.d", text)
        self.assertIn("log_dest file /var/log/mosquitto/mosquitto.log", text)
        self.assertIn("persistence_location /var/lib/mosquitto/", text)

    def test_a_reload_by_systemd_is_a_sighup(self):
        unit = pathlib.Path("/lib/systemd/system/mosquitto.service").read_text()
        self.assertIn("ExecReload=/bin/kill -HUP $MAINPID", unit)


if __name__ == "__main__":
    unittest.main()
