# SPDX-License-Identifier: MIT
"""The client for programs that wait."""

from __future__ import annotations

import ctypes
import sys
import threading
import time
import types
from typing import Any, Callable, Iterator, Optional

from . import _ffi
from ._constants import EventType, Status
from ._errors import Error, StateError, TimeoutError
from ._events import Event, read
from ._handle import Dispatcher, register, trampoline
from ._session import Session, Will
from ._values import OptionValue

_NO_CALLBACK = ctypes.cast(0, _ffi.EventCallback)

# How long flush() waits on the thread that calls before it has another one do it.
_BRIEFLY_MS = 20

EventCallback = Callable[[Event], Any]


class Client(Session):
    """An MQTT session and the boards that feed it.

    ``Client("mqtts://gateway@localhost:8883", tls_ca_file="broker/ca.crt")`` makes it; nothing
    is connected before :meth:`connect`. Keyword arguments are the options of docs/options.md,
    with ``_`` for ``.``.

    All methods may be called from any thread, also in ``on_event``. Ctrl-C interrupts whichever
    waits. Use it in a ``with``, which disconnects (and so delivers what waits) and closes; a
    client that is only forgotten is closed, and warned about with a ResourceWarning.
    """

    def __init__(
        self,
        uri: Optional[str] = None,
        *,
        on_event: Optional[EventCallback] = None,
        will: Optional[Will] = None,
        **options: OptionValue,
    ) -> None:
        super().__init__(uri, will, options)
        self._on_event: Optional[EventCallback] = None
        self._dispatcher: Optional[Dispatcher] = None
        self._ended = False
        if on_event is not None:
            try:
                self.on_event = on_event
            except BaseException:
                self.close()
                raise

    # ---- the connection ----

    def connect(self, timeout: Optional[float] = 30) -> None:
        """Start the session, and wait until it is connected; 0 only starts.

        From here on the library reconnects by itself, until :meth:`disconnect`, or until the
        broker refuses for a reason that trying again cannot mend. After :class:`TimeoutError`
        it goes on trying in the background.
        """
        self._started = True
        self._ended = False
        if timeout == 0:
            self._handle.call(self._lib.iotkit_connect, 0)
        else:
            self._handle.patiently(self._lib.iotkit_connect, _ffi.milliseconds(timeout))

    def flush(self, timeout: Optional[float] = None) -> None:
        """Wait until the broker has acknowledged all that was published before this call (QoS 0:
        until it was handed to the network).

        A program that subscribes must go on taking events meanwhile, in another thread.
        """
        wanted = _ffi.milliseconds(timeout)
        first = wanted if 0 <= wanted < _BRIEFLY_MS else _BRIEFLY_MS
        try:
            self._handle.wait_in(self._lib.iotkit_flush, first)
        except TimeoutError:
            if first == wanted:
                raise
            left = wanted if wanted < 0 else wanted - first
            self._handle.patiently(self._lib.iotkit_flush, left)

    def disconnect(self, timeout: Optional[float] = 10) -> None:
        """Deliver what the outbox holds, then disconnect. :class:`TimeoutError`: disconnected,
        with messages left. Ctrl-C has it disconnect at once."""
        try:
            self._handle.patiently(self._lib.iotkit_disconnect, _ffi.milliseconds(timeout))
        except Error:
            raise
        except BaseException:
            self._lib_hurry()
            raise

    def _lib_hurry(self) -> None:
        """A disconnect that is under way becomes urgent."""
        try:
            self._handle.call(self._lib.iotkit_disconnect, 0)
        except Error:
            pass  # what is left is told by who asked first

    def close(self) -> None:
        """Free all it has. What is still in the outbox is lost, unless it has a file
        (``outbox_path``): :meth:`disconnect` delivers it. May be called again."""
        self._handle.close()
        self._dispatcher = None

    def check_broker(self, timeout: Optional[float] = 10) -> str:
        """Shake hands with the first broker and describe what it presents: chain, names, dates,
        version, cipher. An exception is the verdict when :meth:`connect` would fail; its
        ``details`` have the text then."""
        return self._check_broker(self._handle.patiently, timeout)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        problem: Optional[BaseException],
        traceback: Optional[types.TracebackType],
    ) -> None:
        try:
            if self._started and not self._handle.closing:
                self.disconnect()
        except Error:
            if problem is None:
                raise
        finally:
            self.close()

    # ---- events ----

    def next_event(self, timeout: Optional[float] = None) -> Optional[Event]:
        """Take the next event; None when none came in time, or the client was closed.

        A message with QoS 1 or 2 is acknowledged to the broker once it was taken here.
        """
        if self._dispatcher is not None:
            raise StateError(Status.ESTATE, "events go to on_event; set it to None to take them")
        event = self._next_waiting()
        if event is None:
            self._handle.refuse_child()
            if timeout != 0:
                event = self._wait_for_event(timeout)
        if event is not None:
            self._note(event)
        return event

    def _wait_for_event(self, timeout: Optional[float]) -> Optional[Event]:
        deadline = None if timeout is None else time.monotonic() + timeout
        handle = self._handle
        ident = threading.get_ident()
        try:
            handle.inside.append(ident)
            while not handle.closing:
                left = None if deadline is None else deadline - time.monotonic()
                handle.wait_readable(left)
                # Another thread may have taken what there was.
                event = self._next_waiting()
                if event is not None or (left is not None and left <= 0):
                    return event
            return None
        finally:
            handle.leave(ident)

    def _note(self, event: Event) -> None:
        if event.type is EventType.CONNECTED:
            self._ended = False
        elif event.is_last:
            self._ended = True

    def __iter__(self) -> Iterator[Event]:
        """Events as they come, until the session has ended for good (after disconnect(), or a
        refusal that trying again cannot mend; the last event says which) or close()."""
        while True:
            event = self.next_event(0 if self._ended else None)
            if event is None:
                return
            yield event

    @property
    def on_event(self) -> Optional[EventCallback]:
        """A function that is called with each event, one after the other, on a thread of the
        library's; None: events are taken by next_event() or in a ``for``.

        It may call everything, also with this client. An exception in it goes to
        threading.excepthook, which prints it, and the events go on. When another one is set,
        the earlier one is done.
        """
        return self._on_event

    @on_event.setter
    def on_event(self, callback: Optional[EventCallback]) -> None:
        if callback is None:
            self._handle.patiently(self._lib.iotkit_set_event_callback, _NO_CALLBACK, None)
            self._dispatcher = None
        else:
            dispatcher = Dispatcher(self._handle, _receiver(callback))
            token = register(dispatcher)
            before, self._dispatcher = self._dispatcher, dispatcher
            try:
                self._handle.patiently(self._lib.iotkit_set_event_callback, trampoline, token)
            except BaseException:
                self._dispatcher = None
                raise
            del before  # it was needed until here
        self._on_event = callback


def _receiver(callback: EventCallback) -> Callable[[int], None]:
    def receive(address: int) -> None:
        try:
            callback(read(address))
        except BaseException:
            # Whatever thread it is: what fails on a thread goes there.
            threading.excepthook(
                threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread()))
            )

    return receive


def connect(
    uri: Optional[str] = None,
    *,
    timeout: Optional[float] = 30,
    on_event: Optional[EventCallback] = None,
    will: Optional[Will] = None,
    **options: OptionValue,
) -> Client:
    """Make a client and connect it::

        with iotkit.connect("mqtts://gateway@localhost:8883", tls_ca_file="broker/ca.crt",
                            mqtt_password_file="broker/gateway.password") as client:
            client.publish("greenhouse/door", "open", qos=1)
    """
    client = Client(uri, on_event=on_event, will=will, **options)
    try:
        client.connect(timeout)
    except BaseException:
        client.close()
        raise
    return client
