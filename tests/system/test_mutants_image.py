# SPDX-License-Identifier: BSD-2-Clause
"""The worst legal machine notices the mutants of the linked image (tests/mutants/image.txt; machine/README.md, Speed)."""
import os
import re
import resource
import statistics
import subprocess

import pytest

from conftest import TOP
from hotplate.mutants import edit, image, mutant

MUTANTS = {m.name: m for m in mutant.mutants("insn-*")}
SEEDS = (1, 2, 3)
SECONDS = 10  # median of the user time for an architecture, with story=1


@pytest.fixture(scope="module", autouse=True)
def built():
    subprocess.run(["make", "-s", "machine"], cwd=TOP, check=True)


def of(arch):
    return [m for m in MUTANTS.values() if m.judges[0].arch == arch]


@pytest.mark.tier("full")
@pytest.mark.long
def test_noticed(arch):
    """Every mutant fails by one of its seeds, and the unmodified image passes by all of them.  In tier test
    test_record_is_cleaned and test_unordered_queue run changed images."""
    names = ",".join(m.name for m in of(arch))
    done = subprocess.run(["tools/hotplate", "mutants", "run", "M=" + names], cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and len(of(arch)) >= 8, done.stdout + done.stderr


def fails(m, path, seed, *more):
    """Does the run of the mutant's judge on this image end at a failure that the console reports?"""
    knobs = dict(w.split("=", 1) for w in m.judges[0].words if w.startswith(("MEM=", "NODE1=")))
    words = [w for w in m.judges[0].words if not re.match("MEM=|NODE1=|seeds=", w)]
    command = [os.path.join(TOP, "build", "machine", "worst-" + m.judges[0].arch), "image=" + path, "cpus=4", "stop=1",
               "mem=" + knobs["MEM"].rstrip("M"), "node1=" + knobs["NODE1"].rstrip("M"), "seed=%d" % seed, *more,
               "args=withhold=node1 " + " ".join(words) + " exit"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False, timeout=600)
    assert done.returncode in (0, 1, 2, 3, 5), done.stderr
    assert done.returncode or "# Totals: pass:1 " in done.stdout, done.stdout  # the test ran and was not skipped
    return done.returncode in (1, 3, 5)


def changed(m, folder):
    return image.write(os.path.join(TOP, "build", m.judges[0].arch), m.image, str(folder))


@pytest.mark.tier("full")
@pytest.mark.parametrize("name", MUTANTS)
def test_noticed_by_each_seed(arch, name, tmp_path):
    """All runs failed when this was written; another image has other runs, and a run that passes is no defect."""
    m = MUTANTS[name]
    if m not in of(arch):
        pytest.skip("a mutant of " + m.judges[0].arch)
    path = changed(m, tmp_path)
    assert sum(fails(m, path, s) for s in SEEDS) >= 2, name


def seconds_to_fail(m, folder):
    """User time up to the failure with the first seed, with every choice numbered."""
    path, before = changed(m, folder), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    assert any(fails(m, path, s, "story=1") for s in SEEDS), m.name
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


@pytest.mark.tier("full")
def test_median(arch, tmp_path):
    image.functions.cache_clear()
    times = {m.name: seconds_to_fail(m, tmp_path) for m in of(arch)}
    assert len(times) >= 5 and statistics.median(times.values()) <= SECONDS, times


@pytest.mark.parametrize("how, why", [("of one ASID", "has the forms removed, of its own CPU's domain"), ("removed", "")])
def test_forms(how, why):
    """A form that the instruction does not have is refused, and so is an instruction that is not there."""
    elf = os.path.join(TOP, "build", "arm64", "hotplate.elf")
    one = edit.read_image("image arm64 arch_pt_publish: dmb ishst => " + how)
    if why:
        with pytest.raises(edit.NoPlace, match=why):
            image.places(elf, one)
    else:
        assert set(image.places(elf, one).values()) == {0xd503201f}
    with pytest.raises(edit.NoPlace, match="no such instruction"):
        image.places(elf, one._replace(pattern="dmb x"))
