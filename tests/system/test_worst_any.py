# SPDX-License-Identifier: BSD-2-Clause
"""sanitize=1 of the worst legal machine with a kernel that reports nothing (docs/pt-sanitizer.md, "Any kernel"): each
rule by a small program, which breaks it once, and the same program without the mistake."""
import os
import re
import subprocess

import pytest

from conftest import ARCHES, TOP
from devices.kernels import booted, kernel_of
from devices.worst import BEGIN, END, PLACES, assembled
from hotplate.kernels import fetch, places

# The programs of test_worst_release.py up to the hook of the table, which is ordered here; the root translates RAM to
# itself.  Arm: the table is that of 5 GiB, x9 its address; RISC-V: `other` is a table of pages at 5 GiB, t4 its address.
HOOKED = {
    "arm64": "dmb ish; str x3, [x0, #40]; dsb ish; isb; movz x9, #1, lsl #32; movk x9, #0x4000, lsl #16; add x9, x9, #0x200000",
    "riscv64": "fence w, w; srli t5, t2, 2; ori t5, t5, 1; sd t5, 0(t1); fence w, w; sd a3, 40(t0); li t4, 5 << 30; sfence.vma",
}
# The identity for RAM, in another root at `other` (arm64), `again` (riscv64).
SECOND = {"arm64": "mov x10, #0x701; movk x10, #0x4000, lsl #16; str x10, [x2, #8]; dsb ish; mov x11, #5; lsl x11, x11, #48",
          "riscv64": "la a1, again; li a2, 0x200000cf; sd a2, 16(a1); li a2, 5 << 44; srli a6, a1, 12; or a6, a6, a2; li a2, 8 << 60; "
                     "or a6, a6, a2; srli a7, t0, 12; or a7, a7, a2; li a2, 5 << 44; or a7, a7, a2; sfence.vma; csrw satp, a7"}
NEW = "movk x5, #0x4020, lsl #16"  # another block
TLBI = "lsr x10, x9, #12; tlbi vaae1is, x10"
EL0 = "adrp x12, vectors; msr vbar_el1, x12; msr spsr_el1, xzr; adr x12, _start; msr elr_el1, x12; isb; %s; eret"
PAGES = "li a2, 0x20000000 + %d; sd a2, %d(t2)"  # a leaf of pages, and where; R, W, A, D are 0xc7
BREAK = "str xzr, [x1, #8]; %s; " + TLBI + "; %s; str x5, [x1, #8]"

