# SPDX-License-Identifier: MIT
"""tls.verify × kinds of certificate × servers × versions of TLS. Neither the
server nor its versions may change a verdict."""

import itertools
import re
import unittest

from client import TlsTest
from pki import Pki
from servers import SServer, TlsBroker

TRUSTED = ""
WRONG_NAME = "'dev'.*'localhost'|'localhost'.*'dev'"
UNKNOWN_CA = "other CA"
EXPIRED = "expired"

#                    full        ca          none
VERDICTS = {
    "good":         (TRUSTED,    TRUSTED,    TRUSTED),
    "wrong name":   (WRONG_NAME, TRUSTED,    TRUSTED),
    "unknown CA":   (UNKNOWN_CA, UNKNOWN_CA, TRUSTED),
    "expired":      (EXPIRED,    EXPIRED,    TRUSTED),
}
MODES = ("full", "ca", "none")

WARNING = r"warning: .*tls\.verify.*none"


class Matrix(TlsTest):
    @classmethod
    def setUpClass(cls):
        cls.pki = Pki(cls)
        cls.identities = {
            "good": cls.pki.server,
            "wrong name": cls.pki.issue("dev"),
            "unknown CA": cls.pki.issue("localhost", by=cls.pki.other_ca),
            "expired": cls.pki.issue("localhost", days=(-9, -2)),
        }

    def servers(self, kind):
        identity = self.identities[kind]
        return {
            "mosquitto, 1.2": TlsBroker.of(self, self.pki, identity, at_most="1.2"),
            "mosquitto, 1.2 and 1.3": TlsBroker.of(self, self.pki, identity),
            "s_server, 1.2": SServer(self, identity, "-tls1_2", broker=True),
            "s_server, 1.2 and 1.3": SServer(self, identity, broker=True),
        }

    def check(self, server, mode, verdict):
        # `openssl s_server` cannot acknowledge a message.
        text = self.publish(
            server.uri, *self.trusting(tls_verify=mode), qos=0, code=1 if verdict else 0
        )
        if verdict:
            self.assert_says(text, f"(?i){verdict}")
        self.assertEqual(len(re.findall(WARNING, text)), 1 if mode == "none" else 0, text)

    def check_row(self, kind):
        servers = self.servers(kind)
        cells = zip(MODES, VERDICTS[kind])
        for (mode, verdict), (name, server) in itertools.product(cells, servers.items()):
            with self.subTest(verify=mode, server=name):
                self.check(server, mode, verdict)

    def test_good(self):
        self.check_row("good")

    def test_wrong_name(self):
        self.check_row("wrong name")

    def test_unknown_ca(self):
        self.check_row("unknown CA")

    def test_expired(self):
        self.check_row("expired")

    def test_none_warns_at_every_connect(self):
        broker = TlsBroker.of(self, self.pki, self.identities["expired"])
        gateway = self.start(
            "iotkit-gateway", "--broker", broker.uri,
            *self.options(tls_verify="none", reconnect_min_ms=1, reconnect_max_ms=100),
        )
        mark = 0
        for _ in range(3):
            mark = gateway.err.wait_for(r"\d warning: [^\n]*none", mark).end()
            mark = gateway.err.wait_for(r"(?i)\d connected [^\n]*\n", mark).end()
            broker.stop()
            broker.start()


if __name__ == "__main__":
    unittest.main()
