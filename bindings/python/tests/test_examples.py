# SPDX-License-Identifier: MIT
"""The examples, and the README's quick start, do what they say."""

import re
import signal
import sys
import unittest

from common import PACKAGE, Board, Broker, PythonTest, start, support


class Examples(PythonTest):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(cls)

    def start(self, name, *arguments):
        return support.Process(self, sys.executable, "-u", PACKAGE / "examples" / name, *arguments)

    def interrupt(self, process):
        process.signal(signal.SIGINT)
        self.ends(process)

    def test_the_gateway_publishes_what_a_board_measures(self):
        board = Board(self)
        board.plug()
        observer = self.broker.observe(self, "house/greenhouse/temperature")
        gateway = self.start("gateway.py", self.broker.uri, f"greenhouse=serial:{board.path}",
                             f"outbox_path={self.folder()}/outbox", "topic_base=house")
        gateway.err.wait_for("DEVICE_ONLINE: greenhouse")
        board.say("temperature:1")  # its beginning may be missing: it is left out
        board.say("temperature:23.5C")
        gateway.out.wait_for("greenhouse temperature 23.5 Cel\n")
        self.assertIn(b"23.5", [observer.next().payload])
        gateway.signal(signal.SIGTERM)
        self.ends(gateway)

    def test_the_subscriber_shows_what_arrives(self):
        subscriber = self.start("subscriber.py", self.broker.uri, "seen/#")
        subscriber.err.wait_for("SUBSCRIBED")
        self.broker.publish("seen/a", "-m", "b")
        subscriber.out.wait_for("seen/a b\n")
        self.interrupt(subscriber)

    def test_rooms_report_and_obey(self):
        rooms = self.start("rooms.py", self.broker.uri, "kitchen", "bath")
        rooms.out.wait_for(r"rooms/kitchen/temperature \d")
        rooms.out.wait_for(r"rooms/bath/temperature \d")
        self.broker.publish("rooms/bath/set", "-m", "99", "-q", "1")
        rooms.out.wait_for(r"rooms/bath/temperature [3-9]\d")
        self.interrupt(rooms)

    def test_each_says_what_is_wrong(self):
        for name, arguments in (("subscriber.py", ("nonsense", "a")),
                                ("gateway.py", ("mqtt://localhost", "outbox_pth=a"))):
            process = self.start(name, *arguments)
            self.assertEqual(process.wait(), 1)
            self.assertRegex(process.err.data.decode(), rf"^{name}: .{{20}}")

    def test_the_readmes_pieces_run(self):
        pieces = re.findall(r"^```python\n(.*?)^```$", (PACKAGE / "README.md").read_text(),
                            re.DOTALL | re.MULTILINE)
        self.assertGreaterEqual(len(pieces), 3)
        for piece in pieces:
            compile(piece, "README.md", "exec")
        process = start(self, pieces[0].replace("mqtt://localhost:1883", self.broker.uri))
        process.out.wait_for("greenhouse/temperature b'23.5'\n")


if __name__ == "__main__":
    unittest.main()
