# SPDX-License-Identifier: MIT
"""iotkit-doctor: its command line, the configuration, this machine, the service; and that it
finds nothing to mend, and disturbs nobody, where a gateway works."""

import os
import pathlib
import re
import unittest
import unittest.mock

import doctor
import support

SYSTEMCTL = """#!/bin/sh
# A systemd that has this unit: one cannot be had in a container.
[ "$1" = show ] && [ "$2" = iotkit-gateway.service ] || exit 4
printf 'LoadState={load}\\nActiveState={active}\\nUnitFileState={file}\\nResult={result}\\n'
"""


class Words(doctor.DoctorTest):
    def test_called_wrongly(self):
        for args, says in (
            (["--device", "greenhouse"], "NAME=URI"),
            (["--timeout", "0"], "--timeout"),
            (["--option", "mqtt.keepalife_s=1"], "keepalive_s"),
            (["--no-such-option"], "no-such-option"),
            (["operand"], "operand"),
        ):
            with self.subTest(args):
                result = support.run("iotkit-doctor", *args)
                self.assert_ran(result, 2)
                self.assert_sentence("iotkit-doctor", result.err, re.escape(says))
                self.assertEqual(result.out, b"")

    def test_a_page_for_people(self):
        result = support.run("iotkit-doctor", *self.nowhere())
        self.assert_ran(result, 1)
        text = result.out.decode()
        self.assertRegex(text, r"(?m)^ok       libiotkit +1\.")
        self.assertRegex(text, r"(?m)^problem  TCP 127\.0\.0\.1:\d+ +no connection: ")
        self.assertRegex(text, r"(?m)^         cannot connect to .*nothing listens")
        self.assertRegex(text, r"(?m)^note     login +not examined, because there is no connection")
        self.assertTrue(text.endswith("\n\n1 problem: begin with the first.\n"), text)
        self.assertLess(len(text.splitlines()), 25)

    def test_json(self):
        report = self.examine(*self.nowhere(), code=1)
        self.assertEqual(set(report.all), {"ok", "version", "findings"})
        for finding in report.findings:
            self.assertEqual(
                set(finding), {"id", "subject", "severity", "what", "mend", "details"}
            )
            self.assertIn(finding["severity"], doctor.SEVERITIES)
            self.assertIsInstance(finding["details"], dict)
            if finding["severity"] in ("warning", "problem"):
                self.assertTrue(finding["mend"])

    def test_full_standard_output(self):
        with open("/dev/full", "wb") as full:
            result = support.run("iotkit-doctor", *self.nowhere(), stdout=full)
        self.assert_ran(result, 1)
        self.assertIn("cannot write to standard output", result.err)


class Machine(doctor.DoctorTest):
    def test_versions(self):
        report = self.finds("library.versions", *self.nowhere())
        self.assertRegex(report.get("library.versions")["details"]["dependencies"], r"paho.*SQLite")

    def test_clock_that_is_behind(self):
        with doctor.shim("clock_shim", CLOCK_SHIM_TIME="86400"):
            self.finds("clock.wrong", *self.nowhere(), code=1, says=["1970-01-02", "timedatectl"])

    def test_clock_that_nobody_keeps_right(self):
        with doctor.shim("clock_shim", CLOCK_SHIM_SYNCHRONISED="0"):
            self.finds("clock.not-synchronised", *self.nowhere(), says=["timedatectl"])

    def test_clock_that_is_kept_right(self):
        with doctor.shim("clock_shim", CLOCK_SHIM_SYNCHRONISED="1"):
            self.finds("clock.synchronised", *self.nowhere())


