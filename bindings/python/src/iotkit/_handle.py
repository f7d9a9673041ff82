# SPDX-License-Identifier: MIT
"""The life of a handle: who is in a call on it, and that it is closed exactly once.

iotkit_close() must be the last call on its handle. So each thread that uses one notes itself
first, and the last one to leave after close() closes it. There is no lock: a list's append,
remove and pop each are one step, and a signal handler or the garbage collector may come at any
time, on any thread. A thread notes itself as the first thing within its `try`: a KeyboardInterrupt
comes after a call at the earliest.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import select
import threading
import warnings
import weakref
from typing import Any, Callable, Optional

from . import _ffi
from ._constants import Status
from ._errors import make

_get_ident = threading.get_ident

# Python looks whether a signal came, and then waits: one that comes in between interrupts nothing.
# So the main thread waits so many seconds at once at most.
_SIGNAL_LOOK = 0.5


class Handle:
    """A session's handle."""

    def __init__(self, uri: Optional[str]) -> None:
        self.inside: list[int] = []  # idents of threads that are in a call, once for each
        self.closing = False
        self._waiting: list[int] = []  # of them, those that may wait for the network
        self._one_left = threading.Event()
        self._closed = threading.Event()
        self._lib = _ffi.library()
        self._wake_read, self._wake_write = os.pipe()
        self._process = os.getpid()
        out = ctypes.c_void_p()
        try:
            encoded = _ffi.optional_text(uri, "the broker's URI")
            _ffi.check(self._lib.iotkit_open(encoded, ctypes.byref(out)))
        except BaseException:
            self.closing = True
            self._close_pipe()
            raise
        assert out.value is not None
        self.address = out.value
        self._owned = [out.value]  # whoever pops it closes it
        self.event_fd: int = self._lib.iotkit_event_fd(out.value)
        _open_handles.add(self)

    # ---- using it ----

    def refuse_closed(self) -> None:
        raise make(Status.ESTATE, "the client is closed: make another one")

    def leave(self, ident: int) -> None:
        self.inside.remove(ident)
        if self.closing and not self.inside:
            self._finish()

    def call(self, function: Any, *arguments: Any) -> int:
        """Call a function of the library, and raise what it refuses."""
        ident = _get_ident()
        try:
            self.inside.append(ident)
            if self.closing:
                self.refuse_closed()
            code: int = function(self.address, *arguments)
            if code < 0:
                _ffi.raise_for(code)
            return code
        finally:
            self.leave(ident)

    def wait_in(self, function: Any, *arguments: Any) -> int:
        """Like call(), for what may wait for long: close() ends that."""
        try:
            self._waiting.append(_get_ident())
            return self.call(function, *arguments)
        finally:
            self._waiting.remove(_get_ident())
            self._one_left.set()

    def patiently(self, function: Any, *arguments: Any) -> int:
        """Like wait_in(), but Ctrl-C interrupts it: Python handles signals on its main thread
        alone, and not before C returns. What was begun goes on then."""
        if threading.current_thread() is not threading.main_thread():
            return self.wait_in(function, *arguments)
        done = threading.Event()
        outcome: list[Any] = []

        def work() -> None:
            try:
                outcome.append(self.wait_in(function, *arguments))
            except BaseException as problem:
                outcome.append(problem)
            done.set()

        try:
            threading.Thread(target=work, name="iotkit-call", daemon=True).start()
        except RuntimeError:  # the interpreter ends already
            return self.wait_in(function, *arguments)
        while not done.wait(_SIGNAL_LOOK):
            pass
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        result: int = outcome[0]
        return result

    def refuse_child(self) -> None:
        """Raise the library's own sentence in a child made by fork(), where no event ever comes."""
        if os.getpid() != self._process:
            _ffi.check(self._lib.iotkit_flush(self.address, 0))

    def wait_readable(self, timeout: Optional[float]) -> None:
        """Until an event waits, close() is called, or it is time to look for signals."""
        poll = select.poll()
        poll.register(self.event_fd, select.POLLIN)
        poll.register(self._wake_read, select.POLLIN)
        wait = _SIGNAL_LOOK if timeout is None else max(0.0, min(timeout, _SIGNAL_LOOK))
        poll.poll(wait * 1000)

    # ---- closing it ----

    def close(self) -> None:
        """Returns when it is closed. On a thread that is in a call itself (a signal handler may
        be), or in the callback, it is closed when that returns."""
        if os.getpid() != self._process:
            self._forget()
            return
        ident = _get_ident()
        waits = ident not in self.inside and _calling.get(ident) != self.address
        try:
            self.inside.append(ident)  # first: so nobody else closes it meanwhile
            if not self.closing:
                self.closing = True
                os.write(self._wake_write, b"x")
                self._end_waiting(waits)
        finally:
            self.leave(ident)
        if waits:
            self._closed.wait()

    def _end_waiting(self, until_done: bool) -> None:
        """Has all return who wait for the network, also one that has not quite begun yet."""
        while self._waiting:
            self._one_left.clear()
            self._lib.iotkit_disconnect(self.address, 0)
            if not until_done:
                return
            self._one_left.wait(0.1)

    def _finish(self) -> None:
        try:
            address = self._owned.pop()
        except IndexError:
            return
        self._lib.iotkit_close(address)
        self._close_pipe()
        _open_handles.discard(self)
        self._closed.set()

    def _forget(self) -> None:
        """In a child made by fork(), where the handle is none."""
        self.closing = True
        if self._owned:
            self._owned.clear()
            self._close_pipe()
        self._closed.set()

    def _close_pipe(self) -> None:
        os.close(self._wake_read)
        os.close(self._wake_write)

    def __del__(self) -> None:
        if getattr(self, "_owned", None):
            try:
                warnings.warn(
                    "an iotkit client was not closed: use `with`, or call close()",
                    ResourceWarning,
                    source=self,
                    stacklevel=2,
                )
            finally:
                self.close()


_open_handles: "weakref.WeakSet[Handle]" = weakref.WeakSet()


def _close_all() -> None:
    """At exit, while threads and the callbacks' Python still work. It delivers nothing more."""
    for handle in list(_open_handles):
        handle.close()


atexit.register(_close_all)

# ---- callbacks -------------------------------------------------------------


class Dispatcher:
    """Brings events to a function of the user's. The client alone holds it, so that it can be
    collected together with what the function refers to."""

    def __init__(self, handle: Handle, receive: Callable[[int], None]) -> None:
        self.handle = handle
        self.receive = receive


_dispatchers: "weakref.WeakValueDictionary[int, Dispatcher]" = weakref.WeakValueDictionary()

# Idents of the threads that are in a callback, and whose: the address of the handle. Such a
# thread cannot wait until its handle is closed, since that waits for the thread.
_calling: dict[int, int] = {}


def _dispatch(address: int, token: int) -> None:
    dispatcher = _dispatchers.get(token)
    if dispatcher is None:
        return
    ident = _get_ident()
    _calling[ident] = dispatcher.handle.address
    try:
        dispatcher.receive(address)
    finally:
        del dispatcher  # perhaps the last one that holds the handle: which is closed here then
        del _calling[ident]


trampoline = _ffi.EventCallback(_dispatch)
"""The one C function of all callbacks. It is never freed, and C only has a number of ours: so
nothing dangles, however late a call comes."""

_tokens = iter(range(1, 2**31))


def register(dispatcher: Dispatcher) -> int:
    """The number by which the trampoline finds it."""
    token = next(_tokens)
    _dispatchers[token] = dispatcher
    return token

