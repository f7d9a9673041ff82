# SPDX-License-Identifier: MIT
"""Lesson 9: each packet is seen, both ways, in words; and tshark reads the same from a file."""

import doctest
import unittest
from xml.etree import ElementTree

import lessons
from lessons import support


def said_by_tshark(path, *fields):
    """A list of values a packet of MQTT, also of those that went together."""
    result = support.run("tshark", "-r", path, "-Y", "mqtt", "-T", "pdml")
    for packet in ElementTree.fromstring(result.out).iterfind(".//proto[@name='mqtt']"):
        shown = {each.get("name"): each.get("show") for each in packet.iter("field")}
        yield [shown.get(field, "") for field in fields]


@lessons.in_both_languages
class Packets:
    number = "09"

    def setUp(self):
        self.broker = support.Broker(self)

    def packets(self, text):
        """In no order, since what is sent and what is received cross on the way."""
        return sorted(line for line in text.splitlines() if line.startswith("  "))

    def test_each_packet_is_printed_as_the_readme_shows(self):
        wanted = self.packets(lessons.blocks("09", "text")[0])
        printed = self.packets(self.run_lesson(self.broker.uri))
        self.assertEqual(len(printed), len(wanted), printed)
        matches = doctest.OutputChecker().check_output
        for expected, line in zip(wanted, printed):
            self.assertTrue(matches(expected, line, doctest.ELLIPSIS), f"{line}: not {expected}")

    def test_tshark_reads_the_same_packets(self):
        capture = self.broker.folder / "seen.pcapng"
        self.run_lesson(f"{self.broker.uri}?trace.pcap={capture}")
        read = list(said_by_tshark(capture, "mqtt.msgtype", "mqtt.dupflag", "mqtt.qos",
                                   "mqtt.retain", "mqtt.msgid", "mqtt.topic"))
        published = [values[1:] for values in read if values[0] == "3"]
        self.assertEqual(published, [
            ["0", "0", "0", "", "lesson/09/a"],
            ["0", "1", "0", "32768", "lesson/09/a"],
            ["0", "2", "0", "32769", "lesson/09/a"],
            ["0", "1", "0", "32770", "lesson/09/b"],
            ["0", "1", "0", "1", "lesson/09/b"],
        ])
        kinds = sorted(int(values[0]) for values in read)
        self.assertEqual(kinds, [1, 2, 3, 3, 3, 3, 3, 4, 4, 4, 5, 6, 7, 8, 9, 14])

    def test_version_3_acknowledges_without_a_reason(self):
        printed = self.run_lesson(f"{self.broker.uri}?mqtt.version=3.1.1")
        for acknowledgement in ("PUBACK (m32768)", "PUBREC (m32769)", "PUBCOMP (m32769)"):
            self.assertIn(f"  received {acknowledgement}\n", printed)
        self.assertIn("  sent DISCONNECT\n", printed)


if __name__ == "__main__":
    unittest.main()
