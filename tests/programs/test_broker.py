# SPDX-License-Identifier: MIT
"""iotkit-broker: what it writes is run by a real mosquitto, and used by a real gateway."""

import os
import pathlib
import pwd
import random
import re
import shlex
import shutil
import signal
import socket
import ssl
import stat
import subprocess
import tempfile
import unittest
from unittest import mock

import support
from support import run

SECRET_FILES = ("ca.key", "server.key", "passwords", "gateway.password", "viewer.password")
NO_ENTRY = "Connection error: Not authori[sz]ed"
REFUSED = "Publish 1 failed: Not authori[sz]ed"


def passwords_of(text):
    """User to password, as they were printed."""
    return dict(re.findall(r"(?m)^  (\S+) +([0-9a-f]{32}) ", text))


def commands_of(text):
    """The commands that were printed to be pasted."""
    return [shlex.split(line) for line in re.findall(r"(?m)^  ((?:\S*mosquitto|iotkit).*)$", text)]


def lasting_port():
    """Free, and below those that the system lends to outgoing connections: it is written
    down well before mosquitto takes it."""
    for _ in range(100):
        port = random.randint(20000, 29999)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass
    raise AssertionError("no port is free")


class SetUp:
    """A folder that `iotkit-broker init` has made, and the mosquitto that runs on it."""

    def __init__(self, test, *options, name="broker", parent=None):
        self.test = test
        if parent is None:
            parent = tempfile.mkdtemp(prefix="iotkit-broker-")
            add_cleanup(test, shutil.rmtree, parent)
        self.parent = pathlib.Path(parent)
        self.folder = self.parent / name
        self.port = lasting_port()
        self.popen = None
        result = run("iotkit-broker", "init", self.folder, "--port", self.port, *options)
        if result.code != 0:
            raise AssertionError(f"iotkit-broker init: {result.out!r} {result.err}")
        self.printed = result.out.decode()
        self.passwords = passwords_of(self.printed)
        with open(self.folder / "mosquitto.conf", "a") as config:
            config.write("log_type all\n")

    def start(self):
        """Starts it with the very command that was printed."""
        self.popen = subprocess.Popen(
            commands_of(self.printed)[0], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        add_cleanup(self.test, self.stop)
        self.log = support.Output(self.popen.stderr)
        self.log.wait_for(r"mosquitto version \S+ running")
        # Its main loop must run too: before, a signal would be forgotten.
        with socket.create_connection(("127.0.0.1", self.port), support.PATIENCE):
            self.log.wait_for("New connection")
        return self

    def stop(self):
        if self.popen.poll() is None:
            self.popen.terminate()
            self.popen.wait(support.PATIENCE)

    def reload(self, printed):
        """Does what was printed to make the broker read its files again."""
        mark = len(self.log.data)
        subprocess.run(["bash", "-c", re.search(r"kill -HUP .*", printed).group()], check=True)
        self.log.wait_for("Reloading config", mark)

    def login(self, user, password=None):
        """Flags for mosquitto_pub and mosquitto_sub."""
        return [
            *("-h", "127.0.0.1", "-p", self.port, "--cafile", self.folder / "ca.crt", "-V", "5"),
            *("-u", user, "-P", password or self.passwords[user]),
        ]

    def publish(self, login, topic):
        """What mosquitto_pub complains of."""
        return run("mosquitto_pub", *login, "-t", topic, "-m", "1", "-q", "1").err

    def subscribe(self, test, user, *topics):
        """A subscriber whose subscriptions are in force."""
        filters = [part for topic in topics for part in ("-t", topic)]
        mark = len(self.log.data)
        process = support.Process(
            test, "mosquitto_sub", *self.login(user), "-i", f"look-{mark}", "-F", "> %t %p", *filters
        )
        self.log.wait_for(f"Sending SUBACK to look-{mark}", mark)
        return process

    def certificate(self, port=None):
        """What the broker presents, once it is verified for localhost."""
        context = ssl.create_default_context(cafile=self.folder / "ca.crt")
        with socket.create_connection(("127.0.0.1", port or self.port), support.PATIENCE) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as secured:
                return secured.getpeercert()


def add_cleanup(owner, *what):
    (owner.addClassCleanup if isinstance(owner, type) else owner.addCleanup)(*what)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


class Pipeline(support.ProgramTest):
    def test_the_printed_commands_make_a_verified_authenticated_pipeline(self):
        broker = SetUp(self, name="my broker").start()
        _, gateway, look = commands_of(broker.printed)
        board = support.Board(self)
        board.plug()
        viewer = self.start(*look, "-d")
        viewer.err.wait_for("connected")
        gateway = self.start(*gateway, "--device", f"greenhouse=serial:{board.path}")
        gateway.err.wait_for("device greenhouse online")
        board.say("")
        board.say("temperature:23.5C")
        viewer.out.wait_for(r"(?m)^iotkit/gateway/greenhouse/temperature 23\.5$")
        viewer.out.wait_for(r"(?m)^iotkit/gateway/gateway/gateway/status online$")
        self.interrupt(gateway)
        viewer.out.wait_for(r"(?m)^iotkit/gateway/gateway/gateway/status offline$")

    def test_the_log_has_times_people_can_read(self):
        broker = SetUp(self).start()
        self.assertRegex(broker.log.data.decode(), r"(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d: mosq")

    def test_only_the_port_asked_for_is_opened(self):
        broker = SetUp(self, "--listen", "127.0.0.1").start()
        opened = re.findall(r"Opening (\S+) listen socket on port (\d+)", broker.log.data.decode())
        self.assertEqual(opened, [("ipv4", str(broker.port))])

    def test_messages_outlive_a_restart(self):
        broker = SetUp(self).start()
        login = broker.login("gateway")
        run("mosquitto_pub", *login, "-t", "iotkit/gateway/a/b", "-m", "kept", "-r", "-q", "1")
        broker.stop()
        broker.start()
        read = run("mosquitto_sub", *broker.login("viewer"), "-t", "iotkit/#", "-C", 1, "-W", 20)
        self.assertEqual(read.out, b"kept\n")


class Access(support.ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.broker = SetUp(cls, "--user", "a", "--user", "b")
        added = run("iotkit-broker", "add-user", cls.broker.folder, "op", "--role", "operator")
        cls.broker.passwords.update(passwords_of(added.out.decode()))
        cls.broker.start()

    def refused(self, user, topic):
        viewer = self.broker.subscribe(self, "viewer", "iotkit/#")
        refusal = self.broker.publish(self.broker.login(user), topic)
        self.assertRegex(refusal, REFUSED)
        mark = self.broker.publish(self.broker.login("a"), "iotkit/a/mark/done")
        self.assertEqual(mark, "")
        viewer.out.wait_for("> iotkit/a/mark/done 1")
        self.assertEqual(viewer.out.data.count(b"> "), 1, viewer.out.data)

    def test_nobody_without_a_name(self):
        login = self.broker.login("a")[:-4]
        self.assertRegex(self.broker.publish(login, "iotkit/a/b/c"), NO_ENTRY)

    def test_nobody_with_a_wrong_password(self):
        login = self.broker.login("a", "x" * 32)
        self.assertRegex(self.broker.publish(login, "iotkit/a/b/c"), NO_ENTRY)

    def test_nobody_without_tls(self):
        login = ["-h", "127.0.0.1", "-p", self.broker.port, "-u", "a", "-P", "x"]
        self.assertNotEqual(self.broker.publish(login, "iotkit/a/b/c"), "")

    def test_no_old_tls(self):
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{self.broker.port}", "-tls1_1"]
            + ["-cipher", "ALL:@SECLEVEL=0"],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=support.PATIENCE,
        )
        self.assertIn(b"alert protocol version", done.stderr)

    def test_the_certificate_is_for_this_host(self):
        names = {name for _, name in self.broker.certificate()["subjectAltName"]}
        self.assertLessEqual({socket.gethostname(), "localhost", "127.0.0.1"}, names)

    def test_gateway_publishes_below_its_base_only(self):
        viewer = self.broker.subscribe(self, "viewer", "iotkit/#")
        for topic in ("iotkit/a/greenhouse/temperature", "iotkit/a/gateway/a/status"):
            self.assertEqual(self.broker.publish(self.broker.login("a"), topic), "")
            viewer.out.wait_for(f"> {topic} 1")
        for topic in ("iotkit/b/greenhouse/temperature", "iotkit/ab/c/d", "other", "iotkit/c"):
            with self.subTest(topic):
                self.refused("a", topic)

    def test_gateway_reads_its_own_commands_only(self):
        gateway = self.broker.subscribe(self, "a", "#")
        self.broker.publish(self.broker.login("b"), "iotkit/b/greenhouse/temperature")
        self.broker.publish(self.broker.login("op"), "iotkit/b/greenhouse/led/set")
        self.broker.publish(self.broker.login("op"), "iotkit/a/greenhouse/led/set")
        gateway.out.wait_for("> iotkit/a/greenhouse/led/set 1")
        self.assertEqual(gateway.out.data.count(b"> "), 1, gateway.out.data)

    def test_viewer_only_looks(self):
        for topic in ("iotkit/a/greenhouse/led/set", "iotkit/viewer/x/y"):
            with self.subTest(topic):
                self.refused("viewer", topic)

    def test_operator_sends_commands_only(self):
        for topic in ("iotkit/a/greenhouse/led", "iotkit/a/greenhouse/status"):
            with self.subTest(topic):
                self.refused("op", topic)

    def test_program_of_ours_is_told_why(self):
        wrong = self.broker.parent / "wrong"
        wrong.write_text("not the password\n")
        wrong.chmod(0o600)
        result = run(
            "iotkit-pub",
            *("--broker", f"mqtts://a@localhost:{self.broker.port}", "-t", "iotkit/a/b/c", "-n"),
            *("--option", f"tls.ca_file={self.broker.folder}/ca.crt"),
            *("--option", f"mqtt.password_file={wrong}"),
        )
        self.assert_ran(result, 1)
        self.assert_sentence("iotkit-pub", result.err, "user name|password")


class WebSockets(support.ProgramTest):
    def test_they_speak_tls_too(self):
        port = lasting_port()
        broker = SetUp(self, "--websockets", port).start()
        context = ssl.create_default_context(cafile=broker.folder / "ca.crt")
        with socket.create_connection(("127.0.0.1", port), support.PATIENCE) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as secured:
                secured.sendall(
                    b"GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                    b"Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"
                )
                self.assertIn(b" 101 ", secured.recv(4096))


class Change(support.ProgramTest):
    def test_added_user_may_come_in_once_the_broker_is_told(self):
        broker = SetUp(self).start()
        viewer = broker.subscribe(self, "viewer", "iotkit/#")
        added = run("iotkit-broker", "add-user", broker.folder, "cellar").out.decode()
        password = passwords_of(added)["cellar"]
        login = broker.login("cellar", password)
        self.assertRegex(broker.publish(login, "iotkit/cellar/a/b"), NO_ENTRY)
        broker.reload(added)
        self.assertEqual(broker.publish(login, "iotkit/cellar/a/b"), "")
        # And who was there already has stayed.
        viewer.out.wait_for("> iotkit/cellar/a/b 1")

    def test_gateway_starts_with_the_file_of_an_added_user(self):
        broker = SetUp(self)
        run("iotkit-broker", "add-user", broker.folder, "cellar")
        broker.start()
        viewer = broker.subscribe(self, "viewer", "iotkit/#")
        self.start("iotkit-gateway", "-c", broker.folder / "cellar.conf")
        viewer.out.wait_for("> iotkit/cellar/gateway/cellar/status online")

    def test_renewed_certificate_is_presented_once_the_broker_is_told(self):
        broker = SetUp(self, "--name", "broker.example").start()
        key = (broker.folder / "server.key").read_bytes()
        before = broker.certificate()
        renewed = run("iotkit-broker", "renew", broker.folder)
        self.assert_ran(renewed)
        broker.reload(renewed.out.decode())
        after = broker.certificate()
        self.assertNotEqual(before["serialNumber"], after["serialNumber"])
        self.assertEqual(before["subjectAltName"], after["subjectAltName"])
        self.assertEqual((broker.folder / "server.key").read_bytes(), key)

    def test_renewed_certificate_can_be_for_another_name_besides(self):
        broker = SetUp(self, "--name", "old.example", "--ip", "192.0.2.76")
        more = ("--name", "new.example", "--ip", "192.0.2.77")
        renewed = run("iotkit-broker", "renew", broker.folder, *more)
        self.assert_ran(renewed)
        names = {name for _, name in broker.start().certificate()["subjectAltName"]}
        added = {"new.example", "192.0.2.77"}
        self.assertLessEqual(added | {"old.example", "192.0.2.76", "localhost"}, names)
        self.assertIn("new.example", renewed.out.decode())

    def test_new_password_takes_the_place_of_the_old_one(self):
        broker = SetUp(self, "--user", "a", "--user", "ab").start()
        changed = run("iotkit-broker", "passwd", broker.folder, "a").out.decode()
        password = passwords_of(changed)["a"]
        self.assertEqual((broker.folder / "a.password").read_text(), password + "\n")
        broker.reload(changed)
        self.assertEqual(broker.publish(broker.login("a", password), "iotkit/a/b/c"), "")
        self.assertRegex(broker.publish(broker.login("a"), "iotkit/a/b/c"), NO_ENTRY)
        self.assertEqual(broker.publish(broker.login("ab"), "iotkit/ab/b/c"), "")

    def test_deleted_user_is_gone_and_may_come_again(self):
        broker = SetUp(self, "--user", "a", "--user", "ab").start()
        deleted = run("iotkit-broker", "del-user", broker.folder, "a")
        self.assert_ran(deleted)
        broker.reload(deleted.out.decode())
        self.assertRegex(broker.publish(broker.login("a"), "iotkit/a/b/c"), NO_ENTRY)
        self.assertEqual(broker.publish(broker.login("ab"), "iotkit/ab/b/c"), "")
        self.assertRegex(broker.publish(broker.login("ab"), "iotkit/a/b/c"), REFUSED)
        self.assertFalse((broker.folder / "a.conf").exists())
        self.assertNotIn("iotkit/a/", (broker.folder / "acl").read_text())
        self.assert_ran(run("iotkit-broker", "add-user", broker.folder, "a"))

    def test_rights_of_others_stay_however_the_file_was_edited(self):
        broker = SetUp(self, "--user", "a", "--user", "b")
        acl = broker.folder / "acl"
        before = acl.read_text()
        acl.write_text(
            before.replace("user b\n", "user b\n\ntopic write secret\npattern read $SYS/%c\n")
        )
        self.assert_ran(run("iotkit-broker", "del-user", broker.folder, "b"))
        after = acl.read_text()
        self.assertNotIn("secret", after)
        self.assertNotIn("iotkit/b/", after)
        self.assertIn("user a\ntopic write iotkit/a/#\ntopic read iotkit/a/+/+/set\n", after)
        self.assertIn("pattern read $SYS/%c\n", after)
        self.assertIn("# viewer\nuser viewer\ntopic read iotkit/#\n", after)

    def test_added_viewer_is_told_how_to_look(self):
        broker = SetUp(self)
        added = run("iotkit-broker", "add-user", broker.folder, "op", "--role", "operator")
        printed = added.out.decode()
        broker.start()
        (look,) = commands_of(printed)
        viewer = self.start(*look)
        login = broker.login("gateway")
        run("mosquitto_pub", *login, "-t", "iotkit/gateway/a/b", "-m", "kept", "-r", "-q", "1")
        viewer.out.wait_for("iotkit/gateway/a/b kept")

    def test_what_cannot_be_changed(self):
        broker = SetUp(self)
        for args, pattern in (
            (["add-user", broker.folder, "gateway"], "a user gateway already: 'iotkit-broker passwd"),
            (["passwd", broker.folder, "nobody"], "there is no user nobody in .*add-user"),
            (["del-user", broker.folder, "nobody"], "there is no user nobody in"),
            (["add-user", broker.parent, "x"], "holds no broker: make one by 'iotkit-broker init"),
            (["renew", broker.parent], "holds no broker"),
            (["init", broker.folder], "holds a broker already: 'add-user' and 'renew'"),
        ):
            before = snapshot(broker.folder)
            result = run("iotkit-broker", *args)
            self.assert_ran(result, 1)
            self.assert_sentence("iotkit-broker", result.err, pattern)
            self.assertEqual(snapshot(broker.folder), before)

    def test_renewal_without_the_key_of_the_ca(self):
        broker = SetUp(self)
        (broker.folder / "ca.key").unlink()
        result = run("iotkit-broker", "renew", broker.folder)
        self.assert_ran(result, 1)
        self.assert_sentence("iotkit-broker", result.err, "put ca.key back")


def snapshot(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


class Files(support.ProgramTest):
    def test_nobody_else_can_read_what_is_secret(self):
        broker = SetUp(self)
        self.assertEqual(mode(broker.folder) & 0o707, 0o700)
        for name in SECRET_FILES:
            with self.subTest(name):
                self.assertEqual(mode(broker.folder / name), 0o600)

    def test_git_leaves_them_alone(self):
        broker = SetUp(self)
        git = ["git", "-C", broker.parent]
        subprocess.run([*git, "init", "-q"], check=True)
        subprocess.run([*git, "add", "."], check=True)
        listed = subprocess.run([*git, "ls-files"], check=True, capture_output=True)
        self.assertEqual(listed.stdout, b"")

    def test_moved_set_up_says_what_to_change(self):
        broker = SetUp(self)
        config = (broker.folder / "mosquitto.conf").read_text()
        self.assertIn("# All paths are absolute", config)
        self.assertIn(f"replaces {broker.folder} in this file", config)

    def test_board_is_told_or_where_to_write_one(self):
        broker = SetUp(self)
        self.assertRegex(broker.printed, rf"board .*{broker.folder}/gateway\.conf")

    def test_passwords_are_hashed_and_all_different(self):
        broker = SetUp(self, "--user", "a", "--user", "b")
        self.assertEqual(set(broker.passwords), {"a", "b", "viewer"})
        self.assertEqual(len(set(broker.passwords.values())), 3)
        kept = (broker.folder / "passwords").read_text()
        for user, password in broker.passwords.items():
            self.assertNotIn(password, kept)
            self.assertEqual((broker.folder / f"{user}.password").read_text(), password + "\n")

    def test_passwords_are_on_no_command_line(self):
        with tempfile.TemporaryDirectory() as folder:
            fake = pathlib.Path(folder) / "mosquitto_passwd"
            fake.write_text(
                f'#!/bin/sh\necho "$@" >>{folder}/seen\n'
                f'exec {shutil.which("mosquitto_passwd")} "$@"\n'
            )
            fake.chmod(0o755)
            with mock.patch.dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}"):
                broker = SetUp(self)
            seen = pathlib.Path(folder, "seen").read_text()
        self.assertEqual(seen.count("-U "), 2)
        for password in broker.passwords.values():
            self.assertNotIn(password, seen)

    def test_a_failing_step_leaves_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            with mock.patch.dict(os.environ, IOTKIT_CERTS="/bin/false"):
                result = run("iotkit-broker", "init", f"{folder}/broker")
            self.assert_ran(result, 1)
            self.assert_sentence("iotkit-broker", result.err, "could not make a CA")
            self.assertEqual(os.listdir(folder), [])

    def test_a_failing_step_changes_nothing(self):
        broker = SetUp(self)
        before = snapshot(broker.folder)
        with tempfile.TemporaryDirectory() as folder:
            os.symlink("/bin/false", f"{folder}/mosquitto_passwd")
            with mock.patch.dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}"):
                result = run("iotkit-broker", "add-user", broker.folder, "cellar")
        self.assert_ran(result, 1)
        self.assert_sentence("iotkit-broker", result.err, "could not hash")
        self.assertEqual(snapshot(broker.folder), before)

    def test_places_that_will_not_do(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "mine").touch()
            for place, pattern in (
                (folder, "is no empty folder: name a new one"),
                (f"{folder}/mine", "is no empty folder: name a new one"),
                (f"{folder}/a/b", "there is no folder .*/a: make it first"),
            ):
                with self.subTest(place):
                    result = run("iotkit-broker", "init", place)
                    self.assert_ran(result, 1)
                    self.assert_sentence("iotkit-broker", result.err, pattern)
            self.assertEqual(os.listdir(folder), ["mine"])

    def test_an_empty_folder_will_do(self):
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder, "empty")
            place.mkdir()
            self.assert_ran(run("iotkit-broker", "init", place))
            self.assertEqual(mode(place) & 0o707, 0o700)


