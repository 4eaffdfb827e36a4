# SPDX-License-Identifier: BSD-2-Clause
"""make full: every test in every geometry of each CPU model, at 1, 4 and 8 CPUs.

One power-on for each shape.  A missing property of a model is reported with the register field or property that shows
it: a geometry in a line before the tests, a feature in the reason of a skip.
"""
import re

import pytest

from hotplate.results import output
import ledger
from conftest import ARCHES, unattended

A64 = "4k-39 4k-48 64k-42 64k-48"
N1 = A64 + " 16k-36 16k-47 16k-48"
GEOMETRIES = {  # of each arm64 model; all riscv64 models have all three
    "max": N1 + " 4k-52 16k-52 64k-52", "neoverse-n1": N1, "cortex-a72": A64, "cortex-a53": A64,
}
EXTENSIONS = ("svinval", "svnapot", "svpbmt")


def riscv_models():
    """S1-23: rv64 with each of the 8 combinations."""
    for bits in range(1 << len(EXTENSIONS)):
        given = [e for i, e in enumerate(EXTENSIONS) if bits >> i & 1]
        yield ",".join(["rv64"] + [e + "=on" for e in given])


MODELS = {"arm64": list(GEOMETRIES), "riscv64": list(riscv_models())}
CPUS = (8, 4, 1)  # the longest first
SHAPES = [(a, m, n) for n in CPUS for a in ARCHES for m in MODELS[a]]


def printed_here(machine):
    """`features` as {name: (present or not, its explanation)}."""
    text = re.sub(r"\n {20}", " ", machine.answer("features"))
    return {n: (w == "here", t) for n, w, t in re.findall(r"^(\w+) +(here|not here) +(.*)$", text, re.M)}


@pytest.mark.tier("ci")
@pytest.mark.skipif("riscv64" not in ARCHES, reason="extensions of riscv64")
@pytest.mark.parametrize("model", MODELS["riscv64"], ids=lambda m: m.replace("=on", "").replace(",", "-"))
def test_extensions_found(model, boot):
    """Exactly the given extensions are found, and entries and back ends are used exactly for these."""
    given = {e: e in model for e in EXTENSIONS}
    off = "".join(",%s=off" % e for e in EXTENSIONS if not given[e])  # explicit, so that no default counts
    machine = boot("riscv64", CPU=model + off, SMP="2", ARGS="contig=on")
    found = printed_here(machine)
    assert {e: found[e][0] for e in EXTENSIONS} == given
    for e in EXTENSIONS:
        assert "riscv,isa names it for %d of 2 harts" % (2 * given[e]) in found[e][1]
    refused = "a hart's riscv,isa does not name svinval" in " ".join(machine.answer("tlb=svinval").split())
    assert refused == (not given["svinval"])
    text = machine.answer("run boot.features_here,hotplug.contiguous_runs,hotplug.cycle")
    cases, wrong = output.cases(text)
    outcomes = {c.path.split("/", 1)[1]: output.outcome(c) for c in cases}
    assert not wrong and outcomes.pop("boot.features_here") == "pass"
    runs = {outcomes.pop("hotplug.contiguous_runs/" + p) for p in ("auto", "page")}
    assert runs == {"pass" if given["svnapot"] else "skip"}
    assert outcomes and set(outcomes.values()) == {"pass"}


def label(arch, model, cpus):
    return "%s %s %d" % (arch, model.replace("=on", "").replace(",", "+"), cpus)


def wanted(arch, model):
    names = GEOMETRIES[model].split() if arch == "arm64" else ["sv39", "sv48", "sv57"]
    return {("arm64-" if arch == "arm64" else "riscv-") + n for n in names}


def check_skips(found, text, missing):
    """Each skip has a reason, and each missing geometry names the field of the CPU that excludes it."""
    for name in missing:
        assert re.search(r"^# geometry %s is left out: needs ID_AA64MMFR\d_EL1\.\w+ >= -?\d+.*, it is" % name,
                         text, re.M), name
    for case in found:
        assert output.outcome(case) != "skip" or len(case.reason or "") > 10, case


@pytest.mark.long
@pytest.mark.tier("full")
@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: label(*s).replace(" ", "-"))
def test_everything(shape, record_property):
    arch, model, cpus = shape
    status, text, printed = unattended(arch, "shape-" + label(*shape).replace(" ", "-"), 7200, CPU=model,
                                       SMP=str(cpus), ARGS="run=all geometry=all exit")
    text = text.replace("\r", "")
    found, wrong = output.cases(text)
    record_property("shape", label(*shape))
    record_property("found", dict(ledger.shape_row(found), could=ledger.could(text)))
    bad = [c.path + " " + (c.reason or "") for c in found if output.outcome(c) not in ("pass", "skip", "xfail")]
    assert not bad, "%s\n%s" % (printed, "\n".join(bad))
    assert status == 0, printed + "\n" + text[-2000:]
    assert not wrong, wrong
    assert output.records(text, "run")[0].keys["cpus"] == str(cpus)
    geometries = wanted(arch, model)
    assert {c.path.split("/")[0] for c in found} == geometries
    check_skips(found, text, wanted("arm64", "max") - geometries if arch == "arm64" else ())
    ran = [c for c in found if output.outcome(c) != "skip"]
    assert len(ran) * 2 > len(found), "%d of %d tests ran" % (len(ran), len(found))
