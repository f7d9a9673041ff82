# SPDX-License-Identifier: MIT
"""A client and a real broker: what arrives, what is told, and how waiting ends."""

import datetime
import os
import signal
import threading
import time
import unittest

from common import PATIENCE, Board, Broker, EventType, PythonTest, iotkit, start, support
from test_broker import SetUp  # of tests/programs

INTERRUPTED = """
import os, signal, sys, threading, iotkit
client = iotkit.Client(sys.argv[1])
def wait():
    {wait}
# When this thread waits: a pipe that is never written to would tell no more.
print("waiting", flush=True)
try:
    wait()
except KeyboardInterrupt:
    print("interrupted", flush=True)
{after}
print("closed", flush=True)
"""


class Sending(PythonTest):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(cls)

    def test_payloads_arrive_as_bytes_text_and_numbers(self):
        observer = self.broker.observe(self, "sent/#")
        with iotkit.connect(self.broker.uri, timeout=PATIENCE) as client:
            numbers = [
                client.publish("sent/bytes", b"\0\xff", qos=2),
                client.publish("sent/text", "Grüße", qos=1),
                client.publish("sent/number", 23.5, qos=1),
                client.publish("sent/none", qos=1),
            ]
            client.flush(PATIENCE)
        self.assertEqual(numbers, [1, 2, 3, 4])
        came = {m.topic: (m.payload, m.qos) for m in (observer.next() for _ in range(4))}
        self.assertEqual(came, {
            "sent/bytes": (b"\0\xff", 2), "sent/text": ("Grüße".encode(), 1),
            "sent/number": (b"23.5", 1), "sent/none": (b"", 1),
        })

    def test_a_retained_message_is_kept(self):
        with iotkit.connect(self.broker.uri, timeout=PATIENCE) as client:
            client.publish("kept", "x", qos=1, retain=True)
        self.assertEqual(self.broker.retained(self, "kept"), b"x")

    def test_leaving_the_with_delivers(self):
        observer = self.broker.observe(self, "leaving")
        with iotkit.Client(self.broker.uri) as client:
            client.connect(0)
            client.publish("leaving", 1, qos=2)
        self.assertEqual(observer.next().payload, b"1")

    def test_a_metric_has_its_topic_and_moment(self):
        observer = self.broker.observe(self, "base/#")
        moment = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.timezone.utc)
        with iotkit.connect(self.broker.uri, timeout=PATIENCE, topic_base="base",
                            payload="json") as client:
            client.publish_metric("greenhouse", "temperature", 23.5, "Cel", moment)
            client.publish_metric("greenhouse", "door", 1)
        first, second = observer.next(), observer.next()
        self.assertEqual(first.topic, "base/greenhouse/temperature")
        self.assertIn(b"1767268800", first.payload)
        self.assertIn(b'"Cel"', first.payload)
        self.assertEqual(second.topic, "base/greenhouse/door")

    def test_a_will_is_sent_when_the_process_is_killed(self):
        observer = self.broker.observe(self, "gone")
        process = start(
            self, "import iotkit, sys\n"
            "client = iotkit.connect(sys.argv[1], will=iotkit.Will('gone', b'without goodbye', 1))\n"
            "print('connected')\nclient.next_event(); client.next_event()",
            self.broker.uri,
        )
        process.out.wait_for("connected")
        process.signal(signal.SIGKILL)
        self.assertEqual(observer.next().payload, b"without goodbye")

    def test_counters_are_told(self):
        client = self.connected(self.broker)
        client.publish("a", "bc", qos=1)
        client.flush(PATIENCE)
        stats = client.stats
        self.assertTrue(stats.connected)
        self.assertEqual((stats.accepted, stats.delivered, stats.waiting), (1, 1, 0))
        self.assertGreater(stats.bytes_sent, 10)

    def test_what_waits_in_vain_is_told(self):
        client = self.client(f"mqtt://127.0.0.1:{support.free_port()}")
        client.publish("a", "b", qos=1)
        with self.assertRaisesRegex(iotkit.StateError, "1 messages wait.*not started"):
            client.flush(PATIENCE)
        client.connect(0)
        self.wait_for(client, EventType.DISCONNECTED)
        with self.assertRaisesRegex(iotkit.TimeoutError, "Connection refused"):
            client.connect(0.05)
        with self.assertRaisesRegex(iotkit.TimeoutError, "1 messages wait"):
            client.flush(0.1)
        with self.assertRaisesRegex(iotkit.TimeoutError, "1 messages left"):
            client.disconnect(0)
        self.assertIn("<iotkit.Client iotkit-", repr(client))


