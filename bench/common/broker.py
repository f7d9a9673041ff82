# SPDX-License-Identifier: MIT
"""A private mosquitto with a TLS listener and a plain one, and its certificates."""

import os
import pathlib
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from process import cpu_ns

# Where Debian keeps mosquitto, which is not in every user's path.
os.environ["PATH"] += ":/usr/sbin:/sbin"

PATIENCE = 20  # seconds


class Failure(Exception):
    """Something broke; there is nothing to measure."""


def as_program(main):
    """A failure is told, and the exit status says so."""
    try:
        main()
    except Failure as failure:
        sys.exit(f"bench: {failure}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Certificates:
    """A CA, and a certificate for localhost: EC P-256, as iotkit-certs makes them."""

    def __init__(self, folder):
        self.folder = folder
        self.ca, self.server, self.key = (
            folder / name for name in ("ca.pem", "server.pem", "server.key")
        )
        ca_key = folder / "ca.key"
        self._openssl("-x509", "-keyout", ca_key, "-out", self.ca, "-subj", "/CN=Bench CA")
        self._openssl(
            *("-x509", "-CA", self.ca, "-CAkey", ca_key),
            *("-keyout", self.key, "-out", self.server, "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-addext", "basicConstraints=critical,CA:FALSE"),
        )

    @staticmethod
    def _openssl(*arguments):
        base = ("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
        done = subprocess.run(
            [*base, "-nodes", "-days", "2", *map(str, arguments)], capture_output=True, text=True
        )
        if done.returncode != 0:
            raise Failure(f"openssl req: {done.stderr}")


class Broker:
    """To be used with `with`. `more` are lines for its configuration."""

    def __init__(self, version="1.2", cipher="ECDHE-ECDSA-AES256-GCM-SHA384", window=1000, more=""):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="iotkit-bench-"))
        self.certificates = Certificates(self.folder)
        self.plain_port, self.tls_port = free_port(), free_port()
        self.popen = None
        # mosquitto can be told the oldest version of TLS, and OpenSSL the newest.
        (self.folder / "openssl.cnf").write_text(
            "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = default\n"
            f"[default]\nMaxProtocol = TLSv{version}\n"
        )
        (self.folder / "mosquitto.conf").write_text(
            # As root it would become the user mosquitto, who cannot read our files.
            f"user {'root' if os.geteuid() == 0 else os.environ.get('USER', 'nobody')}\n"
            f"allow_anonymous true\nlog_dest stderr\nlog_type error\n"
            # So that the windows of the clients decide, and nothing is lost here.
            f"max_inflight_messages {window}\nmax_queued_messages 1000000\n"
            f"{more}"
            f"listener {self.plain_port} 127.0.0.1\n"
            f"listener {self.tls_port} 127.0.0.1\n"
            f"certfile {self.certificates.server}\nkeyfile {self.certificates.key}\n"
            f"tls_version tlsv1.2\nciphers {cipher}\n"
        )

    def __enter__(self):
        with open(self.folder / "log", "w") as log:
            self.popen = subprocess.Popen(
                ["mosquitto", "-c", str(self.folder / "mosquitto.conf")],
                env=os.environ | {"OPENSSL_CONF": str(self.folder / "openssl.cnf")},
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + PATIENCE
        while not self._accepts():
            if self.popen.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise Failure("mosquitto does not start")
            select.select([], [], [], 0.02)
        return self

    def _accepts(self):
        try:
            for port in (self.plain_port, self.tls_port):
                socket.create_connection(("127.0.0.1", port), PATIENCE).close()
        except ConnectionRefusedError:
            return False
        return True

    def __exit__(self, *_):
        self.popen.kill()
        self.popen.wait()
        shutil.rmtree(self.folder)

    def cpu_seconds(self):
        """Time it has kept a processor busy so far."""
        return cpu_ns(self.popen.pid) / 1e9