PROGRAMS = {  # architecture: rule, instructions, True: the rule is broken
    "arm64": [
        ("B1", NEW + "; str x5, [x1, #8]", True),
        ("B2", NEW + "; " + BREAK % ("dsb ishst", "isb"), True), ("B2", NEW + "; " + BREAK % ("dsb ishst", "dsb ish; isb"), False),
        ("M1", BREAK % ("dmb ish", "dsb ish; isb"), True), ("M1", BREAK % ("dsb ish", "dsb ish"), False),
        # the field TTL: 4 KiB, 64 KiB; an address of neither half
        ("R8", "lsr x10, x9, #12; orr x10, x10, #0xf00000000000; tlbi vaae1is, x10; dsb ish", True),
        ("R8", "lsr x10, x9, #12; orr x10, x10, #0x600000000000; tlbi vaae1is, x10; dsb ish", False),
        ("R8", "orr x10, x9, #0x8000000000; lsr x10, x10, #12; tlbi vaae1is, x10; dsb ish", True),
        ("O6", "sub x10, x5, #4; orr x10, x10, #0x10000000000000; str x10, [x1]", True),
        ("O6", "sub x10, x5, #4; orr x10, x10, #0x10000000000000; str xzr, [x1, #8]; dsb ish; tlbi vmalle1is; dsb ish; isb; "
               "str x10, [x1]; add x10, x10, #0x200000; str x10, [x1, #8]", False),
        ("S3", "strb w4, [x1, #25]", True), ("S3", "mov x10, #-1; str x10, [x1, #24]", True), ("S3", "str w4, [x2, #8]", False),
        ("S3", "mov x10, #-2; str x10, [x1, #24]", False),
        ("R6", SECOND["arm64"] + "; orr x10, x0, x11; msr ttbr0_el1, x10; isb; orr x10, x2, x11; msr ttbr0_el1, x10; isb", True),
        ("R6", SECOND["arm64"] + "; orr x10, x0, x11; msr ttbr0_el1, x10; isb; msr ttbr0_el1, x2; isb; tlbi aside1is, x11; dsb ish; "
               "orr x10, x2, x11; msr ttbr0_el1, x10; isb", False),
        ("M2", EL0 % ("str xzr, [x1, #8]; dsb ish; " + TLBI), True), ("M2", EL0 % ("str xzr, [x1, #8]; dsb ish; " + TLBI + "; dsb ish"), False),
        # as Linux clears an access flag
        ("M2", EL0 % ("eor x5, x5, #0x400; str x5, [x1, #8]; dsb ish; " + TLBI), False),
    ],
    "riscv64": [
        ("B1", PAGES % (0x8c7, 0) + "; li a0, 1 << 63; li a2, 0x200020c7; or a2, a2, a0; sd a2, 0(t2)", True),
        ("B1", PAGES % (0x8c7, 0) + "; li a0, 1 << 63; li a2, 0x200020c7; or a2, a2, a0; sd zero, 0(t2); sfence.vma; sd a2, 0(t2)", False),
        ("O6", PAGES % (0x4c7, 8) + "; li a0, 1 << 63; li a2, 0x200020c7; or a2, a2, a0; sd a2, 0(t2)", False),
        ("O6", PAGES % (0x8c7, 8) + "; li a0, 1 << 63; li a2, 0x200020c7; or a2, a2, a0; sd a2, 0(t2)", True),
        ("S3", "sb zero, 9(t1)", True), ("S3", "li a2, 1 << 54; addi a2, a2, 7; sd a2, 24(t1)", True), ("S3", "li a2, -2; sd a2, 24(t1)", False),
        ("S3", "li a2, 5; sd a2, 24(t2)", True),
        ("R6", SECOND["riscv64"] + "; csrw satp, a6; csrw satp, a7", True), ("R6", SECOND["riscv64"] + "; csrw satp, a6; sfence.vma x0, x0; csrw satp, a7", False), ("R6", SECOND["riscv64"] + "; sfence.vma x0, x0; li a2, 8 << 60; srli a1, t0, 12; or a1, a1, a2; csrw satp, a1; sfence.vma x0, x0; csrw satp, a6; csrw satp, a1", False),
        # RISC-V requires neither a break nor a fence for a new mapping, or for a removed one
        ("", PAGES % (0xc7, 0) + "; " + PAGES % (0x4c7, 0) + "; sd zero, 0(t2); " + PAGES % (0x8cf, 0), False),
    ],
}
MORE = {"arm64": ".balign 4096\nvectors:\t.zero 0x400\n\tldr x0, =0x84000008\n\thvc #0\n\t.ltorg\n", "riscv64": ".balign 4096\nagain:\t.zero 4096\n"}
REPORT = re.compile(r"^# SANITIZE (\w\d): ", re.M)
WORDS = {"arm64": ["caches=0"], "riscv64": []}
ROWS = [(arch, *row) for arch in PROGRAMS for row in PROGRAMS[arch]]


@pytest.fixture(scope="module", autouse=True)
def built():
    subprocess.run(["make", "-s", "machine"], cwd=TOP, check=True)


