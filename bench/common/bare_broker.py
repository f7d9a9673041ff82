# SPDX-License-Identifier: MIT
"""The least that a client takes for a broker of MQTT 5: it accepts one connection, and
notes when CONNECT and the first PUBLISH come. It acknowledges nothing."""

import socket
import threading
import time

PATIENCE = 60  # seconds
CONNECT, CONNACK, PUBLISH = 1, 2, 3
# No session is here, success, no properties: MQTT 5.0 section 3.2.
ACCEPTED = bytes((CONNACK << 4, 3, 0, 0, 0))


class BareBroker(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE)
        self.port = self.listener.getsockname()[1]
        self.moments = {}  # by type of packet, in nanoseconds
        self.come = threading.Event()
        self.done = threading.Event()
        self.start()

    def run(self):
        try:
            with self.listener, self.listener.accept()[0] as client:
                client.settimeout(PATIENCE)
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._serve(client)
                self.come.set()
                self.done.wait(PATIENCE)
        except OSError:
            pass  # whoever waits sees what did not come
        finally:
            self.come.set()

    def _serve(self, client):
        unread = b""
        while PUBLISH not in self.moments:
            piece = client.recv(65536)
            now = time.monotonic_ns()
            if not piece:
                return
            types, unread = packets(unread + piece)
            for kind in types:
                self.moments.setdefault(kind, now)
                if kind == CONNECT:
                    client.sendall(ACCEPTED)

    def wait(self):
        """Moments of CONNECT and of the first PUBLISH; None when one did not come."""
        self.come.wait(PATIENCE)
        return self.moments.get(CONNECT), self.moments.get(PUBLISH)

    def close(self):
        self.done.set()
        self.join(PATIENCE)


def packets(data):
    """Types of the packets begun in data, and what is left of the last one."""
    types = []
    while len(data) >= 2:
        length, shift, at = 0, 0, 1
        while at < len(data):
            length |= (data[at] & 127) << shift
            shift, at = shift + 7, at + 1
            if data[at - 1] < 128:
                break
        else:
            break
        if data[0] >> 4 != PUBLISH and len(data) < at + length:
            break  # CONNECT is answered once all of it is here
        types.append(data[0] >> 4)
        data = data[at + length :]
    return types, data
