# SPDX-License-Identifier: MIT
"""A network between the client and the broker that fails when it is told to.

A stream is one connection through it. Its fault is called with what comes, as
fault(stream, way, data), and passes it on with stream.send(), or does otherwise. TCP
brings all or nothing, so what is dropped is dropped up to the end of the connection.
"""

import pathlib
import select
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tls"))

from faults import DOWN, UP, on_the_way
from servers import Listener

RESET = struct.pack("ii", 1, 0)  # linger on, for 0 seconds


class Stream(threading.Thread):
    def __init__(self, client, port):
        super().__init__(daemon=True)
        broker = socket.create_connection(("127.0.0.1", port))
        self.sinks = {UP: broker, DOWN: client}
        self.sources = {UP: client, DOWN: broker}
        for each in self.sinks.values():
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ways = [UP, DOWN]  # that have not ended
        self.fault = pass_on
        self.frozen = False
        self.over = threading.Event()
        self.busy = threading.Lock()  # held while something is passed on

    def run(self):
        try:
            while self.ways and not self.over.is_set():
                ready, _, _ = select.select([self.sources[way] for way in self.ways], [], [])
                for way in [way for way in self.ways if self.sources[way] in ready]:
                    self._take(way)
        except (OSError, ValueError):
            pass  # it was cut
        finally:
            self._close()

    def _take(self, way):
        with self.busy:
            if not self.frozen:
                data = self.sources[way].recv(65536)
                if data:
                    self.fault(self, way, data)
                else:
                    self.end(way)
                return
        self.over.wait()

    def _close(self):
        for each in self.sinks.values():
            each.close()

    def send(self, way, data):
        self.sinks[way].sendall(data)

    def end(self, way):
        """As shutdown(SHUT_WR) does; the other way lives on."""
        self.ways.remove(way)
        self.sinks[way].shutdown(socket.SHUT_WR)

    def cut(self):
        self.over.set()
        for each in self.sinks.values():
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def reset(self):
        for each in self.sinks.values():
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self._close()
        self.over.set()

    def freeze(self):
        """Neither reads nor passes on any more, until it is cut."""
        with self.busy:
            self.frozen = True

    def is_read(self):
        """Whether the broker has taken all that was passed on to it."""
        try:
            here, there = (
                self.sinks[UP].getsockname()[1],
                self.sinks[UP].getpeername()[1],
            )
        except OSError:
            return True
        return on_the_way(here, there) == 0


class Network(Listener):
    def __init__(self, owner, port):
        self.target = port
        self.streams = []
        self.refusals = 0  # of connections from now on
        self.down = False  # nobody gets through
        super().__init__(owner, self._serve)

    def _serve(self, client):
        self.accepted.clear()  # each stream closes its own
        if self.down or self.refusals > 0:
            self.refusals = max(0, self.refusals - 1)
            client.close()
            return
        try:
            stream = Stream(client, self.target)
        except OSError:  # the broker is away
            client.close()
            return
        self.streams = [each for each in self.streams if each.is_alive()] + [stream]
        stream.start()

    def strike(self, harm, way, after):
        """The newest connection comes to harm after so many more bytes."""
        if self.streams:
            self.streams[-1].fault = at_byte(harm, way, after)

    def freeze(self):
        self.down = True
        for stream in self.streams:
            stream.freeze()

    def is_read(self):
        return all(stream.is_read() for stream in self.streams)

    def mend(self):
        """Old connections end, and new ones are as good as any."""
        for stream in self.streams:
            if stream.frozen or stream.fault is not pass_on:
                stream.cut()
        self.down = False

    def close(self):
        super().close()
        for stream in self.streams:
            stream.cut()


# Faults.


def pass_on(stream, way, data):
    stream.send(way, data)


def at_byte(harm, way, after):
    """Within a packet as likely as between two."""
    left = after

    def fault(stream, its_way, data):
        nonlocal left
        if its_way != way or len(data) <= left:
            left -= len(data) if its_way == way else 0
            return stream.send(its_way, data)
        stream.send(way, data[:left])
        return harm(stream, way, data[left:])

    return fault


def cut(stream, way, rest):
    stream.cut()


def reset(stream, way, rest):
    stream.reset()


def half_close(stream, way, rest):
    stream.end(way)


def black_hole(stream, way, rest):
    """Nothing comes through any more, and nobody is told."""
    stream.frozen = True


def swallow(stream, way, rest):
    """One way is a black hole; the other one works."""

    def fault(stream, its_way, data):
        if its_way != way:
            stream.send(its_way, data)

    stream.fault = fault


def stall(seconds):
    """The network stands still for a while, and nothing is lost."""

    def harm(stream, way, rest):
        time.sleep(seconds)
        stream.send(way, rest)
        stream.fault = pass_on

    return harm


def split(count):
    """So many bytes come one by one."""

    def harm(stream, way, rest):
        nonlocal count
        for i in range(min(count, len(rest))):
            stream.send(way, rest[i : i + 1])
        stream.send(way, rest[count:])
        count = max(0, count - len(rest))
        stream.fault = at_byte(harm, way, 0) if count > 0 else pass_on

    return harm


def delay(count, seconds):
    """So many pieces come late."""

    def fault(stream, way, data):
        nonlocal count
        time.sleep(seconds)
        stream.send(way, data)
        count -= 1
        stream.fault = fault if count > 0 else pass_on

    return fault
