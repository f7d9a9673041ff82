#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Several clients on one asyncio loop: a thermostat for each room, and one that watches them.

    rooms.py mqtt://localhost:1883 kitchen bath

Each room has a session of its own, as if it were a computer of its own: it reports a temperature,
and obeys whom sets another one (publish to rooms/kitchen/set).
"""

import asyncio
import contextlib
import sys

import iotkit
from iotkit import EventType


async def room(uri: str, name: str) -> None:
    """Drifts towards what it was set to, and says so."""
    wanted = 20.0
    temperature = 15.0
    async with iotkit.AsyncClient(uri, will=iotkit.Will(f"rooms/{name}/gone", "?")) as client:
        await client.connect(timeout=10)
        client.subscribe(f"rooms/{name}/set", qos=1)
        while True:
            event = await client.next_event(timeout=0.2)
            if event is None:
                temperature += (wanted - temperature) / 4
                client.publish(f"rooms/{name}/temperature", round(temperature, 2), qos=1)
            elif event.type is EventType.MESSAGE:
                with contextlib.suppress(ValueError):
                    wanted = float(event.payload)


async def watch(uri: str) -> None:
    async with iotkit.AsyncClient(uri) as client:
        client.subscribe("rooms/+/temperature", qos=1)
        await client.connect(timeout=10)
        async for event in client:
            if event.type is EventType.MESSAGE:
                print(event.topic, event.payload.decode(), flush=True)


async def main(uri: str, *names: str) -> None:
    await asyncio.gather(watch(uri), *(room(uri, name) for name in names))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        asyncio.run(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        pass
    except iotkit.Error as problem:
        sys.exit(f"rooms.py: {problem}")
