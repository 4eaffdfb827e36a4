# SPDX-License-Identifier: BSD-2-Clause
"""The CPU time that a busy host denies to a machine."""
import contextlib
import glob


def denied(pid: int) -> float:
    """Seconds in which a thread of this process was runnable but had no CPU, of the thread that
    waited longest; 0 if the kernel does not count them."""
    most = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            with open(path, encoding="ascii") as f:
                most = max(most, int(f.read().split()[1]))
    return most / 1e9
