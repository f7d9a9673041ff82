# SPDX-License-Identifier: MIT
"""libiotkit: sensor metrics from Arduino boards into MQTT, and commands back.

    import iotkit

    with iotkit.connect("mqtt://localhost:1883") as client:
        client.publish("greenhouse/temperature", 23.5, qos=1)

:class:`Client` is for programs that wait, :class:`AsyncClient` for asyncio. This package is a
thin layer over the C library, which it loads when it is first needed: the one that the
environment's IOTKIT_LIBRARY names, or that came with the package, or that the system has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._certificates import create_certificate, describe_certificate
from ._client import Client, connect
from ._constants import CertificateKind, EventType, KeyKind, OptionType, Status
from ._dedup import Dedup
from ._errors import (
    AuthError,
    BusyError,
    Error,
    ExistsError,
    FormatError,
    FullError,
    InvalidError,
    LibraryError,
    NetworkError,
    NoMemoryError,
    NotFoundError,
    NotSupportedError,
    OperatingSystemError,
    ProtocolError,
    RefusedError,
    ResolveError,
    StateError,
    TimeoutError,
    TLSError,
)
from ._events import Event, event_name
from ._information import Option, Port, describe_libraries, list_ports, options, strerror, version
from ._outbox import OutboxRow, OutboxSummary, outbox_rows, outbox_summary, purge_outbox
from ._session import Stats, Will

if TYPE_CHECKING:
    from ._async import AsyncClient

__version__ = "1.0.0"

__all__ = [
    "AsyncClient",
    "AuthError",
    "BusyError",
    "CertificateKind",
    "Client",
    "Dedup",
    "Error",
    "Event",
    "EventType",
    "ExistsError",
    "FormatError",
    "FullError",
    "InvalidError",
    "KeyKind",
    "LibraryError",
    "NetworkError",
    "NoMemoryError",
    "NotFoundError",
    "NotSupportedError",
    "OperatingSystemError",
    "Option",
    "OptionType",
    "OutboxRow",
    "OutboxSummary",
    "Port",
    "ProtocolError",
    "RefusedError",
    "ResolveError",
    "StateError",
    "Stats",
    "Status",
    "TLSError",
    "TimeoutError",
    "Will",
    "connect",
    "create_certificate",
    "describe_certificate",
    "describe_libraries",
    "event_name",
    "list_ports",
    "options",
    "outbox_rows",
    "outbox_summary",
    "purge_outbox",
    "strerror",
    "version",
]


def __getattr__(name: str) -> Any:
    """AsyncClient when it is first asked for: asyncio takes longer to load than all the rest."""
    if name != "AsyncClient":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ._async import AsyncClient

    globals()[name] = AsyncClient
    return AsyncClient


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
