# SPDX-License-Identifier: MIT
"""The constants of iotkit.h. A test compares them with the header."""

from __future__ import annotations

import enum
from typing import TypeVar

_Number = TypeVar("_Number", bound="_OpenEnum")

VERSION = (1, 0, 0)
"""Version of the header that this package was written for."""


class _OpenEnum(enum.IntEnum):
    """Numbers that a later library may add to: one that is not known is a member too,
    named UNKNOWN_..., and no error."""

    def __str__(self) -> str:
        return self._name_

    def __format__(self, spec: str) -> str:
        return format(self._name_, spec)

    @classmethod
    def _missing_(cls: type[_Number], value: object) -> _Number:
        if not isinstance(value, int):
            raise ValueError(f"{value!r} is no {cls.__name__}")
        member = int.__new__(cls, value)
        member._name_ = f"UNKNOWN_{value}".replace("-", "MINUS_")
        member._value_ = value
        # One object a number, so that `is` holds for it as well.
        return cls._value2member_map_.setdefault(value, member)  # type: ignore[return-value]


class Status(_OpenEnum):
    """What became of a call: 0, or why it failed. :func:`strerror` has it in words."""

    OK = 0
    EINVAL = -1
    ENOMEM = -2
    ESTATE = -3
    ETIMEOUT = -4
    EFULL = -5
    ENOENT = -6
    EEXIST = -7
    ESYSTEM = -8
    ERESOLVE = -9
    ENETWORK = -10
    EPROTOCOL = -11
    EAUTH = -12
    EREFUSED = -13
    ENOTSUP = -14
    ETLS = -15
    EFORMAT = -16
    EBUSY = -17


class EventType(_OpenEnum):
    """What an event tells. Skip the ones you do not know: a later library may have more."""

    CONNECTED = 1
    DISCONNECTED = 2
    MESSAGE = 3
    DELIVERED = 4
    DROPPED = 5
    SUBSCRIBED = 6
    DEVICE_ONLINE = 7
    DEVICE_OFFLINE = 8
    METRIC = 9
    LOG = 10
    COMMAND = 11
    TRACE = 12


class OptionType(_OpenEnum):
    """What values an option takes."""

    STRING = 1
    INTEGER = 2
    BOOLEAN = 3
    CHOICE = 4
    PATH = 5
    SECRET = 6


class CertificateKind(_OpenEnum):
    """What a certificate is for."""

    CA = 1
    SERVER = 2
    CLIENT = 3


class KeyKind(_OpenEnum):
    """What key a certificate has. RSA_4096 takes minutes on a small computer."""

    EC_P256 = 1
    RSA_2048 = 2
    RSA_4096 = 3
