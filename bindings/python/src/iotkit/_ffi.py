# SPDX-License-Identifier: MIT
"""The ABI as ctypes sees it: structs and functions of iotkit.h, and finding the library.

A test reads the header and demands that each function, struct and field is here as it is there.
"""

from __future__ import annotations

import ctypes
import math
import os
import pathlib
import threading
from ctypes import (
    CFUNCTYPE,
    POINTER,
    c_char,
    c_char_p,
    c_double,
    c_int32,
    c_int64,
    c_size_t,
    c_uint32,
    c_uint64,
    c_void_p,
)
from typing import Any, Callable, Optional

from ._constants import VERSION, Status
from ._errors import InvalidError, LibraryError, make

SONAME = "libiotkit.so.1"

# ---- structs ---------------------------------------------------------------


class OptionInfo(ctypes.Structure):
    """struct iotkit_option_info"""

    _fields_ = [
        ("struct_size", c_uint32),
        ("type", c_int32),
        ("name", c_char_p),
        ("default_value", c_char_p),
        ("unit", c_char_p),
        ("choices", c_char_p),
        ("sentence", c_char_p),
        ("min", c_int64),
        ("max", c_int64),
    ]


class PortInfo(ctypes.Structure):
    """struct iotkit_port_info"""

    _fields_ = [
        ("struct_size", c_uint32),
        ("usb_vid", c_int32),
        ("usb_pid", c_int32),
        ("reserved", c_int32),
        ("path", c_char * 256),
        ("description", c_char * 128),
        ("serial_number", c_char * 128),
        ("board", c_char * 128),
        ("usb_path", c_char * 128),
        ("uri", c_char * 256),
    ]


class Event(ctypes.Structure):
    """struct iotkit_event"""

    _fields_ = [
        ("struct_size", c_uint32),
        ("type", c_int32),
        ("status", c_int32),
        ("qos", c_int32),
        ("retain", c_int32),
        ("retry_ms", c_int32),
        ("id", c_uint64),
        ("missed", c_uint64),
        ("time_ms", c_int64),
        ("value", c_double),
        ("topic", c_char_p),
        ("payload", c_void_p),
        ("payload_size", c_size_t),
        ("device", c_char_p),
        ("unit", c_char_p),
        ("text", c_char_p),
        ("epoch", c_uint64),
        ("seq", c_uint64),
    ]


class OutboxSummary(ctypes.Structure):
    """struct iotkit_outbox_summary"""

    _fields_ = [
        ("struct_size", c_uint32),
        ("in_use", c_int32),
        ("rows", c_uint64),
        ("bytes", c_uint64),
        ("in_flight", c_uint64),
        ("received", c_uint64),
        ("first_id", c_uint64),
        ("last_id", c_uint64),
        ("oldest_ms", c_int64),
        ("newest_ms", c_int64),
        ("disk_bytes", c_uint64),
        ("schema", c_int32),
        ("reserved", c_int32),
        ("client_id", c_char * 128),
    ]


class OutboxRow(ctypes.Structure):
    """struct iotkit_outbox_row"""

    _fields_ = [
        ("struct_size", c_uint32),
        ("qos", c_int32),
        ("retain", c_int32),
        ("packet_id", c_int32),
        ("id", c_uint64),
        ("time_ms", c_int64),
        ("expires_ms", c_int64),
        ("topic", c_char_p),
        ("payload", c_void_p),
        ("payload_size", c_size_t),
    ]


class CertificateRequest(ctypes.Structure):
    """struct iotkit_certificate_request"""

    _fields_ = [
        ("struct_size", c_uint32),
        ("kind", c_int32),
        ("key", c_int32),
        ("days", c_int32),
        ("renew", c_int32),
        ("reserved", c_int32),
        ("name", c_char_p),
        ("alternative_names", c_char_p),
        ("certificate_file", c_char_p),
        ("key_file", c_char_p),
        ("ca_certificate_file", c_char_p),
        ("ca_key_file", c_char_p),
        ("ca_password_file", c_char_p),
    ]


