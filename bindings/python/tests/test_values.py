# SPDX-License-Identifier: MIT
"""What needs no broker: values, errors, constants, options, and what can be asked."""

import builtins
import copy
import datetime
import os
import pathlib
import pickle
import shutil
import unittest
from unittest import mock

from common import PythonTest, environment, iotkit, start
from iotkit import _errors, _ffi, _values
from iotkit._constants import EventType, Status


class Payloads(unittest.TestCase):
    def test_bytes_text_and_numbers_become_what_one_expects(self):
        for payload, wanted in (
            (b"\0\xff", b"\0\xff"),
            (bytearray(b"ab"), b"ab"),
            (memoryview(b"abc")[1:], b"bc"),
            ("Grüße", "Grüße".encode()),
            (23.5, b"23.5"),
            (1e300, b"1e+300"),
            (-7, b"-7"),
            (10**30, b"1" + 30 * b"0"),
            (None, b""),
            (Status.ETLS, b"-15"),  # an int, whatever its str() is
        ):
            self.assertEqual(_values.payload_bytes(payload), wanted)

    def test_a_number_of_a_subclass_is_a_number(self):
        class Float(float):
            def __repr__(self):
                return "Float()"

        self.assertEqual(_values.payload_bytes(Float(1.5)), b"1.5")

    def test_what_may_mean_several_things_is_refused_with_a_sentence(self):
        with self.assertRaisesRegex(TypeError, "'true', '1' or 'on'"):
            _values.payload_bytes(True)
        with self.assertRaisesRegex(TypeError, "not dict; json.dumps"):
            _values.payload_bytes({})

    def test_a_moment_is_a_datetime_or_seconds(self):
        utc = datetime.timezone.utc
        self.assertEqual(_values.time_ms(datetime.datetime(2026, 1, 1, tzinfo=utc)), 1767225600000)
        self.assertEqual(_values.time_ms(1.0005), 1000)
        naive = datetime.datetime(2026, 1, 1)
        self.assertEqual(_values.time_ms(naive), round(naive.timestamp() * 1000))

    def test_timeouts_are_seconds(self):
        for timeout, wanted in ((None, -1), (0, 0), (-3, 0), (0.0001, 1), (2, 2000),
                                (1e9, 2**31 - 1), (float("inf"), 2**31 - 1)):
            self.assertEqual(_ffi.milliseconds(timeout), wanted)
        with self.assertRaises(iotkit.InvalidError):
            _ffi.milliseconds(float("nan"))


class Constants(unittest.TestCase):
    def test_a_number_that_only_a_later_library_has_is_no_error(self):
        kind = EventType(4711)
        self.assertEqual((kind, str(kind)), (4711, "UNKNOWN_4711"))
        self.assertIs(EventType(4711), kind)
        self.assertEqual(str(Status(-99)), "UNKNOWN_MINUS_99")
        self.assertEqual(type(_errors.make(-99, "new")), iotkit.Error)
        self.assertNotIn(kind, list(EventType))

    def test_what_is_no_number_is(self):
        with self.assertRaises(ValueError):
            EventType("message")

    def test_names_are_shown_by_every_python(self):
        self.assertEqual(f"{Status.ETLS} {EventType.MESSAGE!s:>8}", "ETLS  MESSAGE")


