# SPDX-License-Identifier: MIT
"""What can be asked without a client: options, ports, versions, and what codes mean."""

from __future__ import annotations

import ctypes
from typing import NamedTuple

from . import _ffi
from ._constants import OptionType


class Option(NamedTuple):
    """One row of the table of options."""

    name: str
    type: OptionType
    default: str
    unit: str
    choices: tuple[str, ...]
    sentence: str
    min: int
    max: int

    @property
    def keyword(self) -> str:
        """The keyword argument of :class:`Client` that sets it."""
        return self.name.replace(".", "_")


class Port(NamedTuple):
    """A serial port of this machine."""

    path: str
    description: str
    serial_number: str
    board: str
    """As "Arduino Uno", where the USB ids are known."""
    usb_path: str
    uri: str
    """For add_device(): this board, wherever it is plugged in."""
    usb_vid: int
    """USB vendor id, -1 when it is no USB port."""
    usb_pid: int


def options() -> list[Option]:
    """All options there are."""
    lib = _ffi.library()
    return [_option(lib.iotkit_option_at(index).contents)
            for index in range(lib.iotkit_option_count())]


def _option(raw: _ffi.OptionInfo) -> Option:
    choices = raw.choices.decode()
    return Option(
        name=raw.name.decode(),
        type=OptionType(raw.type),
        default=raw.default_value.decode(),
        unit=raw.unit.decode(),
        choices=tuple(choices.split("|")) if choices else (),
        sentence=raw.sentence.decode(),
        min=raw.min,
        max=raw.max,
    )


def list_ports() -> list[Port]:
    """The serial ports of this machine."""
    lib = _ffi.library()
    count = ctypes.c_size_t()
    capacity = 0
    while True:
        # One more than there were: so a port that came meanwhile is seen.
        array = (_ffi.PortInfo * (capacity + 1))()
        array[0].struct_size = ctypes.sizeof(_ffi.PortInfo)
        _ffi.check(lib.iotkit_list_ports(array, capacity + 1, ctypes.byref(count)))
        if count.value <= capacity + 1:
            return [_port(array[index]) for index in range(count.value)]
        capacity = count.value


def _port(raw: _ffi.PortInfo) -> Port:
    values = {name: getattr(raw, name) for name in Port._fields}
    return Port(**{name: value.decode("utf-8", "replace") if isinstance(value, bytes) else value
                   for name, value in values.items()})


def version() -> str:
    """The version of libiotkit, as "1.0.0"."""
    text: bytes = _ffi.library().iotkit_version()
    return text.decode()


def describe_libraries() -> str:
    """The libraries that libiotkit stands on, with their versions: a line each."""
    describe = _ffi.library().iotkit_describe_libraries
    return _ffi.read_text(lambda buffer, size: _ffi.check(describe(buffer, size)))


def strerror(status: int) -> str:
    """What a status code means, in a few words."""
    text: bytes = _ffi.library().iotkit_strerror(status)
    return text.decode()
