# SPDX-License-Identifier: BSD-2-Clause
"""tlb.bbm (docs/tlb.md): leaves that change their size in place, by the level of FEAT_BBM of the worst legal machine."""
import subprocess

import pytest

from conftest import ARCHES, TOP
from hotplate.results import output

AS_IF = " as-if=0:midr=0x410fd842,1:midr=0x410fd842"  # CPUs of the list of those that raise no abort
CASES = {  # words of the machine, of the image, verdict, what a list would be told
    "arm64-level0": ("bbm=0", " profile=bbm", "pass", "no"),
    "arm64-level2": ("bbm=2", "", "pass", "no"),
    "arm64-listed": ("bbm=2", AS_IF, "fail", "no"),
    "arm64-noabort": ("bbm=3", "", "pass", "possible"),
    "riscv64": ("", "", "pass", None),
}


@pytest.fixture(scope="module", autouse=True)
def built():
    subprocess.run(["make", "-s", "machine"], cwd=TOP, check=True)


def run(arch, *words):
    done = subprocess.run(["build/machine/worst-" + arch, "image=build/%s/Image" % arch, "mem=256", "cpus=2", "seed=1", *words], cwd=TOP,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False, timeout=300)
    return "\n".join(output.lines(done.stdout))


@pytest.mark.tier("ci")
@pytest.mark.sample("arm64-listed", "riscv64")
@pytest.mark.parametrize("case", CASES)
def test_changes(case):
    arch = case.partition("-")[0]
    if arch not in ARCHES:
        pytest.skip("HOTPLATE_ARCHES has no " + arch)
    machine, image, verdict, told = CASES[case]
    text = run(arch, *machine.split(), "args=run=tlb.bbm%s exit" % image)
    found = {r.keys["change"]: r.keys for r in output.records(text, "bbm")}
    assert set(found) == {"table", "large", "single", "run"} and "verdict=" + verdict in text, text
    aborts = sum(int(r["aborts"]) for r in found.values())
    assert (aborts > 0) == (told == "no") and {r.get("bbml2-noabort") for r in found.values()} == {told}, text
    assert all(int(r["changes"]) >= 16 and r["wrong"] == r["lost"] == r["faults"] == "0" for r in found.values()), text


def test_below_level_2():
    """It is skipped, unless profile=bbm is given."""
    if "arm64" not in ARCHES:
        pytest.skip("HOTPLATE_ARCHES has no arm64")
    text = run("arm64", "bbm=1", "args=run=tlb.bbm exit")
    assert "skip:1" in text and not output.records(text, "bbm"), text
