# SPDX-License-Identifier: BSD-2-Clause
"""erratum= of the worst legal machine (docs/ERRATA.md, "Of silicon"): a kernel with a workaround passes on a CPU that it
recognises, and fails where the erratum is hidden from it."""
import re
import subprocess
from typing import NamedTuple

import pytest

from conftest import ARCHES, TOP
from devices.kernels import booted, kernel_of

SEEDS = {"two": (1, 2), "five": (1, 2, 3, 4, 5)}


class Row(NamedTuple):
    run: str  # the tests that notice the effect
    complaint: str  # of one of them, without the workaround; empty: hotplate does nothing that the erratum affects
    row: str = ""  # of errata=, which leaves the workaround out on a CPU that is recognised; empty: nothing to leave out


LATE = Row("hotplug.migrate_live", r"# FAIL wrong = \d+", "repeat-tlbi")
OTHERS = "boot.wx,hotplug.cycle,hotplug.migrate_live,kern.changed_code"
OWN = {
    "arm64": {
        "4118414": LATE, "2441009": LATE,
        "1286807": Row("race.seldom_*", r"# FAIL sum\(run\.wrong\) = \d+", "repeat-tlbi"),
        "falkor-1009": Row("tlb.back_ends", r"# FAIL stale translation: CPU \d reads 0x", "repeat-tlbi"),
        "falkor-1003": Row("pgd.asid_again", r"# FAIL total = \d+", "asid-root"),
        "cavium-27456": Row(OTHERS, ""), "1542419": Row(OTHERS, ""), "1024718": Row(OTHERS, ""),
    },
    "riscv64": {
        "cip-1200": Row("tlb.back_ends", r"# FAIL stale translation: CPU \d reads 0x", "cip-1200"),
        "cip-453": Row("hotplug.in_use", r"# CRASH on CPU \d: instruction page fault, fetch from 0x[4-7][0-9a-f]{9} ", "cip-453"),
    },
}
PAIRS = {arch + "-" + word: (arch, word) for arch in ARCHES for word in OWN[arch]}


@pytest.fixture(scope="module", autouse=True)
def built():
    subprocess.run(["make", "-s", "machine"], cwd=TOP, check=True)


def ran(arch, run, seed, erratum, words=""):
    """(did every test pass, the console)"""
    here = "build/%s/" % arch
    done = subprocess.run(["build/machine/worst-" + arch, "image=%sImage" % here, "elf=%shotplate.elf" % here, "cpus=4", "mem=512", "node1=512",
                           "seed=%d" % seed, "steps=6000", "until=not ok", "until=# CRASH", "erratum=" + erratum,
                           "args=withhold=node1 %s run=%s exit" % (words, run)],
                          cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False, timeout=1200)
    text = done.stdout + done.stderr
    passed = done.returncode == 0 and re.search(r"^#: end .*verdict=pass", text, re.M)
    assert passed or done.returncode == 1 and re.search(r"^ *not ok|^# CRASH", text, re.M), text[-2000:]
    return bool(passed), text


@pytest.mark.tier("ci")
@pytest.mark.sample("two-arm64-falkor-1003")
@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("seeds", SEEDS)
def test_hotplate(seeds, pair):
    """hotplate passes by all seeds with the word; with `hidden`, or without its workaround, one of them fails."""
    (arch, word), seeds = PAIRS[pair], SEEDS[seeds]
    row = OWN[arch][word]
    absent = [(word + ",hidden", "")] + [(word, "errata=-" + row.row)] * bool(row.row)
    for seed in seeds:
        passed, text = ran(arch, row.run, seed, word)
        assert passed and re.search(r"^ +ok (?!.*# SKIP)", text, re.M), (seed, text[-2000:])
    for erratum, words in absent:
        texts = [text for passed, text in (ran(arch, row.run, seed, erratum, words) for seed in seeds) if not passed]
        print("%s %s: %d of %d seeds fail" % (erratum, words, len(texts), len(seeds)))
        assert len(texts) > 0 if row.complaint else not texts, (erratum, words, texts[:1])
        assert all(re.search(row.complaint, text) for text in texts), texts


class OfLinux(NamedTuple):
    kernel: str
    script: str
    complaint: str  # of a workload, without the workaround
    words: tuple[str, ...]


LINUX = {
    "arm64-4118414": OfLinux("arm64-stable-cloud", "stores 40\n", r"stores, read-only: page \d+ has \d+, not \d+", ("CPUS=4",)),
    "riscv64-cip-1200-user": OfLinux("riscv64-stable", "fork 20\nmmap 20\n", r"hotplate-init: (fork|mmap) 20 not ok", ("CPUS=2",)),
}


@pytest.mark.tier("full")
@pytest.mark.parametrize("name", [n for n in LINUX if n.split("-")[0] in ARCHES])
def test_linux(name, tmp_path):
    """Debian's kernel with its workaround passes by each of four seeds; hidden from it, the erratum fails one of them."""
    (_, word), row = name.split("-", 1), LINUX[name]
    (tmp_path / "script").write_text(row.script)
    words = (kernel_of(row.kernel), "WORKLOADS=%s" % (tmp_path / "script"), "SEEDS=1-4", *row.words)
    done, text = booted(*words, "WORST=erratum=" + word)
    assert done.returncode == 0 and "4 of 4 seeds passed" in done.stdout, done.stdout + text[-3000:]
    done, text = booted(*words, "WORST=erratum=%s,hidden" % word)
    assert done.returncode and re.search(row.complaint, text), done.stdout + text[-3000:]
