# SPDX-License-Identifier: BSD-2-Clause
"""compare: schemes of an axis side by side, at the prompt, by the boot line and by tools/hotplate compare."""
import glob
import os
import re
import shutil
import subprocess

import pytest

from conftest import ARCHES, TOP, copy_of_build

ENV = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARCH")}
CYCLE = re.compile(r"^(\S+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+\.\d\d) +(\d+\.\d\d)(?: +\d+)?  ([a-e-]+|UNSAFE)$", re.M)


def compare(place, axes, *arches, **knobs):
    done = subprocess.run(["tools/hotplate", "compare", axes, *arches, "-o", place], env=dict(ENV, **knobs), capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def records(path):
    with open(path, encoding="utf-8") as log:
        return [dict(w.split("=", 1) for w in line.split()[2:]) for line in log if line.startswith("#: compare ")]


@pytest.mark.tier("ci")
@pytest.mark.sample("arm64")
def test_at_the_prompt(arch, boot):
    """Each scheme of an axis on one line, at most 79 columns; the machine is unchanged."""
    machine = boot(arch)
    before = machine.answer("blocks") + machine.answer("tlb")
    for axis, least in (("vmalloc", 5), ("tlb", 3), ("memmap", 3), ("remove", 3)):
        printed = machine.answer("compare " + axis)
        assert max(map(len, printed.split("\n"))) <= 79, printed
        rows = CYCLE.findall(printed)
        assert len(rows) >= least, printed
        assert all(int(r[1]) > 0 and int(r[2]) >= 2 for r in rows), printed
    waits = {r[0]: int(r[2]) for r in rows}
    assert waits["per-leaf"] > 10 * waits["two-flush"] > 10 * waits["two-pass"]
    printed = machine.answer("compare vmalloc")
    assert re.search(r"^unsafe +left out: unsafe, ", printed, re.M) and re.search(r"^disjoint +not on this machine: ", printed, re.M), printed
    assert re.search(r"^warning: 1 CPU, 2, 4, .* held, by rm: times of", printed, re.M) and " left: times" not in printed, printed
    assert "#:" not in printed
    assert "remove       add, online" in machine.answer("compare")
    assert "-EINVAL" in machine.answer("compare bogus") and "is no axis" in machine.answer("compare bogus")
    assert "at least one scheme was refused" in machine.answer("compare remove 0x1000+128M")
    assert "-EINVAL: `twice` is no range" in machine.answer("compare remove 0x1000+128M twice")
    assert machine.answer("blocks") + machine.answer("tlb") == before


@pytest.mark.tier("ci")
@pytest.mark.sample("arm64")
def test_each_table(arch, tmp_path):
    """Screens, records and page of one boot."""
    status, printed, wrong = compare(tmp_path, "all", arch)
    assert status == 0, printed + wrong
    found = records(tmp_path / arch / "run.log") + records(tmp_path / arch / "disjoint" / "run.log")
    assert {r.get("outcome") for r in found if r["scheme"] == "disjoint"} == {"unusable", None}, "once on each layout"
    axes = re.findall(r"^compare (\w+): ", printed, re.M)
    assert set(axes) >= {"tlb", "memmap", "remove", "vmalloc", "tables", "roots"} and {r["axis"] for r in found} == set(axes)
    shown = {(r[0], r[1], r[2]) for r in CYCLE.findall(printed)}
    assert shown == {(r["scheme"], r["tlbis"], r["waits"]) for r in found if r["table"] == "cycle" and "tlbis" in r}
    assert all(int(r["us_1"]) and int(r["us_512"]) for r in found if r["table"] == "threshold" and "outcome" not in r)
    pages = [r for r in found if r["table"].startswith("pages_") and "outcome" not in r]
    assert {r["table"] for r in pages} == {"pages_1", "pages_2", "pages_4", "pages_8"} and all(int(r["pages_1024"]) for r in pages)
    assert {r["outcome"] for r in found if "outcome" in r} >= {"unsafe", "unusable"}
    with open(tmp_path / arch / "index.html", encoding="utf-8") as page:
        text = page.read()
    assert "Side by side: tlb, threshold" in text and text.count("<svg") > 5 and "<script" not in text


@pytest.mark.tier("ci")
@pytest.mark.sample("riscv64")
def test_by_make(arch):
    """`make compare` measures on the eight CPUs of the documents, although make exports an empty SMP=."""
    done = subprocess.run(["make", "-s", "compare", "AXIS=roots", "ARCH=" + arch], env=ENV, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "%s, 8 CPUs\n" % arch in done.stdout, done.stdout + done.stderr
    assert "\n1 table, verdict pass, 1 passed, 0 failed, 0 skipped; " in done.stdout, done.stdout


@pytest.mark.tier("ci")
def test_kept_walks():
    """How long a hart of the worst legal machine keeps a failed walk: not at all after a broadcast, long without a fence."""
    if "riscv64" not in ARCHES:
        pytest.skip("HOTPLATE_ARCHES has no riscv64")
    subprocess.run(["make", "-s", "machine"], cwd=TOP, check=True)
    done = subprocess.run(["build/machine/worst-riscv64", "image=build/riscv64/Image", "cpus=2", "mem=256", "seed=1", "args=compare=newmap exit"],
                          cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=300)
    lines = [dict(w.split("=", 1) for w in line.split()[2:]) for line in done.stdout.split("\n") if line.startswith("#: compare ")]
    found = {r["scheme"]: {k: int(v) for k, v in r.items() if k.startswith("less_") or k in ("none", "more")}
             for r in lines if r["table"] == "kept" and "outcome" not in r}
    assert set(found) == {"broadcast", "fence-local", "lazy"} and all(sum(r.values()) == 512 for r in found.values()), done.stdout
    late = {name: r["more"] + r["less_4096"] + r["less_8192"] for name, r in found.items()}
    assert late["broadcast"] == 0 < late["fence-local"] < late["lazy"], done.stdout


def test_code_lines(tmp_path):
    """Lines of code as the preprocessor sees them, of every scheme of vmalloc=; a comment in a string is a string."""
    files = sorted(glob.glob("mm/policy/vmalloc/*.c", root_dir=TOP))
    odd = tmp_path / "odd.c"
    odd.write_text('/* one\n * two */\n\nint a; // b\nint /* c\n d */ e;\nstatic const struct s s = { .name = "odd",\n'
                   '\t.claim = "/* no comment" };\n/* .name = "not" */\n')
    counted = {}
    for path in [*files, str(odd)]:
        printed = subprocess.run(["gcc", "-fpreprocessed", "-dD", "-E", "-P", path], cwd=TOP, capture_output=True, text=True, check=True)
        with open(os.path.join(TOP, path), encoding="utf-8") as f:
            name = re.search(r'\.name = "([^"]+)"', f.read())[1]
        counted[name] = str(sum(1 for line in printed.stdout.split("\n") if line.strip()))
    counted["odd"] = "5"  # the preprocessor joins the two lines of a declaration
    printed = subprocess.run(["tools/hotplate", "code-lines", *files, odd], cwd=TOP, capture_output=True, text=True, check=True).stdout
    assert dict(re.findall(r'\{ "(\S+)", (\d+) \}', printed)) == counted
    missing = subprocess.run(["tools/hotplate", "code-lines", "/nowhere.c"], cwd=TOP, capture_output=True, text=True, check=False)
    assert missing.returncode == 4 and "Traceback" not in missing.stderr, missing.stderr


def test_what_is_refused(tmp_path):
    """An axis that does not exist, and no memory to measure on: one sentence, and a status."""
    status, _, wrong = compare(tmp_path, "tlb,bogus", ARCHES[0])
    assert status == 4 and "`bogus` is no axis; there is tlb, " in wrong and "Traceback" not in wrong
    status, printed, wrong = compare(tmp_path, "remove", ARCHES[0], NODE1="0", ARGS="withhold=none")
    assert status == 1 and "# compare remove: no whole block is withheld and absent" in printed, printed + wrong
    assert compare(tmp_path, "tlb")[0] == 4


LONG_FIGURES = """// SPDX-License-Identifier: BSD-2-Clause
#include <shell/compare/compare.h>

static const struct compare_column columns[] = {
	{ "short", NULL, 5, COMPARE_HUNDRED, NULL },
	{ "long", NULL, 5, COMPARE_HUNDRED, NULL },
	{ "whole", NULL, 5, COMPARE_HUNDRED, NULL },
	{ "cost", NULL, 6, COMPARE_COST, NULL },
	{ 0 },
};

static int figures(const struct axis *a, const struct scheme *s, u64 value[COMPARE_COLUMNS], struct why *why)
{
	(void)a, (void)s, (void)why;
	value[0] = 121, value[1] = 12119, value[2] = 1211912, value[3] = 123456789012;
	return 0;
}

static const struct comparison long_figures = {
	.axis = "tlb", .table = "long", .what = "figures", .columns = columns, .measure = figures,
};
COMPARISON(long_figures, long_figures);
"""


@pytest.mark.tier("ci")
def test_a_scheme_from_outside(tmp_path):
    """The example of docs/schemes.md, from EXTRA=, has its rows beside the others."""
    arch = ARCHES[0]
    with open(os.path.join(TOP, "docs", "schemes.md"), encoding="utf-8") as text:
        code = re.search(r"^```\n(// SPDX.*?hybrid.*?)^```", text.read(), re.M | re.S)[1]
    (tmp_path / "policy" / "tlb").mkdir(parents=True)
    (tmp_path / "policy" / "tlb" / "hybrid.c").write_text(code)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "long_figures.c").write_text(LONG_FIGURES)
    suffix = "-compare" + os.environ.get("PYTEST_XDIST_WORKER", "")
    copy_of_build(arch, suffix)
    subprocess.run(["make", "-s", "-j2", "ARCH=" + arch, "EXTRA=%s" % tmp_path, "OUT_SUFFIX=" + suffix, "image"], check=True, env=ENV,
                   stdout=subprocess.DEVNULL)
    status, printed, wrong = compare(tmp_path, "tlb", arch, IMAGE="build/{arch}" + suffix + "/Image")
    shutil.rmtree("build/" + arch + suffix)
    assert status == 0, printed + wrong
    tables = printed.count("\ncompare tlb: ")
    assert len(re.findall(r"^hybrid +\d+", printed, re.M)) == tables > 3 and f"\n{tables} tables, " in printed, printed + wrong
    # a figure that is longer than its column has fewer decimals
    assert re.search(r"^hybrid +1\.21 121\.1 12119 123456\s*$", printed, re.M), printed
