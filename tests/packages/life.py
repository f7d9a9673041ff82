# SPDX-License-Identifier: MIT
"""The life of the packages in a Debian of their own: installed, used, removed, purged.

usage: life.py FOLDER [MIRROR]
       life.py --copy FOLDER

FOLDER has the packages. A minimal Debian is made by mmdebstrap, as root, in a temporary folder,
from MIRROR or the one that this system uses. This takes a minute or two. With --copy it is this
system as it is, which needs no download: what is written lands in a layer above it, which goes with
the mounts of this process. That is for a mount namespace of its own: unshare --mount."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
RELEASE = "bookworm"


class Debian:
    def __init__(self, folder, mirror=None):
        self.root = folder / "root"
        self.root.mkdir(mode=0o755)
        command = ["mmdebstrap", "--variant=apt", "--quiet", RELEASE, self.root]
        subprocess.run(command + ([mirror] if mirror else []), check=True)
        # What apt of this system knows of the network, so does that of the new one.
        for name in ("/etc/resolv.conf", "/etc/hosts"):
            shutil.copy(name, self.path(name))
        self.path("/etc/apt/apt.conf.d/99proxy").write_text(
            subprocess.run(["apt-config", "dump", "Acquire::http"], check=True,
                           stdout=subprocess.PIPE, text=True).stdout)
        self.apt("update")

    def run(self, *command):
        """What the command prints within; ends this program when it fails."""
        done = subprocess.run(
            ["chroot", self.root, "env", "DEBIAN_FRONTEND=noninteractive", "PATH=/usr/sbin:/usr/bin",
             "HOME=/root", "LC_ALL=C.UTF-8", *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def apt(self, *command):
        return self.run("apt-get", "-q", "-y", "--no-install-recommends", *command)

    def files(self):
        """All but what apt, dpkg and logs keep for themselves."""
        found = self.run("find", "/", "-xdev", "(", "-path", "/proc", "-o", "-path", "/sys", "-o",
                         "-path", "/dev", "-o", "-path", "/var/lib/dpkg", "-o", "-path",
                         "/var/lib/apt", "-o", "-path", "/var/cache", "-o", "-path", "/var/log",
                         "-o", "-path", "/tmp", ")", "-prune", "-o", "-print")
        return set(found.splitlines())

    def path(self, name):
        return self.root / name.lstrip("/")


class Copy(Debian):
    """This system, which has what the packages depend on, since it has built them."""

    def __init__(self, folder, packages):
        self.layer, self.root = folder / "layer/written", folder / "layer/root"
        subprocess.run(["mount", "-t", "tmpfs", "none", self.mkdir(folder / "layer")], check=True)
        work = self.mkdir(folder / "layer/work")
        options = f"lowerdir=/,upperdir={self.mkdir(self.layer)},workdir={work}"
        subprocess.run(["mount", "-t", "overlay", "none", "-o", options, self.mkdir(self.root)],
                       check=True)
        subprocess.run(["mount", "--bind", "/dev", self.root / "dev"], check=True)
        # Without systemd's and udev's sockets, which are those of the real system.
        subprocess.run(["mount", "-t", "tmpfs", "none", self.root / "run"], check=True)
        self.run("dpkg", "--purge", *packages)

    @staticmethod
    def mkdir(path):
        path.mkdir(mode=0o755, exist_ok=True)
        return path

    def apt(self, command, *arguments):
        """Without the network, and so by dpkg alone."""
        named = [argument for argument in arguments if not argument.startswith("-")]
        return self.run("dpkg", f"--{command}", *named)

    def files(self):
        """What was written, not what others write to the real system meanwhile."""
        own = ("/var/lib/dpkg/", "/var/cache/", "/var/log/", "/tmp/")
        found = (path for path in self.layer.rglob("*") if not path.is_char_device())
        names = {f"/{path.relative_to(self.layer)}" for path in found}
        return {name for name in names if not name.startswith(own)}


def expect(truth, what):
    print(f"{'ok' if truth else 'NOT OK'}: {what}", flush=True)
    if not truth:
        raise SystemExit(1)


def check_installed(debian):
    said = debian.run("iotkit-gateway", "--version")
    expect(re.match(r"iotkit-gateway .*\d+\.\d+\.\d+", said), f"the gateway runs: {said.strip()}")
    groups = debian.run("id", "-nG", "iotkit").split()
    expect(groups == ["iotkit", "dialout"], f"the user iotkit is in {groups}")
    owner = debian.run("stat", "-c", "%U:%G %a", "/etc/iotkit/gateway.conf").strip()
    expect(owner == "iotkit:iotkit 600", f"gateway.conf is {owner}")
    for name in ("/lib/systemd/system/iotkit-gateway.service", "/lib/udev/rules.d/60-iotkit.rules"):
        expect(debian.path(name).exists(), f"{name} is there")
    enabled = debian.path("/etc/systemd/system/multi-user.target.wants/iotkit-gateway.service")
    expect(not enabled.exists(), "the service is not enabled before it is configured")
    expect("libiotkit.so.1" in debian.run("ldconfig", "-p"), "the loader knows the library")
    # As systemd does when it starts the service.
    debian.run("install", "-d", "-o", "iotkit", "-g", "iotkit", "-m", "700", "/var/lib/iotkit")
    said = debian.run("setpriv", "--reuid=iotkit", "--regid=iotkit", "--init-groups", "sh", "-c",
                      "iotkit-gateway -c /etc/iotkit/gateway.conf 2>&1 || echo ended with $?")
    expect("/etc/iotkit/gateway.password" in said or "/etc/iotkit/ca.crt" in said,
           f"unconfigured, it says what is missing: {said.strip().splitlines()[-2]}")
    expect(debian.path("/var/lib/iotkit/outbox.db").exists(), "it has made its outbox")


def check_building(debian):
    example = re.search(r"^```c\n(.*?)^```$", (SOURCE / "README.md").read_text(),
                        re.DOTALL | re.MULTILINE).group(1)
    debian.path("/tmp/example.c").write_text(example)
    debian.run("sh", "-c", "cc /tmp/example.c -o /tmp/example $(pkg-config --cflags --libs iotkit)")
    said = debian.run("sh", "-c", "cd /tmp && ./example 2>&1 || true")
    expect("gateway.password" in said, "the README's example is built by pkg-config, and runs")


def check_reinstalling(debian, inside):
    """What the administrator wrote stays."""
    config = debian.path("/etc/iotkit/gateway.conf")
    config.write_text(config.read_text() + "# a line of mine\n")
    debian.apt("install", "--reinstall", *inside)
    expect(config.read_text().endswith("# a line of mine\n"), "gateway.conf survives an upgrade")
    owner = debian.run("stat", "-c", "%U:%G %a", "/etc/iotkit/gateway.conf").strip()
    expect(owner == "iotkit:iotkit 600", f"and is still {owner}")


def check_leaving(debian, packages, before):
    debian.apt("remove", *packages)
    expect(debian.path("/var/lib/iotkit/outbox.db").exists(), "what was measured survives a removal")
    expect(debian.path("/etc/iotkit/gateway.conf").exists(), "and so does the configuration")
    secret = debian.path("/etc/iotkit/gateway.password")
    debian.run("install", "-o", "iotkit", "-g", "iotkit", "-m", "600", "/dev/null",
               "/etc/iotkit/gateway.password")
    debian.run("dpkg", "--purge", *packages)
    status = secret.stat()
    expect((status.st_uid, status.st_gid, status.st_mode & 0o777) == (0, 0, 0o600),
           "a password that was put there stays, and is root's")
    secret.unlink()
    secret.parent.rmdir()
    left = {name for name in debian.files() - before if "iotkit" in name}
    expect(not left, f"nothing is left after a purge: {sorted(left)}")
    expect("iotkit" not in debian.path("/etc/passwd").read_text(), "nor the user")


def live(debian, packages):
    before = debian.files()
    for path in packages:
        shutil.copy(path, debian.path("/tmp"))
    inside = [f"/tmp/{path.name}" for path in packages]
    debian.apt("install", *inside)
    check_installed(debian)
    check_reinstalling(debian, inside)
    if not isinstance(debian, Copy):
        debian.apt("install", "gcc", "libc6-dev", "pkg-config")
    check_building(debian)
    check_leaving(debian, names_of(packages), before)


def names_of(packages):
    return [path.name.partition("_")[0] for path in packages]


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--copy"]
    copy = len(arguments) < len(sys.argv) - 1
    if len(arguments) not in (1, 2):
        sys.exit(__doc__)
    packages = sorted(pathlib.Path(arguments[0]).glob("*.deb"))
    if not packages:
        sys.exit(f"there are no packages in {arguments[0]}: make them by ./run package")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="iotkit-life-"))
    folder.chmod(0o755)
    try:
        live(Copy(folder, names_of(packages)) if copy else Debian(folder, *arguments[1:]), packages)
    finally:
        if copy:
            subprocess.run(["umount", "--recursive", "--lazy", folder / "layer"], check=True)
        subprocess.run(["rm", "-rf", "--one-file-system", folder], check=True)


if __name__ == "__main__":
    main()
