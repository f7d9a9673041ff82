# SPDX-License-Identifier: MIT
"""Between client and broker the bytes come late, in pieces, damaged or not at all:
no hang, no spin, and nothing that was accepted is lost."""

import os
import pathlib
import resource
import time
import unittest

import faults
import servers
import support
from client import TlsTest
from faults import ALERT, APPLICATION, DOWN, HANDSHAKE, UP, Proxy, at_record
from pki import Pki
from servers import SServer, TlsBroker

LINES = 100
TICK = os.sysconf("SC_CLK_TCK")
# Of one processor, while nothing happens. (A spin takes all of it.)
BUSY = 0.3


def cpu_seconds(process):
    stat = pathlib.Path(f"/proc/{process.popen.pid}/stat").read_text()
    fields = stat.rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


class FaultTest(TlsTest):
    """In TLS 1.2 a record's type tells what is in it."""

    AT_MOST = "1.2"

    @classmethod
    def setUpClass(cls):
        cls.pki = Pki(cls)
        cls.broker = TlsBroker.of(cls, cls.pki, at_most=cls.AT_MOST)

    def publisher(self, uri, *args):
        """Sends all lines, and goes on after failures."""
        pub = self.start(
            "iotkit-pub", "--broker", uri, "-t", "lines", "-l", "-q", 1,
            "-W", int(support.PATIENCE), *args,
            *self.trusting(reconnect_min_ms=1, reconnect_max_ms=50),
            stdin=support.subprocess.PIPE,
        )
        pub.write(b"".join(b"line %d\n" % i for i in range(LINES)))
        pub.popen.stdin.close()
        return pub

    def receives_all(self, observer):
        """Each line at least once, and the first arrivals in order."""
        messages = observer.wait_until("lines", b"line %d" % (LINES - 1))
        arrived = list(dict.fromkeys(message.payload for message in messages))
        self.assertEqual(arrived, [b"line %d" % i for i in range(LINES)])

    def survives(self, fault, *args, times=1):
        """The fault strikes once, the client comes again, and all lines arrive."""
        proxy = Proxy(self, self.broker.port, fault, times=times)
        observer = self.broker.observe(self, "lines")
        pub = self.publisher(proxy.uri, *args)
        self.receives_all(observer)
        self.assert_ended(pub)
        self.assertGreater(len(proxy.connections), 1, pub.describe())
        self.assertRegex(pub.err.data.decode(), "warning: .*trying again")
        return pub


    def gives_up(self, fault):
        proxy = Proxy(self, self.broker.port, fault)
        self.publish(proxy.uri, *self.trusting(connect_timeout_ms=1000), code=1)

    def stalls(self, way, nth=2):
        """Whoever stalls in a record does not answer pings."""
        fault = at_record(way, APPLICATION, nth, faults.stall(10))
        proxy = Proxy(self, self.broker.port, fault, times=1)
        observer = self.broker.observe(self, "lines")
        pub = self.publisher(proxy.uri, "-k", 1)
        begin = time.monotonic()
        pub.err.wait_for("warning: .*trying again")
        self.assertLess(cpu_seconds(pub), BUSY * (time.monotonic() - begin))
        self.receives_all(observer)
        self.assert_ended(pub)


class Splits(FaultTest):
    def test_publishing_byte_by_byte(self):
        proxy = Proxy(self, self.broker.port, faults.byte_by_byte)
        observer = self.broker.observe(self, "lines")
        self.assert_ended(self.publisher(proxy.uri))
        self.receives_all(observer)
        self.assertEqual(len(proxy.connections), 1)

    def test_subscribing_byte_by_byte(self):
        proxy = Proxy(self, self.broker.port, faults.byte_by_byte)
        mark = self.broker.mark()
        sub = self.start(
            "iotkit-sub", "--broker", proxy.uri, "-t", "down", "-C", 3, "-i", "slow",
            *self.trusting(),
        )
        self.broker.wait_subscribed("slow", mark)
        payloads = [b"x" * 3000, b"y", b"z" * 500]
        for payload in payloads:
            self.broker.publish("down", "-m", payload.decode())
        self.assert_ended(sub)
        self.assertEqual(sub.out.data.split(), payloads)

    def test_goodbye_is_said(self):
        proxy = Proxy(self, self.broker.port, faults.pass_on)
        self.publish(proxy.uri, *self.trusting())
        self.assertEqual(proxy.connections[0].nth(UP, ALERT), 1)