def has_user(name):
    try:
        return pwd.getpwnam(name) is not None
    except KeyError:
        return False


@unittest.skipUnless(os.geteuid() == 0 and has_user("mosquitto"), "needs root and mosquitto")
class Root(support.ProgramTest):
    """Root's mosquitto becomes the user mosquitto before it reads its files."""

    def broker(self, parent_mode):
        parent = tempfile.mkdtemp(prefix="iotkit-broker-")
        self.addCleanup(shutil.rmtree, parent)
        os.chmod(parent, parent_mode)
        return SetUp(self, parent=parent).start()

    def runs_as(self, broker):
        status = pathlib.Path(f"/proc/{broker.popen.pid}/status").read_text()
        return pwd.getpwuid(int(re.search(r"Uid:\s+\d+\s+(\d+)", status).group(1))).pw_name

    def test_its_own_user_suffices_where_it_can_enter(self):
        broker = self.broker(0o755)
        self.assertEqual(self.runs_as(broker), "mosquitto")
        self.assertEqual((broker.folder / "ca.key").stat().st_uid, 0)
        self.assertEqual(mode(broker.folder / "ca.key"), 0o600)
        added = run("iotkit-broker", "add-user", broker.folder, "cellar").out.decode()
        renewed = run("iotkit-broker", "renew", broker.folder)
        self.assert_ran(renewed)
        broker.reload(added)
        login = broker.login("cellar", passwords_of(added)["cellar"])
        self.assertEqual(broker.publish(login, "iotkit/cellar/a/b"), "")

    def test_where_it_cannot_enter_it_stays_root(self):
        broker = self.broker(0o700)
        self.assertIn("will run as root", broker.printed)
        self.assertEqual(self.runs_as(broker), "root")


    def test_other_users_are_told_whose_it_is(self):
        parent = tempfile.mkdtemp(prefix="iotkit-broker-")
        self.addCleanup(shutil.rmtree, parent)
        os.chmod(parent, 0o755)
        broker = SetUp(self, parent=parent)
        program = shutil.copy(support.command("iotkit-broker")[0], parent)
        os.chmod(program, 0o755)
        result = run(
            "setpriv", "--reuid", "nobody", "--clear-groups", program, "add-user", broker.folder, "x"
        )
        self.assertEqual(result.code, 1)
        self.assertIn(f"permission denied: {broker.folder} belongs to root", result.err)


