# SPDX-License-Identifier: MIT
"""What every example in another language must do, whichever it is."""

import shutil
import sys
import unittest

import support

EXAMPLES = support.SOURCE / "examples/languages"
HEADER = support.SOURCE / "include/iotkit.h"


def skip(reason):
    """Skips the suite. ./run test repeats the line, which must be one of its own."""
    print(f"\nskipped: {reason}", file=sys.stderr)
    raise unittest.SkipTest(reason)


def need(program, package):
    if shutil.which(program) is None:
        skip(f"there is no {program}; Debian has it in its package {package}")


class LanguageTest:
    """To be mixed into a ProgramTest that has `base`, its topics' first part, `hello`, the
    message that its example publishes, and example(uri), the command that runs it."""

    def test_what_it_publishes_arrives_and_comes_back(self):
        broker = support.Broker(self)
        observer = broker.observe(self, f"{self.base}/#")
        result = support.run(*self.example(broker.uri))
        self.assert_ran(result)
        self.assertEqual(result.err, "")
        said = result.out.decode().replace("\t", " ")
        self.assertIn(f"connected to 127.0.0.1:{broker.port}", said)
        self.assertIn(f"\n{self.base}/greenhouse/temperature 23.5\n", said)
        self.assertIn(f"\n{self.base}/hello {self.hello}\n", said)
        self.assertTrue(said.endswith("accepted 2, delivered 2, received 2\n"), said)
        self.assertEqual(
            [(m.topic, m.payload, m.qos) for m in (observer.next(), observer.next())],
            [(f"{self.base}/greenhouse/temperature", b"23.5", 1),
             (f"{self.base}/hello", self.hello.encode(), 1)])

    def test_its_options_and_its_will_reach_the_broker(self):
        broker = support.Broker(self)
        self.assert_ran(support.run(*self.example(broker.uri)))
        broker.log.wait_for(r"New client connected from \S+ as iotkit-\S+ \(p5, c\d, k30\)")
        broker.log.wait_for(r"Will message specified \(20 bytes\) \(r1, q1\)")
        broker.log.wait_for(rf"\s{self.base}/status\n")
        broker.log.wait_for("Received DISCONNECT from iotkit-")

    def test_a_wrong_port_is_told_with_what_to_do(self):
        port = support.free_port()
        result = support.run(*self.example(f"mqtt://127.0.0.1:{port}"))
        self.assert_ran(result, 1)
        self.assertEqual(result.out, b"")
        self.assertRegex(result.err, rf"cannot connect to 127\.0\.0\.1:{port}: Connection refused; "
                                     r"nothing listens on this port: start the broker, or correct")

    def test_a_uri_that_is_none_is_told(self):
        result = support.run(*self.example("http://localhost"))
        self.assert_ran(result, 1)
        self.assertRegex(result.err, r"^a broker URI begins with 'mqtts://'.*\n$")
