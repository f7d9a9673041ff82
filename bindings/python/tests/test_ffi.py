# SPDX-License-Identifier: MIT
"""The package has all of iotkit.h, as it is there: functions, types, constants, layouts."""

import ctypes
import pathlib
import re
import tempfile
import unittest

import iotkit
from common import PACKAGE, ROOT
from header import Header
from iotkit import _constants, _errors, _ffi

HEADER = Header(ROOT / "include/iotkit.h")

STRUCTS = {
    "iotkit_option_info": _ffi.OptionInfo,
    "iotkit_port_info": _ffi.PortInfo,
    "iotkit_event": _ffi.Event,
    "iotkit_outbox_summary": _ffi.OutboxSummary,
    "iotkit_outbox_row": _ffi.OutboxRow,
    "iotkit_certificate_request": _ffi.CertificateRequest,
    "iotkit_stats": _ffi.Stats,
}
# Structs that only the library knows are pointers to anything.
OPAQUE = ("iotkit", "iotkit_dedup", "iotkit_outbox_rows")
NUMBERS = {
    "int32_t": ctypes.c_int32,
    "uint32_t": ctypes.c_uint32,
    "int64_t": ctypes.c_int64,
    "uint64_t": ctypes.c_uint64,
    "size_t": ctypes.c_size_t,
    "double": ctypes.c_double,
    "iotkit_status": ctypes.c_int32,
}
# Enums of the package, by what their constants begin with in C; the longest that fits.
ENUMS = {
    "IOTKIT_": iotkit.Status,
    "IOTKIT_EVENT_": iotkit.EventType,
    "IOTKIT_OPTION_": iotkit.OptionType,
    "IOTKIT_CERTIFICATE_": iotkit.CertificateKind,
    "IOTKIT_KEY_": iotkit.KeyKind,
}
# What users see of a struct, where it is a class; and what of it they do not see.
SEEN = {
    "iotkit_option_info": iotkit.Option,
    "iotkit_port_info": iotkit.Port,
    "iotkit_event": iotkit.Event,
    "iotkit_outbox_summary": iotkit.OutboxSummary,
    "iotkit_outbox_row": iotkit.OutboxRow,
    "iotkit_stats": iotkit.Stats,
}
UNSEEN = {"struct_size", "reserved"}
RENAMED = {"default_value": "default"}


def ctypes_of(kind):
    """What a C type may be here."""
    if kind == "void":
        return [None]
    if kind in NUMBERS:
        return [NUMBERS[kind]]
    if kind in HEADER.callbacks:
        return [_ffi.EventCallback]
    base, stars = kind.rstrip("* ").removeprefix("const ").strip(), kind.count("*")
    if stars == 2:
        assert base in OPAQUE, kind
        return [ctypes.POINTER(ctypes.c_void_p)]
    if base == "char":
        return [ctypes.c_char_p]
    if base == "void" or base in OPAQUE:
        return [ctypes.c_void_p]
    if base == "iotkit_event":  # read by its address, see _events.py
        return [ctypes.c_void_p]
    return [ctypes.POINTER(STRUCTS.get(base) or NUMBERS[base])]


class Table(unittest.TestCase):
    def test_the_header_was_read(self):
        self.assertGreater(len(HEADER.functions), 40)
        self.assertGreater(len(HEADER.constants), 40)

    def test_every_function_of_the_header_is_there_and_no_other(self):
        self.assertEqual(sorted(_ffi.FUNCTIONS), sorted(HEADER.functions))

    def test_every_function_returns_and_takes_what_the_header_says(self):
        for name, (result, taken) in HEADER.functions.items():
            restype, argtypes = _ffi.FUNCTIONS[name]
            with self.subTest(name):
                self.assertIn(restype, ctypes_of(result))
                self.assertEqual(len(argtypes), len(taken))
                for argtype, kind in zip(argtypes, taken):
                    self.assertIn(argtype, ctypes_of(kind), kind)

    def test_the_prototype_above_each_function_is_that_of_the_header(self):
        text = pathlib.Path(_ffi.__file__).read_text()
        comments = re.findall(r'((?:    # .*\n)+)    "(\w+)": \(', text)
        self.assertEqual(len(comments), len(HEADER.functions))
        declared = re.sub(r"/\*.*?\*/", " ", HEADER.path.read_text(), flags=re.DOTALL)
        for comment, name in comments:
            told = " ".join(comment.replace("#", " ").split())
            wanted = re.search(rf"IOTKIT_API ([^;]*\b{name}\([^;]*\));", declared).group(1)
            self.assertEqual(told, " ".join(wanted.split()))

    def test_the_callback_is_called_with_what_the_header_says(self):
        taken = HEADER.callbacks["iotkit_event_callback"]
        self.assertEqual(taken, ["const iotkit_event *", "void *"])
        self.assertEqual(_ffi.EventCallback._argtypes_, (ctypes.c_void_p, ctypes.c_void_p))
        self.assertIsNone(_ffi.EventCallback._restype_)

    def test_the_library_has_every_function(self):
        for name in HEADER.functions:
            self.assertTrue(getattr(_ffi.library(), name))