class Errors(PythonTest):
    def test_an_error_is_a_code_a_sentence_and_a_class(self):
        with self.assertRaises(iotkit.NotFoundError) as raised:
            iotkit.Client(tls_ca_fiel="ca.crt")
        self.assertIs(raised.exception.code, Status.ENOENT)
        self.assertIn("did you mean 'tls.ca_file'?", str(raised.exception))

    def test_the_ones_that_python_has_too_can_be_caught_as_those(self):
        for kind, builtin in (
            (iotkit.TimeoutError, builtins.TimeoutError),
            (iotkit.InvalidError, ValueError),
            (iotkit.NoMemoryError, MemoryError),
            (iotkit.NotFoundError, LookupError),
            (iotkit.NetworkError, ConnectionError),
            (iotkit.LibraryError, ImportError),
        ):
            error = kind(Status.EINVAL, "a sentence")
            self.assertIsInstance(error, builtin)
            self.assertEqual(str(error), "a sentence")

    def test_each_can_be_pickled_and_copied(self):
        for kind in [*_errors.CLASSES.values(), iotkit.Error, iotkit.LibraryError]:
            error = kind(Status.ETLS, "a sentence")
            error.details = "more"
            for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
                self.assertIs(type(other), kind)
                self.assertEqual((str(other), other.code, other.details),
                                 ("a sentence", Status.ETLS, "more"))

    def test_a_nul_within_a_text_is_refused_and_not_cut_off(self):
        client = self.client()
        for call in (
            lambda: client.publish("a\0b", ""),
            lambda: client.subscribe("a\0b"),
            lambda: client.set_option("topic.base", "a\0b"),
            lambda: client.add_device("a\0b", "serial:/dev/none"),
            lambda: client.load_config("a\0b"),
            lambda: iotkit.Client("mqtt://a\0b"),
        ):
            with self.assertRaisesRegex(iotkit.InvalidError, "NUL"):
                call()

    def test_what_the_library_refuses_has_its_sentence(self):
        client = self.client()
        for call, kind in (
            (lambda: client.publish("a/#", ""), iotkit.InvalidError),
            (lambda: client.publish("a", "", qos=3), iotkit.InvalidError),
            (lambda: client.unsubscribe("a"), iotkit.NotFoundError),
            (lambda: client.remove_device("a"), iotkit.NotFoundError),
            (lambda: client.send_command("a", "led", 1), iotkit.NotFoundError),
            (lambda: client.load_config("/none"), iotkit.NotFoundError),
            (lambda: client.publish_metric("a", "b", float("nan")), iotkit.InvalidError),
            (lambda: client.get_option("mqtt.password"), iotkit.NotSupportedError),
            (lambda: iotkit.Client("http://a"), iotkit.InvalidError),
            (lambda: iotkit.describe_certificate("/none"), iotkit.NotFoundError),
            (lambda: iotkit.outbox_summary("/none"), iotkit.NotFoundError),
            (lambda: iotkit.outbox_rows("/none"), iotkit.NotFoundError),
            (lambda: iotkit.purge_outbox("/none"), iotkit.NotFoundError),
            (lambda: client.check_broker(), iotkit.InvalidError),
        ):
            with self.assertRaises(kind) as raised:
                call()
            self.assertGreater(len(str(raised.exception)), 20)


class Options(PythonTest):
    def test_keywords_are_the_options(self):
        client = self.client(mqtt_keepalive_s=17, tls_resume=False, topic_base="a/b",
                             tls_ca_file=pathlib.Path("/ca.crt"), payload="json")
        told = [client.get_option(name) for name in
                ("mqtt.keepalive_s", "tls.resume", "topic.base", "tls.ca_file", "payload")]
        self.assertEqual(told, ["17", "off", "a/b", "/ca.crt", "json"])

    def test_every_option_has_a_keyword_of_its_own(self):
        options = iotkit.options()
        self.assertGreater(len(options), 40)
        self.assertEqual(len({one.keyword for one in options}), len(options))
        names = {one.name: one for one in options}
        self.assertEqual(names["payload"].choices, ("text", "json", "senml"))
        self.assertIs(names["mqtt.keepalive_s"].type, iotkit.OptionType.INTEGER)
        self.assertEqual(names["mqtt.keepalive_s"].max, 65535)

    def test_a_value_of_no_meaning_is_refused(self):
        with self.assertRaisesRegex(TypeError, "value of topic.base is str, int"):
            iotkit.Client(topic_base=["a"])

    def test_a_long_value_is_read_in_full(self):
        client = self.client()
        client.set_option("tls.alpn", "x" * 200 + "," + "y" * 200)
        self.assertEqual(client.get_option("tls.alpn"), "x" * 200 + "," + "y" * 200)

    def test_a_configuration_is_a_file(self):
        path = self.folder() / "gateway.conf"
        path.write_text("payload = json\n")
        client = self.client()
        client.load_config(path)
        self.assertEqual(client.get_option("payload"), "json")


class Certificates(PythonTest):
    def test_a_ca_signs_a_server(self):
        folder = self.folder()
        ca, key = folder / "ca.crt", folder / "ca.key"
        kinds = iotkit.CertificateKind
        iotkit.create_certificate(kinds.CA, ca, key, name="Test CA")
        server = folder / "server.crt"
        iotkit.create_certificate(
            kinds.SERVER, server, folder / "server.key", name="localhost", days=30,
            alternative_names=["127.0.0.1", "pi.local"], ca_certificate_file=ca, ca_key_file=key,
        )
        text = iotkit.describe_certificate(server)
        for part in ("localhost", "127.0.0.1", "pi.local", "Test CA"):
            self.assertIn(part, text)
        with self.assertRaises(iotkit.ExistsError):
            iotkit.create_certificate(kinds.CA, ca, key, name="Another")

    def test_one_text_is_not_taken_for_a_list_of_names(self):
        with self.assertRaises(TypeError):
            iotkit.create_certificate(iotkit.CertificateKind.SERVER, "c", "k",
                                      alternative_names="localhost")


