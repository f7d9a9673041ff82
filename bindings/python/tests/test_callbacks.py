# SPDX-License-Identifier: MIT
"""on_event: events are brought, whatever the function does."""

import gc
import queue
import threading
import unittest
import weakref
from unittest import mock

from common import PATIENCE, Broker, EventType, PythonTest, iotkit


class Callbacks(PythonTest):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(cls)

    def listening(self, callback, **options):
        client = self.client(self.broker.uri, on_event=callback, **options)
        client.connect(PATIENCE)
        return client

    def test_events_are_brought_in_order(self):
        came = queue.Queue()
        client = self.listening(came.put)
        client.subscribe("a", 1)
        for number in range(20):
            client.publish("a", number, qos=1)
        payloads = []
        while len(payloads) < 20:
            event = came.get(timeout=PATIENCE)
            if event.type is EventType.MESSAGE:
                payloads.append(int(event.payload))
        self.assertEqual(payloads, list(range(20)))

    def test_meanwhile_events_cannot_be_taken(self):
        client = self.client(on_event=print)
        with self.assertRaisesRegex(iotkit.StateError, "on_event"):
            client.next_event(0)
        client.on_event = None
        self.assertIsNone(client.next_event(0))

    def test_an_exception_goes_to_the_hook_of_threads_and_events_go_on(self):
        told, came = queue.Queue(), queue.Queue()

        def fail(event):
            came.put(event)
            raise ZeroDivisionError("of the test")

        with mock.patch.object(threading, "excepthook", told.put):
            client = self.listening(fail)
            client.publish("a", 1, qos=1)
            while came.get(timeout=PATIENCE).type is not EventType.DELIVERED:
                pass
            first = told.get(timeout=PATIENCE)
            client.close()
        self.assertIs(first.exc_type, ZeroDivisionError)
        self.assertIsNotNone(first.exc_traceback)

    def test_it_may_call_everything_also_replace_itself(self):
        later = queue.Queue()

        def answer(event):
            if event.type is EventType.CONNECTED:
                self.assertTrue(client.stats.connected)
                client.subscribe("q", 1)
            elif event.type is EventType.SUBSCRIBED:
                client.publish("q", "question", qos=1)
                client.on_event = later.put

        client = self.client(self.broker.uri)
        client.on_event = answer
        client.connect(PATIENCE)
        while later.get(timeout=PATIENCE).type is not EventType.MESSAGE:
            pass

    def test_it_may_close_the_client(self):
        closed = threading.Event()

        def close(event):
            client.close()
            client.close()
            closed.set()

        client = self.client(self.broker.uri, on_event=close)
        client.connect(0)
        self.assertTrue(closed.wait(PATIENCE))
        with self.assertRaisesRegex(iotkit.StateError, "closed"):
            client.publish("a", 1)

    def test_it_may_close_while_another_thread_waits(self):
        def close(event):
            self.until(lambda: client._handle._waiting)
            client.close()

        client = self.client("mqtt://127.0.0.1:1", on_event=close)
        client.publish("a", 1, qos=1)
        client.connect(0)
        with self.assertRaises(iotkit.StateError):
            client.flush(PATIENCE)

    def test_the_earlier_one_is_done_when_there_is_another(self):
        """So what it used may be given up."""
        entered, leave, order = threading.Event(), threading.Event(), []

        def slow(event):
            entered.set()
            leave.wait(PATIENCE)
            order.append("slow is done")

        client = self.listening(slow)
        self.assertTrue(entered.wait(PATIENCE))
        threading.Timer(0.05, leave.set).start()
        client.on_event = None
        order.append("another one is set")
        self.assertEqual(order, ["slow is done", "another one is set"])

    def test_a_client_and_its_callback_are_collected_though_they_refer_to_each_other(self):
        class Owner:
            def __init__(self, uri):
                self.client = iotkit.Client(uri, on_event=self.receive)
                self.connected = threading.Event()

            def receive(self, event):
                self.connected.set()

        owner = Owner(self.broker.uri)
        owner.client.connect(PATIENCE)
        self.assertTrue(owner.connected.wait(PATIENCE))
        gone = weakref.ref(owner)
        handle = owner.client._handle
        closed = handle._closed
        del owner, handle
        with self.assertWarnsRegex(ResourceWarning, "was not closed"):
            for _ in range(100):  # the callback may just be running, and hold it
                gc.collect()
                if closed.wait(0.1):
                    break
        self.assertTrue(closed.is_set())
        self.assertIsNone(gone())


if __name__ == "__main__":
    unittest.main()
