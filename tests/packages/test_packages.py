# SPDX-License-Identifier: MIT
"""The Debian packages: what is in them, what they depend on, what lintian and systemd say of
them, and that a program can be built and run with what they bring."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["IOTKIT_BUILD"])
SOURCE = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = ("libiotkit1", "libiotkit-dev", "iotkit-tools")
UNIT = "lib/systemd/system/iotkit-gateway.service"


def run(*command, **keywords):
    """What the command prints; fails with all of it when the command does."""
    done = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **keywords,
    )
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}: {done.stdout}")
    return done.stdout


def setUpModule():
    """Packs all once, and unpacks it into `root` as dpkg would."""
    global folder, root, debs, libraries
    folder = pathlib.Path(tempfile.mkdtemp(prefix="iotkit-packages-"))
    unittest.addModuleCleanup(shutil.rmtree, folder)
    run("cpack", "--config", BUILD / "CPackConfig.cmake", "-B", folder)
    debs = {path.name.partition("_")[0]: path for path in folder.glob("*.deb")}
    root = folder / "root"
    for deb in debs.values():
        run("dpkg-deb", "-x", deb, root)
    libraries = root / "usr/lib" / run("dpkg-architecture", "-qDEB_HOST_MULTIARCH").strip()


def fields(package):
    text = run("dpkg-deb", "-f", debs[package])
    return dict(re.findall(r"(?m)^(\S+): (.*)$", text))


def files(package):
    """Path to mode and owner, folders left out."""
    lines = [line.split(None, 5) for line in run("dpkg-deb", "-c", debs[package]).splitlines()]
    return {
        line[5].partition(" -> ")[0][2:]: (line[0], line[1])
        for line in lines
        if not line[0].startswith("d")
    }


class Contents(unittest.TestCase):
    def test_the_packages(self):
        self.assertEqual(sorted(debs), sorted(PACKAGES))

    def test_the_library_is_alone_in_its_package(self):
        """So that libiotkit2 could be installed beside it."""
        names = [path for path in files("libiotkit1") if "/share/" not in path]
        lib = libraries.relative_to(root)
        version = fields("libiotkit1")["Version"].partition("-")[0]
        self.assertEqual(
            sorted(names), [f"{lib}/libiotkit.so.1", f"{lib}/libiotkit.so.{version}"]
        )

    def test_what_programs_are_built_with(self):
        names = files("libiotkit-dev")
        lib = libraries.relative_to(root)
        for wanted in ("libiotkit.so", "libiotkit.a", "pkgconfig/iotkit.pc",
                       "cmake/iotkit/iotkitConfig.cmake"):
            self.assertIn(f"{lib}/{wanted}", names)
        self.assertIn("usr/include/iotkit.h", names)

    def test_each_program_has_its_manual(self):
        names = files("iotkit-tools")
        programs = {pathlib.Path(name).name for name in names if name.startswith("usr/bin/")}
        manuals = {pathlib.Path(name).name for name in names if "/man1/" in name}
        self.assertGreaterEqual(len(programs), 7)
        self.assertEqual({f"{program}.1.gz" for program in programs}, manuals)
        self.assertEqual(
            {f"{path.name}.gz" for path in (SOURCE / "docs/man").glob("*.1")}, manuals
        )

    def test_the_pages_that_programs_and_errors_speak_of(self):
        wanted = {f"usr/share/doc/iotkit/docs/{path.name}" for path in (SOURCE / "docs").glob("*.md")}
        self.assertGreater(len(wanted), 10)
        self.assertLessEqual(wanted, set(files("iotkit-tools")))

    def test_the_service_and_its_files(self):
        names = files("iotkit-tools")
        for wanted in (UNIT, "lib/udev/rules.d/60-iotkit.rules",
                       "usr/share/doc/iotkit-tools/README.Debian"):
            self.assertIn(wanted, names)

    def test_nobody_else_can_read_the_configuration(self):
        self.assertEqual(files("iotkit-tools")["etc/iotkit/gateway.conf"],
                         ("-rw-------", "root/root"))
        conffiles = run("dpkg-deb", "-I", debs["iotkit-tools"], "conffiles")
        self.assertEqual(conffiles, "/etc/iotkit/gateway.conf\n")

    def test_no_file_is_in_two_packages(self):
        names = [name for package in PACKAGES for name in files(package)]
        self.assertEqual(len(names), len(set(names)))


class Dependencies(unittest.TestCase):
    def test_packages_of_one_version_go_together(self):
        version = fields("libiotkit1")["Version"]
        for package in ("libiotkit-dev", "iotkit-tools"):
            self.assertIn(f"libiotkit1 (= {version})", fields(package)["Depends"])

    def test_the_libraries_it_stands_on(self):
        depends = fields("libiotkit1")["Depends"]
        for library in ("libpaho-mqtt1.3", "libmbedtls14", "libserialport0", "libsqlite3-0"):
            self.assertIn(library, depends)

    def test_what_pkg_config_asks_for_comes_along(self):
        depends = re.split(", ", fields("libiotkit-dev")["Depends"])
        asked = re.search(r"(?m)^Requires.private: (.*)$",
                          (libraries / "pkgconfig/iotkit.pc").read_text()).group(1).split()
        self.assertGreaterEqual(len(asked), 4)
        for name in asked:
            owner = run("dpkg", "-S", f"*/pkgconfig/{name}.pc").partition(":")[0]
            self.assertIn(owner, depends)

    def test_programs_of_others_depend_on_the_library(self):
        """By its symbols, all of which are named; by shlibs, who does not know symbols."""
        symbols = run("dpkg-deb", "-I", debs["libiotkit1"], "symbols")
        self.assertTrue(symbols.startswith("libiotkit.so.1 libiotkit1 #MINVER#\n"))
        named = re.findall(r"(?m)^ (iotkit_\w+)@", symbols)
        library = run("nm", "-D", "--defined-only", libraries / "libiotkit.so.1")
        self.assertEqual(sorted(named), sorted(re.findall(r" T (iotkit_\w+)@", library)))
        self.assertRegex(run("dpkg-deb", "-I", debs["libiotkit1"], "shlibs"),
                         r"^libiotkit 1 libiotkit1 \(>= ")


class Judges(unittest.TestCase):
    def test_lintian(self):
        run("lintian", "--allow-root", "--fail-on", "error,warning", *debs.values())

    def test_systemd_understands_the_unit(self):
        """The program stands where the unit says only once it is installed."""
        unit = folder / "iotkit-gateway.service"
        text = (root / UNIT).read_text()
        self.assertIn("ExecStart=/usr/bin/", text)
        unit.write_text(text.replace("ExecStart=/usr/bin/", f"ExecStart={root}/usr/bin/"))
        said = run("systemd-analyze", "verify", "--man=no", unit)
        self.assertNotIn(unit.name, said)

    def test_the_service_may_do_little(self):
        """As systemd counts it: 10 is a service without bounds, 0 one that can do nothing."""
        run("systemd-analyze", "security", "--offline=yes", "--threshold=20", root / UNIT)

    def test_the_service_may_write_to_one_folder_which_the_outbox_is_in(self):
        text = (root / UNIT).read_text()
        self.assertIn("\nProtectSystem=strict\n", text)
        self.assertIn("\nStateDirectory=iotkit\n", text)
        self.assertNotRegex(text, r"(?m)^(ReadWritePaths|ConfigurationDirectory)=")
        config = (root / "etc/iotkit/gateway.conf").read_text()
        self.assertIn("\npath = /var/lib/iotkit/outbox.db\n", config)


@unittest.skipUnless(os.geteuid() == 0, "installing a package needs root")
class Life(unittest.TestCase):
    """In a copy of this system that is thrown away; in a new one: ./run torture packages"""

    def test_they_are_installed_used_removed_and_purged(self):
        unshare = ("unshare", "--mount", "--propagation", "private")
        if subprocess.run([*unshare, "true"], capture_output=True).returncode != 0:
            self.skipTest("this machine allows no mounts")
        said = run(*unshare, sys.executable, SOURCE / "tests/packages/life.py", "--copy", folder)
        self.assertIn("ok: nor the user\n", said)


class Use(unittest.TestCase):
    def setUp(self):
        self.variables = {**os.environ, "LD_LIBRARY_PATH": str(libraries)}

    def test_the_programs_run(self):
        version = fields("iotkit-tools")["Version"].partition("-")[0]
        for program in (root / "usr/bin").iterdir():
            said = run(program, "--version", env=self.variables)
            self.assertIn(version, said, program)

    def test_the_programs_look_for_the_library_where_the_system_does(self):
        said = run("readelf", "-d", root / "usr/bin/iotkit-gateway")
        self.assertIn("[libiotkit.so.1]", said)
        self.assertNotRegex(said, "RPATH|RUNPATH")

    def test_the_example_of_the_readme_is_built_by_pkg_config(self):
        text = (SOURCE / "README.md").read_text()
        example = re.search(r"^```c\n(.*?)^```$", text, re.DOTALL | re.MULTILINE).group(1)
        (folder / "example.c").write_text(example)
        variables = {
            **self.variables,
            "PKG_CONFIG_PATH": str(libraries / "pkgconfig"),
            "PKG_CONFIG_SYSROOT_DIR": str(root),
            "PKG_CONFIG_ALLOW_SYSTEM_CFLAGS": "1",
            "PKG_CONFIG_ALLOW_SYSTEM_LIBS": "1",
        }
        flags = run("pkg-config", "--cflags", "--libs", "iotkit", env=variables).split()
        run("cc", "-Werror", folder / "example.c", "-o", folder / "example", *flags)
        # There is no broker, and the program says so, with the library's words.
        done = subprocess.run([folder / "example"], env=self.variables, cwd=folder,
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("gateway.password", done.stderr)

    def test_the_configuration_is_understood(self):
        """But for the files of a broker, which the administrator brings."""
        config = folder / "gateway.conf"
        text = (root / "etc/iotkit/gateway.conf").read_text()
        config.write_text(text.replace("/var/lib/iotkit", str(folder)))
        config.chmod(0o600)
        done = subprocess.run([root / "usr/bin/iotkit-gateway", "-c", config],
                              env=self.variables, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, rf"error: .*{folder}/(ca\.crt|gateway\.password)")


if __name__ == "__main__":
    unittest.main()
