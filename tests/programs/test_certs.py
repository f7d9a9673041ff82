# SPDX-License-Identifier: MIT
"""iotkit-certs, judged by openssl and by a real mosquitto with TLS."""

import os
import pathlib
import re
import shutil
import stat
import subprocess
import tempfile
import unittest

import support
from support import run

DAY = 86400


class Folder(support.ProgramTest):
    """An empty folder, and the program working in it."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="iotkit-certs-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return str(self.folder / name)

    def certs(self, command, *args, code=0):
        result = run("iotkit-certs", command, *args, "--dir", self.folder)
        self.assert_ran(result, code)
        return result

    def refused(self, pattern, command, *args):
        """It fails with this sentence, and leaves the folder as it was."""
        before = self.contents()
        result = self.certs(command, *args, code=1)
        self.assert_sentence("iotkit-certs", result.err, pattern)
        self.assertEqual(result.out, b"")
        self.assertEqual(self.contents(), before)

    def contents(self):
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}

    def password(self, name, text):
        path = self.folder / name
        path.write_text(text + "\n")
        path.chmod(0o600)
        return str(path)

    def openssl(self, *args, code=0):
        done = subprocess.run(["openssl", *args], cwd=self.folder, capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=support.PATIENCE)
        text = (done.stdout + done.stderr).decode()
        self.assertEqual(done.returncode, code, text)
        return text

    def verify(self, certificate, *args, code=0):
        return self.openssl("verify", "-x509_strict", "-CAfile", "ca.crt", *args, certificate,
                            code=code)

    def text(self, certificate, *args):
        return self.openssl("x509", "-in", certificate, "-noout", *(args or ["-text"]))

    def public_key(self, certificate):
        return self.text(certificate, "-pubkey")


class Made(Folder):
    def test_server_passes_the_strict_check_for_all_its_names(self):
        self.certs("ca")
        self.certs("server", "dev", "*.dev.local", "--ip", "192.168.1.5", "--ip", "fd00::5")
        for name in ("dev", "pump.dev.local"):
            self.verify("dev.crt", "-purpose", "sslserver", "-verify_hostname", name)
        for address in ("192.168.1.5", "fd00::5"):
            self.verify("dev.crt", "-purpose", "sslserver", "-verify_ip", address)
        self.verify("dev.crt", "-verify_hostname", "other", code=2)
        self.verify("dev.crt", "-purpose", "sslclient", code=2)

    def test_client_passes_the_strict_check(self):
        self.certs("ca")
        self.certs("client", "pump-1")
        self.verify("pump-1.crt", "-purpose", "sslclient")
        self.verify("pump-1.crt", "-purpose", "sslserver", code=2)

    def test_rsa_2048(self):
        self.certs("ca", "--key", "rsa2048")
        self.certs("server", "dev", "--key", "rsa2048")
        self.verify("dev.crt", "-purpose", "sslserver")
        text = self.text("dev.crt")
        self.assertIn("Public-Key: (2048 bit)", text)
        self.assertIn("Digital Signature, Key Encipherment", text)

    @unittest.skipIf("IOTKIT_SANITIZED" in os.environ, "large primes take a sanitizer minutes")
    def test_rsa_4096(self):
        self.certs("ca")
        self.certs("client", "x", "--key", "rsa4096")
        self.assertIn("Public-Key: (4096 bit)", self.text("x.crt"))
        self.verify("x.crt", "-purpose", "sslclient")

    def test_extensions_of_the_ca(self):
        self.certs("ca")
        text = self.text("ca.crt")
        self.assertRegex(text, r"Basic Constraints: critical\s+CA:TRUE, pathlen:0")
        self.assertRegex(text, r"Key Usage: critical\s+Certificate Sign, CRL Sign\n")
        self.assertIn("Subject Key Identifier", text)
        self.assertIn("NIST CURVE: P-256", text)
        self.assertIn("ecdsa-with-SHA256", text)
        self.verify("ca.crt")

    def test_names_keep_every_character(self):
        # As X.509 has it: 64 characters, whatever their bytes.
        name = 'Grün, "x" = a+b\\1;<#>' + "ü" * 43
        self.assertEqual(len(name), 64)
        self.certs("ca", "--name", " #Kurs, O=x ")
        self.certs("client", name, "--out", "x")
        subject = self.text("x.crt", "-subject", "-nameopt", "utf8,sep_multiline")
        self.assertIn(f"CN={name}\n", subject)
        self.verify("x.crt")

    def test_serial_numbers_are_random_and_positive(self):
        self.certs("ca")
        for name in "abcd":
            self.certs("client", name)
        serials = {self.text(f"{name}.crt", "-serial") for name in ["a", "b", "c", "d", "ca"]}
        self.assertEqual(len(serials), 5)
        for serial in serials:
            self.assertRegex(serial, r"^serial=[4-7][0-9A-F]{31}\n$")

    def test_keys_are_for_their_owner_alone(self):
        umask = os.umask(0)
        try:
            self.certs("ca")
            self.certs("server", "dev")
        finally:
            os.umask(umask)
        for name, mode in {"ca.key": 0o600, "dev.key": 0o600,
                           "ca.crt": 0o644, "dev.crt": 0o644}.items():
            self.assertEqual(stat.S_IMODE((self.folder / name).stat().st_mode), mode, name)
        self.assertEqual(len(self.contents()), 4)

    def test_a_certificate_does_not_outlive_its_ca(self):
        self.certs("ca", "--days", "10")
        self.certs("server", "dev", "--days", "400")
        ends = {self.text(name, "-enddate") for name in ("ca.crt", "dev.crt")}
        self.assertEqual(len(ends), 1)

    def test_validity_begins_an_hour_ago(self):
        self.certs("ca", "--days", "30")
        self.text("ca.crt", "-checkend", str(30 * DAY - 60))
        self.openssl("x509", "-in", "ca.crt", "-noout", "-checkend", str(30 * DAY + 60), code=1)
        now = subprocess.run(["date", "+%s"], capture_output=True, check=True).stdout
        self.verify("ca.crt", "-attime", str(int(now) - 3500))
        self.verify("ca.crt", "-attime", str(int(now) - 3700), code=2)

    def test_says_what_it_wrote_until_when_and_what_next(self):
        out = self.certs("ca", "--days", "30").out.decode()
        self.assertIn(f"wrote {self.folder}/ca.crt\n", out)
        self.assertRegex(out, r"valid until: +20\d\d-\d\d-\d\d .*expires in 30 days")
        self.assertIn("Next: 'iotkit-certs server NAME'", out)
        out = self.certs("server", "dev").out.decode()
        self.assertIn(f"certfile {self.folder}/dev.crt\n", out)
        self.assertIn(f"keyfile {self.folder}/dev.key\n", out)
        self.assertIn("install -o mosquitto", out)
        self.assertIn("'iotkit-broker init' does", out)
        out = self.certs("client", "pump").out.decode()
        self.assertIn(f"tls.cert_file={self.folder}/pump.crt", out)

    def test_paths_for_mosquitto_are_whole(self):
        self.certs("ca")
        program = support.command("iotkit-certs", "server", "dev")
        done = subprocess.run(program, cwd=self.folder, capture_output=True, check=True)
        self.assertIn(f"certfile {self.folder}/dev.crt\n", done.stdout.decode())
        self.assertIn(f"keyfile {self.folder}/dev.key\n", done.stdout.decode())

    def test_signs_with_a_ca_of_openssl(self):
        (self.folder / "cnf").write_text("[req]\ndistinguished_name=d\n[d]\n")
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key",
                     "-out", "ca.crt", "-days", "30", "-config", "cnf",
                     "-subj", "/DC=com/DC=example/O=Kurs, 1/OU=a/OU=b/CN=CA",
                     "-addext", "basicConstraints=critical,CA:TRUE",
                     "-addext", "subjectKeyIdentifier=01:02:03:04",
                     "-addext", "keyUsage=critical,keyCertSign")
        (self.folder / "ca.key").chmod(0o600)
        self.certs("server", "dev")
        self.verify("dev.crt", "-purpose", "sslserver", "-verify_hostname", "dev")

    def test_duplicates_are_dropped(self):
        self.certs("ca")
        self.certs("server", "dev", "DEV", "dev", "--ip", "::1", "--ip", "0:0:0:0:0:0:0:1")
        names = re.search(r"Alternative Name: \n\s*(.*)\n", self.text("dev.crt")).group(1)
        self.assertEqual(names, "DNS:dev, IP Address:0:0:0:0:0:0:0:1")

    def test_64_names_fit(self):
        self.certs("ca")
        names = [f"n{i}." + "x" * 60 + "." + "y" * 63 + "." + "z" * 63 for i in range(62)]
        self.certs("server", "dev", *names, "--ip", "10.0.0.1")
        self.verify("dev.crt", "-verify_hostname", names[-1])
        self.refused("64 names and addresses", "server", "d", *names, "--ip", "10.0.0.1",
                     "--ip", "10.0.0.2")


class PassPhrase(Folder):
    def setUp(self):
        super().setUp()
        self.phrase = self.password("phrase", "öffne dich")
        self.certs("ca", "--password-file", self.phrase)

    def test_openssl_reads_the_key_with_it_alone(self):
        self.assertIn("BEGIN ENCRYPTED PRIVATE KEY", (self.folder / "ca.key").read_text())
        self.openssl("pkey", "-in", "ca.key", "-passin", "file:phrase", "-noout", "-check")
        self.openssl("pkey", "-in", "ca.key", "-passin", "pass:wrong", "-noout", code=1)

    def test_signs_with_it_alone(self):
        self.refused("is encrypted", "server", "dev")
        self.refused("does not open", "server", "dev", "--password-file",
                     self.password("wrong", "dich öffne"))
        self.certs("server", "dev", "--password-file", self.phrase)
        self.verify("dev.crt", "-purpose", "sslserver")
        self.assertIn("BEGIN PRIVATE KEY", (self.folder / "dev.key").read_text())

    def test_others_must_not_read_it(self):
        os.chmod(self.phrase, 0o644)
        self.refused("run 'chmod 600", "client", "x", "--password-file", self.phrase)

    def test_renews_with_it(self):
        key = (self.folder / "ca.key").read_bytes()
        self.refused("is encrypted", "ca", "--renew")
        self.certs("ca", "--renew", "--password-file", self.phrase)
        self.assertEqual((self.folder / "ca.key").read_bytes(), key)

    def test_must_exist_and_have_a_line(self):
        self.refused("there is no password file", "client", "x", "--password-file",
                     self.path("none"))
        self.refused("is empty", "client", "x", "--password-file", self.password("blank", ""))


class Renewed(Folder):
    def setUp(self):
        super().setUp()
        self.certs("ca", "--days", "20")
        self.certs("server", "dev", "dev.local", "--ip", "10.1.2.3", "--days", "5")

    def test_server_keeps_key_and_names(self):
        before = self.contents()
        public_key = self.public_key("dev.crt")
        serial = self.text("dev.crt", "-serial")
        out = self.certs("server", "dev", "--renew", "--days", "15").out.decode()
        self.assertIn(f"renewed {self.folder}/dev.crt\n", out)
        self.assertEqual(self.public_key("dev.crt"), public_key)
        self.assertNotEqual(self.text("dev.crt", "-serial"), serial)
        self.assertEqual(self.contents()["dev.key"], before["dev.key"])
        self.verify("dev.crt", "-verify_hostname", "dev.local", "-verify_ip", "10.1.2.3")
        self.text("dev.crt", "-checkend", str(14 * DAY))

    def test_server_takes_new_names(self):
        public_key = self.public_key("dev.crt")
        self.certs("server", "dev", "other.local", "--renew")
        self.assertEqual(self.public_key("dev.crt"), public_key)
        self.verify("dev.crt", "-verify_hostname", "other.local")
        self.verify("dev.crt", "-verify_hostname", "dev.local", code=2)

    def test_names_that_go_are_told(self):
        out = self.certs("server", "dev", "new.local", "--ip", "10.1.2.3", "--renew").out.decode()
        self.assertEqual(re.findall("no longer: (.*)", out), ["dev.local"])
        out = self.certs("server", "dev", "--renew").out.decode()
        self.assertNotIn("no longer", out)
        out = self.certs("server", "dev", "new", "--renew").out.decode()
        self.assertEqual(re.findall("no longer: (.*)", out), ["new.local", "10.1.2.3"])

    def test_the_same_command_with_renew_does_the_same(self):
        command = ["server", "a.local", "b.local", "--ip", "10.0.0.1", "--out", "broker"]
        self.certs(*command)
        names = self.text("broker.crt", "-ext", "subjectAltName")
        self.certs(*command, "--renew")
        self.assertEqual(self.text("broker.crt", "-ext", "subjectAltName"), names)
        self.certs("server", "--out", "broker", "--renew")
        self.assertEqual(self.text("broker.crt", "-ext", "subjectAltName"), names)
        self.certs("server", "c.local", "--out", "broker", "--renew")
        self.verify("broker.crt", "-verify_hostname", "c.local")
        self.verify("broker.crt", "-verify_hostname", "a.local", code=2)

    def test_what_the_ca_signed_stays_valid(self):
        public_key = self.public_key("ca.crt")
        identifier = self.text("ca.crt", "-ext", "subjectKeyIdentifier")
        self.certs("ca", "--renew", "--days", "1000")
        self.assertEqual(self.public_key("ca.crt"), public_key)
        self.assertEqual(self.text("ca.crt", "-ext", "subjectKeyIdentifier"), identifier)
        self.text("ca.crt", "-checkend", str(999 * DAY))
        self.verify("dev.crt", "-purpose", "sslserver")

    def test_client(self):
        self.certs("client", "Pumpe, 1", "--out", "pump")
        self.certs("client", "pump", "--renew")
        self.assertIn("Pumpe, 1", self.text("pump.crt", "-subject"))
        self.verify("pump.crt", "-purpose", "sslclient")

    def test_not_as_another_kind(self):
        self.refused("is the certificate of a server, .* as that of a client", "client", "dev",
                     "--renew")
        self.refused("is the certificate of a CA, .* as that of a server", "server", "ca",
                     "--renew")

    def test_not_with_another_key(self):
        self.certs("server", "b")
        shutil.copy(self.path("b.key"), self.path("dev.key"))
        self.refused("is not the one that the certificate", "server", "dev", "--renew")

    def test_not_what_is_missing(self):
        self.refused("there is no certificate file .*/new.crt", "server", "new", "--renew")
        os.unlink(self.path("dev.key"))
        self.refused("there is no key file .*/dev.key", "server", "dev", "--renew")

    def test_not_with_another_kind_of_key_or_another_ca_name(self):
        self.refused("keeps its key", "server", "dev", "--renew", "--key", "rsa2048")
        self.refused("keeps its name", "ca", "--renew", "--name", "other")


class Refused(Folder):
    def setUp(self):
        super().setUp()
        self.certs("ca")

    def test_nothing_is_overwritten(self):
        self.refused("key file .*/ca.key exists already", "ca")
        self.certs("server", "dev")
        self.refused("key file .*/dev.key exists already", "server", "dev")
        os.unlink(self.path("dev.key"))
        self.refused("certificate file .*/dev.crt exists already", "server", "dev")

    def test_of_many_at_once_one_wins(self):
        programs = [self.start("iotkit-certs", "client", "x", "--dir", self.folder)
                    for _ in range(8)]
        codes = sorted(program.wait() for program in programs)
        self.assertEqual(codes, [0] + [1] * 7)
        self.assertEqual(set(self.contents()), {"ca.crt", "ca.key", "x.crt", "x.key"})
        self.assertEqual(self.public_key("x.crt"),
                         self.openssl("pkey", "-in", "x.key", "-pubout"))

    def test_nothing_is_written_through_a_link(self):
        os.symlink(self.path("elsewhere"), self.path("x.key"))
        result = self.certs("client", "x", code=1)
        self.assert_sentence("iotkit-certs", result.err, "key file .*/x.key exists already")
        self.assertFalse(os.path.exists(self.path("elsewhere")))

    def test_bad_host_names(self):
        for name in ("a b", "a.-b", "a-", "a..b", "a.", "a_b", "*", "*.", "a.*.b", "1.2.3", "1.2.3.256",
                     "x" * 64 + ".de", "grün.de", "fe80::1%eth0", "a,b", ""):
            with self.subTest(name):
                self.refused("is neither a host name nor an IP address", "server", name, "ok")
        self.refused("is neither", "server", "ok", "--ip", "10.0.0")

    def test_bad_names(self):
        self.refused("has 65 characters, and X.509 allows 64", "client", "ü" * 65)
        self.refused("cannot be empty", "client", "")
        self.refused("control character", "client", "a\nb")
        self.refused("is not UTF-8", "client", os.fsdecode(b"a\xff"))

    def test_no_ca(self):
        os.unlink(self.path("ca.crt"))
        self.refused("make a CA first", "server", "dev")

    def test_no_key_of_the_ca(self):
        os.unlink(self.path("ca.key"))
        self.refused("there is no key file .*ca.key", "server", "dev")

    def test_ca_that_is_none(self):
        self.certs("server", "dev")
        self.refused("is the certificate of a server .'CN=dev'., which may not sign", "client", "x",
                     "--ca", self.path("dev.crt"), "--ca-key", self.path("dev.key"))

    def test_key_of_another(self):
        self.certs("client", "other")
        self.refused("is not the one that the certificate", "client", "x", "--ca-key",
                     self.path("other.key"))

    def test_ca_file_without_certificate(self):
        self.refused("holds a private key, not a certificate", "client", "x", "--ca", self.path("ca.key"))

    def test_key_of_the_ca_that_others_can_read(self):
        os.chmod(self.path("ca.key"), 0o640)
        self.refused("run 'chmod 600", "client", "x")

    def test_expired_ca(self):
        (self.folder / "index").touch()
        (self.folder / "cnf").write_text(
            "[ca]\ndefault_ca=c\n[c]\ndatabase=index\ndefault_md=sha256\nrand_serial=yes\n"
            "new_certs_dir=.\npolicy=p\nx509_extensions=e\n[p]\ncommonName=supplied\n"
            "[e]\nbasicConstraints=critical,CA:TRUE\n")
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                     "-nodes", "-keyout", "old.key", "-out", "old.csr", "-subj", "/CN=old")
        self.openssl("ca", "-batch", "-config", "cnf", "-selfsign", "-keyfile", "old.key", "-in",
                     "old.csr", "-out", "old.crt", "-notext", "-startdate", "20200101000000Z",
                     "-enddate", "20210101000000Z")
        self.refused("expired on .*renew it first", "client", "x", "--ca", self.path("old.crt"),
                     "--ca-key", self.path("old.key"))

    def test_no_folder(self):
        result = run("iotkit-certs", "ca", "--dir", self.path("none"))
        self.assert_ran(result, 1)
        self.assert_sentence("iotkit-certs", result.err, "its folder does not exist.*mkdir")

    def test_name_that_is_too_long_for_a_file(self):
        self.refused("cannot write the key file", "client", "x", "--out", "y" * 250)


class Inspected(Folder):
    def setUp(self):
        super().setUp()
        self.certs("ca", "--name", "Kurs")
        self.certs("server", "dev", "--ip", "10.0.0.1", "--days", "100")

    def inspect(self, *names):
        result = run("iotkit-certs", "inspect", *map(self.path, names))
        self.assert_ran(result)
        return result.out.decode()

    def test_certificate(self):
        text = self.inspect("dev.crt")
        for line in (r"certificate:  of a server", r"subject:      CN=dev",
                     r"issuer:       CN=Kurs", r"names:        dev, 10\.0\.0\.1",
                     r"valid until:  20.* \(expires in 100 days\)", r"key:          EC, 256 bits",
                     r"signature:    ECDSA with SHA256", r"uses:         digital signature"):
            self.assertRegex(text, rf"(?m)^{line}$")

    def test_fingerprint_and_pin_are_those_of_openssl(self):
        text = self.inspect("dev.crt")
        theirs = self.text("dev.crt", "-fingerprint", "-sha256").split("=")[1].strip()
        self.assertIn(f"fingerprint:  {theirs.lower()} (SHA-256)\n", text)
        script = ("openssl x509 -in dev.crt -pubkey -noout | openssl pkey -pubin -outform der"
                  " | openssl dgst -sha256 -r")
        pin = subprocess.run(script, shell=True, cwd=self.folder, capture_output=True,
                             check=True).stdout.decode().split()[0]
        self.assertIn(f"pin:          {pin} ", text)

    def test_der_and_several_files(self):
        self.openssl("x509", "-in", "dev.crt", "-outform", "der", "-out", "dev.der")
        text = self.inspect("dev.crt", "dev.der")
        parts = re.split(r"== .* ==\n", text)
        self.assertEqual(parts[1].strip(), parts[2].strip())

    def test_chain(self):
        (self.folder / "chain").write_bytes(
            (self.folder / "dev.crt").read_bytes() + (self.folder / "ca.crt").read_bytes())
        self.assertEqual(re.findall(r"subject: +(.*)", self.inspect("chain")), ["CN=dev", "CN=Kurs"])

    def test_revocation_list_and_request(self):
        (self.folder / "index").touch()
        (self.folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca=c\n[c]\ndatabase=index\ndefault_md=sha256\n")
        for command in (["-revoke", "dev.crt"], ["-gencrl", "-crldays", "9", "-out", "crl.pem"]):
            self.openssl("ca", "-config", "ca.cnf", "-cert", "ca.crt", "-keyfile", "ca.key",
                         *command)
        text = self.inspect("crl.pem")
        self.assertIn("revocation list: 1 certificate revoked", text)
        self.assertIn("issuer:       CN=Kurs", text)
        self.openssl("req", "-new", "-key", "dev.key", "-subj", "/CN=want", "-out", "want.csr")
        text = self.inspect("want.csr")
        self.assertIn("not a certificate yet", text)
        self.assertIn("CN=want", text)

    def test_keys_show_their_kind_alone(self):
        phrase = self.password("phrase", "geheim")
        self.openssl("genrsa", "-traditional", "-aes128", "-passout", "file:phrase", "-out",
                     "old.key", "2048")
        self.openssl("pkcs8", "-topk8", "-in", "dev.key", "-passout", f"file:{phrase}",
                     "-out", "new.key")
        self.assertEqual(self.inspect("dev.key"), "private key:  EC, 256 bits\n")
        for name in ("old.key", "new.key"):
            os.chmod(self.path(name), 0o600)
            self.assertRegex(self.inspect(name), r"\Aprivate key:  encrypted: [^\n]*\n\Z")
        os.chmod(self.path("dev.key"), 0o644)
        self.assertIn("others can read this private key: run 'chmod 600", self.inspect("dev.key"))

    def test_control_characters_do_not_reach_the_terminal(self):
        self.openssl("req", "-x509", "-key", "ca.key", "-out", "evil.crt", "-days", "1", "-utf8",
                     "-subj", "/CN=a\x1b[31m\u202eb\u009bc")
        text = self.inspect("evil.crt")
        self.assertIn(r"CN=a\x1b[31m\xe2\x80\xaeb\xc2\x9bc", text)

    def test_what_is_none_of_these(self):
        (self.folder / "text").write_text("hello\n")
        (self.folder / "empty").touch()
        (self.folder / "cut.crt").write_bytes((self.folder / "ca.crt").read_bytes()[:200])
        for name, pattern in (("none", "there is no file"), ("text", "text that is not PEM"),
                              ("empty", "is empty"), (".", "is not a file"),
                              ("cut.crt", "looks like a certificate, but it is damaged")):
            with self.subTest(name):
                result = run("iotkit-certs", "inspect", self.path(name))
                self.assert_ran(result, 1)
                self.assert_sentence("iotkit-certs", result.err, pattern)


class Used(Folder):
    """By a mosquitto that asks for client certificates."""

    def start_broker(self, kind):
        self.certs("ca", "--key", kind)
        self.certs("server", "localhost", "--ip", "127.0.0.1", "--key", kind)
        self.certs("client", "pump", "--key", kind)
        self.tls_port = support.free_port()
        return support.Broker(
            self,
            "allow_anonymous true\n"
            f"listener {self.tls_port} 127.0.0.1\n"
            f"cafile {self.path('ca.crt')}\ncertfile {self.path('localhost.crt')}\n"
            f"keyfile {self.path('localhost.key')}\n"
            "require_certificate true\nuse_identity_as_username true\nallow_anonymous true\n")

    def use(self, kind):
        broker = self.start_broker(kind)
        result = run("mosquitto_pub", "-h", "localhost", "-p", self.tls_port, "-t", "a", "-m", "b",
                     "-q", "1", "--cafile", self.path("ca.crt"), "--cert", self.path("pump.crt"),
                     "--key", self.path("pump.key"))
        self.assert_ran(result)
        broker.log.wait_for(r"u'pump'")
        text = self.openssl("s_client", "-connect", f"127.0.0.1:{self.tls_port}",
                            "-verify_return_error", "-verify_ip", "127.0.0.1", "-x509_strict",
                            "-CAfile", "ca.crt", "-cert", "pump.crt", "-key", "pump.key")
        self.assertIn("Verify return code: 0 (ok)", text)
        self.check_says_good()

    def check_says_good(self):
        result = run("iotkit-certs", "check", f"localhost:{self.tls_port}", "--cafile",
                     self.path("ca.crt"), "--cert", self.path("pump.crt"), "--key",
                     self.path("pump.key"))
        self.assert_ran(result)
        text = result.out.decode()
        self.assertIn("verdict:      good", text)
        self.assertIn("names:        localhost, 127.0.0.1\n", text)

    def test_elliptic_curve(self):
        self.use("ec")

    def test_rsa(self):
        self.use("rsa2048")

    def test_check_tells_a_bad_broker(self):
        self.start_broker("ec")
        os.mkdir(self.path("other"))
        self.assert_ran(run("iotkit-certs", "ca", "--dir", self.path("other")))
        result = run("iotkit-certs", "check", f"localhost:{self.tls_port}", "-o",
                     f"tls.ca_file={self.path('other/ca.crt')}", "--cert", self.path("pump.crt"),
                     "--key", self.path("pump.key"))
        self.assert_ran(result, 1)
        text = result.out.decode()
        self.assertIn("subject:      CN=localhost\n", text)
        self.assertRegex(text, r"(?m)^verdict:      .*CA")

    def test_check_tells_that_nobody_is_there(self):
        result = run("iotkit-certs", "check", f"127.0.0.1:{support.free_port()}")
        self.assert_ran(result, 1)
        self.assertRegex(result.out.decode() + result.err, "127.0.0.1")


if __name__ == "__main__":
    unittest.main()
