# SPDX-License-Identifier: MIT
"""iotkit-gateway between a pty, which plays the board, and a real broker."""

import signal
import socket
import unittest

import support

STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)"
STATUS = "iotkit/gateway/gw/status"


class GatewayTest(support.ProgramTest):
    def setUp(self):
        self.broker = support.Broker(self)
        self.board = support.Board(self)
        self.board.plug()

    def gateway(self, *args, board=True):
        if board:
            args += ("--device", f"greenhouse=serial:{self.board.path}")
        return self.start(
            "iotkit-gateway",
            *("--broker", self.broker.uri, "--print"),
            *("--option", "mqtt.client_id=gw", "--option", "reconnect.max_ms=200"),
            *args,
        )

    def say(self, gateway, *lines, start=0):
        """The board speaks once the gateway listens. What comes at once after
        opening may be half a line and is dropped: an empty line goes first."""
        gateway.err.wait_for("device greenhouse online", start)
        self.board.say("")
        for line in lines:
            self.board.say(line)


class Metrics(GatewayTest):
    def test_from_board_to_broker(self):
        observer = self.broker.observe(self, "iotkit/#")
        gateway = self.gateway()
        self.say(gateway, "temperature:23.5C,humidity:40")
        seen = observer.wait_until("iotkit/greenhouse/humidity", b"40")
        self.assertIn(
            ("iotkit/greenhouse/temperature", b"23.5"), [(m.topic, m.payload) for m in seen]
        )
        gateway.out.wait_for(rf"(?m)^{STAMP} greenhouse temperature 23\.5 Cel\n")
        gateway.out.wait_for(rf"(?m)^{STAMP} greenhouse humidity 40\n")

    def test_prints_nothing_unasked(self):
        observer = self.broker.observe(self, "iotkit/#")
        gateway = self.start(
            "iotkit-gateway",
            *("--broker", self.broker.uri, "--device", f"greenhouse=serial:{self.board.path}"),
        )
        self.say(gateway, "a:1")
        observer.wait_until("iotkit/greenhouse/a", b"1")
        self.interrupt(gateway)
        self.assertEqual(gateway.out.data, b"")

    def test_two_boards(self):
        observer = self.broker.observe(self, "iotkit/+/a")
        other = support.Board(self)
        other.plug()
        gateway = self.gateway("--device", f"cellar=serial:{other.path}?baud=9600")
        gateway.err.wait_for("device cellar online")
        self.say(gateway, "a:1")
        other.say("")
        other.say("a:2")
        seen = {(message.topic, message.payload) for message in (observer.next(), observer.next())}
        self.assertEqual(seen, {("iotkit/greenhouse/a", b"1"), ("iotkit/cellar/a", b"2")})

    def test_json_payload_and_base(self):
        observer = self.broker.observe(self, "home/greenhouse/a")
        gateway = self.gateway("--option", "payload=json", "--option", "topic.base=home")
        self.say(gateway, "a:1.5")
        self.assertRegex(observer.next().payload, rb'^\{.*"value":\s*1\.5')
        self.assertEqual(self.broker.retained(self, "home/gateway/gw/status"), b"online")

    def test_comment_of_the_board_is_logged(self):
        gateway = self.gateway()
        self.say(gateway, "# hello from the sketch")
        gateway.err.wait_for(rf"(?m)^{STAMP} device greenhouse: .*hello from the sketch")

    def test_full_standard_output(self):
        with open("/dev/full", "wb") as full:
            gateway = self.start(
                "iotkit-gateway",
                *("--broker", self.broker.uri, "--print"),
                *("--device", f"greenhouse=serial:{self.board.path}"),
                stdout=full,
            )
            self.say(gateway, "a:1")
            self.assert_ended(gateway, 1)
        self.assertIn(b"cannot write to standard output", gateway.err.data)


