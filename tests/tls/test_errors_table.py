# SPDX-License-Identifier: MIT
"""docs/tls-errors.md is true: each sentence in it is one that the library makes and a
test asserts, and each that the library makes is in it. The last classes assert those
that no other test does."""

import ast
import pathlib
import re
import socket
import struct
import sys
import unittest

from client import TlsTest, support
from pki import Pki
from servers import CONNACK, Listener, SServer, TlsBroker
from test_peer_errors import can_unshare

TESTS = pathlib.Path(__file__).resolve().parents[1]
LIBRARY = support.SOURCE / "libiotkit"
PAGE = support.SOURCE / "docs/tls-errors.md"

# All that these files say is on the page, ...
TOLD = ("base/lookup.c", "link/*.c", "packet/*.c", "tls/*.c", "tls/x509/certificate_file.c", "tls/x509/key_parse.c", "mqtt/attempt.c")
# ... and some that these say: they are about other files and options, too.
ALSO = ("base/*file.c", "mqtt/run.c")
# What no user sees, or only as a part of another sentence.
UNTOLD = ("mbedTLS cannot be", "was called off", "name a file with its pass phrase")

CALLS = "error_set|error_set_system|reason_set|refuse|tls_warn"
LITERAL = r'"((?:[^"\\]|\\.)*)"|PRI(\w)\w+'
CONVERSION = r"%[-+ #0]*[\d*]*(?:\.[\d*]+)?(?:hh|h|ll|l|z)?[a-zA-Z]"
TEST = re.compile(r"(.*?)START_TEST\((\w+)\)(.*?)END_TEST", re.DOTALL)
WARNING = r"^(\(\?i\))?warning: \.\*"  # which the programs put before
ESCAPES = {r"\"": '"', r"\\": "\\", r"\n": "\n"}
FEW_LETTERS = 8


def unescape(text):
    return re.sub(r"\\.", lambda m: ESCAPES.get(m.group(), m.group()), text)


def formats(*patterns, calls=CALLS):
    """The printf formats in these files, of which something is in plain words."""
    found = []
    for path in sorted(path for pattern in patterns for path in LIBRARY.glob(pattern)):
        call = rf"\b(?:{calls})\s*\([^\";{{]*((?:(?:{LITERAL})\s*)+)"
        for match in re.finditer(call, path.read_text()):
            parts = re.findall(LITERAL, match.group(1))
            text = unescape("".join(literal or kind for literal, kind in parts))
            letters = re.findall("[a-z]", re.sub(CONVERSION, "", text))
            if len(letters) >= FEW_LETTERS:
                found.append(text)
    return found


def makes(text, sentence):
    """Whether this format makes this sentence; the system's reason may follow."""
    literals = (re.escape(part) for part in re.split(CONVERSION, text))
    return re.fullmatch(".*".join(literals) + r"(: [A-Z][\w ]+)?", sentence, re.DOTALL)


def rows():
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0] not in ("what happens", "---"):
            yield cells


def strings(*nodes):
    for each in (each for node in nodes for each in ast.walk(node)):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


def python_words(path):
    """The strings in each test of a file, and in the methods of its class that it calls."""
    for group in ast.walk(ast.parse(path.read_text())):
        if isinstance(group, ast.ClassDef):
            methods = {each.name: each for each in group.body if isinstance(each, ast.FunctionDef)}
            for name, method in methods.items():
                called = {getattr(each, "attr", None) for each in ast.walk(method)}
                if name.startswith("test_"):
                    helpers = (methods[each] for each in called & methods.keys())
                    yield name, list(strings(method, *helpers))


def c_words(path):
    """The same of a suite of Check. What serves one test alone stands before it."""
    text = path.read_text()
    for before, name, body in TEST.findall(text):
        literals = re.findall(r'((?:"(?:[^"\\]|\\.)*"\s*)+)', before + body)
        yield name, [
            re.escape(unescape("".join(re.findall(r'"((?:[^"\\]|\\.)*)"', each))))
            for each in literals
        ]


def tests():
    words = {}
    for path in TESTS.glob("*/test_*"):
        if path.suffix in (".py", ".c"):
            for name, found in (python_words if path.suffix == ".py" else c_words)(path):
                words.setdefault(name, []).extend(found)
    return words


def matches(pattern, sentence):
    pattern = re.sub(WARNING, "", pattern)
    try:
        return len(pattern) > 2 and re.search(pattern, sentence, re.IGNORECASE)
    except re.error:
        return False  # it is none


class Page(unittest.TestCase):
    def test_each_row_is_whole(self):
        for cells in rows():
            with self.subTest(cells[0]):
                self.assertEqual(len(cells), 5)
                self.assertRegex(cells[1], "^`[^`]+`$")
                self.assertRegex(cells[4], r"^(`\w+`|-)$")

    def test_the_library_makes_each_sentence(self):
        known = formats(*TOLD) + formats(*ALSO, calls=f"{CALLS}|snprintf")
        for happens, sentence, *_ in rows():
            with self.subTest(happens):
                sentence = sentence.strip("`")
                self.assertTrue(any(makes(each, sentence) for each in known), sentence)

    def test_each_sentence_of_the_library_is_told(self):
        told = [cells[1].strip("`") for cells in rows()]
        for each in formats(*TOLD):
            if not any(part in each for part in UNTOLD):
                with self.subTest(each):
                    self.assertTrue(any(makes(each, sentence) for sentence in told), each)

    def test_a_test_asserts_each_sentence(self):
        words = tests()
        for happens, sentence, _, _, test in rows():
            if test != "-":
                with self.subTest(happens):
                    asserted = words.get(test.strip("`"), ())
                    found = any(matches(each, sentence.strip("`")) for each in asserted)
                    self.assertTrue(found, f"{test} asserts {asserted}")


