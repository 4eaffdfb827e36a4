# SPDX-License-Identifier: BSD-2-Clause
"""The lab's files: labgrid's strategy from power on to the verdict, LAVA's monitor on our logs, and their lint."""
import importlib.util
import os
import random
import re
import subprocess
import tempfile
import threading

import pexpect
import pexpect.fdpexpect
import pytest

from hotplate.lint import lab as lint_lab
from hotplate.results import output
from board import board_run, once, refused
from conftest import ARCHES, LOGS, PATIENCE, unattended
from devices.printed import GOOD

TARGETS = {"main": "arm64", "riscv64": "riscv64", "u-boot": "arm64"}
SCHEMA = "/usr/share/lava-common/lava-schema.py"
UBOOT = "/usr/lib/u-boot/qemu_arm64/u-boot.bin"


def need(path, package):
    if not os.path.exists(path):
        pytest.skip(package + " is not installed")


def need_labgrid():
    if not importlib.util.find_spec("labgrid"):
        pytest.skip("python3-labgrid is not installed")


@pytest.fixture(params=TARGETS)
def target(request):
    need_labgrid()
    if TARGETS[request.param] not in ARCHES:
        pytest.skip(TARGETS[request.param] + " is not tested")
    if request.param == "u-boot":
        need(UBOOT, "u-boot-qemu")
    return request.param


# ---- labgrid ----

@pytest.mark.tier("ci")
@pytest.mark.sample("riscv64")
def test_labgrid(target):
    """Power, boot loader, menu, a hot-add by hand, tests and a soak, by labgrid's own pytest."""
    env = dict(os.environ, LAB_TARGET=target, LAB_RUN="run=boot.*,hotplug.i*", LAB_SOAK="6s")
    command = ["/usr/bin/python3", "-B", "-m", "pytest", "-p", "no:cacheprovider", "-q", "--tb=short", "--rootdir=lab",
               "-c", "/dev/null", "--lg-env", "lab/labgrid.yaml", "lab"]
    # HotplateStrategy.run() ends a machine that is silent; this ends only labgrid itself.
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=10 * PATIENCE)
    with open(os.path.join(LOGS, "labgrid-%s.log" % target), "w", encoding="utf-8") as f:
        f.write(done.stdout + done.stderr)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "4 passed" in done.stdout


def test_board_run_by_labgrid(target, tmp_path, monkeypatch):
    """tools/hotplate board-run reads the same file: power, boot lines and boot arguments of the target.  The machine
    powers itself off, which labgrid does not notice and does not report."""
    with tempfile.TemporaryDirectory(prefix="hp-") as place:  # a short path, since the name of a socket is limited
        monkeypatch.setenv("TMPDIR", place)
        status, printed, log = board_run("labgrid:lab/labgrid.yaml:" + target, "run=boot.*", "exit", log=tmp_path / "log")
        assert status == 0 and not os.listdir(place), printed
    assert not output.cases(log)[1] and len(output.cases(log)[0]) > 5
    once(printed)


def test_no_such_target(tmp_path):
    need_labgrid()
    status, printed = refused("labgrid:lab/labgrid.yaml:nowhere", ["run=x"], tmp_path)
    assert status == 4 and "no target nowhere" in printed and printed.count("\n") == 1, printed


# ---- LAVA ----

def monitored(data, seed):
    """The results of LAVA's test monitor for a console: start, then pattern or end, on the data so far."""
    monitor, found = lint_lab.MONITOR, []
    rng = random.Random(seed)
    out, into = os.pipe()

    def feed():
        at = 0
        while at < len(data):
            n = rng.choice((1, 2, 3, 7, 20, 79, 80, 81, 500))
            os.write(into, data[at:at + n])
            at += n
        os.close(into)
    threading.Thread(target=feed, daemon=True).start()
    child = pexpect.fdpexpect.fdspawn(out, timeout=PATIENCE, maxread=rng.choice((1, 13, 4096)), encoding="utf-8",
                                      codec_errors="replace")
    child.expect_exact(monitor["start"])
    while child.expect([monitor["pattern"], re.escape(monitor["end"]), pexpect.EOF]) == 0:
        case = child.match.groupdict()
        found.append((re.sub(r"\W", "_", case["test_case_id"].lower()), monitor["fixupdict"][case["result"]]))
    ended = child.after == monitor["end"]
    child.close()
    return found, ended