class Structs(unittest.TestCase):
    def test_every_struct_is_there(self):
        self.assertEqual(sorted(STRUCTS), sorted(HEADER.structs))

    def test_every_field_has_its_type(self):
        for name, fields in HEADER.structs.items():
            ours = STRUCTS[name]._fields_
            self.assertEqual([one[0] for one in ours], [field for field, _, _ in fields], name)
            for (field, kind, length), one in zip(fields, ours):
                wanted = [ctypes.c_char * length] if length else ctypes_of(kind)
                self.assertIn(one[1], wanted, f"{name}.{field}")

    def test_every_field_lies_where_the_compiler_has_it(self):
        with tempfile.TemporaryDirectory(prefix="iotkit-python-") as folder:
            layout = HEADER.layout(pathlib.Path(folder))
        for (name, field), (offset, size) in layout.items():
            ours = STRUCTS[name]
            if field == ".":
                self.assertEqual(ctypes.sizeof(ours), offset, name)
                continue
            place = getattr(ours, field)
            self.assertEqual((place.offset, place.size), (offset, size), f"{name}.{field}")

    def test_users_see_every_field(self):
        for name, seen in SEEN.items():
            wanted = {RENAMED.get(field, field) for field, _, _ in HEADER.structs[name]} - UNSEEN
            wanted.discard("payload_size")  # len(payload)
            self.assertEqual(set(seen._fields), wanted, name)


class Constants(unittest.TestCase):
    def test_every_constant_has_its_value_and_there_are_no_others(self):
        seen = {}
        for name, value in HEADER.constants.items():
            prefix = max((p for p in ENUMS if name.startswith(p)), key=len)
            seen.setdefault(ENUMS[prefix], {})[name.removeprefix(prefix)] = value
        for enum in ENUMS.values():
            ours = {name: int(member) for name, member in enum.__members__.items()}
            self.assertEqual(ours, seen[enum], enum.__name__)

    def test_the_version_is_that_of_the_header(self):
        macros = HEADER.macros
        numbers = tuple(macros[f"IOTKIT_VERSION_{part}"] for part in ("MAJOR", "MINOR", "PATCH"))
        text = ".".join(map(str, numbers))
        self.assertEqual(_constants.VERSION, numbers)
        self.assertEqual(iotkit.__version__, text)
        self.assertIn(f'\nversion = "{text}"\n', (PACKAGE / "pyproject.toml").read_text())

    def test_every_code_has_an_exception_of_its_own(self):
        codes = [status for status in iotkit.Status if status != iotkit.Status.OK]
        self.assertEqual(sorted(_errors.CLASSES), sorted(codes))
        self.assertEqual(len(set(_errors.CLASSES.values())), len(codes))
        for kind in _errors.CLASSES.values():
            self.assertIs(getattr(iotkit, kind.__name__), kind)


class Reach(unittest.TestCase):
    def test_the_package_calls_every_function(self):
        """Not only declares it."""
        sources = {p.name: p.read_text() for p in pathlib.Path(_ffi.__file__).parent.glob("*.py")}
        table = sources.pop("_ffi.py")
        text = "".join(sources.values()) + table[table.index("# ---- finding the library") :]
        for name in HEADER.functions:
            self.assertRegex(text, rf"\.{name}\b")

    def test_everything_public_is_named_and_documented(self):
        for name in iotkit.__all__:
            thing = getattr(iotkit, name)
            self.assertTrue(thing.__doc__, name)
            if isinstance(thing, type):
                for attribute, value in vars(thing).items():
                    if not attribute.startswith("_") and callable(value):
                        self.assertTrue(value.__doc__, f"{name}.{attribute}")


if __name__ == "__main__":
    unittest.main()
