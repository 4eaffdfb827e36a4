# SPDX-License-Identifier: BSD-2-Clause
"""Rows of errata: asked for, found by the ids of the CPU, and not in force anywhere else."""
import re

import pytest

U74 = "rv64,svinval=on,mvendorid=0x489,marchid=0x8000000000000007,mimpid="
RV64 = "rv64,svinval=on"
# With a vendor the guest takes QEMU for silicon, whose 100 ms without an interrupt a busy host exceeds.
PATIENT = " hang=10s"
CIP_1200 = [  # CPU, boot word, is the row in force?
    (RV64, "", False), (RV64, "errata=+cip-1200", True),
    (U74 + "0x200504", "", True), (U74 + "0x1200626", "", False), (U74 + "0x200701", "", False),
]


@pytest.mark.tier("test")
@pytest.mark.parametrize("cpu,word,in_force", CIP_1200)
def test_cip_1200(arch, suite, cpu, word, in_force):
    if arch != "riscv64":
        pytest.skip("a row of riscv64")
    found, text = suite(arch, "cip-1200", SMP="2", CPU=cpu, ARGS=word + PATIENT + " run=tlb.fence_reach exit")
    kinds = re.findall(r"fence_reach/(\w+) .* addressed=(\d+) full=(\d+)", text)
    assert len(found) == 3 and [k[0] for k in kinds] == ["ipi", "sbi", "svinval"], text[-1500:]
    for name, addressed, full in kinds:
        assert (addressed == "0") == (full != "0") == in_force, name
    assert ("errata cip-1200" in text) == in_force


@pytest.mark.tier("test")
def test_repeat_tlbi(arch, suite):
    if arch != "arm64":
        pytest.skip("a row of arm64")
    for word in ("", "errata=+repeat-tlbi"):
        found, text = suite(arch, "repeat-tlbi", SMP="2", CPU="max", ARGS=word + " run=tlb.errata_repeat exit")
        assert ("SKIP" in text) == (not word) == ("errata repeat-tlbi" not in text), found


@pytest.mark.tier("test")
def test_an_unknown_row_is_refused_with_those_there_are(arch, suite):
    _, text = suite(arch, "errata-no", SMP="1", ARGS="errata=+x run=boot.wx exit")
    assert "errata=+x: there is +%s" % {"arm64": "repeat-tlbi", "riscv64": "cip-1200"}[arch] in text
