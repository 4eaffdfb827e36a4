# SPDX-License-Identifier: BSD-2-Clause
"""Conformance of TLB maintenance (docs/tlb.md, "Conformance"): no machine here breaks a rule, and each mistake that
wrong= plants in the worst legal machine is named in the page, and nothing else."""
import fnmatch
import re
import subprocess
from pathlib import Path

import pytest

from conftest import ARCHES, TOP
from hotplate.results import conformance, output

# Entries of one page; that of a table that was removed is one, too.
KINDS = {arch: re.findall(r'\.name = "([a-z-]+)"', Path(TOP, "arch", arch, "access_kinds.c").read_text(encoding="utf-8"))
         for arch in ARCHES}
PAGES = "leaf global rights run table space late-*".split() + KINDS.get("arm64", [])
# Rows that break by each mistake, as patterns of FORM/TARGET: those that must, and all that may.
WRONG = {
    "riscv64": {
        "cva6-3307": ("sfence-va/leaf sfence-va/atomic sfence-asid/space", "s*-va/* s*-va-asid/* s*-asid/space"),
        "cva6-364": ("sfence-asid/space sfence-va-asid/space sbi-asid/space", "s*-asid/space"),
        "cvw-1768": ("sfence-va/global sinval-va/large-global sbi-va/global", "s*-va/*global"),
        "nemu-1175": ("sfence-va/large sfence-va-asid/large sbi-va/large-global", "s*-va/large* s*-va-asid/large"),
        "xiangshan-1859": ("sfence-va/large-global sbi-va/large-global", "s*-va/large-global"),
        "xiangshan-1889": ("sfence-asid/table sfence-asid/large sfence-va-asid/large", "s*-asid/large s*-asid/table"),
    },
    "arm64": {
        "tlib-22": ("vae1/leaf vale1is/leaf vaae1is/global vae1/pair", " ".join("va*/" + entry for entry in PAGES)),
        "run-by-first": ("vale1/run vaale1is/run", "*ale*/run"),
        "own-cpu-only": ("vae1is/leaf aside1is/leaf vale1is/zero", "*is/* *is-ttl/*"),
        "asid-spares-blocks": ("aside1/large aside1is/large", "aside1*/large"),
        "exclusive-stale": ("vae1/exclusive vmalle1is/exclusive", "*/exclusive"),
        "stream-stale": ("vae1/stream vmalle1is/stream-store", "*/stream */stream-store */late-stream-store"),
        "range-short": ("rvae1/leaf rvaae1is/leaf", " ".join("rv*/" + entry for entry in PAGES)),
    },
}
CASES = [(arch, name) for arch in ARCHES for name in WRONG[arch]]


@pytest.fixture(scope="module", autouse=True)
def built():
    subprocess.run(["make", "-s", "machine"], cwd=TOP, check=True)


def rows(arch, *words, cpus=4, want=0, run="conform.*", boot=""):
    """The rows of a run on the worst legal machine with these words, and boot arguments, and the page."""
    done = subprocess.run(["build/machine/worst-" + arch, "image=build/%s/Image" % arch, "cpus=%d" % cpus, "mem=256", *words,
                           "args=tlb=full run=%s exit %s" % (run, boot)], cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, errors="replace", check=False, timeout=600)
    text = "\n".join(output.lines(done.stdout))
    page, status = conformance.page(text)
    assert want in (status, None), page + done.stderr
    return conformance.rows_of(text), page


def broken(found):
    return {"%s/%s" % (r.form, r.target) for r in found if r.keys["result"] == "fail"}


@pytest.mark.tier("ci")
@pytest.mark.sample("arm64-2-2", "riscv64-4-3")
@pytest.mark.parametrize("cpus,seed", [(1, 1), (2, 2), (4, 3), (8, 4)])
def test_no_rule_is_broken(arch, cpus, seed):
    """And nearly every rule could have been: the only CPU of a machine, too, keeps old entries."""
    found, page = rows(arch, "seed=%d" % seed, cpus=cpus)
    judged = [r for r in found if r.keys["must"] == "yes" and r.keys["result"] != "not-run"]
    could = [r for r in judged if r.keys["could"] == "yes"]
    assert not broken(found) and len(could) * 10 > len(judged) * 9, page
    assert {r.form for r in found} == set(conformance.forms_of(arch)), page


@pytest.mark.tier("ci")
@pytest.mark.sample("riscv64-cva6-364", "arm64-stream-stale")
@pytest.mark.parametrize("wrong", CASES, ids="-".join)
def test_each_mistake_is_named(wrong):
    arch, name = wrong
    must, may = (text.split() for text in WRONG[arch][name])
    found, page = rows(arch, "seed=1", "wrong=" + name, want=1)
    bad = broken(found)
    assert bad >= set(must), page
    assert not {row for row in bad if not any(fnmatch.fnmatchcase(row, p) for p in may)}, page
    lines = page.partition("## Entries that must go")[2].split("\n")
    assert {"/".join(c.strip() for c in line.split("|")[1:3]) for line in lines if "| **FAIL** |" in line} == bad, page


@pytest.mark.tier("ci")
@pytest.mark.parametrize("case", [("arm64", "own-cpu-only", "vae1is", "sve*"), ("riscv64", "cva6-3307", "sfence-va", "zero vector*")],
                         ids=lambda c: c[1])
