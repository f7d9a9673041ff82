# SPDX-License-Identifier: MIT
"""What the two kinds of client have in common: all that does not wait."""

from __future__ import annotations

import ctypes
import os
import threading
from typing import Any, Callable, NamedTuple, Optional

from . import _ffi
from ._errors import Error
from ._events import Event, read
from ._handle import Handle
from ._values import OptionValue, Payload, Time, option_text, payload_bytes, time_ms

_uint64 = ctypes.c_uint64
_byref = ctypes.byref
_CHECK_SIZE = 65536  # more than any chain takes
_get_ident = threading.get_ident


class Will(NamedTuple):
    """What the broker publishes if the client vanishes without goodbye."""

    topic: str
    payload: Payload = b""
    qos: int = 0
    retain: bool = False


class Stats(NamedTuple):
    """Counters since the client was made."""

    connected: bool
    accepted: int
    """Messages taken into the outbox."""
    delivered: int
    """Acknowledged by the broker (QoS 0: sent)."""
    dropped: int
    """Given up: by policy, or refused by the broker."""
    waiting: int
    """In the outbox now, in flight or not."""
    waiting_bytes: int
    received: int
    """Messages from the broker."""
    connects: int
    """Times a connection was established."""
    connect_failures: int
    bytes_sent: int
    """To brokers, on the wire."""
    bytes_received: int
    intruders: int
    """Strangers turned away at the link's loopback port."""
    metrics: int
    """Read from boards, or given to publish_metric()."""
    lines: int
    """Whole lines read from boards."""
    lines_rejected: int
    device_bytes: int
    events_missed: int
    """Events dropped, the queue being full."""
    tls_handshakes: int
    tls_resumed: int
    tls_handshake_bytes: int
    tls_handshake_us: int
    frames: int
    """Good frames read from boards."""
    frames_damaged: int
    frames_repeated: int
    board_dropped: int
    """Readings that boards dropped, their memory being full."""
    commands: int
    """That boards have done."""


def option_name(keyword: str) -> str:
    """The option that a keyword argument means: ``tls_ca_file`` is ``tls.ca_file``."""
    lib = _ffi.library()
    for index in range(lib.iotkit_option_count()):
        name: str = lib.iotkit_option_at(index).contents.name.decode()
        if name.replace(".", "_") == keyword:
            return name
    # The library says which one is nearest.
    return keyword.replace("_", ".", 1)