class Configuration(doctor.DoctorTest):
    def test_no_file(self):
        self.finds("config.none", *self.nowhere(), says=["no file"])

    def test_good_file(self):
        broker = support.Broker(self)
        path = self.config(f"broker = {broker.uri}\n[topic]\nbase = home\n")
        report = self.finds("config.good", "-c", path, says=[re.escape(str(path))])
        self.assertIn("home/", report.get("publish.accepted")["what"])

    def test_as_another_user(self):
        broker = support.Broker(self)
        path = self.config(f"broker = {broker.uri}\n")
        self.finds("config.good", "-c", path, nobody=True, code=0)

    def test_errors_are_told_with_their_line(self):
        cases = (
            ("broker = mqtt://localhost\nnonsense\n", ":2:"),
            ("[mqtt]\nkeepalife_s = 3\n", ":2:.*keepalive_s"),
            ("[mqtt]\n\nkeepalive_s = soon\n", ":3:"),
            ("[mqtt]\npassword = geheim\n", "chmod 600"),
            ("[device a]\nbaud = 9600\n", ":2:.*port"),
            ("[device a]\n[device b]\nport = serial:/dev/null\n", ":1:.*'a' has no port"),
            ("[device a]\nport = serial:/a\n[device a]\nport = serial:/b\n", ":4:.*has a port"),
        )
        for text, says in cases:
            with self.subTest(text):
                path = self.config(text)
                report = self.finds("config.bad", "-c", path, code=1,
                                    says=[re.escape(str(path)), says])
                self.assertNotIn("/proc/", report.text)
                self.assertNotIn("geheim", report.text)

    def test_what_stands_on_a_bad_one_is_left_out(self):
        report = self.finds("broker.not-examined", "-c", self.config("nonsense\n"), code=1)
        self.assertIn("outbox.not-examined", report.ids)

    def test_missing(self):
        self.finds("config.bad", "-c", self.folder() / "none.conf", code=1,
                   says=["there is no configuration file .*none.conf: .*'iotkit-broker init DIR'"])

    def test_unreadable(self):
        self.finds("config.bad", "-c", self.config("", mode=0), code=1, nobody=True,
                   says=["may not read", "Permission denied", "as root"])

    def test_paths_are_relative_to_the_file(self):
        path = self.config("broker = mqtts://127.0.0.1:1\n[tls]\nca_file = ca.crt\n"
                           "[outbox]\npath = out/box.db ; where it waits\n")
        report = self.examine("-c", path, code=1)
        self.assertIn(str(path.parent / "out"), report.get("outbox.no-folder")["mend"])

    def test_outbox_is_not_made(self):
        path = "box.db"
        for text in (
            f"[outbox]\npath = {path}\n",
            f"outbox.path: {path} ; a comment\n",
            f"\ufeff[outbox]\n\tpath={path}\n",
            f"broker = mqtt://127.0.0.1:1?outbox.path=/tmp/../{{folder}}/{path}&batch.ms=7\n",
        ):
            with self.subTest(text):
                folder = self.folder()
                config = folder / "gateway.conf"
                config.write_text(text.format(folder=folder))
                report = self.examine("-c", config, "--option", "broker=mqtt://127.0.0.1:1")
                self.assertRegex(report.get("outbox.new")["subject"], rf"{folder}/{path}$")
                self.assertEqual(list(folder.iterdir()), [config])

    @unittest.skipUnless(doctor.can_mount(), "no mount namespaces here")
    def test_the_usual_one_is_examined_unasked(self):
        broker = support.Broker(self)
        script = ("mount -t tmpfs none /etc && mkdir /etc/iotkit && "
                  f"echo 'broker = {broker.uri}' >/etc/iotkit/gateway.conf && exec \"$@\"")
        report = self.finds("config.good", says=["/etc/iotkit/gateway.conf"],
                            before=["unshare", "-m", "sh", "-c", script, "sh"])
        self.assertEqual(report.bad, [])


class Service(doctor.DoctorTest):
    def answer(self, load="loaded", active="active", file="enabled", result="success"):
        return SYSTEMCTL.format(load=load, active=active, file=file, result=result)

    def finds_unit(self, name, script, **keywords):
        folder = self.folder()
        systemctl = folder / "systemctl"
        systemctl.write_text(script)
        systemctl.chmod(0o755)
        with unittest.mock.patch.dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}"):
            return self.finds(name, *self.nowhere(), **keywords)

    def test_runs(self):
        self.finds_unit("service.runs", self.answer())

    def test_not_at_boot(self):
        self.finds_unit("service.not-enabled", self.answer(file="disabled"),
                        says=["systemctl enable"])

    def test_stopped(self):
        self.finds_unit("service.stopped", self.answer(active="inactive"), says=["enable --now"])

    def test_failed(self):
        self.finds_unit("service.failed", self.answer(active="failed", result="exit-code"),
                        says=["exit-code", "journalctl"])

    def test_not_installed(self):
        self.finds_unit("service.not-installed", self.answer(load="not-found", file="",
                                                             active="inactive"))

    def test_no_systemd(self):
        says = "System has not been booted with systemd as init system (PID 1)."
        self.finds_unit("service.no-systemd", f"#!/bin/sh\necho '{says}' >&2\nexit 1\n")


