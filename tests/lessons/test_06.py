# SPDX-License-Identifier: MIT
"""Lesson 6: what the program has accepted arrives exactly once, whenever it is killed."""

import re
import signal
import time
import unittest

import lessons
from lessons import support

TOPIC = "lesson/06/number"


@lessons.in_both_languages
class Outbox:
    number = "06"

    def setUp(self):
        self.broker = support.Broker(self)
        self.outbox = self.broker.folder / "numbers.outbox"
        self.watcher = self.broker.observe(self, TOPIC, args=("-c",))

    def publish(self, first, last):
        return self.start_lesson(self.broker.uri, self.outbox, first, last)

    def kill(self, client):
        client.signal(signal.SIGKILL)
        client.wait()

    def shown(self, what):
        result = support.run("iotkit-outbox", self.outbox)
        self.assert_ran(result)
        match = re.search(what, result.out)
        return int(match.group(1)) if match else 0

    def waiting(self):
        return self.shown(rb"(?m)^Messages +(\d+)")

    def wait_until_some_are_under_way(self):
        """What a frozen broker does not answer stays so."""
        deadline = time.monotonic() + support.PATIENCE
        while self.shown(rb"; (\d+) in flight") == 0:
            self.assertLess(time.monotonic(), deadline, "nothing is in flight")

    def came(self):
        """All numbers that came by now, which ends the watching."""
        self.broker.publish(TOPIC, "-q", "2", "-m", "end")
        return [int(message.payload) for message in self.watcher.wait_until(TOPIC, b"end")[:-1]]

    def test_what_was_accepted_without_a_broker_waits_in_the_file(self):
        self.broker.stop()
        client = self.publish(1, 5)
        client.out.wait_for("accepted: 5\n")
        self.kill(client)
        self.assert_as_in_readme(client.out.data.decode())
        self.assertEqual(self.waiting(), 5)

        self.broker.start()
        self.broker.wait_subscribed("observer-1")
        self.assert_as_in_readme(self.run_lesson(self.broker.uri, self.outbox), 1)
        self.assertEqual(self.came(), [1, 2, 3, 4, 5])
        self.assertEqual(self.waiting(), 0)

    def test_killed_in_the_midst_of_it_each_number_comes_exactly_once(self):
        client = self.publish(1, 20000)
        for _ in range(50):
            self.watcher.next()
        self.watcher.taken = 0
        self.broker.popen.send_signal(signal.SIGSTOP)
        self.wait_until_some_are_under_way()
        self.kill(client)
        self.broker.popen.send_signal(signal.SIGCONT)
        accepted = int(re.findall(rb"accepted: (\d+)\n", client.out.data)[-1])
        self.assertGreater(self.waiting(), 0)
        mark = self.broker.mark()
        self.run_lesson(self.broker.uri, self.outbox)
        resumed = self.broker.log.wait_for(r"Sending CONNACK to lesson-06 \(1, 0\)", mark).end()
        first = self.broker.log.wait_for("Received PUB.* from lesson-06 .*", resumed).group()
        self.assertRegex(first, rb"PUBLISH.*\(d1, q2|PUBREL")
        came = self.came()
        # It may have been killed between a number and its line.
        self.assertIn(len(came), (accepted, accepted + 1))
        self.assertEqual(came, list(range(1, len(came) + 1)))

    def test_a_second_program_cannot_have_the_file(self):
        self.broker.stop()
        self.publish(1, 1).out.wait_for("accepted: 1\n")
        second = support.run(*self.program(), self.broker.uri, self.outbox)
        self.assert_ran(second, code=1)
        self.assert_sentence("lesson-06", second.err, "numbers.outbox")


if __name__ == "__main__":
    unittest.main()
