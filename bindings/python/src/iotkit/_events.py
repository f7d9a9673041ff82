# SPDX-License-Identifier: MIT
"""Events, copied from the library at once, so that they live as long as Python wants."""

from __future__ import annotations

import ctypes
import datetime
import struct
from typing import NamedTuple, Optional

from . import _ffi
from ._constants import EventType, Status

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


class Event(NamedTuple):
    """One event. Which fields are set depends on its type; the others are 0 or empty.

    =================  =======================================================================
    CONNECTED          ``text``: to which broker; ``retain``: it knew the session
    DISCONNECTED       ``status``, ``text``: why; ``retry_ms``: pause before the next attempt,
                       -1 when there is none
    MESSAGE            ``topic``, ``payload``, ``qos``, ``retain``; ``epoch``, ``seq`` when the
                       publisher has ``publish.id``
    DELIVERED          ``id``, ``topic``; not with the option ``events.delivered`` off
    DROPPED            ``id``, ``topic``; ``status``, ``text``: why
    SUBSCRIBED         ``topic``: the filter; ``qos``: granted; ``status``: OK or refused
    DEVICE_ONLINE      ``device``, ``text``
    DEVICE_OFFLINE     ``device``; ``status``, ``text``: why
    METRIC             ``device``, ``topic``: its name; ``value``, ``unit``, ``time_ms``; only
                       with the option ``events.metrics``
    LOG                ``text``; ``device`` when a board caused it; ``status`` negative for a
                       warning
    COMMAND            ``id``, ``device``, ``topic``: the command's name; ``payload``: its value;
                       ``status``, ``text``: what became of it
    TRACE              ``text``: an MQTT packet in words; ``id``: its packet id; of a PUBLISH
                       ``topic``, ``qos``, ``retain``, ``value``: bytes in its payload; only
                       with the option ``trace``
    =================  =======================================================================
    """

    type: EventType
    status: Status
    qos: int
    retain: bool
    retry_ms: int
    id: int
    missed: int
    """Events that were dropped just before this one, nobody having taken them."""
    time_ms: int
    """When it happened, or was measured: milliseconds since 1970 in UTC; see ``time``."""
    value: float
    topic: str
    payload: bytes
    device: str
    unit: str
    text: str
    epoch: int
    seq: int

    @property
    def time(self) -> datetime.datetime:
        """``time_ms`` as a datetime in UTC."""
        return _EPOCH + datetime.timedelta(milliseconds=self.time_ms)

    @property
    def is_last(self) -> bool:
        """Whether it says that the session has ended for good."""
        return self.type is EventType.DISCONNECTED and self.retry_ms < 0

    def __repr__(self) -> str:
        """Only what is set: there is much that is not."""
        fields = zip(self._fields, self)
        told = [f"{name}={value!r}" for name, value in fields if value and name != "type"]
        return f"<{self.type.name} {' '.join(told)}>"


_FORMATS = {
    ctypes.c_int32: "i",
    ctypes.c_uint32: "I",
    ctypes.c_int64: "q",
    ctypes.c_uint64: "Q",
    ctypes.c_double: "d",
    ctypes.c_size_t: "N",
    ctypes.c_char_p: "P",
    ctypes.c_void_p: "P",
}


def _layout(structure: type[ctypes.Structure]) -> struct.Struct:
    """For reading all of a struct in one step, which is much faster than field by field."""
    layout = struct.Struct("@" + "".join(_FORMATS[field[1]] for field in structure._fields_))
    assert layout.size == ctypes.sizeof(structure)
    return layout


_EVENT = _layout(_ffi.Event)
_unpack, _SIZE = _EVENT.unpack, _EVENT.size
_string_at = ctypes.string_at
_TYPES: dict[int, EventType] = {int(one): one for one in EventType}
_OK = Status.OK


def _text(address: Optional[int]) -> str:
    return _string_at(address).decode("utf-8", "replace") if address else ""


def read(address: int) -> Event:
    """A copy of the event there."""
    (
        _,
        kind,
        status,
        qos,
        retain,
        retry_ms,
        number,
        missed,
        time_ms,
        value,
        topic,
        payload,
        payload_size,
        device,
        unit,
        text,
        epoch,
        seq,
    ) = _unpack(_string_at(address, _SIZE))
    return Event(
        _TYPES.get(kind) or EventType(kind),
        Status(status) if status else _OK,
        qos,
        retain != 0,
        retry_ms,
        number,
        missed,
        time_ms,
        value,
        _text(topic),
        _string_at(payload, payload_size) if payload else b"",
        _text(device),
        _text(unit),
        _text(text),
        epoch,
        seq,
    )


def event_name(kind: int) -> str:
    """The name of a type of event, as "connected"; "unknown" for any other number."""
    name: bytes = _ffi.library().iotkit_event_name(kind)
    return name.decode()
