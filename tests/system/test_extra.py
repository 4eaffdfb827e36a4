# SPDX-License-Identifier: BSD-2-Clause
"""EXTRA=DIR: a test and a litmus pattern from outside the tree are built in, named in the banner, selected and run."""
import re
import subprocess

import pytest

from conftest import copy_of_build
from devices.overlay import MIB, NODE1

TEST = """/* SPDX-License-Identifier: BSD-2-Clause */
#include <tests/harness/test.h>

TEST(extra, hello, .claim = "a test from outside the tree runs", .rows = "S0-01")
{
	CHECK_EQ(t, this_cpu()->nr, 0);
}
"""

LEAVES = """// SPDX-License-Identifier: BSD-2-Clause
#include <tests/harness/util.h>

TEST(extra, leaves, .claim = "the test does not remove its block", .needs = NEED_RANGE)
{
	struct range r;

	if (range_get(t, &r, 1, NULL))
		range_add(t, &r);
}
"""

# The example of docs/tlb.md.
PATTERN = re.search(r"^```\n(#include <tlblab/pattern.h>\n.*?)^```$", open("docs/tlb.md", encoding="utf-8").read(),
                    re.M | re.S)[1]


@pytest.mark.tier("ci")
@pytest.mark.sample("riscv64")
def test_extra_directory(arch, suite, boot, tmp_path):
    (tmp_path / "lab" / "tests").mkdir(parents=True)
    (tmp_path / "lab" / "tests" / "hello.c").write_text(TEST)
    (tmp_path / "lab" / "tests" / "leaves.c").write_text(LEAVES)
    (tmp_path / "lab" / "tests" / "mine.c").write_text(TEST.split("\n", 1)[0] + "\n" + PATTERN)
    built = copy_of_build(arch, "-extra")
    subprocess.run(["make", "-s", "-j2", "ARCH=" + arch, "EXTRA=%s" % (tmp_path / "lab"), "OUT_SUFFIX=-extra",
                    "image"], check=True, stdout=subprocess.DEVNULL)
    cases, text = suite(arch, "extra", IMAGE=built + "/Image", ARGS="run=extra.hello,tlb.stress/mine.* exit")
    assert [c.path.split("/", 1)[1] for c in cases] == ["extra.hello", "tlb.stress/mine.all.flag"]
    assert re.search(r"#: result pass \S+/tlb.stress/mine.all.flag .*fault=\d+ rounds=\d+", text)
    assert "extra=lab:" in text
    # Memory that a test leaves is removed; memory that was present before belongs to the operator or a device.
    machine = boot(arch, IMAGE=built + "/Image")
    machine.answer("add 0x%x+256M" % (NODE1[arch] + 512 * MIB))
    before = machine.answer("blocks")
    printed = machine.answer("run extra.leaves")
    assert re.search(r"left behind: \d+ memory blocks, was \d+", printed)
    assert re.search(r"# reproduce: run=extra.leaves .*# +image built with EXTRA= of lab:[0-9a-f]+\s", printed, re.S)
    assert "removed 1 blocks that the test left behind" in printed
    assert machine.answer("blocks") == before


LAYOUTS = {  # files, and the sentence
    "a test": (["tests/mine.c"], None), "a scheme": (["policy/tlb/mine.c"], None), "a board": (["boards/mine/board.mk"], None),
    "a header too": (["tests/mine.c", "mine.h", "README.md"], None), "at the top": (["mine.c"], "/mine.c is used by nothing"),
    "at the top too": (["tests/mine.c", "mine.c"], "/mine.c is used by nothing"), "misspelt": (["test/mine.c"], "/test/mine.c is used by nothing"),
    "too deep": (["tests/a/b/c/mine.c"], "/tests/a/b/c/mine.c is used by nothing"), "empty": ([], ": nothing in it is used"),
    "no source": (["README.md"], ": nothing in it is used"),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_extra_that_nothing_uses(tmp_path, name):
    """EXTRA= with a file of C that is in no image, or with nothing for one, is refused."""
    files, why = LAYOUTS[name]
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("")
    done = subprocess.run(["make", "-n", "third", "EXTRA=%s" % tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == (2 if why else 0), done.stderr
    assert not why or ("%s%s" % (tmp_path, why) in done.stderr and "policy/AXIS/, tests/" in done.stderr), done.stderr
