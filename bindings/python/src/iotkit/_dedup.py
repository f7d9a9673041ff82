# SPDX-License-Identifier: MIT
"""Recognising repeats."""

from __future__ import annotations

import ctypes
import os
import threading
import types
from typing import Optional

from . import _ffi
from ._constants import Status
from ._errors import make


class Dedup:
    """Recognises messages that came before, from publishers that have ``publish.id`` on::

        with iotkit.Dedup("seen") as dedup:
            for event in client:
                if event.epoch and not dedup.is_new(event.epoch, event.seq):
                    continue

    With a path it is kept in that file (mode 0600), which :meth:`save` writes. It may be used
    by any thread.
    """

    def __init__(self, path: "str | os.PathLike[str] | None" = None) -> None:
        self._lib = _ffi.library()
        self._lock = threading.RLock()
        self._memory: Optional[int] = None
        out = ctypes.c_void_p()
        encoded = None if path is None else _ffi.path(path)
        _ffi.check(self._lib.iotkit_dedup_open(encoded, ctypes.byref(out)))
        self._memory = out.value

    def _open(self) -> int:
        if self._memory is None:
            raise make(Status.ESTATE, "the memory of repeats is closed: make another one")
        return self._memory

    def is_new(self, epoch: int, seq: int) -> bool:
        """Whether this one has not come before; from now on it has."""
        with self._lock:
            return _ffi.check(self._lib.iotkit_dedup_is_new(self._open(), epoch, seq)) == 1

    def save(self) -> None:
        """Write it to its file, in one step. Call it once the effects of what came are safe."""
        with self._lock:
            _ffi.check(self._lib.iotkit_dedup_save(self._open()))

    def close(self) -> None:
        """Free it, without saving. May be called again."""
        with self._lock:
            memory, self._memory = self._memory, None
            if memory is not None:
                self._lib.iotkit_dedup_close(memory)

    def __enter__(self) -> Dedup:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        problem: Optional[BaseException],
        traceback: Optional[types.TracebackType],
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_memory", None) is not None:
            self.close()
