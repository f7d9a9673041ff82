# SPDX-License-Identifier: MIT
"""Passes one connection on, and sees how many bytes it has, and which version of TLS and cipher
were agreed on: mosquitto does not tell, and what is on the wire is beyond doubt."""

import select
import socket
import subprocess
import threading

PATIENCE = 20  # seconds
SERVER_HELLO = 2  # RFC 5246 section 7.4
HELLO_SIZE = 4096  # all that is looked at lies before


class Relay(threading.Thread):
    def __init__(self, port):
        super().__init__(daemon=True)
        self.target = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE)
        self.port = self.listener.getsockname()[1]
        self.answered = b""  # how the answer begins
        self.sent = self.received = 0  # bytes, as the client sees it
        self.start()

    def run(self):
        try:
            with self.listener, self.listener.accept()[0] as client:
                with socket.create_connection(("127.0.0.1", self.target), PATIENCE) as server:
                    self._pass_on({client: server, server: client}, server)
        except ConnectionError:
            pass  # who is done may hang up without ceremony

    def _pass_on(self, other, server):
        while True:
            ready, _, _ = select.select(list(other), [], [], PATIENCE)
            for source in ready:
                piece = source.recv(65536)
                if not piece:
                    return
                if source is server:
                    self.answered = (self.answered + piece)[:HELLO_SIZE]
                    self.received += len(piece)
                else:
                    self.sent += len(piece)
                other[source].sendall(piece)
            if not ready:
                return

    def wait(self):
        """Until the connection has ended. Returns bytes sent and received."""
        self.join(PATIENCE)
        return self.sent, self.received

    def agreed(self):
        """As "TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384"; once the connection has ended."""
        self.join(PATIENCE)
        # A record's header, a handshake's header, a version, random bytes, a session id.
        if len(self.answered) < 46 or self.answered[5] != SERVER_HELLO:
            return "no TLS"
        at = 5 + 4 + 2 + 32
        at += 1 + self.answered[at]
        return cipher_name(self.answered[at], self.answered[at + 1])


def cipher_name(high, low):
    code = f"0x{high:02X},0x{low:02X}"
    listed = subprocess.run(["openssl", "ciphers", "-V", "ALL"], capture_output=True, text=True)
    for line in listed.stdout.splitlines():
        words = line.split()
        if words[0] == code:
            return f"{words[3]} {words[2]}"
    return code