class Repeats(PythonTest):
    def test_what_came_before_is_known_also_by_the_next_process(self):
        path = self.folder() / "seen"
        with iotkit.Dedup(path) as dedup:
            self.assertEqual([dedup.is_new(7, n) for n in (1, 2, 1)], [True, True, False])
            dedup.save()
        with iotkit.Dedup(path) as dedup:
            self.assertEqual([dedup.is_new(7, n) for n in (2, 3)], [False, True])

    def test_misuse_is_told(self):
        dedup = iotkit.Dedup()
        with self.assertRaises(iotkit.InvalidError):
            dedup.is_new(0, 1)
        with self.assertRaises(iotkit.StateError):
            dedup.save()
        dedup.close()
        dedup.close()
        with self.assertRaises(iotkit.StateError):
            dedup.is_new(7, 1)


class Library(PythonTest):
    def test_versions_ports_and_names_can_be_asked(self):
        self.assertEqual(iotkit.version(), iotkit.__version__)
        self.assertIn("paho.mqtt.c", iotkit.describe_libraries())
        self.assertEqual(iotkit.event_name(EventType.DEVICE_ONLINE), "device-online")
        self.assertTrue(iotkit.strerror(Status.ETLS))
        for port in iotkit.list_ports():
            self.assertTrue(port.path.startswith("/dev/"))

    def test_more_ports_than_were_expected_are_all_listed(self):
        def many(array, capacity, count):
            """As iotkit_list_ports() where there are three."""
            count._obj.value = 3
            for index in range(min(3, capacity)):
                array[index].path = b"/dev/ttyACM%d" % index
            return 0

        with mock.patch.object(_ffi, "library") as library:
            library().iotkit_list_ports = many
            paths = [port.path for port in iotkit.list_ports()]
        self.assertEqual(paths, ["/dev/ttyACM0", "/dev/ttyACM1", "/dev/ttyACM2"])

    def test_a_library_that_is_not_there_is_told_with_what_to_do(self):
        process = start(
            self, "import iotkit\ntry: iotkit.version()\n"
            "except iotkit.LibraryError as problem: print(problem)",
            IOTKIT_LIBRARY="/none/libiotkit.so.1",
        )
        printed = self.ends(process)
        self.assertRegex(printed, "^cannot load /none/libiotkit.so.1: .*No such file.*"
                                  "cmake --install.*set IOTKIT_LIBRARY")

    def test_what_is_no_libiotkit_is_told(self):
        process = start(
            self, "import iotkit\ntry: iotkit.Client()\n"
            "except ImportError as problem: print(problem)",
            IOTKIT_LIBRARY="libc.so.6",
        )
        self.assertRegex(self.ends(process), "libc.so.6 is no libiotkit")

    def test_another_abi_is_refused_and_a_later_one_is_not(self):
        for version in ("1.0.0", "1.7.3"):
            _ffi.check_version("path", version)
        for version in ("0.9.0", "2.0.0"):
            with self.assertRaisesRegex(iotkit.LibraryError, rf"libiotkit {version}, and this"):
                _ffi.check_version("path", version)

    def test_one_beside_the_package_goes_before_the_systems(self):
        folder = self.folder()
        shutil.copytree(pathlib.Path(_ffi.__file__).parent, folder / "iotkit",
                        ignore=shutil.ignore_patterns("__pycache__", "*.so*"))
        os.symlink(_ffi.library()._name, folder / "iotkit" / _ffi.SONAME)
        with mock.patch.dict(os.environ):
            printed = self.runs(
                "import iotkit, iotkit._ffi as f; iotkit.version(); print(f.library()._name)",
                PYTHONPATH=str(folder), IOTKIT_LIBRARY=None,
            )
        self.assertEqual(printed.strip(), str(folder / "iotkit" / _ffi.SONAME))
        self.assertNotIn("IOTKIT_LIBRARY", environment(IOTKIT_LIBRARY=None))


if __name__ == "__main__":
    unittest.main()
