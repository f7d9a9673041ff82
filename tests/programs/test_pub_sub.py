# SPDX-License-Identifier: MIT
"""iotkit-pub and iotkit-sub against mosquitto_pub, mosquitto_sub and each other."""

import os
import signal
import subprocess
import tempfile
import unittest

import support
from support import run

VERSIONS = ("311", "5")
QUALITIES = (0, 1, 2)
ALL_BYTES = bytes(range(256))


class PubSubTest(support.ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.broker = support.Broker(cls)

    def subscribed(self, *args):
        """An iotkit-sub whose subscriptions the broker has acknowledged."""
        client_id = f"sub-{self.broker.mark()}"
        mark = self.broker.mark()
        process = self.start("iotkit-sub", *self.broker.address, "-i", client_id, *args)
        self.broker.wait_subscribed(client_id, mark)
        return process

    def pub(self, topic, *args, stdin=b"", code=0):
        result = run("iotkit-pub", *self.broker.address, "-t", topic, *args, stdin=stdin)
        self.assert_ran(result, code)
        return result


class Interoperation(PubSubTest):
    def test_mosquitto_pub_to_iotkit_sub(self):
        for version in VERSIONS:
            for qos in QUALITIES:
                with self.subTest(version=version, qos=qos):
                    sub = self.subscribed("-V", version, "-q", qos, "-t", "to/us", "-C", 1, "-v")
                    self.broker.publish("to/us", "-V", f"mqttv{version}", "-q", qos, "-m", "hello")
                    self.assert_ended(sub)
                    self.assertEqual(sub.out.data, b"to/us hello\n")

    def test_iotkit_pub_to_mosquitto_sub(self):
        observer = self.broker.observe(self, "from/us")
        for version in VERSIONS:
            for qos in QUALITIES:
                with self.subTest(version=version, qos=qos):
                    result = self.pub("from/us", "-V", version, "-q", qos, "-m", f"{version}/{qos}")
                    self.assertEqual(result.err, "")
                    message = observer.next()
                    self.assertEqual(message.payload, f"{version}/{qos}".encode())
                    self.assertEqual(message.qos, qos)
                    self.assertFalse(message.retain)

    def test_broker_uri(self):
        observer = self.broker.observe(self, "uri")
        uri = f"{self.broker.uri}?mqtt.version=5"
        self.assert_ran(run("iotkit-pub", "--broker", uri, "-t", "uri", "-n"))
        self.assertEqual(observer.next().payload, b"")

    def test_second_broker_when_the_first_is_not_there(self):
        observer = self.broker.observe(self, "second")
        uri = f"mqtt://127.0.0.1:{support.free_port()},127.0.0.1:{self.broker.port}"
        self.assert_ran(run("iotkit-pub", "--broker", uri, "-t", "second", "-m", "x"))
        self.assertEqual(observer.next().payload, b"x")

    def test_utf8_topics(self):
        topic = "grün/温度/🌡"
        observer = self.broker.observe(self, "#")
        sub = self.subscribed("-t", "grün/+/#", "-C", 1, "-v")
        self.pub(topic, "-m", "23 °C")
        self.assertEqual(observer.next().topic, topic)
        self.assert_ended(sub)
        self.assertEqual(sub.out.data.decode(), f"{topic} 23 °C\n")

    def test_debug_tells_what_happens(self):
        result = self.pub("debug/topic", "-m", "x", "-q", 1, "-d")
        self.assert_sentence("iotkit-pub", result.err, f"connected to 127.0.0.1:{self.broker.port}")
        self.assert_sentence("iotkit-pub", result.err, "delivered debug/topic")

    def test_client_id_and_keepalive_reach_the_broker(self):
        mark = self.broker.mark()
        self.pub("a", "-n", "-i", "named", "-k", 77, "-V", 5)
        self.broker.log.wait_for(r"connected from 127.0.0.1:\d+ as named \(p5, c1, k77\)", mark)


class Payloads(PubSubTest):
    def test_binary_both_ways(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                observer = self.broker.observe(self, "binary")
                sub = self.subscribed("-V", version, "-t", "binary", "-C", 1, "-N")
                self.pub("binary", "-s", "-V", version, stdin=ALL_BYTES)
                self.assertEqual(observer.next().payload, ALL_BYTES)
                self.assert_ended(sub)
                self.assertEqual(sub.out.data, ALL_BYTES)

    def test_large_file(self):
        content = ALL_BYTES * 16384  # 4 MiB
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            sub = self.subscribed("-t", "large", "-C", 1, "-N", "-q", 1)
            self.pub("large", "-f", file.name, "-q", 1)
        self.assert_ended(sub)
        self.assertTrue(sub.out.data == content)

    def test_file_that_is_not_there(self):
        result = self.pub("a", "-f", "/no/such/file", code=1)
        self.assert_sentence("iotkit-pub", result.err, "cannot open /no/such/file: No such file")

    def test_a_folder_is_no_file(self):
        result = self.pub("a", "-f", "/", code=1)
        self.assert_sentence("iotkit-pub", result.err, "cannot read /: Is a directory")

    def test_retained(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                topic = f"kept/{version}"
                self.pub(topic, "-V", version, "-r", "-m", "old", "-q", 1)
                self.assertEqual(self.broker.retained(self, topic), b"old")

                sub = self.subscribed("-V", version, "-t", topic, "-C", 1)
                self.assert_ended(sub)
                self.assertEqual(sub.out.data, b"old\n")

                sub = self.subscribed("-V", version, "-t", topic, "-C", 1, "-R")
                self.pub(topic, "-m", "live")
                self.assert_ended(sub)
                self.assertEqual(sub.out.data, b"live\n")

    def test_null_message_deletes_the_retained_one(self):
        self.pub("gone", "-r", "-m", "old", "-q", 1)
        self.pub("gone", "-r", "-n", "-q", 1)
        sub = self.subscribed("-t", "gone", "-C", 1)
        self.pub("gone", "-m", "live")
        self.assert_ended(sub)
        self.assertEqual(sub.out.data, b"live\n")


class Lines(PubSubTest):
    def assert_lines_arrive(self, lines, text, *args):
        observer = self.broker.observe(self, "lines")
        self.pub("lines", "-l", *args, stdin=text)
        for line in lines:
            self.assertEqual(observer.next().payload, line)

    def test_each_line_is_a_message(self):
        lines = [b"one", b"", b"two words", b"\x00\xff", b"last, no newline"]
        for version in VERSIONS:
            for qos in QUALITIES:
                with self.subTest(version=version, qos=qos):
                    self.assert_lines_arrive(
                        lines, b"\n".join(lines), "-V", version, "-q", qos
                    )

    def test_no_line_is_no_message(self):
        observer = self.broker.observe(self, "lines")
        self.pub("lines", "-l")
        self.broker.publish("lines", "-m", "marker")
        self.assertEqual(observer.next().payload, b"marker")

    def test_many_lines_in_order(self):
        lines = [f"line {number}".encode() for number in range(3000)]
        self.assert_lines_arrive(lines, b"\n".join(lines) + b"\n", "-q", 1)

    def test_back_pressure_loses_nothing(self):
        lines = [f"line {number}".encode() for number in range(1000)]
        self.assert_lines_arrive(
            lines,
            b"\n".join(lines) + b"\n",
            *("-q", 2, "--option", "outbox.max_rows=10", "--option", "mqtt.window=4"),
        )

    def test_line_that_never_fits(self):
        line = b"x" * 2000000
        result = self.pub("lines", "-l", "--option", "outbox.max_bytes=1048576", stdin=line, code=1)
        self.assert_sentence("iotkit-pub", result.err, "outbox.max_bytes")

    def test_lines_are_sent_as_they_come(self):
        observer = self.broker.observe(self, "live")
        pub = self.start(
            "iotkit-pub", *self.broker.address, "-t", "live", "-l", stdin=subprocess.PIPE
        )
        for text in (b"one", b"two"):
            pub.write(text + b"\n")
            self.assertEqual(observer.next().payload, text)
        self.interrupt(pub, signal.SIGINT)
        self.assertEqual(pub.err.data, b"")


class Ending(PubSubTest):
    def test_count(self):
        sub = self.subscribed("-t", "count", "-C", 3)
        for text in "abcd":
            self.broker.publish("count", "-m", text)
        self.assert_ended(sub)
        self.assertEqual(sub.out.data, b"a\nb\nc\n")

    def test_timeout(self):
        result = run("iotkit-sub", *self.broker.address, "-t", "nothing", "-W", 1)
        self.assert_ran(result, 27)
        self.assert_sentence("iotkit-sub", result.err, "timed out")

    def test_quiet_timeout(self):
        result = run("iotkit-sub", *self.broker.address, "-t", "nothing", "-W", 1, "--quiet")
        self.assert_ran(result, 27)
        self.assertEqual(result.err, "")

    def test_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                sub = self.subscribed("-t", "signals")
                self.interrupt(sub, number)
                self.assertEqual(sub.err.data, b"")

    def test_many_topics(self):
        sub = self.subscribed("-t", "many/a", "-t", "many/b", "-C", 2, "-v")
        self.broker.publish("many/a", "-m", "1")
        self.broker.publish("many/c", "-m", "2")
        self.broker.publish("many/b", "-m", "3")
        self.assert_ended(sub)
        self.assertEqual(sub.out.data, b"many/a 1\nmany/b 3\n")

    def test_standard_output_that_is_full(self):
        client_id = "full"
        with open("/dev/full", "wb") as full:
            sub = self.start(
                "iotkit-sub", *self.broker.address, "-t", "full", "-i", client_id, stdout=full
            )
            self.broker.wait_subscribed(client_id)
            self.broker.publish("full", "-m", "x")
            self.assert_ended(sub, 1)
        self.assert_sentence("iotkit-sub", sub.err.data.decode(), "cannot write to standard output")

    def test_standard_output_that_is_closed(self):
        read_end, write_end = os.pipe()
        sub = self.start(
            "iotkit-sub", *self.broker.address, "-t", "closed", "-i", "closed", stdout=write_end
        )
        os.close(write_end)
        os.close(read_end)
        self.broker.wait_subscribed("closed")
        self.broker.publish("closed", "-m", "x")
        self.assert_ended(sub, 1)


class LastWill(PubSubTest):
    def start_with_will(self, version, client_id, retain):
        mark = self.broker.mark()
        sub = self.start(
            "iotkit-sub",
            *self.broker.address,
            *("-t", "nothing", "-V", version, "-i", client_id),
            *("--will-topic", "will", "--will-payload", "it died", "--will-qos", 1),
            *(["--will-retain"] if retain else []),
        )
        self.broker.wait_subscribed(client_id, mark)
        return sub

    def test_killed(self):
        for version in VERSIONS:
            for retain in (False, True):
                with self.subTest(version=version, retain=retain):
                    observer = self.broker.observe(self, "will", args=["-R"])
                    sub = self.start_with_will(version, f"killed-{version}-{retain}", retain)
                    sub.signal(signal.SIGKILL)
                    message = observer.next()
                    self.assertEqual((message.payload, message.qos), (b"it died", 1))
                    observer.process.kill()
                    if retain:
                        self.assertEqual(self.broker.retained(self, "will"), b"it died")

    def test_not_when_it_ends_by_itself(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                observer = self.broker.observe(self, "will", args=["-R"])
                self.interrupt(self.start_with_will(version, f"polite-{version}", False))
                self.broker.publish("will", "-m", "marker")
                self.assertEqual(observer.next().payload, b"marker")
                observer.process.kill()


class NoBroker(support.ProgramTest):
    def test_nobody_listens(self):
        port = support.free_port()
        for program, args in (("iotkit-pub", ["-n"]), ("iotkit-sub", [])):
            with self.subTest(program):
                result = run(program, "-h", "127.0.0.1", "-p", port, "-t", "a", *args)
                self.assert_ran(result, 1)
                self.assert_sentence(program, result.err, f"127.0.0.1.*{port}.*refused")
                self.assertEqual(result.err.count("\n"), 1)

    def test_host_that_does_not_exist(self):
        result = run("iotkit-pub", "-h", "no.such.host.invalid", "-t", "a", "-n")
        self.assert_ran(result, 1)
        self.assert_sentence("iotkit-pub", result.err, "no.such.host.invalid")

    def test_pub_gives_up_after_its_timeout(self):
        port = support.free_port()
        result = run("iotkit-pub", "-h", "127.0.0.1", "-p", port, "-t", "a", "-n", "-W", 1)
        self.assert_ran(result, 1)
        self.assert_sentence("iotkit-pub", result.err, "not done within 1 s")

    def test_pub_waits_for_a_broker(self):
        broker = support.Broker(self, start=False)
        pub = self.start(
            "iotkit-pub",
            *broker.address,
            *("-t", "late", "-m", "x", "-r", "-q", 1, "-W", int(support.PATIENCE)),
            *("--option", "reconnect.max_ms=200"),
        )
        pub.err.wait_for("trying again")
        broker.start()
        self.assert_ended(pub)
        self.assertEqual(broker.retained(self, "late"), b"x")


class BrokerRestart(support.ProgramTest):
    def setUp(self):
        self.broker = support.Broker(self)

    def test_pub_loses_no_line(self):
        observer = self.broker.observe(self, "lines", args=["-c"])
        pub = self.start(
            "iotkit-pub",
            *self.broker.address,
            *("-t", "lines", "-l", "-q", 1, "--option", "reconnect.max_ms=200"),
            stdin=subprocess.PIPE,
        )
        pub.write(b"before\n")
        self.assertEqual(observer.next().payload, b"before")
        self.broker.stop()
        pub.err.wait_for("trying again")
        pub.write(b"during\n")
        self.broker.start()
        pub.write(b"after\n")
        pub.popen.stdin.close()
        self.assert_ended(pub)
        # "before" may come twice, since its acknowledgement may have been cut.
        texts = [message.payload for message in observer.wait_until("lines", b"after")]
        self.assertIn(b"during", texts)
        self.assertLess(texts.index(b"during"), texts.index(b"after"))

    def test_sub_subscribes_again(self):
        sub = self.start(
            "iotkit-sub",
            *self.broker.address,
            *("-t", "again", "-i", "again", "-C", 1, "--option", "reconnect.max_ms=200"),
        )
        self.broker.wait_subscribed("again")
        self.broker.stop()
        sub.err.wait_for("trying again")
        self.broker.start()
        self.broker.wait_subscribed("again")
        self.broker.publish("again", "-m", "here")
        self.assert_ended(sub)
        self.assertEqual(sub.out.data, b"here\n")

    def test_kept_session_gets_what_came_meanwhile(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                args = [*self.broker.address, "-t", "kept", "-q", 1, "-c", "-i", f"kept-{version}"]
                args += ["-V", version, "-C", 1]
                sub = self.start("iotkit-sub", *args)
                self.broker.wait_subscribed(f"kept-{version}")
                self.interrupt(sub)
                self.broker.publish("kept", "-q", "1", "-m", "meanwhile")
                result = run("iotkit-sub", *args)
                self.assert_ran(result)
                self.assertEqual(result.out, b"meanwhile\n")


if __name__ == "__main__":
    unittest.main()
