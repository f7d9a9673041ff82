# SPDX-License-Identifier: MIT
"""Makes the wheel and the sdist of this package, with the standard library alone (PEP 517, and
PEP 660 for `pip install -e`), so that pip needs no network.

With IOTKIT_BUNDLE=1 the wheel carries libiotkit itself: that of IOTKIT_LIBRARY, or the one built
last in this checkout's build/, for this machine and without sanitizers.
"""

import base64
import csv
import hashlib
import io
import os
import pathlib
import re
import sysconfig
import tarfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent
SOURCE = ROOT / "src"
SONAME = "libiotkit.so.1"
# Of CMakePresets.json: for this machine, and without sanitizers.
PRESETS = ("release", "package", "bench", "dev")
IN_SDIST = ("LICENSE", "README.md", "backend.py", "pyproject.toml")
# Any moment; the same each time, so that the same files make the same wheel.
MOMENT = (2026, 1, 1, 0, 0, 0)


# ---- what it is --------------------------------------------------------------


def field(name):
    """A plain string of [project]; there is no tomllib before Python 3.11."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return re.search(rf'^{re.escape(name)} = "(.*)"$', text, re.MULTILINE).group(1)


def strings(name):
    """A list of strings of [project]."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return re.findall(r'"(.*?)"', re.search(rf"^{name} = \[(.*?)\]", text, re.M | re.S).group(1))


def base_name():
    return f"{field('name')}-{field('version')}"


def metadata():
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {field('name')}",
        f"Version: {field('version')}",
        f"Summary: {field('description')}",
        "License: MIT",
        f"Keywords: {','.join(strings('keywords'))}",
        *(f"Classifier: {one}" for one in strings("classifiers")),
        f"Requires-Python: {field('requires-python')}",
        "Description-Content-Type: text/markdown",
    ]
    return "\n".join(lines) + "\n\n" + (ROOT / "README.md").read_text(encoding="utf-8")


# ---- the library, when it is to be carried ----------------------------------


def made_at(path):
    return path.stat().st_mtime


def kind_of_machine(path):
    """What its ELF header says: 32 or 64 bits, order of bytes, processor."""
    with open(path, "rb") as file:
        header = file.read(20)
    return header[4:6] + header[18:20] if header[:4] == b"\x7fELF" else None


def check_library(path):
    kind = kind_of_machine(path)
    if kind is None:
        raise SystemExit(f"IOTKIT_BUNDLE: {path} is no shared library")
    if kind != kind_of_machine("/proc/self/exe"):
        raise SystemExit(
            f"IOTKIT_BUNDLE: {path} is for another processor than this Python: build the wheel there"
        )


def bundled_library():
    """The file to carry, or None."""
    if os.environ.get("IOTKIT_BUNDLE", "") in ("", "0"):
        return None
    chosen = os.environ.get("IOTKIT_LIBRARY")
    if chosen:
        candidates = [pathlib.Path(chosen)]
    else:
        built = [ROOT.parents[1] / "build" / preset / "lib" / SONAME for preset in PRESETS]
        candidates = sorted(filter(pathlib.Path.is_file, built), key=made_at, reverse=True)
    for path in candidates:
        if path.is_file():
            check_library(path)
            return path
    where = chosen or f"{ROOT.parents[1]}/build/{{{','.join(PRESETS)}}}/lib/{SONAME}"
    raise SystemExit(
        f"IOTKIT_BUNDLE: there is no {where}: build the library first (cmake --preset release && "
        "cmake --build --preset release), or set IOTKIT_LIBRARY to its path"
    )


def platform_tag(library):
    """What the wheel runs on: pip passes it over elsewhere."""
    if library is None:
        return "any"
    return re.sub(r"[-.]", "_", sysconfig.get_platform())


# ---- wheels ------------------------------------------------------------------


class Wheel:
    """A wheel that is being written."""

    def __init__(self, folder, platform):
        self.tag = f"py3-none-{platform}"
        self.name = f"{base_name()}-{self.tag}.whl"
        self.info = f"{base_name()}.dist-info"
        self.pure = platform == "any"
        self.record = []
        self.archive = zipfile.ZipFile(pathlib.Path(folder) / self.name, "w", zipfile.ZIP_DEFLATED)

    def add(self, name, data, mode=0o644):
        entry = zipfile.ZipInfo(name, MOMENT)
        entry.external_attr = (0o100000 | mode) << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        self.archive.writestr(entry, data)
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        self.record.append((name, f"sha256={digest}", len(data)))

    def finish(self):
        for name, data in info_files(self.tag, self.pure):
            self.add(f"{self.info}/{name}", data)
        self.record.append((f"{self.info}/RECORD", "", ""))
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(self.record)
        self.archive.writestr(zipfile.ZipInfo(f"{self.info}/RECORD", MOMENT), text.getvalue())
        self.archive.close()
        return self.name


def info_files(tag, pure):
    yield "METADATA", metadata().encode()
    yield "WHEEL", (
        "Wheel-Version: 1.0\nGenerator: iotkit's backend.py\n"
        f"Root-Is-Purelib: {'true' if pure else 'false'}\nTag: {tag}\n"
    ).encode()
    yield "LICENSE", (ROOT / "LICENSE").read_bytes()
    yield "top_level.txt", b"iotkit\n"


def package_files():
    return sorted(
        path
        for path in (SOURCE / "iotkit").rglob("*")
        if path.is_file() and (path.suffix == ".py" or path.name == "py.typed")
    )


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    library = bundled_library()
    wheel = Wheel(wheel_directory, platform_tag(library))
    for path in package_files():
        wheel.add(path.relative_to(SOURCE).as_posix(), path.read_bytes())
    if library is not None:
        wheel.add(f"iotkit/{SONAME}", library.read_bytes(), 0o755)
    return wheel.finish()


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    wheel = Wheel(wheel_directory, "any")
    wheel.add("_iotkit_editable.pth", f"{SOURCE}\n".encode())
    return wheel.finish()


# ---- sdist -------------------------------------------------------------------


def build_sdist(sdist_directory, config_settings=None):
    name = f"{base_name()}.tar.gz"
    with tarfile.open(pathlib.Path(sdist_directory) / name, "w:gz", format=tarfile.PAX_FORMAT) as tar:
        for path in [ROOT / one for one in IN_SDIST] + package_files():
            tar.add(path, f"{base_name()}/{path.relative_to(ROOT).as_posix()}")
        text = metadata().encode()
        entry = tarfile.TarInfo(f"{base_name()}/PKG-INFO")
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
    return name
