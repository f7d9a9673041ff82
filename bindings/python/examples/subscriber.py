#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Shows what arrives: subscriber.py URI FILTER [OPTION=VALUE]...

    subscriber.py mqtts://viewer@localhost:8883 'iotkit/#' tls_ca_file=broker/ca.crt \\
        mqtt_password_file=broker/viewer.password
"""

import sys
from typing import Any

import iotkit
from iotkit import EventType


def main(uri: str, filter: str, *settings: str) -> None:
    options: dict[str, Any] = dict(setting.split("=", 1) for setting in settings)
    with iotkit.Client(uri, **options) as client:
        client.subscribe(filter, qos=1)
        client.connect(timeout=10)
        for event in client:
            if event.type is EventType.MESSAGE:
                print(event.topic, event.payload.decode(errors="replace"), flush=True)
            elif event.status < 0 or event.type is EventType.SUBSCRIBED:
                print(f"{event.type}: {event.text}", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        pass
    except iotkit.Error as problem:
        sys.exit(f"subscriber.py: {problem}")
