# SPDX-License-Identifier: MIT
"""The packets that trace=packets prints, beside the broker's log; and those that
trace.pcap writes, as tshark reads them."""

import datetime
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import unittest

import support
from support import run

VERSIONS = ("311", "5")
QUALITIES = (0, 1, 2)
LINE = re.compile(r"(?m)^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d) (sent|received) ([A-Z]+)(?: \((.*)\))?$")

# What both sides say of a packet: direction as the client sees it, type, and what the
# broker's log has of it.
LOGGED = re.compile(
    r"(Received|Sending) (PUBLISH|PUBACK|PUBREC|PUBREL|PUBCOMP|CONNACK|SUBACK|SUBSCRIBE|"
    r"PINGREQ|PINGRESP|DISCONNECT) (?:from|to) (\S+)(?: \((.*)\))?$"
)


def logged(log, client):
    """The packets of one client, as the broker's log has them."""
    found = []
    for line in log.decode().splitlines():
        match = LOGGED.search(line)
        if match and match[3] == client:
            direction = "sent" if match[1] == "Received" else "received"
            found.append((direction, match[2], brief(match[2], match[4] or "")))
    return found


def brief(kind, details):
    """Of a PUBLISH its flags, topic and size, of an acknowledgement its packet id."""
    if kind == "PUBLISH":
        match = re.match(r"(d., q., r., m\d+, '[^']*'), (?:\.\.\. \()?(\d+) bytes", details)
        return f"{match[1]}, {match[2]}"
    match = re.match(r"(?:m|Mid: )(\d+)", details)
    return match[1] if match and kind.startswith("PUB") else ""


def traced(text):
    """The packets on standard error; CONNECT is not in the log in this form."""
    found = [(m[2], m[3], brief(m[3], m[4] or "")) for m in LINE.finditer(text)]
    return [packet for packet in found if packet[1] != "CONNECT"]


def one_way(packets, direction):
    return [packet for packet in packets if packet[0] == direction]


