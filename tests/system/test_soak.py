# SPDX-License-Identifier: BSD-2-Clause
"""The TLB lab from outside: its screens, a soak by boot word, and one that a person ends."""
import re

import pytest

import hpresult
from conftest import unattended
from test_menu import plain


def test_profile_screen(arch, boot):
    machine = boot(arch)
    said = machine.answer("6")
    plain(said)
    assert len(said.rstrip().split("\n")) <= 25
    assert re.search(r"leaf of a page +\d+/\d+ ", said)
    assert "FORBIDDEN" not in said
    again = machine.answer("tlb profile")
    assert again == said, "measured once a power-on"
    machine.answer("restart")
    assert machine.answer("tlb profile") == said, "and kept over restarts"
    assert " in life 2; " in machine.answer("tlb profile again")


@pytest.mark.tier("test")
def test_stress_command(arch, boot):
    machine = boot(arch)
    said = machine.answer("tlb stress rounds=5")
    plain(said)
    assert "FAIL" not in said and "-EIO" not in said
    assert re.search(r"CoWinvT1\+dsb-tlbi-dsb +ok +fault 20$", said, re.M)
    assert re.search(r"CoWinvT\+dsb-isb +ctl +.*old \d+", said)


@pytest.mark.tier("test")
def test_soak(arch):
    status, text, said = unattended(arch, "soak", 240, ARGS="soak=20s exit")
    assert status == 0, said
    end = hpresult.records(text, "soak")[-1].keys
    assert end["verdict"] == "pass" and end["fail"] == "0" and int(end["cycles"]) > 1
    noticed, planted = map(int, end["ctl"].split("/"))
    assert 0 < noticed <= planted
    assert hpresult.records(text, "beat")
    assert hpresult.records(text, "control")[0].keys["noticed"] == "yes"
    assert re.search(r"fewer than 1 in [\d,]+ cycles \(95 %\)", text)
    assert re.search(r"under fire [1-9]\d* times", text)


@pytest.mark.tier("test")
def test_soak_by_hand(arch, boot):
    machine = boot(arch)
    machine.send("5\r")
    machine.child.expect("#: beat ")
    machine.send("mark Vdd 0.75\r")
    machine.child.expect_exact("text=Vdd_0.75")
    machine.send("report\r")
    machine.child.expect(r"# soak \d\d:\d\d:\d\d: ")
    machine.send("\x03")
    said = machine.until_prompt()
    assert re.search(r"# soak \S+ stopped: ", said)
    assert "#: soak verdict=pass" in said and "marks=1" in said
    assert machine.answer("blocks").strip(), "the machine is usable afterwards"


@pytest.mark.tier("test")
def test_soak_without_memory_or_second_cpu(arch):
    status, text, said = unattended(arch, "soak-alone", 120, SMP="1", NODES="1",
                                    ARGS="withhold=none soak=3s exit")
    assert status == 0, said
    assert "not run: one CPU" in text
