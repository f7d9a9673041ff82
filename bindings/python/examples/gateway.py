#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A gateway in a few lines: publishes what boards measure, and survives being killed.

    gateway.py mqtts://gateway@localhost:8883 greenhouse=serial:/dev/ttyACM0 \\
        tls_ca_file=broker/ca.crt mqtt_password_file=broker/gateway.password

What is NAME=serial:... or NAME=tcp:... is a board, what else has a = is an option.
"""

import signal
import sys
from typing import Any

import iotkit
from iotkit import EventType


def main(uri: str, *arguments: str) -> None:
    pairs = dict(argument.split("=", 1) for argument in arguments)
    boards = {k: v for k, v in pairs.items() if v.startswith(("serial:", "tcp:"))}
    options: dict[str, Any] = {k: v for k, v in pairs.items() if k not in boards}
    options.setdefault("outbox_path", "gateway.outbox")
    with iotkit.Client(uri, events_metrics=True, **options) as client:
        for name, port in boards.items():
            client.add_device(name, port)
        client.connect(timeout=0)  # it may come later: what is measured waits in the outbox
        for event in client:
            if event.type is EventType.METRIC:
                print(f"{event.device} {event.topic} {event.value} {event.unit}", flush=True)
            elif event.text:
                print(f"{event.type}: {event.device} {event.text}", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end as by Ctrl-C
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        pass
    except iotkit.Error as problem:
        sys.exit(f"gateway.py: {problem}")
