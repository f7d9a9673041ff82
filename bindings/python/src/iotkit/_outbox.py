# SPDX-License-Identifier: MIT
"""What waits in an outbox's file."""

from __future__ import annotations

import ctypes
import os
from typing import Iterator, NamedTuple, Optional, Union

from . import _ffi
from ._values import Time, time_ms

_Path = Union[str, "os.PathLike[str]"]
_ALL = 2**63 - 1


class OutboxSummary(NamedTuple):
    """What is in an outbox's file. Times are milliseconds since 1970 in UTC, or 0."""

    in_use: bool
    """A process has it open now."""
    rows: int
    """Messages, in flight or not."""
    bytes: int
    """Their topics and payloads."""
    in_flight: int
    """Of them, those whose exchange with the broker has begun."""
    received: int
    """Messages from the broker that are not finished (QoS 2)."""
    first_id: int
    last_id: int
    """The highest ever given, or 0."""
    oldest_ms: int
    newest_ms: int
    disk_bytes: int
    schema: int
    client_id: str


class OutboxRow(NamedTuple):
    """One message in an outbox's file."""

    id: int
    topic: Optional[str]
    """None when the row is damaged."""
    payload: bytes
    qos: int
    retain: bool
    packet_id: int
    """In flight under this packet id, or 0."""
    time_ms: int
    """When it was accepted."""
    expires_ms: int
    """From when nobody wants it, or 0."""


def outbox_summary(path: _Path) -> OutboxSummary:
    """Count what is in an outbox's file. Changes nothing; a process may have it open."""
    raw = _ffi.OutboxSummary(struct_size=ctypes.sizeof(_ffi.OutboxSummary))
    _ffi.check(_ffi.library().iotkit_outbox_summarize(_ffi.path(path), ctypes.byref(raw)))
    values = {name: getattr(raw, name) for name in OutboxSummary._fields}
    values["in_use"] = raw.in_use != 0
    values["client_id"] = raw.client_id.decode("utf-8", "replace")
    return OutboxSummary(**values)


def outbox_rows(path: _Path, after_id: int = 0) -> Iterator[OutboxRow]:
    """The messages of an outbox's file, oldest first, those after ``after_id``. Changes nothing;
    a process may have it open."""
    lib = _ffi.library()
    walk = ctypes.c_void_p()
    _ffi.check(lib.iotkit_outbox_rows_open(_ffi.path(path), after_id, ctypes.byref(walk)))
    return _walk(lib, walk)


def _walk(lib: ctypes.CDLL, walk: ctypes.c_void_p) -> Iterator[OutboxRow]:
    try:
        while True:
            row = lib.iotkit_outbox_rows_next(walk)
            if not row:
                _ffi.check(lib.iotkit_outbox_rows_status(walk))
                return
            yield _row(row.contents)
    finally:
        lib.iotkit_outbox_rows_close(walk)


def _row(raw: _ffi.OutboxRow) -> OutboxRow:
    return OutboxRow(
        id=raw.id,
        topic=None if raw.topic is None else raw.topic.decode("utf-8", "replace"),
        payload=ctypes.string_at(raw.payload, raw.payload_size) if raw.payload else b"",
        qos=raw.qos,
        retain=raw.retain != 0,
        packet_id=raw.packet_id,
        time_ms=raw.time_ms,
        expires_ms=raw.expires_ms,
    )


def purge_outbox(path: _Path, before: Optional[Time] = None) -> int:
    """Delete the messages accepted before a moment, or all, from a file that no process has
    open. Returns how many there were."""
    count = ctypes.c_uint64()
    moment = _ALL if before is None else time_ms(before)
    _ffi.check(
        _ffi.library().iotkit_outbox_purge(_ffi.path(path), moment, ctypes.byref(count))
    )
    return count.value
