# SPDX-License-Identifier: BSD-2-Clause
"""Kernels that others built: their packages, and runs of them on the worst legal machine."""
import os
import re
import subprocess

import pytest

from conftest import LOGS, TOP


def tool(*words, env=None):
    return subprocess.run(["tools/hotplate", *words], cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors="replace", timeout=900, check=False, env=dict(os.environ, **env or {}))


def kernel_of(name):
    """Fetch it; a reason that the archive gives skips the test."""
    done = tool("kernels", "fetch", name)
    if done.returncode == 1 and " skipped: " in done.stdout:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    return name


def booted(name, *words):
    log = os.path.join(LOGS, "kernel-%s.log" % re.sub(r"\W+", "-", " ".join([os.path.basename(name), *words]))[:80])
    done = tool("worst", "--quiet", "--log", log, "KERNEL=" + name, *words)
    with open(log, encoding="utf-8", errors="replace") as file:
        return done, file.read()