class Stats(ctypes.Structure):
    """struct iotkit_stats"""

    _fields_ = [
        ("struct_size", c_uint32),
        ("connected", c_int32),
        ("accepted", c_uint64),
        ("delivered", c_uint64),
        ("dropped", c_uint64),
        ("waiting", c_uint64),
        ("waiting_bytes", c_uint64),
        ("received", c_uint64),
        ("connects", c_uint64),
        ("connect_failures", c_uint64),
        ("bytes_sent", c_uint64),
        ("bytes_received", c_uint64),
        ("intruders", c_uint64),
        ("metrics", c_uint64),
        ("lines", c_uint64),
        ("lines_rejected", c_uint64),
        ("device_bytes", c_uint64),
        ("events_missed", c_uint64),
        ("tls_handshakes", c_uint64),
        ("tls_resumed", c_uint64),
        ("tls_handshake_bytes", c_uint64),
        ("tls_handshake_us", c_uint64),
        ("frames", c_uint64),
        ("frames_damaged", c_uint64),
        ("frames_repeated", c_uint64),
        ("board_dropped", c_uint64),
        ("commands", c_uint64),
    ]


# ---- functions -------------------------------------------------------------

# Pointers to what only the library knows, and handles.
Handle = c_void_p
# An event is read by its address, see _events.py: ctypes' pointers cost more than the call.
EventAddress = c_void_p
status = c_int32
out_handle = POINTER(c_void_p)

# void (*iotkit_event_callback)(const iotkit_event *event, void *context)
EventCallback = CFUNCTYPE(None, EventAddress, c_void_p)

