#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What systemd does for a service, for machines without: starts a command, shows what it says on
NOTIFY_SOCKET, passes SIGHUP on, and starts it again when it fails, as Restart=on-failure has it.
SIGTERM ends it. Usage: supervise.py COMMAND...
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

PAUSE_S = 0.5  # RestartSec=


def show(text):
    print(f"systemd: {text}", flush=True)


def listen(notifier):
    while True:
        show(notifier.recv(4096).decode().replace("\n", ", "))


def supervise(command):
    stopped = threading.Event()

    def stop(*_):
        stopped.set()
        service.terminate()

    while True:
        service = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGHUP, lambda *_: service.send_signal(signal.SIGHUP))
        show(f"started {os.path.basename(command[0])}, pid {service.pid}")
        status = service.wait()
        if status == 0 or stopped.is_set():
            show(f"ended with status {status}")
            return status
        show(f"failed with status {status}; starting it again")
        time.sleep(PAUSE_S)


with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own:
    os.environ["NOTIFY_SOCKET"] = f"{folder}/notify"
    own.bind(os.environ["NOTIFY_SOCKET"])
    threading.Thread(target=listen, args=(own,), daemon=True).start()
    sys.exit(supervise(sys.argv[1:]))