class Status(GatewayTest):
    def test_online_until_told_to_stop(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                observer = self.broker.observe(self, STATUS, args=["-R"])
                gateway = self.gateway()
                observer.wait_until(STATUS, b"online")
                self.say(gateway)
                self.assertEqual(self.broker.retained(self, STATUS), b"online")
                self.assertEqual(self.broker.retained(self, "iotkit/greenhouse/status"), b"online")
                self.interrupt(gateway, number)
                self.assertEqual(self.broker.retained(self, STATUS), b"offline")
                self.assertEqual(self.broker.retained(self, "iotkit/greenhouse/status"), b"offline")
                observer.process.kill()

    def test_killed(self):
        observer = self.broker.observe(self, STATUS)
        gateway = self.gateway()
        observer.wait_until(STATUS, b"online")
        gateway.signal(signal.SIGKILL)
        observer.wait_until(STATUS, b"offline")
        self.assertEqual(self.broker.retained(self, STATUS), b"offline")

    def test_client_id_that_is_no_topic_level(self):
        topic = "iotkit/gateway/a_b_c/status"
        observer = self.broker.observe(self, topic)
        self.gateway("--option", "mqtt.client_id=a/b+c", board=False)
        observer.wait_until(topic, b"online")

    def test_client_id_that_nobody_chose(self):
        topic = f"iotkit/gateway/iotkit-gateway-{socket.gethostname()}/status"
        observer = self.broker.observe(self, topic)
        self.start("iotkit-gateway", "--broker", self.broker.uri)
        observer.wait_until(topic, b"online")

    def test_board_that_goes_and_comes_back(self):
        topic = "iotkit/greenhouse/status"
        observer = self.broker.observe(self, topic, "iotkit/greenhouse/a")
        gateway = self.gateway()
        self.say(gateway, "a:1")
        observer.wait_until("iotkit/greenhouse/a", b"1")
        self.board.unplug()
        observer.wait_until(topic, b"offline")
        gateway.err.wait_for(rf"(?m)^{STAMP} device greenhouse offline: .*{self.board.path}")
        mark = len(gateway.err.data)
        self.board.plug()
        observer.wait_until(topic, b"online")
        self.say(gateway, "a:2", start=mark)
        observer.wait_until("iotkit/greenhouse/a", b"2")

    def test_board_that_is_not_there_yet(self):
        self.board.unplug()
        observer = self.broker.observe(self, "iotkit/greenhouse/#")
        gateway = self.gateway()
        observer.wait_until("iotkit/greenhouse/status", b"offline")
        self.board.plug()
        self.say(gateway, "a:1")
        observer.wait_until("iotkit/greenhouse/a", b"1")


class BrokerComesAndGoes(GatewayTest):
    def leave_session(self, *topics):
        """Whoever observes keeps a session, so that nothing passes it by while
        the broker starts again."""
        return self.broker.observe(self, *topics, args=["-c"])

    def test_absent_at_start(self):
        observer = self.leave_session("iotkit/#")
        self.broker.stop()
        gateway = self.gateway("--option", "metric.qos=1")
        gateway.err.wait_for(rf"(?m)^{STAMP} no connection: .*refused.*trying again in")
        self.say(gateway, "a:1", "a:2")
        gateway.out.wait_for("greenhouse a 2\n")
        self.broker.start()
        seen = observer.wait_until("iotkit/greenhouse/a", b"2")
        self.assertIn(b"1", [message.payload for message in seen])
        observer.wait_until(STATUS, b"online")

    def test_restarted(self):
        observer = self.leave_session("iotkit/#")
        gateway = self.gateway("--option", "metric.qos=1")
        self.say(gateway, "a:1")
        observer.wait_until("iotkit/greenhouse/a", b"1")
        self.broker.stop()
        gateway.err.wait_for("no connection")
        for value in range(2, 102):
            self.board.say(f"a:{value}")
        gateway.out.wait_for("greenhouse a 101\n")
        self.broker.start()
        seen = observer.wait_until("iotkit/greenhouse/a", b"101")
        values = [m.payload for m in seen if m.topic == "iotkit/greenhouse/a"]
        # The last one before the restart may come again, as QoS 1 allows.
        self.assertEqual(values[-100:], [str(value).encode() for value in range(2, 102)])

    def test_status_when_the_outbox_was_full(self):
        self.broker.stop()
        gateway = self.gateway("--option", "outbox.max_rows=10")
        self.say(gateway, *(f"a:{value}" for value in range(1, 31)))
        gateway.err.wait_for("warning: dropped: the outbox is full")
        self.broker.start()
        observer = self.broker.observe(self, STATUS)
        observer.wait_until(STATUS, b"online")
        self.interrupt(gateway)
        self.assertEqual(self.broker.retained(self, STATUS), b"offline")
        self.assertEqual(gateway.err.data.count(b"warning: dropped: "), 1)
        self.assertRegex(gateway.err.data, rb"warning: dropped \d+ more\n")

    def test_stopped_without_a_broker(self):
        self.broker.stop()
        gateway = self.gateway(board=False)
        gateway.err.wait_for("trying again")
        gateway.signal(signal.SIGTERM)
        self.assert_ended(gateway)


class Configuration(GatewayTest):
    def config(self, text):
        path = self.broker.folder / "gateway.ini"
        path.write_text(text)
        return path

    def test_devices_of_the_file(self):
        observer = self.broker.observe(self, "iotkit/#")
        path = self.config(
            f"broker = {self.broker.uri}\n[mqtt]\nclient_id = from-file\n"
            f"[device greenhouse]\nport = serial:{self.board.path}?baud=9600\n"
        )
        gateway = self.start("iotkit-gateway", "-c", path)
        self.say(gateway, "a:1")
        observer.wait_until("iotkit/greenhouse/a", b"1")
        self.assertEqual(
            self.broker.retained(self, "iotkit/gateway/from-file/status"), b"online"
        )
        self.interrupt(gateway)
        self.assertEqual(self.broker.retained(self, "iotkit/greenhouse/status"), b"offline")

    def test_file_without_device(self):
        path = self.config(f"broker = {self.broker.uri}\n# [device x]\n")
        gateway = self.start("iotkit-gateway", "-c", path)
        gateway.err.wait_for(
            rf"no device is given, .* into {path}, '\[device arduino\]' and 'port = serial:"
        )
        gateway.err.wait_for("connected to")
        self.interrupt(gateway)

    def test_file_with_device_or_one_on_the_command_line(self):
        without = f"broker = {self.broker.uri}\n"
        with_one = without + f"  [device greenhouse]\nport = serial:{self.board.path}\n"
        device = ("--device", f"greenhouse=serial:{self.board.path}")
        for text, args in ((with_one, ()), (without, device)):
            gateway = self.start("iotkit-gateway", "-c", self.config(text), *args)
            gateway.err.wait_for("device greenhouse online")
            self.interrupt(gateway)
            self.assertNotIn(b"no device", gateway.err.data)

    def test_device_without_a_name(self):
        for section in ("[device]", "[device ]"):
            path = self.config(f"{section}\nport = serial:{self.board.path}\n")
            result = support.run("iotkit-gateway", "-c", path)
            self.assert_ran(result, 1)
            self.assert_sentence(
                "iotkit-gateway", result.err, r"a device needs a name: \[device arduino\]"
            )

    def test_command_line_overrides_the_file(self):
        observer = self.broker.observe(self, STATUS)
        path = self.config(
            f"broker = mqtt://127.0.0.1:{support.free_port()}\n[mqtt]\nclient_id = from-file\n"
        )
        self.gateway("-c", path, board=False)
        observer.wait_until(STATUS, b"online")

    def test_file_that_is_wrong(self):
        path = self.config("broker = mqtt://localhost\n[mqtt]\nkeepalive = 5\n")
        result = support.run("iotkit-gateway", "-c", path)
        self.assert_ran(result, 1)
        self.assert_sentence("iotkit-gateway", result.err, "keepalive_s")

    def test_file_that_is_not_there(self):
        result = support.run("iotkit-gateway", "-c", "/no/such.ini")
        self.assert_ran(result, 1)
        self.assert_sentence("iotkit-gateway", result.err, "/no/such.ini")

    def test_start_is_logged_without_the_password(self):
        uri = self.broker.uri.replace("mqtt://", "mqtt://anna:s3cret@")
        gateway = self.start("iotkit-gateway", "--broker", uri)
        gateway.err.wait_for(rf"(?m)^{STAMP} broker: mqtt://127\.0\.0\.1:{self.broker.port}$")
        gateway.err.wait_for("connected to")
        self.interrupt(gateway)
        self.assertNotIn(b"s3cret", gateway.err.data)

    def test_quiet(self):
        observer = self.broker.observe(self, STATUS)
        gateway = self.gateway("-q", board=False)
        observer.wait_until(STATUS, b"online")
        self.interrupt(gateway)
        self.assertEqual(gateway.err.data, b"")


if __name__ == "__main__":
    unittest.main()
