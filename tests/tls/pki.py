# SPDX-License-Identifier: MIT
"""Certificates of every kind, good and bad, made by the openssl command.

Each is made when it is first asked for; those with another CA, date or purpose
differ from the good one in just that.
"""

import base64
import dataclasses
import datetime
import functools
import hashlib
import pathlib
import shutil
import subprocess
import tempfile

import support

CONFIG = """
[req]
distinguished_name = req
[ca]
default_ca = any
[any]
database = {folder}/{name}.index
crlnumber = {folder}/{name}.crlnumber
new_certs_dir = {folder}
rand_serial = yes
unique_subject = no
default_md = sha256
default_days = 30
default_crl_days = 30
policy = policy
[policy]
commonName = supplied
"""
CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
SERVER = "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n"
CLIENT = "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=clientAuth\n"
KINDS = {
    "ec": ("EC", "ec_paramgen_curve:P-256"),
    "rsa": ("RSA", "rsa_keygen_bits:2048"),
}
PASS_PHRASE = "correct horse"


def openssl(*args, stdin=b""):
    done = subprocess.run(
        ["openssl", *map(str, args)],
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=support.PATIENCE,
    )
    if done.returncode != 0:
        raise AssertionError(f"openssl {args}: {done.stderr.decode()}")
    return done.stdout


def moment(days):
    """So many days from now, as `openssl ca` wants it."""
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return then.strftime("%Y%m%d%H%M%SZ")


@dataclasses.dataclass
class Identity:
    cert: pathlib.Path
    key: pathlib.Path

    def pin(self):
        """SHA-256 of the public key, as bytes."""
        public = openssl("x509", "-in", self.cert, "-noout", "-pubkey")
        der = openssl("pkey", "-pubin", "-outform", "DER", stdin=public)
        return hashlib.sha256(der).digest()

    def pin_base64(self):
        return base64.b64encode(self.pin()).decode()


class Pki:
    """A folder with a CA, another CA, and what they sign."""

    def __init__(self, owner):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="iotkit-pki-"))
        cleanup = owner.addClassCleanup if isinstance(owner, type) else owner.addCleanup
        cleanup(shutil.rmtree, self.folder)

    def write(self, name, text, mode=0o600):
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def join(self, name, *paths):
        return self.write(name, "".join(path.read_text() for path in paths))

    # What every test needs.

    @functools.cached_property
    def ca(self):
        return self.make_ca("course CA")

    @functools.cached_property
    def other_ca(self):
        return self.make_ca("other CA")

    @functools.cached_property
    def server(self):
        return self.issue("localhost")

    @functools.cached_property
    def client(self):
        return self.issue("anna", purpose=CLIENT)

    # Making them.

    def new_key(self, name, kind="ec"):
        algorithm, option = KINDS[kind]
        path = self.folder / f"{name}.key"
        openssl("genpkey", "-algorithm", algorithm, "-pkeyopt", option, "-out", path)
        path.chmod(0o600)
        return path

    def encrypt(self, key, pass_phrase=PASS_PHRASE):
        path = self.folder / f"{key.stem}-encrypted.key"
        openssl("pkcs8", "-topk8", "-in", key, "-out", path, "-passout", f"pass:{pass_phrase}")
        path.chmod(0o600)
        return path

    def make_ca(self, name):
        identity = Identity(self.folder / f"{name}.crt", self.new_key(name))
        self._self_sign(identity, name, CA)
        return identity

    def make_intermediate(self, name="intermediate CA"):
        return self.issue(name, purpose=CA, san=None)

    def self_signed(self, name="localhost"):
        identity = Identity(self.folder / "self.crt", self.new_key("self"))
        self._self_sign(identity, name, SERVER + f"subjectAltName=DNS:{name}\n")
        return identity

    def issue(
        self, name, *, by=None, purpose=SERVER, san="", kind="ec", days=(-1, 30), md="sha256",
        label=None,
    ):
        """A certificate for this name. `san` None: none; "": the name itself."""
        by = by or self.ca
        label = label or f"{name}-{len(list(self.folder.iterdir()))}"
        identity = Identity(self.folder / f"{label}.crt", self.new_key(label, kind))
        if san == "":
            san = f"DNS:{name}"
        extensions = self.write(
            f"{label}.ext", purpose + (f"subjectAltName={san}\n" if san else "")
        )
        request = self.folder / f"{label}.csr"
        config = self._config(by)
        openssl(
            "req", "-new", "-config", config, "-key", identity.key, "-subj", f"/CN={name}",
            "-out", request,
        )
        openssl(
            "ca", "-batch", "-config", config, "-cert", by.cert, "-keyfile", by.key, "-md", md,
            "-startdate", moment(days[0]), "-enddate", moment(days[1]), "-notext",
            "-extfile", extensions, "-in", request, "-out", identity.cert,
        )
        return identity

    def revoke(self, identity, by=None):
        by = by or self.ca
        openssl(
            "ca", "-config", self._config(by), "-cert", by.cert, "-keyfile", by.key,
            "-revoke", identity.cert,
        )

    def make_crl(self, by=None):
        by = by or self.ca
        path = self.folder / f"{by.cert.stem}.crl"
        openssl(
            "ca", "-config", self._config(by), "-cert", by.cert, "-keyfile", by.key,
            "-gencrl", "-out", path,
        )
        return path

    def _self_sign(self, identity, name, extensions):
        config = self.write(
            f"{identity.cert.stem}.self.cnf",
            f"[req]\ndistinguished_name=req\nx509_extensions=wanted\n[wanted]\n{extensions}",
        )
        openssl(
            "req", "-x509", "-new", "-config", config, "-key", identity.key, "-days", 30,
            "-subj", f"/CN={name}", "-out", identity.cert,
        )

    def _config(self, ca):
        """The CA's files that `openssl ca` wants, made when they are first needed."""
        name = ca.cert.stem
        path = self.folder / f"{name}.cnf"
        if not path.exists():
            self.write(f"{name}.index", "")
            self.write(f"{name}.crlnumber", "01\n")
            self.write(path.name, CONFIG.format(folder=self.folder, name=name))
        return path
