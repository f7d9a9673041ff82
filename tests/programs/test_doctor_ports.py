# SPDX-License-Identifier: MIT
"""iotkit-doctor and boards, good and bad, on ptys."""

import binascii
import os
import pathlib
import select
import sys
import termios
import threading
import unittest

import doctor
import support

TEXT = b"temperature:23.5,humidity:40\r\n"
NOISE = bytes(range(0x80, 0xC0)) * 2  # no UTF-8, and no line


def frame(body):
    return f"~{body} ~{binascii.crc32(f'{body} '.encode()):08x}\n".encode()


class Player(threading.Thread):
    """Is the board on a pty: says the same again and again, as long as the test runs."""

    def __init__(self, board, say):
        super().__init__(daemon=True)
        self.board = board
        self.say = say
        self.heard = b""
        self.over = threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(0.02):
            if select.select([self.board.master], [], [], 0)[0]:
                self.heard += os.read(self.board.master, 4096)
            text = self.say(self)
            if select.select([], [self.board.master], [], 0)[1]:
                os.write(self.board.master, text)

    def end(self):
        self.over.set()
        self.join(support.PATIENCE)


class Ports(doctor.DoctorTest):
    def setUp(self):
        self.board = support.Board(self)
        self.board.plug()

    def play(self, say):
        player = Player(self.board, say)
        self.addCleanup(player.end)
        return player

    def finds_board(self, name, *args, uri=None, **keywords):
        uri = uri or f"serial:{self.board.path}"
        return self.finds(name, *self.nowhere(), "--device", f"greenhouse={uri}", *args, **keywords)

    # What boards say.

    def test_plain_board(self):
        self.play(lambda player: TEXT)
        report = self.finds_board("board.plain", says=["(temperature 23.5|humidity 40)"])
        self.assertGreater(report.get("board.plain")["details"]["lines"], 0)

    def kit(self, player):
        """docs/line-protocol.md, as far as a kit needs: hello, and once welcome a reading."""
        if b"~W " not in player.heard:
            return frame("H - 000000aa 1 64 greenhouse porch 1.0 led")
        kit = player.heard.split(b"~W ")[1].split()[1].decode()
        return frame(f"M {kit} 1 1 0 temperature 23.5 Cel")

    def test_board_with_the_library_keeps_its_readings(self):
        player = self.play(self.kit)
        # It listens for as long as there is one that says nothing.
        other = support.Board(self)
        other.plug()
        report = self.finds_board("board.kit", "--device", f"other=serial:{other.path}",
                                  "--listen", "6", says=["firmware porch 1.0, takes .* led"])
        player.end()
        self.assertGreater(report.get("board.kit")["details"]["frames"], 3)
        self.assertIn(b"~W ", player.heard)
        self.assertNotIn(b"~A ", player.heard)

    def test_silent_board(self):
        self.finds_board("board.silent", "--listen", "1", code=1, says=["greenhouse", "1 s", "println"])

    def test_lines_without_measurements(self):
        self.play(lambda player: b"# all is quiet\n")
        self.finds_board("board.no-metrics", "--listen", "5", says=[r"docs/lines\.md"])

    def test_lines_that_are_not_understood(self):
        self.play(lambda player: b'{"temperature": warm}\n')
        self.finds_board("board.no-metrics", "--listen", "5", says=["no metric", "JSON"])

    def test_other_baud_rate(self):
        def say(player):
            rate = termios.tcgetattr(player.board.slave)[5]
            return TEXT if rate == termios.B9600 else NOISE

        self.play(say)
        self.finds_board("board.noise", says=["noise at 115200 baud", "most likely.* 9600 baud"])

    # Ports that cannot be used.

    def test_absent(self):
        self.board.unplug()
        self.finds_board("board.absent", code=1, says=["no such port", "iotkit-ports"])

    def test_held_by_another_program(self):
        script = "import sys; port = open(sys.argv[1], 'rb'); print('open', flush=True); input()"
        holder = support.Process(
            self, sys.executable, "-c", script, self.board.path, stdin=support.subprocess.PIPE
        )
        holder.out.wait_for("open")
        self.finds_board("board.held", says=[f"held by python3.*pid {holder.popen.pid}",
                                             "close its serial monitor"])

    def test_held_by_the_gateway(self):
        gateway = self.start("iotkit-gateway", *self.nowhere(), "--device",
                             f"greenhouse=serial:{self.board.path}")
        gateway.err.wait_for("device greenhouse online")
        # Of a program that keeps secrets only root sees which files it has.
        root = os.geteuid() == 0
        self.finds_board("board.gateway-has-it" if root else "board.held-by-a-gateway-perhaps")

    def test_permission_denied(self):
        port = pathlib.Path(os.path.realpath(self.board.path))
        port.chmod(0o600 if os.geteuid() == 0 else 0)
        os.chmod(os.path.dirname(self.board.path), 0o755)
        self.finds_board("board.denied", nobody=True, says=["permission denied: "])

    def test_no_serial_port(self):
        path = self.folder() / "file"
        path.write_text("")
        self.finds_board("board.unusable", uri=f"serial:{path}", says=["is not a serial port"])

    def test_uri_that_is_none(self):
        self.finds_board("board.bad-uri", uri="serial:/dev/null?baud=fast", says=["baud"])

    def test_uri_in_the_configuration(self):
        """Ports are opened to listen to them, and not because the file is read."""
        broker, uri = self.nowhere()
        config = self.config("[device greenhouse]\nport = serial:/dev/null?baud=fast\n")
        report = self.finds("board.bad-uri", "-c", config, broker, uri, says=["greenhouse", "baud"])
        self.assertIn("config.good", report.ids)

    # The list of ports.

    def fake_ports(self, *boards):
        """A machine with these ports: a folder in place of /sys."""
        root = self.folder()
        (root / "class/tty").mkdir(parents=True)
        for name, vid, pid in boards:
            device = root / f"devices/pci0/usb1/for-{name}"
            (device / f"1-1:1.0/{name}").mkdir(parents=True)
            for attribute, text in (("busnum", "1"), ("devnum", "7"), ("idVendor", vid),
                                    ("idProduct", pid), ("product", "Uno"), ("serial", "77")):
                (device / attribute).write_text(text + "\n")
            (device / f"1-1:1.0/{name}/device").symlink_to("..")
            (root / f"class/tty/{name}").symlink_to(
                f"../../devices/pci0/usb1/for-{name}/1-1:1.0/{name}")
        return doctor.shim("tty_shim", TTY_SHIM_SYSFS=str(root))

    def test_no_ports(self):
        with self.fake_ports():
            report = self.finds("ports.none", *self.nowhere(), says=["cable"])
        self.assertIn("board.none-named", report.ids)

    def test_known_boards_are_listened_to(self):
        with self.fake_ports(("ttyACM7", "2341", "0043")):
            report = self.finds("ports.present", *self.nowhere(), says=["ttyACM7", "Arduino Uno"])
        self.assertEqual(report.get("board.none-named")["severity"], "note")
        # There is no such port to open.
        self.assertIn("ttyACM7", report.get("board.absent")["subject"])

    def test_any_board_and_none_is_there(self):
        with self.fake_ports():
            self.finds_board("board.not-found", "--listen", "1", uri="serial:auto", says=["iotkit-ports"])

    def test_list_that_cannot_be_read(self):
        root = self.folder()
        (root / "class").mkdir()
        (root / "class/tty").write_text("")
        with doctor.shim("tty_shim", TTY_SHIM_SYSFS=str(root)):
            self.finds("ports.unlisted", *self.nowhere(), code=1, says=["/sys/class/tty"])


if __name__ == "__main__":
    unittest.main()