def wanted(text):
    monitor = lint_lab.MONITOR
    return [(re.sub(r"\W", "_", c.path.lower()), monitor["fixupdict"][output.outcome(c)])
            for c in output.cases(text)[0]]


def test_monitor():
    """Every result once, failures fail, skips stay skips; with indented lines, and with any split of the bytes."""
    text = GOOD.replace("\n", "\r\n")
    for seed in range(20):
        found, ended = monitored(text.encode(), seed)
        assert ended and found == [("arm64_4k_48_a_b", "pass"), ("arm64_4k_48_a_c_p_1_x", "fail"),
                                   ("arm64_4k_48_a_d", "skip")], seed


@pytest.mark.tier("ci")
@pytest.mark.sample("arm64")
def test_monitor_on_a_run(arch):
    """A real log with two geometries and skips: LAVA's results are those of the log."""
    geometries = {"arm64": "4k-48,16k-47", "riscv64": "sv39,sv48"}[arch]
    status, text, printed = unattended(arch, "lava", 120, ARGS="run=boot.*,hotplug.i* geometry=%s exit" % geometries)
    assert status == 0, printed
    want = wanted(text.replace("\r", ""))
    assert len(want) > 20 and len(set(want)) == len(want) and "skip" in dict(want).values()
    with open(os.path.join(LOGS, "lava-%s.log" % arch), "rb") as f:
        data = f.read()
    for seed in range(4):
        found, ended = monitored(data, seed)
        assert ended and found == want, "split %d" % seed


# ---- the lint ----

@pytest.mark.parametrize("name,old,new,why", [
    ("labgrid.yaml", "QEMUDriver:", "QEMUDriwer:", "QEMUDriwer"),
    ("labgrid.yaml", "cpu: max", "cpus: max", "target main"),
    ("labgrid.yaml", "boot_wait: 90", "bootwait: 90", "bootwait"),
    ("lava-qemu.yaml", "media: tmpfs", "medium: tmpfs", "medium"),
    ("lava-qemu.yaml", "      end: '# hotplate: end'\n", "", "end"),
    ("lava-u-boot.yaml", "xfail|", "", "pattern is"),
    ("lava-u-boot.yaml", "skip: skip", "skip: pass", "fixupdict is"),
    ("actions.yaml", "strategy:", "strategies:", "actions.yaml:12: job part: 'strategies' is no key"),
    ("actions.yaml", "fail-fast:", "failfast:", "strategy: 'failfast' is no key"),
    ("actions.yaml", "\njobs:", "\njob:", "'job' is no key"),
    ("actions.yaml", "- run: make", "- command: make", "step 3 of part: it needs one of run and uses"),
    ("actions.yaml", "needs: part", "needs: parts", "it needs 'parts', which is no job"),
    ("actions.yaml", "runs-on: ubuntu-latest\n", "\n", "no runs-on"),
    ("actions.yaml", "== ${{ matrix.part", "== ${{ matrix.parts", "matrix.parts is not declared"),
    ("actions.yaml", "${{ inputs.list", "${{ inputs.lists", "inputs.lists is not declared"),
])
def test_lint_lab(tmp_path, name, old, new, why):
    if name == "labgrid.yaml":
        need_labgrid()
    elif name == "actions.yaml":
        pytest.importorskip("yaml")
    else:
        need(SCHEMA, "lava-common")
    with open("lab/" + name, encoding="utf-8") as f:
        text = f.read()
    assert old in text
    (tmp_path / "hotplate_lab.py").write_text("from importlib.machinery import SourceFileLoader\n"
                                              "SourceFileLoader('hotplate_lab', %r).load_module()\n"
                                              % os.path.abspath("lab/hotplate_lab.py"))
    (tmp_path / name).write_text(text.replace(old, new, 1))
    done = subprocess.run(["/usr/bin/python3", "-B", "-W", "ignore::DeprecationWarning", "tools/hotplate", "lint", "lab",
                           str(tmp_path / name)], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and why in done.stdout, done.stdout + done.stderr