class TraceTest(support.ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.broker = support.Broker(cls)
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="iotkit-trace-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)

    def subscribed(self, client, *args):
        mark = self.broker.mark()
        process = self.start("iotkit-sub", *self.broker.address, "-i", client, *args)
        self.broker.wait_subscribed(client, mark)
        return process

    def assert_as_logged(self, text, client, mark):
        """Each way the same packets in the same order; the two sides may see what
        crosses on the way in another. What comes as we say goodbye is not read."""
        self.broker.log.wait_for(rf"Received DISCONNECT from {client}\b", mark)
        ours, log = traced(text), logged(self.broker.log.data[mark:], client)
        self.assertEqual(one_way(ours, "sent"), one_way(log, "sent"))
        came, coming = one_way(ours, "received"), one_way(log, "received")
        self.assertEqual(came, coming[: len(came)])
        self.assertLessEqual(len(coming) - len(came), 1)
        self.assertGreaterEqual(len(log), 3)


class Lines(TraceTest):
    def test_what_is_sent_is_what_the_broker_logs(self):
        for version in VERSIONS:
            for qos in QUALITIES:
                with self.subTest(version=version, qos=qos):
                    mark = self.broker.mark()
                    result = run(
                        "iotkit-pub", *self.broker.address, "-i", "p", "-V", version, "-d",
                        *("-t", "a/b", "-m", "hello", "-q", qos, "-r"),
                    )
                    self.assert_ran(result)
                    self.assert_as_logged(result.err, "p", mark)
                    self.assertIn(f"(d0, q{qos}, r1, m", result.err)

    def test_what_never_expires_is_kept_for_68_years(self):
        """Longer than that paho cannot say."""
        result = run(
            "iotkit-pub", *self.broker.address, "-i", "keeper", "-c", "-d", "-t", "a/b", "-m", "hello",
            *("-q", 1, "--option", "publish.expiry_s=4294967295"),
        )
        self.assert_ran(result)
        self.assertRegex(result.err, r"sent CONNECT \(.* session expiry 2147483647 s\)")
        self.assertRegex(result.err, r"sent PUBLISH \(.* 2147483647 s")

    def test_what_is_received_is_what_the_broker_logs(self):
        for version in VERSIONS:
            for qos in QUALITIES:
                with self.subTest(version=version, qos=qos):
                    mark = self.broker.mark()
                    sub = self.subscribed(
                        "s", "-V", version, "-q", qos, "-t", "b/#", "-C", 3,
                        *("--option", "trace=packets"),
                    )
                    for number in range(3):
                        self.broker.publish("b/c", "-q", qos, "-m", number)
                    self.assert_ended(sub)
                    text = sub.err.data.decode()
                    self.assert_as_logged(text, "s", mark)
                    self.assertEqual(len(re.findall(r"received PUBLISH .*'b/c', 1 bytes", text)), 3)

    def test_a_line_has_the_local_time(self):
        before = datetime.datetime.now(datetime.timezone.utc)
        result = run("iotkit-pub", *self.broker.address, "-t", "a", "-n", "-d")
        stamp = LINE.search(result.err)[1]
        told = datetime.datetime.fromisoformat(stamp)
        self.assertLess(abs((told - before).total_seconds()), support.PATIENCE)

    def test_debug_can_go_without_packets(self):
        result = run(
            "iotkit-pub", *self.broker.address, "-t", "a", "-n", "-d", "--option", "trace=off"
        )
        self.assert_sentence("iotkit-pub", result.err, "delivered a")
        self.assertIsNone(LINE.search(result.err))

    def test_the_gateway_prints_them(self):
        for quiet in ([], ["--quiet"]):
            with self.subTest(quiet=quiet):
                gateway = self.start(
                    "iotkit-gateway", "--broker", self.broker.uri, *quiet,
                    *("--option", "trace=packets", "--option", "mqtt.client_id=g"),
                )
                gateway.err.wait_for(r"received PUBACK \(m")
                self.interrupt(gateway)
                text = gateway.err.data.decode()
                self.assertRegex(text, r"(?m)^[-\dT:.+]+ sent CONNECT \(MQTT 5, 'g', .*will q1 r1")
                self.assertRegex(text, r"(?m)^[-\dT:.+]+ sent DISCONNECT")


class Captures(TraceTest):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("tshark"):
            raise unittest.SkipTest("tshark is not installed")
        super().setUpClass()

    def read(self, path, *args):
        """What tshark has to say, without being told that it is MQTT."""
        result = run("tshark", "-n", "-r", path, *args)
        self.assert_ran(result)
        return [line.split("\t") for line in result.out.decode().splitlines()]

    def fields(self, path, *names):
        return self.read(
            path, "-Y", "mqtt", "-T", "fields", *(word for name in names for word in ("-e", name))
        )

    def pub(self, path, *args, stdin=b"", code=0):
        result = run(
            "iotkit-pub", *self.broker.address, "--option", f"trace.pcap={path}", *args,
            stdin=stdin,
        )
        self.assert_ran(result, code)
        return result.err

    def test_tshark_reads_them_at_once(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                path = self.folder / f"plain-{version}.pcap"
                self.pub(path, "-V", version, "-t", "a/b", "-m", "hello", "-q", 2)
                rows = self.fields(path, "mqtt.msgtype", "mqtt.topic", "mqtt.qos", "mqtt.msgid")
                self.assertEqual([row[0] for row in rows], ["1", "2", "3", "5", "6", "7", "14"])
                self.assertEqual(rows[2][:3], ["3", "a/b", "2"])
                self.assertEqual({row[3] for row in rows[2:6]}, {rows[2][3]})

    def test_the_file_is_its_owners_alone(self):
        path = self.folder / "mode.pcap"
        self.pub(path, "-t", "a", "-n")
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        path.chmod(0o644)
        before = path.read_bytes()
        text = self.pub(path, "-t", "a", "-n", code=1)
        self.assert_sentence("iotkit-pub", text, r"others can read .*\(trace\.pcap\): run 'chmod 600")
        self.assertEqual(path.read_bytes(), before)

    def test_packets_larger_than_a_segment_are_whole(self):
        path = self.folder / "large.pcap"
        payload = self.folder / "payload"
        payload.write_bytes(bytes(range(256)) * 1000)
        self.pub(path, "-t", "a", "-f", payload, "-q", 1)
        rows = self.fields(path, "mqtt.msgtype", "mqtt.msg")
        self.assertEqual([row[0] for row in rows], ["1", "2", "3", "4", "14"])
        self.assertEqual(bytes.fromhex(rows[2][1].replace(":", "")), payload.read_bytes())

    def test_tcp_has_nothing_to_complain_of(self):
        """Each reconnect is a stream of its own, with good sums and numbers."""
        path = self.folder / "streams.pcap"
        mark = self.broker.mark()
        sub = self.subscribed(
            "again", "-t", "c", "-C", 1, "--option", f"trace.pcap={path}",
            *("--option", "reconnect.min_ms=1", "--option", "reconnect.max_ms=50"),
        )
        for _ in range(2):
            # Who takes its name throws it out.
            self.broker.publish("nobody", "-i", "again", "-n")
            mark = self.broker.log.wait_for("Received DISCONNECT from again", mark).end()
            self.broker.wait_subscribed("again", mark)
        self.broker.publish("c", "-m", "x")
        self.assert_ended(sub)
        connects = self.read(
            path, "-Y", "mqtt.msgtype == 1", "-T", "fields", "-e", "tcp.stream"
        )
        self.assertGreaterEqual(len(connects), 3)
        self.assertEqual(connects, [[str(n)] for n in range(len(connects))])
        self.assertEqual(
            self.read(
                path, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-Y",
                "tcp.analysis.flags || tcp.checksum.status == 0 || ip.checksum.status == 0",
            ),
            [],
        )
        ends = self.read(
            path, "-Y", "tcp.flags.syn == 1 && tcp.flags.ack == 0 || tcp.flags.fin == 1",
            *("-T", "fields", "-e", "tcp.flags.fin"),
        )
        self.assertEqual(len(ends), 3 * len(connects))

    def test_it_can_be_read_while_it_is_written(self):
        """Nothing waits in memory: what a killed process has seen is in the file."""
        path = self.folder / "killed.pcap"
        sub = self.subscribed("killed", "-t", "d", "-v", "--option", f"trace.pcap={path}")
        self.broker.publish("d", "-m", "x")
        sub.out.wait_for("d x")
        sub.signal(signal.SIGKILL)
        sub.wait()
        self.assertEqual(
            [row[0] for row in self.fields(path, "mqtt.msgtype")], ["1", "2", "8", "9", "3"]
        )

    def test_a_disk_that_is_full_stops_nothing_else(self):
        disk = self.folder / "disk"
        disk.mkdir()
        if subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk], stderr=subprocess.DEVNULL
        ).returncode:
            self.skipTest("mounting is not permitted here")
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        path = disk / "full.pcap"
        line = b"x" * 50000
        observer = self.broker.observe(self, "full")
        text = self.pub(path, "-t", "full", "-l", "-q", 1, stdin=3 * (line + b"\n"))
        self.assert_sentence("iotkit-pub", text, r"warning: cannot write .*No space left on device")
        self.assertEqual(text.count("No space left"), 1)
        for _ in range(3):
            self.assertEqual(observer.next().payload, line)
        self.assertEqual([row[0] for row in self.fields(path, "mqtt.msgtype")][:2], ["1", "2"])


if __name__ == "__main__":
    unittest.main()
