# SPDX-License-Identifier: MIT
"""What the kernel knows of a process."""

import pathlib
import re
import time


def cpu_ns(pid):
    """Processor time of all its threads, also of those that have ended, finer than the clock
    ticks of /proc/PID/stat."""
    try:
        return time.clock_gettime_ns((~pid << 3) | 2)  # as clock_getcpuclockid() makes it
    except OSError:
        raise ProcessLookupError(f"there is no process {pid}") from None


def _status(path, name):
    return int(re.search(rf"(?m)^{name}:\s+(\d+)", path.read_text())[1])


def switches(pid):
    """How often its threads have begun to wait: each time they wake up again."""
    return sum(
        _status(path, "voluntary_ctxt_switches")
        for path in pathlib.Path(f"/proc/{pid}/task").glob("*/status")
    )


def rss_mib(pid):
    return _status(pathlib.Path(f"/proc/{pid}/status"), "VmRSS") / 1024


def peak_mib(pid):
    return _status(pathlib.Path(f"/proc/{pid}/status"), "VmHWM") / 1024
