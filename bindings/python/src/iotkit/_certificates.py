# SPDX-License-Identifier: MIT
"""Making and describing certificates."""

from __future__ import annotations

import ctypes
import os
from typing import Iterable, Optional, Union

from . import _ffi
from ._constants import CertificateKind, KeyKind

_Path = Union[str, "os.PathLike[str]"]


def _optional_path(value: Optional[_Path]) -> Optional[bytes]:
    return None if value is None else _ffi.path(value)


def create_certificate(
    kind: CertificateKind,
    certificate_file: _Path,
    key_file: _Path,
    *,
    name: Optional[str] = None,
    alternative_names: Iterable[str] = (),
    ca_certificate_file: Optional[_Path] = None,
    ca_key_file: Optional[_Path] = None,
    ca_password_file: Optional[_Path] = None,
    key: KeyKind = KeyKind.EC_P256,
    days: int = 0,
    renew: bool = False,
) -> None:
    """Make a private key (mode 0600) and a certificate for it, signed by a CA; both are files in
    PEM. Nothing is overwritten, unless ``renew`` replaces the certificate and keeps its key.

    ``alternative_names`` are more host names and IP addresses of a server. ``days`` of validity
    are 3650 for a CA and 825 for others when 0. ``ca_password_file``'s first line is the pass
    phrase of the CA's key.
    """
    if isinstance(alternative_names, str):
        raise TypeError("alternative_names is a list of names, not one str")
    names = ",".join(alternative_names)
    request = _ffi.CertificateRequest(
        struct_size=ctypes.sizeof(_ffi.CertificateRequest),
        kind=kind,
        key=key,
        days=days,
        renew=renew,
        name=_ffi.optional_text(name, "the name"),
        alternative_names=_ffi.text(names, "a name") if names else None,
        certificate_file=_ffi.path(certificate_file),
        key_file=_ffi.path(key_file),
        ca_certificate_file=_optional_path(ca_certificate_file),
        ca_key_file=_optional_path(ca_key_file),
        ca_password_file=_optional_path(ca_password_file),
    )
    _ffi.check(_ffi.library().iotkit_create_certificate(ctypes.byref(request)))


def describe_certificate(path: _Path) -> str:
    """What is in a PEM or DER file: certificates, a private key (its kind only), a revocation
    list."""
    describe = _ffi.library().iotkit_describe_certificate
    encoded = _ffi.path(path)
    return _ffi.read_text(lambda buffer, size: _ffi.check(describe(encoded, buffer, size)))