class Session:
    """The part of a client that does not wait."""

    def __init__(
        self, uri: Optional[str], will: Optional[Will], options: dict[str, OptionValue]
    ) -> None:
        self._handle = Handle(uri)
        lib = _ffi.library()
        self._lib: Any = lib
        self._publish = lib.iotkit_publish
        self._take = lib.iotkit_next_event
        self._started = False
        try:
            for keyword, value in options.items():
                self.set_option(option_name(keyword), value)
            if will is not None:
                self.set_will(*will)
        except BaseException:
            self._handle.close()
            raise

    # ---- options, before connecting ----

    def set_option(self, name: str, value: OptionValue) -> None:
        """Set one option by its name in docs/options.md, as ``"tls.ca_file"``."""
        self._handle.call(
            self._lib.iotkit_set_option,
            _ffi.text(name, "the option's name"),
            option_text(name, value),
        )

    def get_option(self, name: str) -> str:
        """An option's value as text. Secrets are never shown (:class:`NotSupportedError`)."""
        encoded = _ffi.text(name, "the option's name")

        def get(buffer: Any, size: int) -> int:
            return self._handle.call(self._lib.iotkit_get_option, encoded, buffer, size)

        return _ffi.read_text(get)

    def load_config(self, path: "str | os.PathLike[str]") -> None:
        """Read options and boards from an INI file. All of it takes effect, or none."""
        self._handle.call(self._lib.iotkit_load_config, _ffi.path(path))

    def set_will(
        self, topic: Optional[str], payload: Payload = b"", qos: int = 0, retain: bool = False
    ) -> None:
        """Set what the broker publishes if this client vanishes without goodbye; a topic of
        None takes it back."""
        data = payload_bytes(payload)
        self._handle.call(
            self._lib.iotkit_set_will,
            _ffi.optional_text(topic, "the topic"),
            data,
            len(data),
            qos,
            retain,
        )

    # ---- sending ----

    def publish(self, topic: str, payload: Payload = b"", qos: int = 0, retain: bool = False) -> int:
        """Put a message into the outbox, from where it is sent when connected.

        With the option ``outbox_path`` it returns once the message is in that file, and so
        survives the end of the process. Returns the message's number, which its DELIVERED or
        DROPPED event carries.
        """
        encoded = topic.encode()
        if b"\0" in encoded:
            _ffi.text(topic, "the topic")
        data = payload if type(payload) is bytes else payload_bytes(payload)
        number = _uint64()
        # As Handle.call() does it, at half its cost.
        handle = self._handle
        ident = _get_ident()
        try:
            handle.inside.append(ident)
            if handle.closing:
                handle.refuse_closed()
            code = self._publish(
                handle.address, encoded, data, len(data), qos, retain, _byref(number)
            )
            if code:
                _ffi.raise_for(code)
        finally:
            handle.leave(ident)
        return number.value

    def publish_metric(
        self,
        device: str,
        name: str,
        value: float,
        unit: Optional[str] = None,
        time: Optional[Time] = None,
    ) -> None:
        """Publish one measurement to ``{topic.base}/{device}/{name}``, in the form that the
        option ``payload`` chooses; units as SenML has them, "Cel", "%RH", "V"."""
        self._handle.call(
            self._lib.iotkit_publish_metric,
            _ffi.text(device, "the device's name"),
            _ffi.text(name, "the metric's name"),
            value,
            _ffi.optional_text(unit, "the unit"),
            0 if time is None else time_ms(time),
        )

    # ---- receiving ----

    def subscribe(self, filter: str, qos: int = 0) -> None:
        """Subscribe to a topic, or to a filter with the wildcards ``+`` and ``#``. May be called
        before connecting. The broker's answer is a SUBSCRIBED event."""
        self._handle.call(self._lib.iotkit_subscribe, _ffi.text(filter, "the filter"), qos)

    def unsubscribe(self, filter: str) -> None:
        """Take a subscription back. Messages under way may still come."""
        self._handle.call(self._lib.iotkit_unsubscribe, _ffi.text(filter, "the filter"))

    def fileno(self) -> int:
        """A descriptor that is readable while an event waits, for select() and the like. It
        belongs to the library: neither read nor close it."""
        return self._handle.call(self._lib.iotkit_event_fd)

    def _next_waiting(self) -> Optional[Event]:
        """An event that waits already."""
        handle = self._handle
        ident = _get_ident()
        try:
            handle.inside.append(ident)
            if handle.closing:
                return None
            address = self._take(handle.address, 0)
            return read(address) if address else None
        finally:
            handle.leave(ident)

    # ---- boards ----

    def add_device(self, name: str, uri: str) -> None:
        """Read a board's lines from now on, and publish what they say. The port, as
        ``"serial:/dev/ttyACM0?baud=115200"``, need not be there yet. docs/boards.md."""
        self._handle.call(
            self._lib.iotkit_add_device,
            _ffi.text(name, "the device's name"),
            _ffi.text(uri, "the port's URI"),
        )

    def remove_device(self, name: str) -> None:
        """Close a board's port and forget the board."""
        self._handle.call(self._lib.iotkit_remove_device, _ffi.text(name, "the device's name"))

    def send_command(self, device: str, name: str, value: Payload = "") -> int:
        """Have a board do something, as ``"led", "1"``. Returns the command's number; a COMMAND
        event with it tells what became of it."""
        number = _uint64()
        self._handle.call(
            self._lib.iotkit_send_command,
            _ffi.text(device, "the device's name"),
            _ffi.text(name, "the command's name"),
            _ffi.text(payload_bytes(value).decode(), "the value"),
            _byref(number),
        )
        return number.value

    # ---- looking ----

    def _check_broker(self, wait_in: Callable[..., int], timeout: Optional[float]) -> str:
        buffer = ctypes.create_string_buffer(_CHECK_SIZE)
        try:
            wait_in(self._lib.iotkit_check_broker, _ffi.milliseconds(timeout), buffer, _CHECK_SIZE)
        except Error as problem:
            problem.details = buffer.value.decode("utf-8", "replace")
            raise
        return buffer.value.decode("utf-8", "replace")

    @property
    def stats(self) -> Stats:
        """The counters, as they are now."""
        raw = _ffi.Stats(struct_size=ctypes.sizeof(_ffi.Stats))
        self._handle.call(self._lib.iotkit_get_stats, _byref(raw))
        values = {name: getattr(raw, name) for name in Stats._fields}
        values["connected"] = raw.connected != 0
        return Stats(**values)

    def __repr__(self) -> str:
        if self._handle.closing:
            return f"<iotkit.{type(self).__name__} closed>"
        try:
            about = self.get_option("mqtt.client_id") or "not connected yet"
        except Error as problem:
            about = str(problem)
        return f"<iotkit.{type(self).__name__} {about}>"
