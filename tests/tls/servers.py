# SPDX-License-Identifier: MIT
"""Servers for the programs to meet: mosquitto with TLS, `openssl s_server`, and
some that are no brokers at all."""

import os
import pathlib
import socket
import ssl
import sys
import threading
import unittest.mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "programs"))

import support

CONNACK = b"\x20\x03\x00\x00\x00"

# Mosquitto's tls_version sets the least version; this sets the greatest.
AT_MOST = """
openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
system_default = system
[system]
MinProtocol = TLSv1
MaxProtocol = TLSv{version}
"""


def identity_settings(identity):
    return f"certfile {identity.cert}\nkeyfile {identity.key}\n"


class TlsBroker(support.Broker):
    """A private mosquitto with one TLS listener, for clients that trust `ca`."""

    def __init__(self, owner, settings, ca=None, at_most=None, observer_flags=("--insecure",)):
        self.ca = ca
        self.observer_flags = observer_flags
        self.at_most = at_most
        super().__init__(owner, "allow_anonymous true\n" + settings)

    @classmethod
    def of(cls, owner, pki, identity=None, settings="", **keywords):
        """The usual one: it presents this identity."""
        identity = identity or pki.server
        return cls(owner, identity_settings(identity) + settings, ca=pki.ca.cert, **keywords)

    def _start(self):
        if self.at_most is None:
            return super()._start()
        config = self.folder / "openssl.cnf"
        config.write_text(AT_MOST.format(version=self.at_most))
        with unittest.mock.patch.dict(os.environ, OPENSSL_CONF=str(config)):
            return super()._start()

    @property
    def uri(self):
        return f"mqtts://localhost:{self.port}"

    @property
    def address(self):
        trust = ["--cafile", str(self.ca), *self.observer_flags] if self.ca else []
        return ["-h", "localhost", "-p", str(self.port), *trust]


class SServer(support.Process):
    """`openssl s_server`. When told to, it answers each CONNECT as a broker does."""

    def __init__(self, test, identity, *args, broker=False):
        files = ("-cert", identity.cert, "-key", identity.key) if identity else ("-nocert",)
        super().__init__(
            test, "openssl", "s_server", "-accept", "127.0.0.1:0", *files, *args,
            stdin=support.subprocess.PIPE,
        )
        self.port = int(self.out.wait_for(r"ACCEPT \S+:(\d+)\n").group(1))
        if broker:
            threading.Thread(target=self._answer, daemon=True).start()

    @property
    def uri(self):
        return f"mqtts://localhost:{self.port}"

    def _answer(self):
        seen = 0
        try:
            while True:
                seen = self.out.wait_for(rb"\x00\x04MQTT", seen).end()
                self.write(CONNACK)
        except (AssertionError, OSError, ValueError):
            return  # the test has ended

    def mark(self):
        return len(self.out.data)


class Listener:
    """A listening socket on a port of its own. `serve` is called with each
    connection that is made, in a thread."""

    def __init__(self, test, serve=None, backlog=16):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=backlog)
        self.port = self.socket.getsockname()[1]
        self.uri = f"mqtts://localhost:{self.port}"
        self.accepted = []
        test.addCleanup(self.close)
        if serve:
            threading.Thread(target=self._run, args=(serve,), daemon=True).start()

    def _run(self, serve):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.accepted.append(connection)
            try:
                serve(connection)
            except OSError:
                pass  # the client has gone

    def close(self):
        # A thread that waits in accept() is not woken by close() alone.
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
        for connection in self.accepted:
            connection.close()


def silent(test):
    """Takes connections and says nothing."""
    return Listener(test, lambda connection: None)


def full(test):
    """Listens, but its queue is full: the kernel answers nobody."""
    listener = Listener(test, backlog=0)
    for _ in range(4):
        connection = socket.socket()
        connection.setblocking(False)
        connection.connect_ex(("127.0.0.1", listener.port))
        listener.accepted.append(connection)
    return listener


def http(test):
    """Answers as nginx does to what is no HTTP."""

    def serve(connection):
        connection.recv(4096)
        connection.sendall(
            b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nConnection: close\r\n\r\n"
        )
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
        connection.close()

    return Listener(test, serve)


def alerts(test, record):
    """Sends the same alert without end."""

    def serve(connection):
        connection.recv(4096)
        try:
            while True:
                connection.sendall(record * 10000)
        except OSError:
            connection.close()

    return Listener(test, serve)


def acknowledges_without_end(test, identity):
    """A broker that does, though nobody sent it anything."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.cert, identity.key)

    def serve(connection):
        with context.wrap_socket(connection, server_side=True) as stream:
            stream.recv(4096)
            stream.sendall(CONNACK)
            while True:
                stream.sendall(b"\x40\x02\x00\x09" * 4096)

    return Listener(test, serve)


def half_hello(test):
    """Sends the first half of a ServerHello, and then nothing."""
    hello = bytes.fromhex("1603030040 0200003c 0303") + bytes(20)
    return Listener(test, lambda connection: connection.sendall(hello))
