# SPDX-License-Identifier: MIT
"""--help, --version, usage errors and man pages of all programs."""

import json
import re
import shlex
import unittest

import support
from support import run

PROGRAMS = ("iotkit-certs", "iotkit-doctor", "iotkit-gateway", "iotkit-outbox", "iotkit-ports", "iotkit-pub",
            "iotkit-sub")


def options_of_help(program):
    """The options --help lists, as `-p, --port PORT`."""
    lines = run(program, "--help").out.decode().splitlines()
    heads = (re.match(r"  (?:    )?((?:-\w, )?--[\w-]+(?:\[=\S+\]| \S+)?)(?:  |$)", line)
             for line in lines)
    return [match.group(1) for match in heads if match]


def options_of_man(program):
    """The options the man page has a paragraph for, in the same form."""
    page = (support.SOURCE / "docs" / "man" / f"{program}.1").read_text()
    heads = []
    for macro, text in re.findall(r"^\.TP\n\.(\w+) (\\-.*)$", page, re.MULTILINE):
        words = shlex.split(re.sub(r"\\f\w", "", text))
        heads.append((" " if len(macro) == 1 else "").join(words))
    return heads


class CommandLine(support.ProgramTest):
    def test_help(self):
        for program in PROGRAMS:
            with self.subTest(program):
                result = run(program, "--help")
                self.assert_ran(result)
                self.assertTrue(result.out.startswith(f"Usage: {program} ".encode()))
                self.assertEqual(result.err, "")

    def test_version(self):
        for program in PROGRAMS:
            with self.subTest(program):
                result = run(program, "--version")
                self.assert_ran(result)
                self.assertRegex(result.out.decode(), rf"^{program} \(libiotkit\) \d+\.\d+\.\d+\n$")

    def test_help_and_man_page_have_the_same_options(self):
        for program in (*PROGRAMS, "iotkit-broker"):
            with self.subTest(program):
                options = options_of_help(program)
                self.assertIn("--help", options)
                self.assertEqual(sorted(options), sorted(options_of_man(program)))

    def test_man_pages_are_clean(self):
        for page in sorted((support.SOURCE / "docs" / "man").iterdir()):
            with self.subTest(page.name):
                result = run("groff", "-man", "-Tutf8", "-ww", "-z", page)
                self.assert_ran(result)
                self.assertEqual(result.err, "")

    def test_help_fits_a_terminal(self):
        for program in PROGRAMS:
            for line in run(program, "--help").out.decode().splitlines():
                with self.subTest(program, line=line):
                    self.assertLess(len(line), 90)

    def test_full_disk(self):
        for program in PROGRAMS:
            with self.subTest(program), open("/dev/full", "wb") as full:
                result = run(program, "--help", stdout=full)
                self.assert_ran(result, 1)
                self.assert_sentence(program, result.err, "cannot write to standard output")

    def assert_usage_error(self, program, args, pattern):
        with self.subTest(program, args=args):
            result = run(program, *args)
            self.assert_ran(result, 2)
            self.assertEqual(result.out, b"")
            self.assert_sentence(program, result.err, pattern)
            self.assertIn(f"Try '{program} --help'", result.err)

    def test_usage_errors_of_all(self):
        for program in PROGRAMS:
            self.assert_usage_error(program, ["--nonsense"], "unrecognized option '--nonsense'")
            self.assert_usage_error(program, ["-Z"], "invalid option -- 'Z'")
            self.assert_usage_error(program, ["--help=yes"], "doesn't allow an argument")
            if program not in ("iotkit-outbox", "iotkit-ports"):
                self.assert_usage_error(program, ["--option"], "requires an argument")

    def test_unexpected_arguments(self):
        self.assert_usage_error("iotkit-gateway", ["x"], "unexpected argument 'x'")
        self.assert_usage_error("iotkit-ports", ["x"], "unexpected argument 'x'")
        self.assert_usage_error("iotkit-pub", ["-t", "a", "-m", "b", "x"], "unexpected")
        self.assert_usage_error("iotkit-sub", ["-t", "a", "x"], "unexpected argument 'x'")

    def test_usage_errors_of_certs(self):
        for args, pattern in (
            ([], "a command is needed"),
            (["sign"], "no command 'sign'"),
            (["ca", "x"], "'ca' takes no name"),
            (["ca", "--name", "x", "--ip", "1.2.3.4"], "'ca' does not take --ip"),
            (["ca", "--days", "0"], "the number of days must be .* not '0'"),
            (["ca", "--key", "dsa"], "the key must be ec, rsa2048 or rsa4096, not 'dsa'"),
            (["server"], "'server' takes the host names"),
            (["client"], "'client' takes one name"),
            (["client", "a", "b"], "'client' takes one name"),
            (["client", "a", "--ip", "1.2.3.4"], "'client' does not take --ip"),
            (["inspect"], "'inspect' takes files"),
            (["inspect", "a", "--renew"], "'inspect' does not take --renew"),
            (["check"], "'check' takes one broker"),
            (["check", "x", "-o", "payload"], "NAME=VALUE"),
            (["check", "x", "-o", "tls.verfy=none"], "tls.verify"),
            (["check", "http://x"], "mqtt"),
        ):
            self.assert_usage_error("iotkit-certs", args, pattern)

    def test_usage_errors_of_pub(self):
        for args, pattern in (
            ([], "a topic is needed"),
            (["-t", "a"], "a message is needed"),
            (["-t", "a", "-m", "b", "-n"], "only one of"),
            (["-t", "a", "-n", "-q", "3"], "the QoS must be .* from 0 to 2, not '3'"),
            (["-t", "a", "-n", "-W", "0"], "the timeout must be"),
        ):
            self.assert_usage_error("iotkit-pub", args, pattern)

    def test_usage_errors_of_sub(self):
        for args, pattern in (
            ([], "a topic is needed"),
            (["-t", "a", "-C", "0"], "the count must be"),
            (["-t", "a", "-W", "soon"], "the timeout must be .* not 'soon'"),
        ):
            self.assert_usage_error("iotkit-sub", args, pattern)

    def test_usage_errors_of_the_session(self):
        for program, needed in (("iotkit-pub", ["-t", "a", "-n"]), ("iotkit-sub", ["-t", "a"])):
            for args, pattern in (
                (["-p", "70000"], "the port must be .* from 1 to 65535"),
                (["-p", "http"], "the port must be"),
                (["-h", "mqtt://x"], "is no host name"),
                (["-h", "x", "--broker", "mqtt://x"], "without -h and -p"),
                (["--broker", "http://x"], "begins with .mqtts://"),
                (["-V", "31"], "MQTT 3.1 is not supported"),
                (["-V", "4"], "no MQTT version '4'"),
                (["-c"], "-c needs a client id"),
                (["--will-retain"], "--will-topic"),
                (["--will-topic", "a", "--will-qos", "3"], "--will-qos must be"),
                (["--will-topic", "a/#"], "a/#"),
                (["--option", "payload"], "NAME=VALUE"),
                (["-k", "often"], "often"),
            ):
                self.assert_usage_error(program, needed + args, pattern)

    def test_misspelt_option_suggests_the_nearest(self):
        wrong = ["--option", "mqtt.keepalive=5"]
        self.assert_usage_error("iotkit-gateway", wrong, "mqtt.keepalive_s")
        self.assert_usage_error("iotkit-sub", ["-t", "a", *wrong], "mqtt.keepalive_s")
        self.assert_usage_error("iotkit-pub", ["-t", "a", "-n", *wrong], "mqtt.keepalive_s")

    def test_wrong_value_of_an_option(self):
        self.assert_usage_error("iotkit-gateway", ["--option", "payload=xml"], "xml")

    def test_usage_errors_of_gateway(self):
        for args, pattern in (
            (["--device", "x"], "NAME=URI"),
            (["--device", "x=/dev/null"], "/dev/null"),
            (["--device", "x=serial:/dev/null?baud=1"], "baud"),
            (["--list-options=xml"], "text, markdown or man, not 'xml'"),
        ):
            self.assert_usage_error("iotkit-gateway", args, pattern)


class OptionList(support.ProgramTest):
    def test_text(self):
        result = run("iotkit-gateway", "--list-options")
        self.assert_ran(result)
        for name in ("mqtt.client_id", "reconnect.max_ms", "payload", "batch.ms"):
            self.assertRegex(result.out.decode(), rf"(?m)^{re.escape(name)}=")


class Ports(support.ProgramTest):
    def test_table(self):
        result = run("iotkit-ports")
        self.assert_ran(result)
        if result.out == b"":
            self.assertEqual(result.err, "iotkit-ports: no serial ports found\n")
        else:
            self.assertTrue(result.out.startswith(b"PORT "))

    def test_json(self):
        result = run("iotkit-ports", "--json")
        self.assert_ran(result)
        for port in json.loads(result.out):
            self.assertEqual(
                set(port),
                {"path", "usb_vid", "usb_pid", "serial_number", "description", "board",
                 "usb_path", "uri"},
            )


if __name__ == "__main__":
    unittest.main()