class Receiving(PythonTest):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(cls)

    def test_messages_come_as_events(self):
        client = self.connected(self.broker)
        client.subscribe("in/#", qos=2)
        self.assertEqual(self.wait_subscribed(client, "in/#").qos, 2)
        self.broker.publish("in/b", "-m", "23.5", "-q", "2")
        event = self.wait_for(client, EventType.MESSAGE)
        self.assertEqual((event.topic, event.payload, event.qos, event.retain),
                         ("in/b", b"23.5", 2, False))
        self.assertLess(abs(event.time.timestamp() - time.time()), 3600)
        client.unsubscribe("in/#")
        with self.assertRaises(iotkit.NotFoundError):
            client.unsubscribe("in/#")

    def test_a_publication_is_told_under_its_number(self):
        client = self.connected(self.broker)
        number = client.publish("told", 1, qos=1)
        self.assertEqual(self.wait_for(client, EventType.DELIVERED, id=number).topic, "told")

    def test_a_for_ends_with_the_session(self):
        client = self.connected(self.broker)
        client.publish("for", 1, qos=1)
        client.disconnect(PATIENCE)
        events = list(client)
        self.assertEqual([e.type for e in events],
                         [EventType.CONNECTED, EventType.DELIVERED, EventType.DISCONNECTED])
        self.assertTrue(events[-1].is_last)
        self.assertEqual(list(client), [])

    def test_a_for_goes_on_with_the_next_session(self):
        client = self.connected(self.broker)
        client.disconnect(PATIENCE)
        client.connect(PATIENCE)
        kinds = []
        for event in client:
            kinds.append(event.type)
            if len(kinds) == 3:
                break
        self.assertEqual(kinds, [EventType.CONNECTED, EventType.DISCONNECTED,
                                 EventType.CONNECTED])

    def test_a_for_ends_when_another_thread_closes(self):
        client = self.client()  # not connected: nothing ever comes
        ended = threading.Event()

        def loop():
            for event in client:
                raise AssertionError(event)
            ended.set()

        thread = threading.Thread(target=loop)
        thread.start()
        self.until(lambda: client._handle.inside)
        client.close()
        thread.join(PATIENCE)
        self.assertTrue(ended.is_set())

    def test_no_event_in_time_is_none(self):
        client = self.client()
        self.assertIsNone(client.next_event(0))
        begin = time.monotonic()
        self.assertIsNone(client.next_event(0.05))
        self.assertGreaterEqual(time.monotonic() - begin, 0.045)

    def test_the_descriptor_is_readable_while_events_wait(self):
        import select

        client = self.connected(self.broker)
        self.assertEqual(select.select([client], [], [], PATIENCE)[0], [client])
        while client.next_event(0):
            pass
        self.assertEqual(select.select([client], [], [], 0)[0], [])

    def test_an_event_outlives_the_client(self):
        client = self.connected(self.broker)
        event = self.wait_for(client, EventType.CONNECTED)
        text = event.text
        client.close()
        self.assertEqual(event.text, text)
        self.assertRegex(repr(event), "^<CONNECTED .*text='connected to")

    def test_repeats_can_be_told_by_publishers_that_number(self):
        publisher = self.connected(self.broker, publish_id=True)
        client = self.connected(self.broker)
        client.subscribe("numbered", 1)
        self.wait_subscribed(client, "numbered")
        publisher.publish("numbered", 1, qos=1)
        event = self.wait_for(client, EventType.MESSAGE)
        self.assertGreater(event.epoch, 0)
        self.assertEqual(event.seq, 1)

    def test_packets_can_be_seen(self):
        client = self.connected(self.broker, trace="packets")
        client.publish("seen", "abc", qos=1)
        event = self.wait_for(client, EventType.TRACE, topic="seen")
        self.assertIn("sent PUBLISH", event.text)
        self.assertEqual((event.payload, event.value), (b"", 3))