def reset(connection):
    """Closes it with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class OtherErrors(TlsTest):
    @classmethod
    def setUpClass(cls):
        cls.pki = Pki(cls)
        cls.broker = TlsBroker.of(cls, cls.pki)

    def refuses(self, server, *words, **options):
        return self.refused(server.uri, *self.trusting(**options), says=words)

    def test_server_name_that_the_certificate_lacks(self):
        self.refuses(
            self.broker, "for 'localhost', not for 'dev': correct tls.server_name",
            tls_server_name="dev",
        )

    def test_server_name_that_the_server_lacks(self):
        other = self.pki.issue("dev")
        server = SServer(
            self, self.pki.server, "-servername", "dev", "-servername_fatal",
            "-cert2", other.cert, "-key2", other.key,
        )
        self.refuses(server, "does not know the name 'localhost'", "set tls.server_name")

    def test_unknown_application_protocol(self):
        server = SServer(self, self.pki.server, "-alpn", "http/1.1")
        self.refuses(server, "none of the protocols in tls.alpn 'mqtt'", tls_alpn="mqtt")

    def test_many_application_protocols(self):
        self.refuses(self.broker, "tls.alpn has more than 8", tls_alpn="a,b,c,d,e,f,g,h,i")

    def test_connack_in_place_of_tls(self):
        def answer(connection):
            connection.recv(4096)
            connection.sendall(CONNACK)

        self.refuses(Listener(self, answer), "speaks plain MQTT on this port, not TLS", "8883")

    def ends_the_handshake(self, end):
        """After the first bytes of a ServerHello."""

        def answer(connection):
            connection.recv(4096)
            connection.sendall(bytes.fromhex("1603030040 0200003c 0303"))
            connection.settimeout(support.PATIENCE)
            end(connection)

        return Listener(self, answer)

    def test_closed_in_the_handshake(self):
        server = self.ends_the_handshake(lambda connection: connection.close())
        self.refuses(server, "closed the connection in the middle of the TLS handshake", "its log")

    def test_reset_in_the_handshake(self):
        self.refuses(self.ends_the_handshake(reset), "lost in the TLS handshake", "reset by peer")

    def test_key_log_that_others_can_read(self):
        path = self.pki.write("open.log", "", mode=0o644)
        self.refuses(self.broker, "read the key log", "run 'chmod 600", str(path), keylog_file=path)

    def test_key_log_that_cannot_be_written(self):
        self.refuses(self.broker, "cannot write the key log", keylog_file="/no/such/keys.log")


# Runs a program beside a socket that takes what comes, and answers nothing.
BESIDE = """
import socket, subprocess, sys
kind, host, port = sys.argv[1:4]
server = socket.socket(type=getattr(socket, kind))
server.bind((host, int(port)))
if kind == "SOCK_STREAM":
    server.listen()
sys.exit(subprocess.run(sys.argv[4:]).returncode)
"""


@unittest.skipUnless(can_unshare(), "no network namespaces here")
class OwnNetwork(TlsTest):
    @classmethod
    def setUpClass(cls):
        cls.pki = Pki(cls)

    def publish_beside(self, socket, prepare, uri, **options):
        """What iotkit-pub says in a network of its own, which has a loopback only."""
        program = support.command(
            "iotkit-pub", "--broker", uri, "-t", "a", "-n",
            *self.options(connect_timeout_ms=1000, **options),
        )
        result = support.run(
            "unshare", "-rnm", "sh", "-c", f'ip link set lo up && {prepare} && exec "$@"', "sh",
            sys.executable, "-c", BESIDE, *socket, *program,
        )
        self.assert_ran(result, 1)
        return result.err

    def look_up(self, port, *words):
        config = self.pki.write("resolv.conf", "nameserver 127.0.0.1\n", mode=0o644)
        text = self.publish_beside(
            ("SOCK_DGRAM", "127.0.0.1", port), f"mount --bind {config} /etc/resolv.conf",
            "mqtts://broker.example", tls_ca_file=self.pki.ca.cert,
        )
        self.assert_says(text, *words)

    def test_no_name_server(self):
        self.look_up(54, "'broker.example' cannot be looked up", "no name server answered")

    def test_time_out_of_the_name(self):
        self.look_up(53, "looking up the host name 'broker.example' took too long")

    def test_password_in_the_clear(self):
        """To an address that is not 127.0.0.1, and the only warning of it."""
        text = self.publish_beside(
            ("SOCK_STREAM", "192.0.2.1", 1883), "ip address add 192.0.2.1 dev lo",
            "mqtt://anna@192.0.2.1", mqtt_password_file=self.pki.write("password", "s3cret\n"),
        )
        self.assertEqual(len(re.findall("192.0.2.1:1883 unencrypted, for anybody", text)), 1, text)
        self.assertNotIn("s3cret", text)


if __name__ == "__main__":
    unittest.main()
