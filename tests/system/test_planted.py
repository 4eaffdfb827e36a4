# SPDX-License-Identifier: BSD-2-Clause
"""The worst legal machine finds planted mistakes of order (machine/README.md, Speed)."""
import functools
import os
import resource
import statistics
import subprocess

import pytest

import planted
from conftest import TOP

SEEDS = (1, 2, 3)
MOST_SEEDS = range(1, 9)  # another image has other runs, so any of them may fail
SECONDS = 10  # median of the user time for an architecture, with story=1


@pytest.fixture(scope="module", autouse=True)
def built():
    subprocess.run(["make", "-s", "machine"], cwd=TOP, check=True)


def fails(name, image, seed, *more):
    """Does its run end at a failure that the console reports?"""
    command = [*planted.line(name, image, seed), "stop=1", *more]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
                          timeout=600)
    assert done.returncode in (0, 1, 2, 3, 5), done.stderr
    tests = planted.PLANTED[name].run.count(",") + 1
    assert done.returncode or "# Totals: pass:%d " % tests in done.stdout, done.stdout  # the tests ran and were not skipped
    return done.returncode in (1, 3, 5)


@functools.cache
def passes_unchanged(arch, run, args, seed):
    """Does the unmodified image pass the same test with the same seed?"""
    name = next(n for n, m in planted.PLANTED.items() if (m.arch, m.run, m.args) == (arch, run, args))
    return not fails(name, os.path.join(TOP, "build", arch, "Image"), seed)


def mine(arch, name):
    mistake = planted.PLANTED[name]
    if mistake.arch != arch:
        pytest.skip("a mistake of " + mistake.arch)
    return mistake


@pytest.mark.tier("test")
@pytest.mark.both
@pytest.mark.parametrize("name", planted.PLANTED)
def test_found(arch, name, tmp_path):
    mistake, image = mine(arch, name), planted.plant(name, str(tmp_path))
    seed = next((s for s in MOST_SEEDS if fails(name, image, s)), None)
    assert seed, name
    assert passes_unchanged(arch, mistake.run, mistake.args, seed), seed


@pytest.mark.tier("full")
@pytest.mark.parametrize("name", planted.PLANTED)
def test_found_by_each_seed(arch, name, tmp_path):
    """All 48 runs failed when this was written; another image has other runs, and a run that passes is no defect."""
    mistake, image = mine(arch, name), planted.plant(name, str(tmp_path))
    assert sum(fails(name, image, s) for s in SEEDS) >= 2, name
    for seed in SEEDS:
        assert passes_unchanged(arch, mistake.run, mistake.args, seed), seed


def seconds_to_find(name, folder):
    """User time up to the failure with the first seed, with every choice numbered."""
    image, before = planted.plant(name, folder), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    assert any(fails(name, image, s, "story=1") for s in SEEDS), name
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


@pytest.mark.tier("full")
def test_median(arch, tmp_path):
    times = {n: seconds_to_find(n, str(tmp_path)) for n, m in planted.PLANTED.items() if m.arch == arch}
    assert len(times) >= 5 and statistics.median(times.values()) <= SECONDS, times
