# SPDX-License-Identifier: BSD-2-Clause
"""make full: host programs and fuzzers as tests, so that an interrupted run need not repeat them.  `make test` and
`make full PART=ci` run them themselves."""
import os
import subprocess

import pytest

from conftest import LOGS

FUZZ_SECONDS = 120


@pytest.mark.long
@pytest.mark.tier("full")
@pytest.mark.parametrize("what", ["fuzz", "host"])
def test_host(what):
    log = os.path.join(LOGS, what + ".log")
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH")}
    with open(log, "wb") as out:
        done = subprocess.run(["make", "--no-print-directory", what, "FUZZ_SECONDS=%d" % FUZZ_SECONDS,
                               "FUZZ_TREES=yes", "RESUME=no"],
                              check=False, stdout=out, stderr=subprocess.STDOUT, env=env)
    with open(log, encoding="utf-8", errors="replace") as f:
        assert done.returncode == 0, f.read()[-3000:]
