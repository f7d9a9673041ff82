# SPDX-License-Identifier: MIT
"""What Python's values are in MQTT, in options and in time."""

from __future__ import annotations

import datetime
import os
from typing import Union

from . import _ffi

Payload = Union[bytes, bytearray, memoryview, str, int, float, None]
"""Bytes as they are; text as UTF-8; a number as text, as ``23.5``; None: an empty one. A bool
is none of these, since some say "1" and some "true" and some "on": write which."""

OptionValue = Union[str, int, float, bool, "os.PathLike[str]"]
"""Text, a number, True and False for on and off, or a path."""

Time = Union[datetime.datetime, float]
"""A datetime (a naive one is in local time), or seconds since 1970 in UTC, as time.time()."""


def payload_bytes(payload: Payload) -> bytes:
    """What goes over the wire."""
    kind = type(payload)
    if kind is bytes:
        return payload  # type: ignore[return-value]
    if kind is str:
        return payload.encode()  # type: ignore[union-attr]
    if kind is float or kind is int:
        return repr(payload).encode()
    return _unusual_payload(payload)


def _unusual_payload(payload: Payload) -> bytes:
    if payload is None:
        return b""
    if isinstance(payload, bool):
        raise TypeError("a bool may be 'true', '1' or 'on' to who receives it: write which")
    if isinstance(payload, (bytes, bytearray, memoryview)):
        return bytes(payload)
    if isinstance(payload, str):
        return payload.encode()
    if isinstance(payload, int):
        return b"%d" % payload
    if isinstance(payload, float):  # as numpy.float64
        return float.__repr__(payload).encode()
    raise TypeError(
        f"a payload is bytes, str, int, float or None, not {type(payload).__name__}; "
        "json.dumps() makes text of much else"
    )


def option_text(name: str, value: OptionValue) -> bytes:
    """An option's value as the library reads it."""
    if isinstance(value, bool):
        return b"on" if value else b"off"
    if isinstance(value, (int, float)):
        return repr(value).encode()
    if isinstance(value, str):
        return _ffi.text(value, f"the value of {name}")
    if isinstance(value, os.PathLike):
        return _ffi.path(value, f"the value of {name}")
    raise TypeError(
        f"the value of {name} is str, int, float, bool or a path, not {type(value).__name__}"
    )


def time_ms(time: Time) -> int:
    """A moment as the library takes it."""
    seconds = time.timestamp() if isinstance(time, datetime.datetime) else time
    return round(seconds * 1000)
