# SPDX-License-Identifier: MIT
"""Exceptions: a code for programs, a sentence for people, a class a code."""

from __future__ import annotations

import builtins
from typing import Any

from ._constants import Status


class Error(Exception):
    """What libiotkit refuses, or could not do.

    ``code`` is a :class:`Status`; ``str()`` is the sentence: what was tried, on what, why it
    failed, what to do. There is a subclass for each code.
    """

    code: Status
    details: str
    """What :meth:`Client.check_broker` found before it failed; else empty."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = Status(code)
        self.message = message
        self.details = ""

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (int(self.code), self.message), self.__dict__


class InvalidError(Error, ValueError):
    """EINVAL: an argument breaks a documented rule; calling again cannot help."""


class NoMemoryError(Error, MemoryError):
    """ENOMEM: memory could not be had; nothing was changed."""


class StateError(Error):
    """ESTATE: right call, wrong moment, as setting an option after connecting."""


class TimeoutError(Error, builtins.TimeoutError):  # noqa: A001 - the name that is looked for
    """ETIMEOUT: the time allowed ran out; the work goes on in the background."""


class FullError(Error):
    """EFULL: the outbox is full; the message was not taken."""


class NotFoundError(Error, LookupError):
    """ENOENT: there is no such option, device, file or subscription."""


class ExistsError(Error):
    """EEXIST: a device or file of that name exists already."""


class OperatingSystemError(Error):
    """ESYSTEM: the operating system refused."""


class ResolveError(Error, ConnectionError):
    """ERESOLVE: the broker's host name could not be looked up."""


class NetworkError(Error, ConnectionError):
    """ENETWORK: the broker could not be reached, or the connection was lost."""


class ProtocolError(Error):
    """EPROTOCOL: what the peer sent is not MQTT, or breaks its rules."""


class AuthError(Error):
    """EAUTH: wrong user name or password, or not authorised."""


class RefusedError(Error):
    """EREFUSED: the broker refused for another reason; the sentence has its words."""


class NotSupportedError(Error):
    """ENOTSUP: this build of the library cannot do it."""


class TLSError(Error):
    """ETLS: a certificate, a key or the handshake."""


class FormatError(Error):
    """EFORMAT: what a board sent is not a metric."""


class BusyError(Error):
    """EBUSY: another process, or another handle, has the file."""


class LibraryError(Error, ImportError):
    """libiotkit itself cannot be loaded, or is of another version."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        self.msg = message


CLASSES: dict[int, type[Error]] = {
    Status.EINVAL: InvalidError,
    Status.ENOMEM: NoMemoryError,
    Status.ESTATE: StateError,
    Status.ETIMEOUT: TimeoutError,
    Status.EFULL: FullError,
    Status.ENOENT: NotFoundError,
    Status.EEXIST: ExistsError,
    Status.ESYSTEM: OperatingSystemError,
    Status.ERESOLVE: ResolveError,
    Status.ENETWORK: NetworkError,
    Status.EPROTOCOL: ProtocolError,
    Status.EAUTH: AuthError,
    Status.EREFUSED: RefusedError,
    Status.ENOTSUP: NotSupportedError,
    Status.ETLS: TLSError,
    Status.EFORMAT: FormatError,
    Status.EBUSY: BusyError,
}


def make(code: int, message: str) -> Error:
    """The exception for a code, also for one that only a later library has."""
    return CLASSES.get(code, Error)(code, message)
