# SPDX-License-Identifier: MIT
"""The client for asyncio: nothing blocks the loop, nothing is lost when a task is cancelled."""

import asyncio
import contextlib
import threading
import unittest

from common import PATIENCE, Broker, EventType, PythonTest, iotkit, support


class Async(PythonTest):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(cls)

    def run_async(self, main):
        async def bounded():
            await asyncio.wait_for(main, 2 * PATIENCE)

        asyncio.run(bounded())

    async def wait_async(self, client, kind, **fields):
        seen = []
        while True:
            event = await client.next_event(PATIENCE)
            if event is None:
                self.fail(f"no {kind} came; seen: {seen}")
            if event.type is kind and all(getattr(event, n) == v for n, v in fields.items()):
                return event
            seen.append(event)

    def test_messages_come_and_go(self):
        async def main():
            async with iotkit.AsyncClient(self.broker.uri, mqtt_keepalive_s=20) as client:
                await client.connect(PATIENCE)
                client.subscribe("async/#", 2)
                number = client.publish("async/a", 23.5, qos=2)
                await client.flush(PATIENCE)
                seen = {}
                async for event in client:
                    seen[event.type] = event
                    if {EventType.MESSAGE, EventType.DELIVERED} <= seen.keys():
                        break
                # flush() has kept what it met on the way.
                self.assertIs(next(iter(seen)), EventType.CONNECTED)
                self.assertEqual(seen[EventType.MESSAGE].payload, b"23.5")
                self.assertEqual(seen[EventType.DELIVERED].id, number)

        self.run_async(main())

    def test_no_thread_takes_events(self):
        async def main():
            before = threading.active_count()
            client = iotkit.AsyncClient(self.broker.uri)
            await client.connect(PATIENCE)
            await client.next_event(PATIENCE)
            self.assertEqual(threading.active_count(), before)
            await client.close()

        self.run_async(main())

    def test_the_loop_goes_on_while_one_waits(self):
        async def main():
            turns = 0

            async def turn():
                nonlocal turns
                while True:
                    await asyncio.sleep(0.01)
                    turns += 1

            client = iotkit.AsyncClient(f"mqtt://127.0.0.1:{support.free_port()}")
            ticking = asyncio.ensure_future(turn())
            client.publish("a", 1, qos=1)
            for wait in (client.connect(0.2), client.flush(0.2), client.disconnect(0.2)):
                before = turns
                with self.assertRaises(iotkit.TimeoutError):
                    await wait
                self.assertGreater(turns, before + 1)
            ticking.cancel()
            await client.close()

        self.run_async(main())

    def test_why_it_does_not_connect_is_told(self):
        broker = Broker(self, "allow_anonymous false\n")

        async def main():
            async with iotkit.AsyncClient(broker.uri, mqtt_username="a") as client:
                with self.assertRaises(iotkit.AuthError):
                    await client.connect(PATIENCE)
                kinds = [event.type async for event in client]
                self.assertEqual(kinds[-1], EventType.DISCONNECTED)
                with self.assertRaises(iotkit.AuthError):
                    await client.connect(PATIENCE)

        self.run_async(main())

    def test_a_timeout_has_the_reason(self):
        async def main():
            async with iotkit.AsyncClient(f"mqtt://127.0.0.1:{support.free_port()}") as client:
                with self.assertRaisesRegex(iotkit.TimeoutError, "Connection refused"):
                    await client.connect(0.1)

        self.run_async(main())

    def test_leaving_the_with_delivers(self):
        observer = self.broker.observe(self, "leaving")

        async def main():
            async with iotkit.AsyncClient(self.broker.uri) as client:
                await client.connect(0)
                client.publish("leaving", "x", qos=2)

        self.run_async(main())
        self.assertEqual(observer.next().payload, b"x")

    def test_an_async_for_ends_with_the_session_and_with_close(self):
        async def main():
            async with iotkit.AsyncClient(self.broker.uri) as client:
                await client.connect(PATIENCE)
                await client.disconnect(PATIENCE)
                kinds = [event.type async for event in client]
                self.assertEqual(kinds, [EventType.CONNECTED, EventType.DISCONNECTED])
            client = iotkit.AsyncClient(self.broker.uri)
            waiting = asyncio.ensure_future(client.next_event())
            await asyncio.sleep(0)
            await client.close()
            self.assertIsNone(await waiting)
            await client.close()

        self.run_async(main())

    def test_cancelling_loses_no_event(self):
        """A consumer that is cancelled again and again gets each message once."""

        async def main():
            async with iotkit.AsyncClient(self.broker.uri) as client:
                await client.connect(PATIENCE)
                client.subscribe("cancelled", 1)
                await self.wait_async(client, EventType.SUBSCRIBED)
                came = []
                for number in range(100):
                    client.publish("cancelled", number, qos=1)
                    task = asyncio.ensure_future(client.next_event())
                    await asyncio.sleep(0)
                    task.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        came.append(await task)
                while sum(event.type is EventType.MESSAGE for event in came) < 100:
                    event = await client.next_event(PATIENCE)
                    self.assertIsNotNone(event, came)
                    came.append(event)
            payloads = [int(e.payload) for e in came if e.type is EventType.MESSAGE]
            self.assertEqual(payloads, list(range(100)))

        self.run_async(main())

    def test_several_tasks_share_one_client(self):
        async def main():
            async with iotkit.AsyncClient(self.broker.uri) as client:
                await client.connect(PATIENCE)
                client.subscribe("shared/#", 1)
                await self.wait_async(client, EventType.SUBSCRIBED)
                came = set()

                async def consume():
                    while len(came) < 50:
                        event = await client.next_event(0.1)
                        if event is not None and event.type is EventType.MESSAGE:
                            came.add(event.payload)

                async def produce(name):
                    for number in range(10):
                        client.publish(f"shared/{name}", f"{name}{number}", qos=1)
                        await client.flush(PATIENCE)

                await asyncio.gather(consume(), consume(), *map(produce, "abcde"))
                self.assertEqual(len(came), 50)

        self.run_async(main())

    def test_several_clients_share_one_loop(self):
        async def main():
            async def echo(name):
                async with iotkit.AsyncClient(self.broker.uri) as client:
                    await client.connect(PATIENCE)
                    client.subscribe(f"many/{name}", 1)
                    client.publish(f"many/{name}", name, qos=1)
                    return (await self.wait_async(client, EventType.MESSAGE)).payload

            names = [str(number) for number in range(5)]
            came = await asyncio.gather(*map(echo, names))
            self.assertEqual(came, [name.encode() for name in names])

        self.run_async(main())

    def test_messages_that_nobody_takes_wait_at_the_broker(self):
        async def main():
            async with iotkit.AsyncClient(self.broker.uri, events_max=16) as client:
                await client.connect(PATIENCE)
                client.subscribe("slow", 1)
                await self.wait_async(client, EventType.SUBSCRIBED)
                for number in range(200):
                    client.publish("slow", number, qos=1)
                await client.flush(PATIENCE)  # takes events meanwhile, else it would never end
                payloads = []
                while len(payloads) < 200:
                    event = await self.wait_async(client, EventType.MESSAGE)
                    payloads.append(int(event.payload))
                self.assertEqual(payloads, list(range(200)))

        self.run_async(main())

    def test_close_ends_what_waits(self):
        async def main():
            client = iotkit.AsyncClient(f"mqtt://127.0.0.1:{support.free_port()}")
            client.publish("a", 1, qos=1)
            connecting = asyncio.ensure_future(client.connect(None))
            flushing = asyncio.ensure_future(client.flush(None))
            leaving = asyncio.ensure_future(client.disconnect(None))
            await asyncio.sleep(0.05)
            await client.close()
            for task in (connecting, flushing, leaving):
                with self.assertRaises(iotkit.Error):
                    await task

        self.run_async(main())


if __name__ == "__main__":
    unittest.main()