# Name: what it returns, what it takes; above each its prototype.
FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    # iotkit_status iotkit_open(const char *broker_uri, iotkit **out)
    "iotkit_open": (status, [c_char_p, out_handle]),
    # void iotkit_close(iotkit *iot)
    "iotkit_close": (None, [Handle]),
    # int32_t iotkit_option_count(void)
    "iotkit_option_count": (c_int32, []),
    # const iotkit_option_info *iotkit_option_at(int32_t index)
    "iotkit_option_at": (POINTER(OptionInfo), [c_int32]),
    # iotkit_status iotkit_set_option(iotkit *iot, const char *name, const char *value)
    "iotkit_set_option": (status, [Handle, c_char_p, c_char_p]),
    # iotkit_status iotkit_get_option(iotkit *iot, const char *name, char *buffer, size_t size)
    "iotkit_get_option": (status, [Handle, c_char_p, c_char_p, c_size_t]),
    # iotkit_status iotkit_load_config(iotkit *iot, const char *path)
    "iotkit_load_config": (status, [Handle, c_char_p]),
    # iotkit_status iotkit_set_will(iotkit *iot, const char *topic, const void *payload,
    #                               size_t size, int32_t qos, int32_t retain)
    "iotkit_set_will": (status, [Handle, c_char_p, c_void_p, c_size_t, c_int32, c_int32]),
    # iotkit_status iotkit_connect(iotkit *iot, int32_t timeout_ms)
    "iotkit_connect": (status, [Handle, c_int32]),
    # iotkit_status iotkit_disconnect(iotkit *iot, int32_t timeout_ms)
    "iotkit_disconnect": (status, [Handle, c_int32]),
    # iotkit_status iotkit_publish(iotkit *iot, const char *topic, const void *payload,
    #                              size_t size, int32_t qos, int32_t retain, uint64_t *id_out)
    "iotkit_publish": (
        status,
        [Handle, c_char_p, c_void_p, c_size_t, c_int32, c_int32, POINTER(c_uint64)],
    ),
    # iotkit_status iotkit_publish_metric(iotkit *iot, const char *device, const char *name,
    #                                     double value, const char *unit, int64_t time_ms)
    "iotkit_publish_metric": (
        status,
        [Handle, c_char_p, c_char_p, c_double, c_char_p, c_int64],
    ),
    # iotkit_status iotkit_flush(iotkit *iot, int32_t timeout_ms)
    "iotkit_flush": (status, [Handle, c_int32]),
    # iotkit_status iotkit_subscribe(iotkit *iot, const char *filter, int32_t qos)
    "iotkit_subscribe": (status, [Handle, c_char_p, c_int32]),
    # iotkit_status iotkit_unsubscribe(iotkit *iot, const char *filter)
    "iotkit_unsubscribe": (status, [Handle, c_char_p]),
    # iotkit_status iotkit_add_device(iotkit *iot, const char *name, const char *port_uri)
    "iotkit_add_device": (status, [Handle, c_char_p, c_char_p]),
    # iotkit_status iotkit_remove_device(iotkit *iot, const char *name)
    "iotkit_remove_device": (status, [Handle, c_char_p]),
    # iotkit_status iotkit_send_command(iotkit *iot, const char *device, const char *name,
    #                                   const char *value, uint64_t *id_out)
    "iotkit_send_command": (
        status,
        [Handle, c_char_p, c_char_p, c_char_p, POINTER(c_uint64)],
    ),
    # iotkit_status iotkit_list_ports(iotkit_port_info *ports, size_t capacity,
    #                                 size_t *count_out)
    "iotkit_list_ports": (status, [POINTER(PortInfo), c_size_t, POINTER(c_size_t)]),
    # const iotkit_event *iotkit_next_event(iotkit *iot, int32_t timeout_ms)
    "iotkit_next_event": (EventAddress, [Handle, c_int32]),
    # int32_t iotkit_event_fd(iotkit *iot)
    "iotkit_event_fd": (c_int32, [Handle]),
    # iotkit_status iotkit_set_event_callback(iotkit *iot, iotkit_event_callback callback,
    #                                         void *context)
    "iotkit_set_event_callback": (status, [Handle, EventCallback, c_void_p]),
    # const char *iotkit_event_name(int32_t type)
    "iotkit_event_name": (c_char_p, [c_int32]),
    # iotkit_status iotkit_dedup_open(const char *path, iotkit_dedup **out)
    "iotkit_dedup_open": (status, [c_char_p, out_handle]),
    # int32_t iotkit_dedup_is_new(iotkit_dedup *dedup, uint64_t epoch, uint64_t seq)
    "iotkit_dedup_is_new": (c_int32, [Handle, c_uint64, c_uint64]),
    # iotkit_status iotkit_dedup_save(iotkit_dedup *dedup)
    "iotkit_dedup_save": (status, [Handle]),
    # void iotkit_dedup_close(iotkit_dedup *dedup)
    "iotkit_dedup_close": (None, [Handle]),
    # iotkit_status iotkit_outbox_summarize(const char *path, iotkit_outbox_summary *summary)
    "iotkit_outbox_summarize": (status, [c_char_p, POINTER(OutboxSummary)]),
    # iotkit_status iotkit_outbox_rows_open(const char *path, uint64_t after_id,
    #                                       iotkit_outbox_rows **out)
    "iotkit_outbox_rows_open": (status, [c_char_p, c_uint64, out_handle]),
    # const iotkit_outbox_row *iotkit_outbox_rows_next(iotkit_outbox_rows *rows)
    "iotkit_outbox_rows_next": (POINTER(OutboxRow), [Handle]),
    # iotkit_status iotkit_outbox_rows_status(const iotkit_outbox_rows *rows)
    "iotkit_outbox_rows_status": (status, [Handle]),
    # void iotkit_outbox_rows_close(iotkit_outbox_rows *rows)
    "iotkit_outbox_rows_close": (None, [Handle]),
    # iotkit_status iotkit_outbox_purge(const char *path, int64_t before_ms, uint64_t *count_out)
    "iotkit_outbox_purge": (status, [c_char_p, c_int64, POINTER(c_uint64)]),
    # iotkit_status iotkit_create_certificate(const iotkit_certificate_request *request)
    "iotkit_create_certificate": (status, [POINTER(CertificateRequest)]),
    # iotkit_status iotkit_describe_certificate(const char *path, char *buffer, size_t size)
    "iotkit_describe_certificate": (status, [c_char_p, c_char_p, c_size_t]),
    # iotkit_status iotkit_check_broker(iotkit *iot, int32_t timeout_ms, char *buffer,
    #                                   size_t size)
    "iotkit_check_broker": (status, [Handle, c_int32, c_char_p, c_size_t]),
    # iotkit_status iotkit_get_stats(iotkit *iot, iotkit_stats *stats)
    "iotkit_get_stats": (status, [Handle, POINTER(Stats)]),
    # const char *iotkit_last_error(void)
    "iotkit_last_error": (c_char_p, []),
    # const char *iotkit_strerror(iotkit_status status)
    "iotkit_strerror": (c_char_p, [status]),
    # const char *iotkit_version(void)
    "iotkit_version": (c_char_p, []),
    # iotkit_status iotkit_describe_libraries(char *buffer, size_t size)
    "iotkit_describe_libraries": (status, [c_char_p, c_size_t]),
}

