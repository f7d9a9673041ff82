# SPDX-License-Identifier: MIT
"""A man in the middle: takes the records of a TLS connection one by one, and
passes them on, or does them harm.

A fault is a function (connection, way, record) that is called with each record;
it passes it on with connection.send(way, bytes), or does otherwise.
"""

import socket
import struct
import threading
import time

import servers

UP, DOWN = "up", "down"  # to the broker, to the client
HEADER = 5
ALERT, HANDSHAKE, APPLICATION = 21, 22, 23  # RFC 5246 section 6.2.1

NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST = 4, 20, 1
QUEUES_AT = 16 + 4 + 48 + 4  # nlmsghdr, inet_diag_msg up to idiag_rqueue and idiag_wqueue


def receive(source, size):
    """So many bytes, or what comes before the end."""
    data = b""
    while len(data) < size:
        piece = source.recv(size - len(data))
        if not piece:
            break
        data += piece
    return data


def receive_record(source):
    header = receive(source, HEADER)
    if len(header) < HEADER:
        return header
    return header + receive(source, int.from_bytes(header[3:5], "big"))


def queues(local, remote):
    """Bytes that the socket between these loopback ports, which is another process's, has
    received and not been asked for, and that it was given and its peer's has not
    acknowledged: the kernel is asked by sock_diag(7). (/proc/net/tcp takes milliseconds.)"""
    loopback = socket.inet_aton("127.0.0.1") + bytes(12)
    ends = struct.pack("!HH", local, remote) + loopback * 2
    any_cookie = bytes(4) + b"\xff" * 8
    query = struct.pack("=BBBBI", socket.AF_INET, socket.IPPROTO_TCP, 0, 0, 0xFFFFFFFF)
    query += ends + any_cookie
    header = struct.pack("=IHHII", 16 + len(query), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 0, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, NETLINK_SOCK_DIAG) as kernel:
        kernel.send(header + query)
        answer = kernel.recv(4096)
    if struct.unpack_from("=H", answer, 4)[0] != SOCK_DIAG_BY_FAMILY:
        return 0, 0  # there is no such socket any more
    return struct.unpack_from("=II", answer, QUEUES_AT)


def on_the_way(sender, receiver):
    """Bytes that the process at one port has written and the one at the other has not read.
    What the sender's socket is rid of is in the receiver's: so it is asked first."""
    _, unacknowledged = queues(sender, receiver)
    unread, _ = queues(receiver, sender)
    return unacknowledged + unread


class Connection:
    """Two sockets, and two threads between them."""

    def __init__(self, number, client, port, fault):
        self.number = number
        self.fault = fault
        self.over = threading.Event()
        self.counts = {UP: {}, DOWN: {}}  # records of each type so far
        self.bytes = {}  # both ways together, by type
        broker = socket.create_connection(("127.0.0.1", port))
        self.sources = {UP: client, DOWN: broker}
        self.sinks = {UP: broker, DOWN: client}
        for each in (client, broker):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.threads = [
            threading.Thread(target=self._run, args=(way,), daemon=True) for way in (UP, DOWN)
        ]

    def start(self):
        for thread in self.threads:
            thread.start()

    def _run(self, way):
        try:
            while record := receive_record(self.sources[way]):
                counts = self.counts[way]
                counts[record[0]] = counts.get(record[0], 0) + 1
                self.bytes[record[0]] = self.bytes.get(record[0], 0) + len(record)
                self.fault(self, way, record)
            self.end(way)
        except OSError:
            self.cut()

    def nth(self, way, kind):
        """How many records of a type have come, with the one at hand."""
        return self.counts[way].get(kind, 0)

    def send(self, way, data):
        self.sinks[way].sendall(data)

    def wait_read(self, way):
        """Returns when the other end has taken all that was sent, or takes nothing."""
        local = self.sinks[way].getsockname()[1]
        remote = self.sinks[way].getpeername()[1]
        deadline = time.monotonic() + 1
        while on_the_way(local, remote) and time.monotonic() < deadline:
            pass

    def end(self, way):
        """Ends one direction, as shutdown(SHUT_WR) does."""
        self.sinks[way].shutdown(socket.SHUT_WR)

    def cut(self):
        """Ends both."""
        self.over.set()
        for each in self.sinks.values():
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def hold(self):
        """Neither passes on nor reads any more, until the connection is cut."""
        self.over.wait()

    def close(self):
        self.cut()
        for each in self.sinks.values():
            each.close()


class Proxy(servers.Listener):
    """Connections through it have the fault; with `times`, only the first ones."""

    def __init__(self, test, port, fault, times=None):
        self.connections = []
        self.target = port
        self.fault = fault
        self.times = times
        super().__init__(test, self._serve)

    def _serve(self, client):
        number = len(self.connections)
        faulty = self.times is None or number < self.times
        try:
            connection = Connection(
                number, client, self.target, self.fault if faulty else pass_on
            )
        except ConnectionRefusedError:
            client.close()
            return
        self.connections.append(connection)
        connection.start()

    def close(self):
        super().close()
        for connection in self.connections:
            connection.close()


# Faults.


def pass_on(connection, way, record):
    connection.send(way, record)


def byte_by_byte(connection, way, record):
    for i in range(len(record)):
        connection.send(way, record[i : i + 1])
        if way == DOWN:
            connection.wait_read(way)


def at_record(way, kind, nth, harm):
    """Does harm to the n-th record of a type; the others pass."""

    def fault(connection, its_way, record):
        if its_way == way and record[0] == kind and connection.nth(way, kind) == nth:
            harm(connection, way, record)
        else:
            connection.send(its_way, record)

    return fault


def stall(after):
    """Passes on so many bytes of the record, and then holds the connection."""

    def harm(connection, way, record):
        connection.send(way, record[:after])
        connection.hold()

    return harm


def cut(after):
    def harm(connection, way, record):
        connection.send(way, record[:after])
        connection.cut()

    return harm


def half_close(after):
    """The receiver sees the end; the other direction lives on."""

    def harm(connection, way, record):
        connection.send(way, record[:after])
        connection.end(way)
        connection.hold()

    return harm


def flip(connection, way, record):
    """One bit of the last byte, which its authentication covers."""
    connection.send(way, record[:-1] + bytes([record[-1] ^ 1]))


def garbage(connection, way, record):
    connection.send(way, b"\x00" * 64)