def test_every_kind_of_access_finds_a_mistake(case):
    """Each that the machine has; fp=1 gives it FP registers, sme=1 Streaming mode and ZA."""
    arch, wrong, form, lacks = case
    if arch not in ARCHES:
        pytest.skip("HOTPLATE_ARCHES has no " + arch)
    words = ["fp=1", "sme=1"] if arch == "arm64" else ["fp=1"]
    found, page = rows(arch, "seed=1", *words, "wrong=" + wrong, want=1, run="conform.form/" + form)
    bad = {row.partition("/")[2] for row in broken(found)}
    assert {kind for kind in KINDS[arch] if not any(fnmatch.fnmatchcase(kind, p) for p in lacks.split())} <= bad, page
    assert all(row.keys["could"] == "yes" for row in found if row.target in KINDS[arch] and row.keys["result"] == "fail"), page


@pytest.mark.tier("ci")
@pytest.mark.of("arm64")
@pytest.mark.parametrize("form", ["vae1is", "vmalle1is"])
def test_stores_in_streaming_mode_are_found(arch, form):
    """CVE-2026-0995: by stores in flight in Streaming mode, and of ZA, and by nothing else: without these kinds no row
    breaks.  A plain store in flight is erratum 4118414."""
    late = {"%s/late-%s" % (form, kind) for kind in KINDS[arch] if kind.startswith("sm") and kind.endswith("-store")}

    def by_seeds(word, enough):
        bad = set()
        for seed in range(1, 9):
            bad |= broken(rows(arch, "seed=%d" % seed, "erratum=" + word, want=None, run="conform.form/" + form,
                               boot="errata=-repeat-tlbi")[0])
            if bad >= enough:
                break
        return bad

    assert by_seeds("4193714", late) == late
    found = by_seeds("4118414,hidden", {form + "/late-store"})
    assert form + "/late-store" in found and not found & late


@pytest.mark.tier("ci")
@pytest.mark.sample("cip-1200")
@pytest.mark.parametrize("wrong", [("riscv64", "cip-1200", "cip-1200", "s*-va/* s*-va-asid/*"),
                                   ("arm64", "falkor-1009", "repeat-tlbi", "*is/* *is-ttl/*")], ids=lambda w: w[1])
def test_errata_are_found(wrong):
    """Published errata of silicon: a fence with an address has no effect; a DSB does not wait for other CPUs.  Rows that
    they let fail are recorded, and no test fails by them while the kernel knows the erratum."""
    arch, name, remedy, may = wrong
    if arch not in ARCHES:
        pytest.skip("HOTPLATE_ARCHES has no " + arch)
    found, page = rows(arch, "seed=7", "erratum=" + name, want=1, boot="errata=-" + remedy)
    bad = broken(found)
    assert bad and not {row for row in bad if not any(fnmatch.fnmatchcase(row, p) for p in may.split())}, page
    found, page = rows(arch, "seed=7", "erratum=" + name)
    known = {"%s/%s" % (r.form, r.target) for r in found if r.keys["result"] == "erratum" and r.keys["erratum"] == remedy}
    assert known and not {row for row in known if not any(fnmatch.fnmatchcase(row, p) for p in may.split())}, page
    assert "| by errata in force | %d |" % len(known) in page and page.count("| %s |" % remedy) == len(known), page


@pytest.mark.tier("ci")
def test_names_of_mistakes():
    """An unknown name is refused with the list."""
    for arch in ARCHES:
        done = subprocess.run(["build/machine/worst-" + arch, "wrong=x"], cwd=TOP, capture_output=True, text=True, check=False)
        assert done.returncode == 4 and all(name in done.stderr for name in WRONG[arch]), done.stderr


@pytest.mark.tier("ci")
@pytest.mark.sample("riscv64")  # arm64's rows are among the tests of test_default_shape
def test_in_qemu(arch, suite):
    """QEMU breaks no rule; stale leaves could have been seen, failed walks not (docs/tlb.md)."""
    _, text = suite(arch, "conform", ARGS="run=conform.* exit", SMP="4")
    page, status = conformance.page(text)
    assert status == 0, page
    could = {r.target: r.keys["could"] for r in conformance.rows_of(text) if r.keys["must"] == "yes" and "could" in r.keys}
    assert could["leaf"] == could["large"] == could["run"] == "yes" and could["table"] == could["rights"] == "no", page


@pytest.mark.tier("ci")
@pytest.mark.of("riscv64")
def test_what_is_not_run(arch):
    """A form that a hart lacks is in the page, with the reason."""
    page = rows(arch, "seed=1", "isa=rv64imac_zicsr_zifencei_zicbom")[1]
    missing = page.partition("## Not run")[2].split("\n")
    lines = [line.split("|")[1:3] for line in missing if line.startswith("| sinval")]
    assert [[c.strip() for c in line] for line in lines] == [
        [form, "a hart's riscv,isa does not name svinval"]
        for form in conformance.forms_of(arch) if form.startswith("sinval")]


def test_logs(tmp_path):
    """No log, a log without these tests, and a run that was cut off."""
    tool, log = ["tools/hotplate", "conformance"], tmp_path / "log"

    def status(*words):
        return subprocess.run([*tool, *words], cwd=TOP, capture_output=True, text=True, check=False)
    assert status().returncode == 4
    assert status(str(log)).returncode == 4
    log.write_text("# hotplate: end\n")
    assert status(str(log)).returncode == 3
    log.write_text("#: run format=1 arch=riscv64 machine=0 accel=tcg version=0 commit=0 seed=0 geometry=riscv-sv48 cpus=4\n"
                   "#: conform geometry=riscv-sv48 form=sfence target=leaf must=yes rule=norm:x at=a.c:1 "
                   "result=pass could=no own=0/4 control=0/4\n")
    done = status(str(log))
    assert done.returncode == 2 and "The run is not complete" in done.stdout, done.stdout
    assert "| sfence-va " in done.stdout and "it is not in this log" in done.stdout, done.stdout
    log.write_text(log.read_text().replace("result=pass", "result=fail"))
    assert status(str(log)).returncode == 1
