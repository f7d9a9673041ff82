# SPDX-License-Identifier: MIT
"""Clients that nobody closes, or that somebody closes at a bad moment: the interpreter always ends
well, and says what was forgotten."""

import gc
import os
import threading
import unittest
import warnings
import weakref

from common import PATIENCE, SANITIZED, Broker, EventType, PythonTest, iotkit, start, support

CONNECTED = "import iotkit, sys, threading\nclient = iotkit.connect(sys.argv[1])\n"


class Programs(PythonTest):
    """Each of them in a process of its own."""

    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(cls)

    def ends_well(self, text, out="", warned=""):
        process = start(self, text, self.broker.uri, PYTHONWARNINGS="default")
        self.ends(process, out)
        said = process.err.data.decode()
        if warned == "":
            self.assertEqual(said, "")
        else:
            self.assertRegex(said, warned)

    def test_an_open_client_at_the_end(self):
        self.ends_well(CONNECTED + "print('end')", "end\n")

    def test_at_the_end_the_broker_is_told_goodbye(self):
        observer = self.broker.observe(self, "gone", "end")
        self.ends_well("import iotkit, sys\nclient = iotkit.connect(sys.argv[1], "
                       "will=iotkit.Will('gone', 'without goodbye'))")
        self.broker.publish("end", "-m", "x", "-q", "1")
        self.assertEqual(observer.next().topic, "end")

    def test_a_program_that_ends_by_an_exception(self):
        process = start(self, CONNECTED + "raise SystemExit(3)", self.broker.uri)
        self.ends(process, code=3)

    def test_a_callback_at_work_at_the_end(self):
        self.ends_well(
            "import iotkit, sys\n"
            "def busy(event):\n"
            "    try: client.publish('a', 1, qos=1)\n"
            "    except iotkit.StateError: pass  # it is closed\n"
            "client = iotkit.Client(sys.argv[1], on_event=busy)\n"
            "client.connect()\n"
            "for _ in range(50): client.publish('a', 1, qos=1)\n"
        )

    def test_a_daemon_thread_that_waits_at_the_end(self):
        for wait in ("list(client)", "client.flush(None)"):
            self.ends_well(
                "import iotkit, sys, threading, time\n"
                "client = iotkit.Client('mqtt://127.0.0.1:1')\n"
                "client.publish('a', 1, qos=1)\n"
                "client.connect(0)\n"
                "def work():\n"
                f"    try: {wait}\n"
                "    except iotkit.Error: pass\n"
                "threading.Thread(target=work, daemon=True).start()\n"
                "while not client._handle.inside: time.sleep(0)\n"
            )

    def test_a_client_that_is_used_in_an_exit_handler(self):
        self.ends_well(
            "import atexit, iotkit, sys\n"
            "def leave():\n    client.publish('last', 1, qos=1)\n    client.disconnect()\n"
            "    print('left')\n"
            "atexit.register(leave)\n"
            "client = iotkit.connect(sys.argv[1])\n",
            "left\n",
        )

    def test_a_module_that_is_torn_down(self):
        self.ends_well(
            CONNECTED + "class Owner:\n"
            "    def __del__(self):\n        self.client.close()\n        print('closed')\n"
            "owner = Owner()\nowner.client, owner.self = client, owner\n"
            "sys.modules['owner'] = owner\n",
            "closed\n",
        )

    def test_a_client_that_is_forgotten_is_told(self):
        self.ends_well(CONNECTED + "del client\nprint('end')", "end\n",
                       warned="ResourceWarning: an iotkit client was not closed")

    def test_a_client_in_a_cycle_is_closed_by_the_collector(self):
        self.ends_well(
            CONNECTED + "import gc\ncycle = [client]\ncycle.append(cycle)\n"
            "closed = client._handle._closed\ndel client, cycle\ngc.collect()\n"
            "print(closed.is_set())", "True\n", warned="ResourceWarning")

    def test_the_callback_thread_collects_the_client(self):
        """The last reference goes on the very thread that the client is about to join."""
        self.ends_well(
            "import gc, iotkit, sys, threading\n"
            "gc.disable()\n"
            "dropped, collected = threading.Event(), threading.Event()\n"
            "class Owner: pass\n"
            "def collect(event):\n    dropped.wait(20)\n    gc.collect()\n    collected.set()\n"
            "owner = Owner()\nowner.client = iotkit.Client(sys.argv[1], on_event=collect)\n"
            "owner.self = owner\n"
            "owner.client.connect()\n"
            "del owner\ndropped.set()\n"
            "print(collected.wait(20))\n",
            "True\n",
            warned="^$|ResourceWarning",  # whichever of the two threads ends first
        )

    def test_an_interrupted_with_still_says_goodbye(self):
        observer = self.broker.observe(self, "gone", "end")
        process = start(
            self, "import iotkit, os, signal, sys\n"
            "try:\n"
            "    with iotkit.connect(sys.argv[1], will=iotkit.Will('gone')) as client:\n"
            "        client.publish('end', 1, qos=1)\n"
            "        os.kill(os.getpid(), signal.SIGINT)\n"
            "        for event in client: pass\n"
            "except KeyboardInterrupt: print('interrupted')", self.broker.uri)
        self.ends(process, "interrupted\n")
        self.assertEqual(observer.next().topic, "end")


