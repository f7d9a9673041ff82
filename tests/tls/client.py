# SPDX-License-Identifier: MIT
"""What the tests of TLS share: our programs against a server, and their words."""

import re

import servers
import support


class TlsTest(support.ProgramTest):
    """`pki` is set by the class."""

    def options(self, **options):
        """--option for each, tls_ca_file standing for tls.ca_file."""
        return [
            word
            for name, value in options.items()
            for word in ("--option", f"{name.replace('_', '.', 1)}={value}")
        ]

    def trusting(self, ca=None, **options):
        return self.options(tls_ca_file=(ca or self.pki.ca).cert, **options)

    def publish(self, uri, *args, qos=1, code=0):
        """What iotkit-pub says on standard error."""
        result = support.run(
            "iotkit-pub", "--broker", uri, "-t", "a", "-m", "hello", "-q", qos, *args
        )
        self.assert_ran(result, code)
        return result.err

    def refused(self, uri, *args, says, qos=1):
        """It ends with status 1, and its last line has all of these words."""
        text = self.publish(uri, *args, qos=qos, code=1)
        self.assert_says(text, *says)
        return text

    def speaks_1_3(self):
        """Whether the mbedTLS that we are built with has TLS 1.3."""
        broker = servers.TlsBroker.of(self, self.pki)
        result = support.run(
            "iotkit-pub", "--broker", broker.uri, "-t", "a", "-n",
            *self.trusting(tls_min_version="1.3"),
        )
        if result.code:
            self.assert_says(result.err, r"tls\.min_version", r"1\.3", r"mbedTLS 2")
        return result.code == 0

    def assert_says(self, text, *words):
        sentence = (text.splitlines() or [""])[-1]
        for word in words:
            if not re.search(word, sentence, re.IGNORECASE):
                self.fail(f"no '{word}' in: {text!r}")


def dates(text):
    """The days that a sentence shows."""
    return re.findall(r"20\d\d-\d\d-\d\d", text)


__all__ = ["TlsTest", "dates", "servers", "support"]