class BesideAGateway(doctor.DoctorTest):
    """A gateway works, and goes on to."""

    def setUp(self):
        self.broker = support.Broker(self)
        self.board = support.Board(self)
        self.board.plug()
        self.path = self.config(
            f"broker = {self.broker.uri}\n[mqtt]\nclient_id = gw\n[outbox]\npath = box.db\n"
            f"[device greenhouse]\nport = serial:{self.board.path}\n"
        )

    def start_gateway(self):
        gateway = self.start("iotkit-gateway", "-c", self.path)
        gateway.err.wait_for("connected to")
        gateway.err.wait_for("device greenhouse online")
        return gateway

    def test_all_is_well(self):
        gateway = self.start_gateway()
        everything = self.broker.observe(self, "#")
        # The gateway's own, retained.
        statuses = {"iotkit/gateway/gw/status", "iotkit/greenhouse/status"}
        seen = {everything.next().topic, everything.next().topic}
        self.assertEqual(seen, statuses)
        mark = self.broker.mark()
        before = len(gateway.err.data)

        report = self.examine("-c", self.path, code=0)
        for name in ("config.good", "login.accepted", "publish.accepted", "commands.come",
                     "outbox.in-use", "outbox.good"):
            self.assertIn(name, report.ids)
        self.assertRegex(" ".join(report.ids), r"board\.(gateway-has-it|held-by-a-gateway-perhaps)")
        self.assertIn("iotkit-gateway", report.get("outbox.in-use")["what"])

        # It published under a name of its own, and nothing stays.
        for message in (everything.next(), everything.next()):
            self.assertRegex(message.topic, r"^iotkit/iotkit-doctor-[0-9a-f]{16}/probe(/set)?$")
            self.assertFalse(message.retain)
        self.broker.publish("end", "-m", "end")
        everything.wait_until("end", b"end")
        later = self.broker.observe(self, "#")
        self.assertEqual({later.next().topic, later.next().topic}, statuses)
        self.broker.publish("end", "-m", "end")
        self.assertEqual(len(later.wait_until("end", b"end")), 1)
        # The gateway has noticed nothing.
        self.assertNotRegex(self.broker.log.data[mark:].decode(), r"\bgw\b.*(disconnected|already)")
        self.assertEqual(gateway.err.data[before:], b"")

    def test_nothing_is_made(self):
        self.examine("-c", self.path, "--listen", "1")
        self.assertEqual([p.name for p in self.path.parent.iterdir()], ["gateway.conf"])

    def test_the_gateways_capture_is_left_alone(self):
        """With a gateway, which has the file, and without one, whose last capture it is."""
        with self.path.open("a") as config:
            config.write("[trace]\npcap = gateway.pcap\n")
        capture = self.path.parent / "gateway.pcap"
        gateway = self.start_gateway()
        self.finds("login.accepted", "-c", self.path, code=0)
        self.interrupt(gateway)
        before = capture.read_bytes()
        self.assertIn(b"iotkit/gateway/gw/status", before)
        self.finds("login.accepted", "-c", self.path, "--listen", "1")
        self.assertEqual(capture.read_bytes(), before)

    def test_a_gateway_of_another_user(self):
        self.start_gateway()
        pathlib.Path(os.path.realpath(self.board.path)).chmod(0o666)
        os.chmod(os.path.dirname(self.board.path), 0o755)
        self.finds("board.held-by-a-gateway-perhaps", *self.nowhere(), "--device",
                   f"greenhouse=serial:{self.board.path}", nobody=True, says=["root"])


if __name__ == "__main__":
    unittest.main()
