# SPDX-License-Identifier: BSD-2-Clause
"""tools/hotplate tests: the list of tests, and the failed ones; and the logs of earlier runs are kept."""
import glob
import os
import re
import subprocess

import pytest

from hotplate.qemu import run
from hotplate.results import output


def tool(*words):
    done = subprocess.run(["tools/hotplate", "tests", *words], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_no_case_is_chosen_to_be_skipped():
    """Below tier full the name of a test selects its architecture.  A test that would skip there never runs, so it
    must have one of the marks `of`, `both` or `sample`."""
    for path in glob.glob(os.path.join(os.path.dirname(__file__), "test_*.py")):
        with open(path, encoding="utf-8") as f:
            for part in re.split(r"\n\n\n", f.read()):
                named = re.search(r"^def (test_\w+)\([^)]*\barch\b", part, re.M)
                skips = re.search(r"\n    if [^\n]*\b(?:arch\b (?:!=|==)|not in \w+\[arch\])[^\n]*:\n        pytest\.skip", part)
                marks = r"^@pytest\.mark\.(?:(?:both|sample|of)\b|tier\(.full.\))"
                assert not (named and skips) or re.search(marks, part, re.M), (path, named[1])


def test_no_test_imports_from_another():
    """Helpers of several tests are in devices/."""
    for path in glob.glob(os.path.join(os.path.dirname(__file__), "test_*.py")):
        with open(path, encoding="utf-8") as f:
            found = re.search(r"^[ \t]*(?:from|import) test_\w+|__import__\(", f.read(), re.M)
        assert not found, (path, found[0])


def test_list():
    status, printed, _ = tool("list", "hotplug.i*,walk.single_load")
    assert status == 0 and printed.endswith(" tests\n")
    names = re.findall(r"^(\S+)$", printed, re.M)
    assert {"hotplug.identity", "hotplug.in_use", "walk.single_load"} <= set(names)
    assert all(n.startswith(("hotplug.i", "walk.single_load")) for n in names)
    assert max(map(len, printed.split("\n"))) <= 79
    assert tool("list", "nix.*")[0] == 1


LOG = """KTAP version 1
1..1
  KTAP version 1
  # Subtest: arm64-4k-48
  1..3
  ok 1 boot.wx
  # reproduce: run=hotplug.cycle/block geometry=arm64-4k-48 cpus=4 seed=0x9
  #            tlb=half acpi.key=0x3 bug=drop-tlbi%s
  not ok 2 hotplug.cycle/block
  # reproduce: run=walk.single_load geometry=arm64-4k-48 cpus=3 seed=0x9
  #            tlb=half acpi.key=0x3 bug=drop-tlbi%s
  not ok 3 walk.single_load
not ok 1 arm64-4k-48
not ok 2 arm64-4k-39 # ERROR boot: no memory
"""
SETTINGS = "geometry=arm64-4k-48,arm64-4k-39 cpus=4 seed=0x9 tlb=half acpi.key=0x3 bug=drop-tlbi"
BUILT = "\n  #            image built with EXTRA= of lab:1a2b3c4d more:00000001"


def failed(log, text, *more, **knobs):
    log.write_text(text)
    return subprocess.run(["tools/hotplate", "tests", "failed", log, *more], env={"PATH": os.environ["PATH"], **knobs}, capture_output=True,
                          text=True, check=False)


def test_failed(tmp_path):
    """Every setting of the run, with the knobs; current knobs and later arguments take precedence."""
    log, plain = tmp_path / "log", LOG % ("", "")
    words = "'ARGS=run=hotplug.cycle/block,walk.single_load " + SETTINGS
    assert failed(log, plain).stdout == words + "'\n"
    knobs = "# knobs: SMP=2 MACHINE=worst 'WORST=seed=7 stores=off'\n"
    assert failed(log, knobs + plain, "seed=3", "exit").stdout == knobs[9:-1] + " " + words + " seed=3 exit'\n"
    assert failed(log, knobs + plain, SMP="8").stdout.startswith("SMP=8 MACHINE=worst ")
    passed = plain.replace("not ok", "ok")
    done = failed(log, passed)
    assert done.returncode == 4 and done.stderr.endswith(": no test failed, but a geometry: boot: no memory\n"), done
    log.write_text(passed.partition("ok 2 arm64")[0])
    assert tool("failed", str(log)) == (1, "", "tools/hotplate tests: no test of %s failed\n" % log)


@pytest.mark.parametrize("old,new,why", [
    ("tlb=half acpi.key=0x3 bug=drop-tlbi\n  not ok 3", "tlb=ipi\n  not ok 3", "different runs: tlb=half and tlb=ipi"),
    ("bug=drop-tlbi\n  not ok 2", "bug drop\n  not ok 2", "has a word that is no setting: bug"),
    ("not ok 2 hotplug.cycle/block\n", "ok 2 hotplug.cycle/block\n", None),
])
def test_failed_and_the_settings_do_not_agree(tmp_path, old, new, why):
    done = failed(tmp_path / "log", (LOG % ("", "")).replace(old, new))
    assert (done.returncode, done.stderr.count("\n")) == ((4, 1) if why else (0, 0)) and (why or "") in done.stderr, done


def test_failed_with_extra(tmp_path):
    """The directories of EXTRA= must be given again, by name, since a fix changes their hash."""
    log, text = tmp_path / "log", LOG % (BUILT, BUILT)
    done = failed(log, text)
    assert done.returncode == 4 and not done.stdout
    assert done.stderr == "tools/hotplate tests: %s is of an image built with EXTRA= of lab, more, not of none: give EXTRA=DIR\n" % log
    assert "not of other: give" in failed(log, text, EXTRA="/src/other").stderr
    assert failed(log, text, EXTRA="/src/lab:more").returncode == 0
    again = failed(log, "# knobs: EXTRA=/src/lab:/src/more\n" + text)
    assert again.stdout.startswith("EXTRA=/src/lab:/src/more 'ARGS=run=") and not again.stderr
    assert "not of other: give" in failed(log, "# knobs: EXTRA=/src/lab:/src/more\n" + text, EXTRA="other").stderr


@pytest.mark.tier("ci")
@pytest.mark.sample("arm64")
def test_failed_by_make(arch):
    """A failure in `make run` is repeated by `make run-failed`: the same mistake, seed, scheme and CPUs."""
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH")}
    printed = []
    for words in (["run", "SMP=3", "ARGS=bug=drop-tlbi seed=9 tlb=ipi run=hotplug.primed_faults,boot.wx exit"], ["run-failed"]):
        done = subprocess.run(["make", "-s", "ARCH=" + arch, *words], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=300, check=False)
        assert done.returncode == 2, done.stdout + done.stderr
        printed.append(output.records(done.stdout, "run")[0].keys)
        assert "tlb=ipi" in done.stdout.partition("# reproduce: ")[2]
    assert printed[1].pop("run") == "hotplug.primed_faults" and printed[1].pop("tests") == "1" and printed[0]["cpus"] == "3"
    assert printed[1].items() <= printed[0].items()


@pytest.mark.parametrize("words", [[], ["list", "a", "b"], ["failed"], ["failed", "/nowhere"]])
def test_words(words):
    status, printed, complaint = tool(*words)
    assert status == 4 and not printed and complaint.startswith(("tools/hotplate tests: usage: ", "tools/hotplate tests: /nowhere: "))


def test_logs_are_kept(tmp_path):
    log = tmp_path / "run.log"
    for n in range(run.OLD_LOGS + 3):
        assert run.rotated(str(log)) == str(log)
        log.write_text(str(n))
    kept = {p.name: p.read_text() for p in tmp_path.iterdir()}
    assert len(kept) == run.OLD_LOGS + 1 and kept["run.log"] == str(n) and kept["run.log.1"] == str(n - 1)
