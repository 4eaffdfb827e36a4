# SPDX-License-Identifier: BSD-2-Clause
"""What the host does to a machine that runs on it."""
import contextlib
import glob


def denied(pid: int) -> float:
    """Seconds for which the thread of a process that waited longest could run and got no CPU; 0
    where the kernel does not count them."""
    most = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            with open(path, encoding="ascii") as f:
                most = max(most, int(f.read().split()[1]))
    return most / 1e9
