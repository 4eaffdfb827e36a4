# SPDX-License-Identifier: BSD-2-Clause
"""tools/tests: what there is, and what failed; and that the logs of earlier runs are kept."""
import re
import subprocess

import pytest

from hotplate.qemu import run


def tool(*words):
    done = subprocess.run(["tools/tests", *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_list():
    status, said, _ = tool("list", "hotplug.i*,walk.single_load")
    assert status == 0 and said.endswith(" tests\n")
    names = re.findall(r"^(\S+)$", said, re.M)
    assert {"hotplug.identity", "hotplug.in_use", "walk.single_load"} <= set(names)
    assert all(n.startswith(("hotplug.i", "walk.single_load")) for n in names)
    assert max(map(len, said.split("\n"))) <= 79
    assert tool("list", "nix.*")[0] == 1


LOG = """KTAP version 1
1..1
  KTAP version 1
  # Subtest: arm64-4k-48
  1..3
  ok 1 boot.wx
  not ok 2 hotplug.cycle/block
  not ok 3 walk.single_load
not ok 1 arm64-4k-48
"""


def test_failed(tmp_path):
    log = tmp_path / "log"
    log.write_text(LOG)
    assert tool("failed", str(log))[:2] == (0, "run=hotplug.cycle/block,walk.single_load geometry=arm64-4k-48\n")
    log.write_text(LOG.replace("not ok", "ok"))
    assert tool("failed", str(log)) == (1, "", "tools/tests: no test of %s failed\n" % log)


@pytest.mark.parametrize("words", [[], ["list", "a", "b"], ["failed"], ["failed", "/nowhere"]])
def test_words(words):
    status, said, complaint = tool(*words)
    assert status == 4 and not said and complaint.startswith(("tools/tests: usage: ", "tools/tests: /nowhere: "))


def test_logs_are_kept(tmp_path):
    log = tmp_path / "run.log"
    for n in range(run.KEPT + 3):
        assert run.older_kept(str(log)) == str(log)
        log.write_text(str(n))
    kept = {p.name: p.read_text() for p in tmp_path.iterdir()}
    assert len(kept) == run.KEPT + 1 and kept["run.log"] == str(n) and kept["run.log.1"] == str(n - 1)