class Cuts(FaultTest):
    """At the second record either way: a PUBLISH, its PUBACK."""

    def test_cut_between_records(self):
        for way in (UP, DOWN):
            with self.subTest(way):
                self.survives(at_record(way, APPLICATION, 2, faults.cut(0)))

    def test_cut_in_a_record(self):
        for way in (UP, DOWN):
            for after in (1, 5, 12):
                with self.subTest(way=way, after=after):
                    self.survives(at_record(way, APPLICATION, 2, faults.cut(after)))

    def test_half_close(self):
        for way in (UP, DOWN):
            for after in (0, 7):
                with self.subTest(way=way, after=after):
                    self.survives(at_record(way, APPLICATION, 2, faults.half_close(after)))

    def test_half_close_in_the_handshake(self):
        for nth, after in ((1, 0), (1, 20), (2, 0), (2, 9)):
            with self.subTest(nth=nth, after=after):
                self.survives(at_record(DOWN, HANDSHAKE, nth, faults.half_close(after)))

    def test_cut_in_the_handshake(self):
        self.survives(at_record(DOWN, HANDSHAKE, 2, faults.cut(30)))

    def test_broken_three_times(self):
        self.survives(at_record(DOWN, APPLICATION, 2, faults.cut(3)), times=3)


    def test_end_before_the_client_is_judged(self):
        """A broker that restarts then has not asked for a certificate."""

        def vanish(connection, way, record):
            connection.cut()

        pub = self.survives(at_record(UP, HANDSHAKE, 2, vanish))
        self.assertNotIn(b"certificate", pub.err.data)


class Damage(FaultTest):
    def test_flipped_bit_from_the_broker(self):
        pub = self.survives(at_record(DOWN, APPLICATION, 2, faults.flip))
        self.assertRegex(pub.err.data.decode(), "(?i)warning: .*(changed|damaged|authentic|MAC)")

    def test_flipped_bit_to_the_broker(self):
        self.survives(at_record(UP, APPLICATION, 2, faults.flip))

    def test_garbage_from_the_broker(self):
        self.survives(at_record(DOWN, APPLICATION, 2, faults.garbage))

    def test_broker_in_trouble(self):
        """Its alert 80 is no reason to give up."""

        def internal_error(connection, way, record):
            connection.send(way, bytes.fromhex("15030300020250"))
            connection.cut()

        pub = self.survives(at_record(DOWN, HANDSHAKE, 1, internal_error))
        self.assertIn(b"internal error", pub.err.data)

    def test_flipped_bit_in_the_handshake(self):
        """Of a signature or the Finished: nothing is published, and it is told."""
        for nth in (1, 2, 3):
            with self.subTest(nth=nth):
                self.gives_up(at_record(DOWN, HANDSHAKE, nth, faults.flip))


class Stalls(FaultTest):
    def test_in_the_handshake(self):
        """All at once, since each takes its time."""
        places = [(nth, after) for nth in (1, 2, 3, 4) for after in (0, 3, 20)]
        programs = []
        for nth, after in places:
            fault = at_record(DOWN, HANDSHAKE, nth, faults.stall(after))
            proxy = Proxy(self, self.broker.port, fault)
            options = self.trusting(connect_timeout_ms=1500)
            programs.append(
                self.start("iotkit-pub", "--broker", proxy.uri, "-t", "a", "-n", *options)
            )
        for place, program in zip(places, programs):
            with self.subTest(place):
                self.assert_ended(program, 1)
                self.assert_says(program.err.data.decode(), "TLS handshake", "time")

    def test_broker_stalls_in_a_record(self):
        self.stalls(DOWN)

    def test_broker_stops_reading(self):
        self.stalls(UP)

    def test_broker_that_stops_reading_holds_the_sender_up(self):
        """What waits is in the outbox; nothing else grows."""
        limit = "outbox.max_bytes=1048576"
        proxy = Proxy(self, self.broker.port, at_record(UP, APPLICATION, 2, faults.stall(10)))
        pub = self.start(
            "iotkit-pub", "--broker", proxy.uri, "-t", "big", "-l", "-q", 0, "-W", 2,
            *self.trusting(), "--option", limit,
            stdin=support.subprocess.PIPE,
        )
        line = b"x" * 65536 + b"\n"
        try:
            for _ in range(1000):
                pub.write(line)
        except BrokenPipeError:
            pass
        self.assert_ended(pub, 1)
        if "IOTKIT_SANITIZED" not in os.environ:
            usage = resource.getrusage(resource.RUSAGE_CHILDREN)
            # A child begins as a copy of this process, and that counts as well.
            least = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            self.assertLessEqual(usage.ru_maxrss, max(least, 40 * 1024))

    def test_broker_acknowledges_without_end(self):
        """It takes all the client's time, but not its goodbye."""
        server = servers.acknowledges_without_end(self, self.pki.server)
        self.publish(server.uri, "-W", 1, *self.trusting(), code=1)