class Closing(PythonTest):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(cls)

    def test_a_closed_client_is_told(self):
        client = self.connected(self.broker)
        client.close()
        client.close()
        for call in (
            lambda: client.publish("a", 1), lambda: client.connect(0), lambda: client.stats,
            lambda: client.flush(0), client.disconnect, client.fileno, lambda: client.subscribe("a"),
            lambda: setattr(client, "on_event", print),
        ):
            with self.assertRaisesRegex(iotkit.StateError, "the client is closed"):
                call()
        self.assertIsNone(client.next_event())
        self.assertEqual(list(client), [])
        self.assertEqual(repr(client), "<iotkit.Client closed>")

    def test_close_ends_what_other_threads_wait_for(self):
        client = self.client("mqtt://127.0.0.1:1")
        client.publish("a", 1, qos=1)
        ended = []

        def wait(call):
            try:
                call()
            except iotkit.Error as problem:
                ended.append(problem)
            else:
                ended.append(None)

        threads = [
            threading.Thread(target=wait, args=[call])
            for call in (lambda: client.connect(None), lambda: client.flush(None), lambda: list(client))
        ]
        client.connect(0)
        for thread in threads:
            thread.start()
        self.until(lambda: len(client._handle.inside) >= 3)
        client.close()
        for thread in threads:
            thread.join(PATIENCE)
        self.assertEqual(len(ended), 3)

    def test_many_threads_close_at_once(self):
        for _ in range(20):
            client = iotkit.Client()
            threads = [threading.Thread(target=client.close) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(PATIENCE)
            self.assertTrue(client._handle._closed.is_set())

    def test_descriptors_and_memory_are_given_back(self):
        iotkit.Client().close()
        gc.collect()
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(50):
            iotkit.Client(topic_base="a").close()
            with self.assertRaises(iotkit.Error):
                iotkit.Client("nonsense")
            with self.assertRaises(iotkit.Error):
                iotkit.Client(nonsense=1)
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)

    def test_a_client_that_failed_to_be_made_is_not_warned_about(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for options in ({"uri": "nonsense"}, {"nonsense": 1}):
                with self.assertRaises(iotkit.Error):
                    iotkit.Client(**options)
            gc.collect()

    def test_without_a_cycle_it_is_closed_at_once(self):
        client = iotkit.Client()
        handle = weakref.ref(client._handle)
        with self.assertWarns(ResourceWarning):
            del client
        self.assertIsNone(handle())


class Threads(PythonTest):
    def test_eight_threads_publish_through_one_client(self):
        broker = Broker(self)
        observer = broker.observe(self, "threads/#", qos=1)
        client = self.connected(broker)
        numbers = []

        def publish(name):
            numbers.extend(client.publish(f"threads/{name}", n, qos=1) for n in range(100))

        threads = [threading.Thread(target=publish, args=[name]) for name in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        client.flush(PATIENCE)
        self.assertEqual(sorted(numbers), list(range(1, 801)))
        came = {name: [] for name in range(8)}
        for _ in range(800):
            message = observer.next()
            came[int(message.topic[8:])].append(int(message.payload))
        self.assertEqual(list(came.values()), 8 * [list(range(100))])

    def test_several_threads_take_events_and_each_comes_once(self):
        broker = Broker(self)
        client = self.connected(broker)
        client.subscribe("shared", 1)
        self.wait_subscribed(client, "shared")
        came = []

        def take():
            while len(came) < 100:
                event = client.next_event(0.1)
                if event is not None and event.type is EventType.MESSAGE:
                    came.append(int(event.payload))

        threads = [threading.Thread(target=take) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(100):
            client.publish("shared", number, qos=1)
        for thread in threads:
            thread.join(PATIENCE)
        self.assertEqual(sorted(came), list(range(100)))


@unittest.skipIf(SANITIZED, "a child made by fork() is no place for sanitizers")
class Fork(PythonTest):
    def test_a_child_is_refused_and_harms_nobody(self):
        broker = Broker(self)
        printed = self.runs(
            "import iotkit, os, sys, warnings\n"
            "warnings.simplefilter('ignore', DeprecationWarning)\n"
            "client = iotkit.connect(sys.argv[1])\n"
            "if os.fork() == 0:\n"
            "    for call in (lambda: client.publish('a', 1), lambda: client.next_event(),\n"
            "                 lambda: client.next_event(0), lambda: client.stats,\n"
            "                 lambda: iotkit.Client(sys.argv[1])):\n"
            "        try: print(call())\n"
            "        except iotkit.StateError as problem: print('fork()' in str(problem))\n"
            "    client.close()\n"
            "    sys.exit(7)\n"
            "print(os.waitstatus_to_exitcode(os.wait()[1]))\n"
            "print(client.publish('a', 1, qos=1))\n"
            "client.flush()\n"
            "while client.next_event(0.1): pass\n"  # nothing has woken it for good
            "client.disconnect()\n",
            broker.uri,
        )
        self.assertEqual(printed, "True\nTrue\nTrue\nTrue\nTrue\n7\n1\n")


if __name__ == "__main__":
    unittest.main()