class Refused(PythonTest):
    def test_a_wrong_password_is_an_auth_error_and_ends_the_for(self):
        broker = Broker(self, "allow_anonymous false\n")
        client = self.client(broker.uri, mqtt_username="nobody", mqtt_password="wrong")
        with self.assertRaises(iotkit.AuthError):
            client.connect(PATIENCE)
        last = list(client)[-1]
        self.assertIs(last.status, iotkit.Status.EAUTH)

    def test_a_broker_whom_nobody_vouches_for_is_a_tls_error(self):
        broker = SetUp(self, "--listen", "127.0.0.1").start()
        uri = f"mqtts://gateway@localhost:{broker.port}"
        password = broker.folder / "gateway.password"
        with self.assertRaises(iotkit.TLSError):
            iotkit.connect(uri, timeout=PATIENCE, mqtt_password_file=password)
        with self.assertRaises(iotkit.TLSError) as raised:
            self.client(uri).check_broker(PATIENCE)
        self.assertIn("localhost", raised.exception.details)
        trusting = {"tls_ca_file": broker.folder / "ca.crt", "mqtt_password_file": password}
        self.assertIn("localhost", self.client(uri, **trusting).check_broker(PATIENCE))
        with iotkit.connect(uri, timeout=PATIENCE, **trusting) as client:
            self.assertEqual(client.stats.tls_handshakes, 1)


class Interrupting(PythonTest):
    """Ctrl-C, whatever is waited for."""

    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(cls)

    def interrupt(self, wait, uri=None, after="client.close()"):
        process = start(self, INTERRUPTED.format(wait=wait, after=after), uri or self.broker.uri)
        mark = process.out.wait_for("waiting").end()
        self.wait_until_it_waits(process)
        process.signal(signal.SIGINT)
        process.out.wait_for("interrupted", mark)
        self.assertEqual(self.ends(process).splitlines()[-1], "closed")

    def wait_until_it_waits(self, process):
        """In a system call, and a signal now would not come before it."""
        path = f"/proc/{process.popen.pid}/task/{process.popen.pid}/stat"
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with open(path) as stat:
                if stat.read().rpartition(")")[2].split()[0] == "S":
                    return
            os.sched_yield()
        self.fail("it never waits")

    def test_next_event(self):
        self.interrupt("client.next_event()")

    def test_for(self):
        self.interrupt("list(client)")

    def test_connect(self):
        self.interrupt("client.connect(None)", f"mqtt://127.0.0.1:{support.free_port()}")

    def test_flush_and_disconnect_which_then_hurries(self):
        self.interrupt("client.publish('a', 1, qos=1); client.connect(0); client.flush(None)",
                       f"mqtt://127.0.0.1:{support.free_port()}")
        self.interrupt("client.publish('a', 1, qos=1); client.connect(0); client.disconnect(None)",
                       f"mqtt://127.0.0.1:{support.free_port()}")

    def test_a_signal_that_came_just_before_the_wait(self):
        """As good as that: one that another thread takes interrupts no call of the main thread."""
        itself = "signal.pthread_kill(threading.get_ident(), signal.SIGINT)"
        for wait in ("next_event(None)", "next_event(3600)", "connect(None)"):
            process = start(
                self,
                INTERRUPTED.format(
                    wait=f"threading.Timer(0.2, lambda: {itself}).start(); client.{wait}",
                    after="client.close()",
                ),
                f"mqtt://127.0.0.1:{support.free_port()}",
            )
            process.out.wait_for("interrupted")
            self.assertEqual(self.ends(process).splitlines()[-1], "closed")

    def test_a_handler_may_close(self):
        self.interrupt(
            "signal.signal(signal.SIGINT, lambda *_: (client.close(), print('interrupted')));"
            "print(list(client))",
            after="client.close()",
        )


class Boards(PythonTest):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(cls)

    def test_a_plain_board_is_read(self):
        board = Board(self)
        board.plug()
        client = self.connected(self.broker, events_metrics=True)
        client.add_device("greenhouse", f"serial:{board.path}")
        self.wait_for(client, EventType.DEVICE_ONLINE, device="greenhouse")
        board.say("temperature:23.5C")  # its beginning may be missing: it is left out
        board.say("temperature:23.5C")
        event = self.wait_for(client, EventType.METRIC)
        self.assertEqual((event.device, event.topic, event.value, event.unit),
                         ("greenhouse", "temperature", 23.5, "Cel"))
        with self.assertRaises(iotkit.ExistsError):
            client.add_device("greenhouse", "serial:/dev/none")
        client.remove_device("greenhouse")

    def test_a_kit_obeys(self):
        path = self.folder() / "board"
        program = support.BIN.parent / "tests/scripted_board"
        board = support.Process(self, str(program), "--link", path, "--rate", "1")
        board.out.wait_for(r"\n")
        client = self.connected(self.broker)
        client.add_device("porch", f"serial:{path}")
        number = client.send_command("porch", "led", 1)
        event = self.wait_for(client, EventType.COMMAND, id=number)
        self.assertEqual((event.device, event.topic, event.payload, event.status),
                         ("porch", "led", b"1", iotkit.Status.OK), event)


if __name__ == "__main__":
    unittest.main()
