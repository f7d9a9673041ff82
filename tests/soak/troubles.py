# SPDX-License-Identifier: MIT
"""A secure mosquitto behind a relay, and all that can go wrong on the way to it."""

import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import time

import faults
import support
from servers import Listener, TlsBroker

CLIENT_ID = "soak"
USER, PASSWORD = "gateway", "long enough"
DOWN_TOPIC = "soak/down"
ETLS = -15  # IOTKIT_ETLS of iotkit.h
EXCHANGED = 25  # messages of the program's that are delivered before the next trouble
SETTINGS = """
certfile {{folder}}/server.crt
keyfile {{folder}}/server.key
password_file {passwords}
allow_anonymous false
"""
RECEIVED = re.compile(rb"Received PUBLISH from soak \(d., q[12], r., m\d+, '([^']+)'")


class Relay(faults.Proxy):
    def __init__(self, test, port):
        super().__init__(test, port, faults.pass_on)

    def wait_connections(self, count):
        deadline = time.monotonic() + support.PATIENCE
        while len(self.connections) < count:
            if time.monotonic() > deadline:
                raise AssertionError("nobody connects")
            time.sleep(0.01)

    @property
    def current(self):
        return self.connections[-1]

    def forget(self):
        """Closes all connections but the current one."""
        for connection in self.connections[:-1]:
            connection.close()
            connection.bytes.clear()
        del self.accepted[:-1]


class Broker(TlsBroker):
    """Its certificate is what was put there last."""

    def __init__(self, test, pki):
        self.seen = set()  # topics of the program's messages with QoS 1 or 2
        passwords = pki.folder / "passwords"
        subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, USER, PASSWORD], check=True)
        self.identity = pki.server
        super().__init__(test, SETTINGS.format(passwords=passwords), ca=pki.ca.cert)

    def _start(self):
        shutil.copy(self.identity.cert, self.folder / "server.crt")
        shutil.copy(self.identity.key, self.folder / "server.key")
        return super()._start()

    def read_log(self):
        self.log.join(support.PATIENCE)
        self.seen |= {topic.decode() for topic in RECEIVED.findall(self.log.data)}

    def stop(self, kill=False):
        if self.popen is None or self.popen.poll() is not None:
            return
        self.popen.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        self.popen.send_signal(signal.SIGCONT)
        self.popen.wait(support.PATIENCE)
        self.read_log()


def field(text):
    return struct.pack("!H", len(text)) + text.encode()


def connect_packet():
    """MQTT 5.0 section 3.1: the session is kept, as the program wants it."""
    flags = 0xC0  # user name, password
    expiry = b"\x11" + struct.pack("!I", 3600)
    body = field("MQTT") + bytes([5, flags]) + struct.pack("!H", 60) + bytes([len(expiry)]) + expiry
    body += field(CLIENT_ID) + field(USER) + field(PASSWORD)
    return bytes([0x10, len(body)]) + body


class Troubles:
    def __init__(self, test, pki):
        self.sent = set()  # what was published to the program with QoS 1 or 2
        self.published = 0
        self.good = [pki.server, pki.issue("localhost", kind="rsa")]
        self.bad = [
            pki.issue("localhost", by=pki.other_ca),
            pki.issue("elsewhere"),
            pki.issue("localhost", days=(-3, -1)),
        ]
        self.broker = Broker(test, pki)
        self.relay = Relay(test, self.broker.port)
        self.uri = f"mqtts://{USER}@localhost:{self.relay.port}"
        self.options = {
            "mqtt.client_id": CLIENT_ID,
            "mqtt.password_file": pki.write("password", PASSWORD),
            "mqtt.keepalive_s": 1,
            "topic.base": "soak",
            "tls.ca_file": pki.ca.cert,
            "reconnect.min_ms": 20,
            "reconnect.max_ms": 200,
        }
        self.all = {
            "cut": self.cut,
            "taken over": self.take_over,
            "broker killed": self.kill,
            "half-closed": lambda program: self.strike(faults.half_close(7)),
            "certificate replaced": self.replace_certificate,
            "stalled": lambda program: self.strike(faults.stall(10)),
            "flipped, from the broker": lambda program: self.strike(faults.flip),
            "flipped, to the broker": lambda program: self.strike(faults.flip, faults.UP),
            "broker frozen": self.freeze,
            "wrong certificate": self.refuse,
        }

    @staticmethod
    def is_kept(topic):
        """Whether its QoS is 1 or 2: see publish_next() of client.c."""
        return int(topic.rpartition("n")[2]) % 3 != 0

    # Between them.

    def exchange(self, program):
        """Messages arrive both ways. (That of QoS 2 to its end: a mosquitto that is killed
        forgets it half-way, and gives its packet id to another, which the program must
        take for the same.)"""
        program.wait_more("delivered", EXCHANGED)
        mark = self.broker.mark()
        new = set()
        for qos in (0, 1, 2):
            self.published += 1
            payload = f"down-{self.published}"
            login = ("-u", USER, "-P", PASSWORD)
            self.broker.publish(DOWN_TOPIC, "-q", qos, "-m", payload, *login)
            if qos > 0:
                new.add(payload)
        self.sent |= new
        program.wait_messages(new)
        self.broker.log.wait_for(f"Received PUBCOMP from {CLIENT_ID} ", mark)

    def stop(self):
        self.broker.stop()
        self.seen = self.broker.seen

    # What they are.

    def cut(self, program):
        self.relay.current.cut()

    def strike(self, fault, way=faults.DOWN):
        """The next record has it."""

        def at_next(connection, its_way, record):
            if its_way != way:
                return connection.send(its_way, record)
            connection.fault = faults.pass_on
            return fault(connection, its_way, record)

        self.relay.current.fault = at_next

    def take_over(self, program):
        context = ssl.create_default_context(cafile=self.broker.ca)
        with socket.create_connection(("localhost", self.broker.port)) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as other:
                other.sendall(connect_packet())
                other.recv(64)

    def kill(self, program):
        self.broker.stop(kill=True)
        self.broker.start()

    def restart_as(self, identity):
        self.broker.stop()
        self.broker.identity = identity
        self.broker.start()

    def replace_certificate(self, program):
        self.good.reverse()
        self.restart_as(self.good[0])

    def freeze(self, program):
        """Until the program has given it up, and waits in another handshake."""
        attempts = len(self.relay.connections)
        self.broker.popen.send_signal(signal.SIGSTOP)
        program.wait_more("disconnected")
        self.relay.wait_connections(attempts + 1)
        self.broker.popen.send_signal(signal.SIGCONT)

    def refuse(self, program):
        self.bad.append(self.bad.pop(0))
        self.restart_as(self.bad[0])
        while not program.wait_more("disconnected").startswith(f"{ETLS} "):
            pass
        self.restart_as(self.good[0])
