# SPDX-License-Identifier: BSD-2-Clause
"""Planted mistakes of order are found by the worst legal machine: docs/WORST.md, "Time to find a planted mistake"."""
import subprocess

import pytest

import planted
from conftest import TOP

SEEDS = 3
QUICK = ("tlbi-waits-here", "publish-without-dmb", "tlbi-before-stores")  # in tier test


@pytest.fixture(scope="module", autouse=True)
def built():
    subprocess.run(["make", "-s", "machine"], cwd=TOP, check=True)


def fails(name, image, seed):
    """Its run ends at a failure that the console tells."""
    done = subprocess.run([*planted.line(name, image, seed), "stop=1"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors="replace", check=False, timeout=600)
    assert done.returncode in (0, 1, 2, 3, 5), done.stderr
    return done.returncode in (1, 3, 5)


def found(arch, name, folder):
    if planted.PLANTED[name].arch != arch:
        pytest.skip("a mistake of " + planted.PLANTED[name].arch)
    image = planted.plant(name, str(folder))
    assert any(fails(name, image, seed) for seed in range(1, SEEDS + 1)), name


@pytest.mark.tier("test")
@pytest.mark.parametrize("name", QUICK)
def test_quickly(arch, name, tmp_path):
    found(arch, name, tmp_path)


@pytest.mark.tier("full")
@pytest.mark.parametrize("name", [n for n in planted.PLANTED if n not in QUICK])
def test_planted(arch, name, tmp_path):
    found(arch, name, tmp_path)