# ---- finding the library ---------------------------------------------------

_lock = threading.Lock()
_library: Optional[ctypes.CDLL] = None


def candidate() -> str:
    """Which library is to be loaded: the first of these that is there."""
    chosen = os.environ.get("IOTKIT_LIBRARY")
    if chosen:
        return chosen
    bundled = pathlib.Path(__file__).with_name(SONAME)
    return str(bundled) if bundled.exists() else SONAME


def _load() -> ctypes.CDLL:
    path = candidate()
    try:
        loaded = ctypes.CDLL(path)
        version = loaded.iotkit_version
    except OSError as problem:
        raise LibraryError(
            Status.ENOENT,
            f"cannot load {path}: {problem}. Install libiotkit (in its source: cmake --preset "
            "release && cmake --build --preset release && sudo cmake --install build/release && "
            "sudo ldconfig), or set IOTKIT_LIBRARY to its path, as build/dev/lib/" + SONAME,
        ) from None
    except AttributeError:
        raise LibraryError(
            Status.ENOTSUP,
            f"{path} is no libiotkit: it has no iotkit_version(). Set IOTKIT_LIBRARY to the path "
            f"of {SONAME}, or unset it",
        ) from None
    version.restype, version.argtypes = FUNCTIONS["iotkit_version"]
    check_version(path, version().decode())
    for name, (restype, argtypes) in FUNCTIONS.items():
        function = getattr(loaded, name)
        function.restype, function.argtypes = restype, argtypes
    return loaded


def check_version(path: str, found: str) -> None:
    """An older library lacks functions; one of another major version is another ABI."""
    major, minor = (int(part) for part in found.split(".")[:2])
    if major != VERSION[0] or minor < VERSION[1]:
        raise LibraryError(
            Status.ENOTSUP,
            f"{path} is libiotkit {found}, and this package needs {VERSION[0]}.{VERSION[1]} or a "
            f"later {VERSION[0]}.x: install that, or the package iotkit that came with {found}",
        )


def library() -> ctypes.CDLL:
    """libiotkit, loaded at the first call."""
    global _library
    if _library is None:
        with _lock:
            if _library is None:
                _library = _load()
    return _library


# ---- what all callers need -------------------------------------------------


def raise_for(code: int) -> None:
    """Raise what a negative status means. To be called at once, on the thread that called."""
    raise make(code, library().iotkit_last_error().decode("utf-8", "replace"))


def check(code: int) -> int:
    """A status, unless it is an error."""
    if code < 0:
        raise_for(code)
    return code


def text(value: str, what: str) -> bytes:
    """A string for C, which has no NUL within. One that came from the system and is no UTF-8 (a
    file's name may be) becomes what it was."""
    encoded = value.encode("utf-8", "surrogateescape")
    if b"\0" in encoded:
        raise make(Status.EINVAL, f"{what} has a NUL character in it: {value!r}")
    return encoded


def path(value: "str | os.PathLike[str]", what: str = "the path") -> bytes:
    """A file's name for C."""
    encoded = os.fsencode(value)
    if b"\0" in encoded:
        raise make(Status.EINVAL, f"{what} has a NUL character in it: {value!r}")
    return encoded


def optional_text(value: Optional[str], what: str) -> Optional[bytes]:
    return None if value is None else text(value, what)


LONGEST_MS = 2**31 - 1


def milliseconds(timeout: Optional[float]) -> int:
    """Seconds as the library takes them; None: without limit. More than 24 days are that."""
    if timeout is None:
        return -1
    if timeout != timeout:
        raise make(Status.EINVAL, "a timeout is a number of seconds or None, not NaN")
    if timeout * 1000 >= LONGEST_MS:
        return LONGEST_MS
    return max(0, math.ceil(timeout * 1000))


# Texts that are longer are no texts any more.
_BUFFER_FIRST, _BUFFER_MOST = 16384, 16 << 20


def read_text(fill: Callable[[Any, int], Any]) -> str:
    """What a function writes into a buffer, which it refuses when it is too small."""
    size = _BUFFER_FIRST
    while True:
        buffer = ctypes.create_string_buffer(size)
        try:
            fill(buffer, size)
        except InvalidError:
            if size >= _BUFFER_MOST:
                raise
            size *= 32
            continue
        return buffer.value.decode("utf-8", "replace")