class CommandLine(support.ProgramTest):
    def test_version(self):
        result = run("iotkit-broker", "--version")
        self.assertRegex(result.out.decode(), r"^iotkit-broker \(libiotkit\) \d+\.\d+\.\d+\n$")

    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            result = run("iotkit-broker", "--help", stdout=full)
        self.assert_ran(result, 1)
        self.assert_sentence("iotkit-broker", result.err, "cannot write to standard output")

    def test_usage_errors(self):
        for args, pattern in (
            ([], "a command is needed: init, add-user, passwd, del-user or renew"),
            (["make", "x"], "there is no command 'make'"),
            (["init"], "init needs a folder"),
            (["init", "x", "y"], "unexpected argument 'y'"),
            (["add-user", "x"], "and a name for the user"),
            (["passwd", "x"], "passwd needs .* and a name for the user"),
            (["del-user", "x", "y", "--role", "viewer"], "del-user has no option --role"),
            (["--nonsense"], "unrecognized option '--nonsense'"),
            (["init", "x", "--port"], "requires an argument"),
            (["init", "x", "--port", "70000"], "--port must be .* not '70000'"),
            (["init", "x", "--port", "9001", "--websockets", "9001"], "ports of their own"),
            (["init", "x", "--websockets", "9001", "--listen", "127.0.0.1"], "leave one of them"),
            (["init", "x", "--listen", "here"], "'here' is no IP address"),
            (["init", "x", "--ip", "localhost"], "'localhost' is no IP address"),
            (["init", "x", "--name", "192.0.2.1"], "use --ip 192.0.2.1"),
            (["init", "x", "--name", "a b"], "'a b' is no host name"),
            (["init", "x", "--user", "a/b"], "'a/b' cannot be a user's name"),
            (["init", "x", "--user", "a", "--user", "a"], "given twice"),
            (["init", "x", "--user", "viewer"], "is made anyway"),
            (["init", "x", "--user", "mosquitto"], "cannot be called mosquitto"),
            (["init", "x", "--role", "viewer"], "init has no option --role"),
            (["add-user", "x", "y", "--role", "king"], "there is no role 'king'"),
            (["add-user", "x", "#"], "'#' cannot be a user's name"),
            (["renew", "x", "--port", "1"], "renew has no option --port"),
        ):
            with self.subTest(args=args):
                result = run("iotkit-broker", *args)
                self.assert_ran(result, 2)
                self.assert_sentence("iotkit-broker", result.err, pattern)
                self.assertIn("Try 'iotkit-broker --help'", result.err)
                self.assertFalse(os.path.exists("x"))


if __name__ == "__main__":
    unittest.main()