@pytest.mark.tier("ci")
@pytest.mark.parametrize("isa, rule, text, broken", ROWS)
def test_each_rule(tmp_path, isa, rule, text, broken):
    program = BEGIN[isa] + (HOOKED[isa] + "; " + text).replace(";", "\n") + END[isa] + PLACES + MORE[isa]
    flat = assembled(isa, tmp_path, program)
    for seed in (1, 2):
        done = subprocess.run(["build/machine/worst-" + isa, "image=" + flat, "cpus=1", "mem=128", "seed=%d" % seed, "steps=1", "sanitize=1",
                               *WORDS[isa]], cwd=TOP, capture_output=True, text=True, timeout=100, check=False, stdin=subprocess.DEVNULL)
        assert done.returncode == broken, done.stderr
        assert set(REPORT.findall(done.stderr)) == ({rule} if broken else set()), done.stderr


def test_file_and_line():
    """Each place that a report names is printed once; without debug information none is."""
    elf = os.path.join(TOP, "build", ARCHES[0], "hotplate.elf")
    found = places.Places()
    for line in ("[    0.1] a console line names boot_main+0x0", "sanitize: step 1, CPU 0 before boot_main+0x4:", "#   noticed   boot_main+0x4",
                 "  CPU 0: nosuch+0x4, from boot_main+0x8; 0 stores in the buffer"):
        found.line(line)
    lines = list(found.table(elf, ARCHES[0]))
    assert [line.split(" is ")[0] for line in lines] == ["# boot_main+0x4", "# boot_main+0x8"], lines
    assert all(re.search(r" is \S+\.c:\d+$", line) for line in lines), lines
    assert not list(found.table("/bin/true", ARCHES[0])) and not list(found.table(__file__, ARCHES[0])) and not list(found.table("", ""))


# ---- Linux ----
WHERE = re.compile(r"^# SANITIZE (\w\d): .*(?:\n#.*)*?\n#   noticed   (\w+)", re.M)
# These are mistakes of Linux (docs/pt-sanitizer.md, "Any kernel").
LINUX = {
    "arm64": {("B2", "__pi_map_range"), ("P1", "vmemmap_p4d_populate"), ("P1", "vmemmap_pud_populate")},
    "riscv64": {("P1", "vmemmap_pgd_populate"), ("P1", "vmemmap_p4d_populate"), ("P1", "vmemmap_pud_populate")},
}
# Few ASIDs are in use again, and CPUs update entries (ad=1); with adversaries Linux for riscv64 stops in handle_exception() with asid=4.
LEGAL = [("arm64", "ttl=0 ets=1 asid=8 tlbi=0 ad=1"), ("riscv64", "asid=4 adversaries=off"), ("riscv64", "asid=16 ad=1")]


@pytest.mark.tier("full")
@pytest.mark.parametrize("isa, words", [row for row in LEGAL if row[0] in ARCHES])
def test_linux(isa, words):
    """From power-on to power-off: processes, modules, recycled ASIDs; no report except those that the manual requires."""
    _, text = booted(kernel_of(fetch.DEFAULT[isa]), "CPUS=2", "SEED=1", "WORST=sanitize=1 " + words)
    assert set(WHERE.findall(text)) == LINUX[isa], text[-3000:]
    assert "hotplate-init: pass" in text and len(REPORT.findall(text)) == 3
    found = re.search(r"^worst: sanitize: (\d+) stores to tables, 3 reports, .* purpose, 0 not checked", text, re.M)
    assert found and int(found[1]) > 50000, text[-500:]


@pytest.mark.tier("full")
@pytest.mark.skipif("arm64" not in ARCHES, reason="arm64 is not tested")
def test_hint_of_linux():
    """kpti_map_pgtbl: bits 47:44 of the operand of TLBI VAAE1 are those of the address, which FEAT_TTL reads as a hint."""
    done, text = booted(kernel_of(fetch.DEFAULT["arm64"]), "CPUS=2", "WORST=sanitize=1 ets=1")
    assert done.returncode and ("R8", "idmap_kpti_install_ng_mappings") in WHERE.findall(text), text[-3000:]
    assert re.search(r"^#   #\d+ +CPU \d: the operand is 0xffffffffffe0\d$", text, re.M), text[-3000:]