class Goodbyes(FaultTest):
    def test_broker_says_close_notify(self):
        broker = TlsBroker.of(self, self.pki, at_most=self.AT_MOST)
        proxy = Proxy(self, broker.port, faults.pass_on)
        sub = self.start(
            "iotkit-sub", "--broker", proxy.uri, "-t", "a", "-C", 1, "-d",
            *self.trusting(reconnect_min_ms=1, reconnect_max_ms=50),
        )
        mark = sub.err.wait_for("(?i)connected").end()
        broker.stop()
        mark = sub.err.wait_for("warning: .*trying again", mark).end()
        self.assertEqual(proxy.connections[0].nth(DOWN, ALERT), 1)
        broker.start()
        broker.log.wait_for("Sending SUBACK to")
        broker.publish("a", "-m", "again")
        self.assert_ended(sub)
        self.assertEqual(sub.out.data, b"again\n")

    def test_renegotiation_is_refused(self):
        server = SServer(self, self.pki.server, "-tls1_2", broker=True)
        gateway = self.start(
            "iotkit-gateway", "--broker", server.uri,
            *self.trusting(reconnect_min_ms=1, reconnect_max_ms=50),
        )
        mark = gateway.err.wait_for(r"\d connected").end()
        server.write(b"R\n")
        server.out.wait_for("SSL_do_handshake")
        # OpenSSL takes the refusal for the end; so the gateway comes again.
        again = gateway.err.wait_for(r"\d connected", mark)
        self.assertIn(b"no renegotiation", server.err.data)
        self.assertNotIn(b"client certificate", gateway.err.data[mark : again.start()])
        self.interrupt(gateway)


class Newest(FaultTest):
    """TLS 1.3, where mbedTLS has it: most of the handshake looks like the traffic. Down
    go its end in 4 records, 2 tickets and CONNACK; up go Finished and CONNECT."""

    AT_MOST = None

    def test_cut(self):
        for way, nth in [(UP, nth) for nth in (1, 2, 3)] + [(DOWN, nth) for nth in range(1, 9)]:
            with self.subTest(way=way, nth=nth):
                self.survives(at_record(way, APPLICATION, nth, faults.cut(7)))

    def test_half_close(self):
        for way, nth in ((UP, 1), (UP, 2), (UP, 3), (DOWN, 1), (DOWN, 4), (DOWN, 6), (DOWN, 8)):
            with self.subTest(way=way, nth=nth):
                self.survives(at_record(way, APPLICATION, nth, faults.half_close(9)))

    def test_flipped_bit(self):
        for way, nth in ((UP, 1), (UP, 2), (UP, 3), (DOWN, 5), (DOWN, 6), (DOWN, 7), (DOWN, 8)):
            with self.subTest(way=way, nth=nth):
                self.survives(at_record(way, APPLICATION, nth, faults.flip))

    def test_flipped_bit_in_the_handshake(self):
        if not self.speaks_1_3():
            self.skipTest("mbedTLS has no TLS 1.3")
        for nth in (1, 2, 3, 4):
            with self.subTest(nth=nth):
                self.gives_up(at_record(DOWN, APPLICATION, nth, faults.flip))

    def test_stall(self):
        for way, nth in ((UP, 3), (DOWN, 8)):
            with self.subTest(way):
                self.stalls(way, nth)


if __name__ == "__main__":
    unittest.main()
