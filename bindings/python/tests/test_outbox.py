# SPDX-License-Identifier: MIT
"""The durable outbox from Python: an interpreter that is killed loses nothing, and nothing comes
twice at QoS 2."""

import signal
import unittest

from common import PATIENCE, Broker, PythonTest, iotkit, start

# Says each number once it is accepted; the next process goes on where this one ended.
PUBLISHER = """
import iotkit, sys
uri, path, first = sys.argv[1], sys.argv[2], int(sys.argv[3])
client = iotkit.Client(uri, outbox_path=path, mqtt_session_expiry_s=600)
client.connect(0)
for number in range(first, first + 100000):
    client.publish("numbers", number, qos=2)
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""
ROUNDS = 4


class Killed(PythonTest):
    def kill_after(self, process, count):
        """Kills it after so many more lines; the last number that it accepted."""
        process.out.wait_for(rb"(?:\d+\n){%d}" % count)
        process.signal(signal.SIGKILL)
        process.popen.wait(PATIENCE)
        process.out.join(PATIENCE)
        return int(process.out.data.decode().rpartition("\n")[0].rpartition("\n")[2])

    def test_the_next_process_delivers_all_that_was_accepted_exactly_once(self):
        broker = Broker(self)
        path = self.folder() / "outbox"
        observer = broker.observe(self, "numbers", "end")
        spoken, first = [], 0
        for round_number in range(ROUNDS):
            process = start(self, PUBLISHER, broker.uri, str(path), str(first))
            last = self.kill_after(process, 5 + 40 * round_number)
            spoken += range(first, last + 1)
            # One more may have been accepted, and not said any more.
            first = last + 2
        with iotkit.connect(broker.uri, outbox_path=path, timeout=PATIENCE,
                            mqtt_session_expiry_s=600) as client:
            client.flush(PATIENCE)
        self.assertEqual(iotkit.outbox_summary(path).rows, 0)
        broker.publish("end", "-m", "x", "-q", "2")
        came = [m.payload for m in observer.wait_until("end", b"x")[:-1]]
        self.assertEqual(len(came), len(set(came)), "some came twice")
        self.assertEqual(sorted(set(spoken) - set(map(int, came))), [], "some were lost")
        self.assertLessEqual(len(came), len(spoken) + ROUNDS)


class Looking(PythonTest):
    def setUp(self):
        self.path = self.folder() / "outbox"
        with iotkit.Client(outbox_path=self.path) as client:
            client.publish("a", b"\0\1", qos=1, retain=True)
            client.publish("b", qos=2)
            client.publish("c", "x")

    def test_what_waits_can_be_seen(self):
        rows = list(iotkit.outbox_rows(self.path))
        self.assertEqual([(r.id, r.topic, r.payload, r.qos, r.retain) for r in rows],
                         [(1, "a", b"\0\1", 1, True), (2, "b", b"", 2, False), (3, "c", b"x", 0, False)])
        self.assertEqual([row.id for row in iotkit.outbox_rows(self.path, after_id=1)], [2, 3])
        summary = iotkit.outbox_summary(self.path)
        self.assertEqual((summary.rows, summary.first_id, summary.last_id, summary.in_use),
                         (3, 1, 3, False))
        self.assertEqual(summary.oldest_ms, rows[0].time_ms)

    def test_a_walk_may_be_left_early(self):
        for row in iotkit.outbox_rows(self.path):
            break
        self.assertEqual(row.topic, "a")
        self.assertEqual(iotkit.purge_outbox(self.path), 3)

    def test_what_waits_can_be_deleted_but_not_in_use(self):
        rows = list(iotkit.outbox_rows(self.path))
        self.assertEqual(iotkit.purge_outbox(self.path, before=rows[0].time_ms / 1000 - 1), 0)
        with iotkit.Client(outbox_path=self.path):
            self.assertTrue(iotkit.outbox_summary(self.path).in_use)
            with self.assertRaises(iotkit.BusyError):
                iotkit.purge_outbox(self.path)
            with self.assertRaises(iotkit.BusyError):
                iotkit.Client(outbox_path=self.path)
        self.assertEqual(iotkit.purge_outbox(self.path), 3)
        self.assertEqual(list(iotkit.outbox_rows(self.path)), [])


if __name__ == "__main__":
    unittest.main()
