# SPDX-License-Identifier: MIT
"""One benchmark as a process that the runner starts, waits for and, if need be, ends."""

import os
import select
import signal
import subprocess
import sys
import time

import rows

PATIENCE = 10  # seconds for one that is told to end


class Job:
    """What it prints goes to reports/NAME.txt."""

    def __init__(self, folder, programs, reports):
        self.name = folder.name
        # Beside the others, as the file says why: it costs hardly any processor time, but time.
        self.background = (folder / "background").exists()
        self.report = reports / f"{self.name}.txt"
        self.rows_path = reports / f"{self.name}.rows"
        self.command = [sys.executable, folder / "bench.py", "--programs", programs]
        self.command += ["--brief", "--json", self.rows_path]
        self.popen = self.descriptor = None
        self.begun = 0

    def start(self):
        self.rows_path.unlink(missing_ok=True)
        self.begun = time.monotonic()
        with open(self.report, "wb") as report:
            self.popen = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=report,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that all it starts can be ended with it
            )
        self.descriptor = os.pidfd_open(self.popen.pid)

    def seconds(self):
        return time.monotonic() - self.begun

    def ended(self, within):
        return bool(select.select([self.descriptor], [], [], max(within, 0))[0])

    def stop(self):
        """As Ctrl-C does, so that it cleans up; then by force."""
        os.killpg(self.popen.pid, signal.SIGINT)
        self.ended(PATIENCE)

    def collect(self, limit):
        """Ends it if it still runs; returns why it failed, if it did, and its rows, of which some
        may be there all the same."""
        late = not self.ended(0)
        if late:
            self.stop()
        # It has ended, or must. While it is not waited for, no other group can have its number.
        os.killpg(self.popen.pid, signal.SIGKILL)
        code = self.popen.wait()
        os.close(self.descriptor)
        try:
            told = rows.read(self.rows_path) if self.rows_path.exists() else []
        except (ValueError, TypeError) as error:
            return f"told what is no row: {error}", []
        finally:
            self.rows_path.unlink(missing_ok=True)
        return self._failure(late and limit, code, told), told

    def _failure(self, limit, code, told):
        if limit:
            return f"not done within {limit} s, and ended"
        if code != 0:
            return f"{self._last_words() or f'ended with {code}'} (all of it: {self.report})"
        return "" if told else f"told no rows (all that it said: {self.report})"

    def _last_words(self):
        lines = self.report.read_text(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")
