# SPDX-License-Identifier: MIT
"""The client for asyncio: the loop watches the library's descriptor, and no thread takes events.

An event is taken from the library when somebody asks for one, so that messages which the program
is slow to take go on waiting at the broker. While connect() or flush() waits for news, what else
comes is kept for next_event(), in order.
"""

from __future__ import annotations

import asyncio
import collections
import types
from typing import Any, Callable, Optional

from . import _ffi
from ._constants import EventType, Status
from ._errors import Error, TimeoutError, make
from ._events import Event
from ._session import Session, Will
from ._values import OptionValue

_NEWS_OF_MESSAGES = (EventType.DELIVERED, EventType.DROPPED, EventType.DISCONNECTED)


class AsyncClient(Session):
    """An MQTT session and its boards, for asyncio::

        async with iotkit.AsyncClient("mqtt://localhost:1883") as client:
            await client.connect()
            client.publish("a/b", 1, qos=1)
            async for event in client:
                ...

    What waits for others is awaited; the rest, as publish(), are ordinary methods that return at
    once (with ``outbox_path``, once the disk has it: with ``outbox_sync="power"`` that can be
    tens of milliseconds, which ``await asyncio.to_thread(client.publish, ...)`` keeps off the
    loop). It belongs to the event loop that first awaits one of its methods.

    Cancelling connect(), flush() or next_event() loses no event. Leaving the ``async with``
    disconnects, and so delivers what waits, and closes.
    """

    def __init__(
        self, uri: Optional[str] = None, *, will: Optional[Will] = None, **options: OptionValue
    ) -> None:
        super().__init__(uri, will, options)
        self._fd = self._handle.event_fd
        self._kept: collections.deque[Event] = collections.deque()
        self._waiters: list[asyncio.Future[None]] = []
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._connected = False
        self._reason: Optional[Event] = None  # of the session's end, once it has ended for good
        self._news = 0  # of messages
        self._over = False  # close() was called

    # ---- the connection ----

    async def connect(self, timeout: Optional[float] = 30) -> None:
        """Start the session, and wait until it is connected; 0 only starts. As
        :meth:`Client.connect`."""
        while self._take_one():
            pass  # what tells of an earlier session is not about this one
        if self._reason is not None:
            self._connected, self._reason = False, None
        self._started = True
        self._handle.call(self._lib.iotkit_connect, 0)
        if timeout == 0:
            return
        if not await self._until(lambda: self._connected or self._reason is not None, timeout):
            # Nearly without waiting, for the sentence.
            self._handle.call(self._lib.iotkit_connect, 1)
        elif self._reason is not None:
            raise make(self._reason.status or Status.ESTATE, self._reason.text)

    async def flush(self, timeout: Optional[float] = None) -> None:
        """Wait until nothing that was published waits for the broker any more. Other tasks that
        go on publishing prolong it."""
        deadline = None if timeout is None else self._now() + timeout
        while True:
            news = self._news
            try:
                self._handle.call(self._lib.iotkit_flush, 0)
                return
            except TimeoutError:
                left = None if deadline is None else deadline - self._now()
                if left is not None and left <= 0:
                    raise
            await self._until(lambda: self._news != news, left)  # noqa: B023 - used at once

    async def disconnect(self, timeout: Optional[float] = 10) -> None:
        """Deliver what the outbox holds, then disconnect. As :meth:`Client.disconnect`; when it
        is cancelled it goes on until its timeout, or until close()."""
        ending = self._in_thread(
            self._handle.wait_in, self._lib.iotkit_disconnect, _ffi.milliseconds(timeout)
        )
        ending.add_done_callback(lambda _: self._wake())
        # Received messages that nobody takes would hold up the acknowledgements of ours.
        while not ending.done() and not self._over:
            if not self._take_one():
                await self._readable(None)
        await ending

    async def close(self) -> None:
        """Free all it has. What is still in the outbox is lost, unless it has a file. May be
        called again."""
        self._over = True
        self._wake()  # also takes the descriptor from the loop, before it is closed
        await asyncio.shield(self._in_thread(self._handle.close))

    async def check_broker(self, timeout: Optional[float] = 10) -> str:
        """As :meth:`Client.check_broker`."""
        found = self._in_thread(self._check_broker, self._handle.wait_in, timeout)
        return str(await found)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self,
        kind: Optional[type[BaseException]],
        problem: Optional[BaseException],
        traceback: Optional[types.TracebackType],
    ) -> None:
        try:
            if self._started and not self._over:
                await self.disconnect()
        except Error:
            if problem is None:
                raise
        finally:
            await self.close()

    # ---- events ----

    async def next_event(self, timeout: Optional[float] = None) -> Optional[Event]:
        """Take the next event; None when none came in time, or the client was closed."""
        deadline = None if timeout is None else self._now() + timeout
        while not self._kept:
            event = self._next_waiting()
            if event is not None:
                self._note(event)
                return event
            left = None if deadline is None else deadline - self._now()
            if self._over or (left is not None and left <= 0):
                return None
            await self._readable(left)
        return self._kept.popleft()

    def __aiter__(self) -> AsyncClient:
        return self

    async def __anext__(self) -> Event:
        """As the ``for`` of :class:`Client`: until the session has ended for good, or close()."""
        event = await self.next_event(None if self._reason is None else 0)
        if event is None:
            raise StopAsyncIteration
        return event

    # ---- within ----

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    @staticmethod
    def _in_thread(function: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().run_in_executor(None, function, *arguments)

    def _note(self, event: Event) -> None:
        """What connect() and flush() wait for, whoever has taken the event."""
        if event.type is EventType.CONNECTED:
            self._connected, self._reason = True, None
        elif event.type is EventType.DISCONNECTED:
            self._connected, self._reason = False, event if event.is_last else None
        if event.type in _NEWS_OF_MESSAGES:
            self._news += 1
        self._wake()

    def _take_one(self) -> bool:
        """Keep an event that waits already for next_event()."""
        event = self._next_waiting()
        if event is None:
            return False
        self._kept.append(event)
        self._note(event)
        return True

    async def _until(self, is_so: Callable[[], bool], timeout: Optional[float]) -> bool:
        """Whether it is so within the time."""
        deadline = None if timeout is None else self._now() + timeout
        while not is_so():
            if self._take_one():
                continue
            left = None if deadline is None else deadline - self._now()
            if left is not None and left <= 0:
                return False
            if self._over:
                self._handle.refuse_closed()
            await self._readable(left)
        return True

    async def _readable(self, timeout: Optional[float]) -> None:
        """Until an event waits, or something else has changed, or time is up."""
        loop = asyncio.get_running_loop()
        waiter = loop.create_future()
        if not self._waiters:
            self._loop = loop
            loop.add_reader(self._fd, self._wake)
        self._waiters.append(waiter)
        timer = None if timeout is None else loop.call_later(timeout, _finish, waiter)
        try:
            await waiter
        finally:
            if timer is not None:
                timer.cancel()
            if waiter in self._waiters:
                self._waiters.remove(waiter)
                self._stop_watching()

    def _stop_watching(self) -> None:
        """Nobody asks for events: they wait, and the loop is not to be told all the time."""
        if not self._waiters and self._loop is not None:
            self._loop.remove_reader(self._fd)
            self._loop = None

    def _wake(self) -> None:
        """Has all who wait look anew."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            _finish(waiter)
        self._stop_watching()


def _finish(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
