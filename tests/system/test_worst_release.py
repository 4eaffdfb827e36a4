# SPDX-License-Identifier: BSD-2-Clause
"""sanitize=1 of the worst legal machine: the instructions that order the contents of a table before the pointer to it
(P1).  Each row is a program for one CPU: contents, the row's instructions, a plain store of the pointer.  The manual
determines whether it causes a report: Arm ARM B2.3, "Barrier-ordered-before"; RVWMO, preserved program order, rules 4
to 7."""
import re
import subprocess

import pytest

from conftest import TOP
from devices.worst import BEGIN, END, HOOK, PLACES, assembled

STXR = "1: ld%sxr x9, [x2]\n st%sxr w10, x4, [x2]\n cbnz w10, 1b"
SC = "1: lr.d%s a0, (t2)\n sc.d%s a1, a4, (t2)\n bnez a1, 1b"
MORE = {"arm64": "str x5, [x1, #16]", "riscv64": "sd a5, 16(t1)"}  # of the table's contents

# The instructions in between; True: the pointer may be observed before the contents.
BETWEEN = {
    "arm64": [
        ("", True), ("dmb ishst", False), ("dmb ish", False), ("dmb ishld", True), ("dsb ishst", False),
        # a release orders earlier accesses before itself; a later acquire, and accesses after that, are ordered after
        # the release;
# LDAPR is RCpc
        ("stlr x4, [x2]", True), ("ldar x9, [x2]", True), ("stlr x4, [x2]; ldar x9, [x8]", False),
        ("stlr x4, [x2]; ldapr x9, [x8]", True), ("ldar x9, [x8]; stlr x4, [x2]", True),
        ("stlr x4, [x2]; dmb ishld", True), ("stlr x4, [x2]; ldr x9, [x8]", True),
        ("stlr x4, [x2]; %s; ldar x9, [x8]" % MORE["arm64"], True),
        ("stlr x5, [x7]; ldar x9, [x2]", False), ("stlr x4, [x2]; str x5, [x1, #24]; stlr x4, [x2]; ldar x9, [x2]", False),
        # FEAT_LSE: none, acquire, release, both; no acquire without a destination
        ("ldadd x4, x9, [x2]", True), ("ldadda x4, x9, [x2]", True), ("ldaddl x4, x9, [x2]", True),
        ("ldaddal x4, x9, [x2]", False), ("ldaddal x4, xzr, [x2]", True), ("swpl x4, x9, [x2]; cbnz x9, 2f; 2:", True),
        ("swpal x4, x9, [x2]", False), ("swpl x4, x9, [x2]; swpa x4, x9, [x8]", False),
        ("swpa x4, x9, [x2]; swpl x4, x9, [x8]", True), ("ldaddl x4, x9, [x2]; dmb ishld", True),
        ("ldaddl x4, x9, [x2]; ldar x9, [x2]", False), ("ldaddal x4, x9, [x2]; %s" % MORE["arm64"], True),
        # an atomic that does not store is no release
        ("mov x9, #0; casal x9, x4, [x2]", False), ("mov x9, #0; casl x9, x4, [x2]", True), ("mov x9, #1; casal x9, x4, [x2]", True),
        ("mov x9, #1; casl x9, x4, [x2]", True), ("mov x9, #1; casl x9, x4, [x2]; ldar x9, [x2]", True),
        ("stlr x4, [x2]; mov x9, #1; casa x9, x4, [x2]", False),
        ("mov x10, #0; mov x11, #0; mov x12, #0; mov x13, #0; caspal x10, x11, x12, x13, [x2]", False),
        ("mov x10, #0; mov x11, #0; mov x12, #0; mov x13, #0; caspl x10, x11, x12, x13, [x2]", True),
        # exclusives
        (STXR % ("", ""), True), (STXR % ("a", ""), True), (STXR % ("", "l"), True), (STXR % ("a", "l"), True),
        (STXR % ("", "l") + "; ldar x9, [x2]", False), (STXR % ("", "l") + "; ldaxr x9, [x2]", False),
        ("clrex; stlxr w10, x4, [x2]; ldar x9, [x2]", True),
    ],
    "riscv64": [
        ("", True), ("fence w, w", False), ("fence rw, rw", False), ("fence r, rw", True), ("fence w, r", True), ("fence.tso", False),
        ("amoadd.d a0, a4, (t2)", True), ("amoadd.d.aq a0, a4, (t2)", True), ("amoadd.d.rl a0, a4, (t2)", True),
        ("amoadd.d.aqrl a0, a4, (t2)", False), ("amoadd.d.aqrl x0, a4, (t2)", False),
        ("amoadd.d.aqrl a0, a4, (t2); %s" % MORE["riscv64"], True),
        # rules 6, 7, 5
        ("amoswap.d.rl a0, a4, (t2); amoor.d.aq a0, a4, (a2)", False),
        ("amoswap.d.aq a0, a4, (t2); amoor.d.rl a0, a4, (a2)", True), ("amoswap.d.rl a0, a4, (t2); lr.d.aq a0, (a2)", False),
        ("amoswap.d.rl a0, a4, (t2); lr.d a0, (a2)", True),
        ("amoswap.d.rl a0, a4, (t2); %s; amoor.d.aq a0, a4, (a2)" % MORE["riscv64"], True),
        ("addi a0, t1, 24; amoadd.d.rl a1, a5, (a0); amoor.d.aq a0, a4, (a2)", False),
        # rule 4: an AMO is also a load, one operation; an SC is not
        ("amoswap.d.rl a0, a4, (t2); fence r, rw", False), ("amoswap.d.rl a0, a4, (t2); ld a0, (a2); fence r, w", False),
        ("amoswap.d.rl x0, a4, (t2); fence r, r", True), ("amoswap.d a0, a4, (t2); fence r, rw", True),
        ("amoswap.d.rl a0, a4, (t2); %s; fence r, rw" % MORE["riscv64"], True),
        # LR, SC; LR.aqrl has both annotations
        ("lr.d.aq a0, (t2)", True), ("lr.d.aqrl a0, (t2)", False), (SC % ("", ""), True), (SC % (".aq", ""), True),
        (SC % ("", ".rl"), True), (SC % (".aq", ".rl"), True), (SC % ("", ".aqrl"), False), (SC % ("", ".rl") + "; fence r, rw", True),
        (SC % ("", ".rl") + "; lr.d.aq a0, (t2)", False), ("sc.d.aqrl a0, a4, (t2)", True),
        ("sc.d.rl a0, a4, (t2); amoor.d.aq a0, a4, (a2)", True),
    ],
}

# Another instruction stores the pointer.
HOOKS = {
    "arm64": [
        ("stlr x3, [x9]", False), ("swp x3, x10, [x9]", True), ("swpa x3, x10, [x9]", True), ("swpl x3, x10, [x9]", False),
        ("swpal x3, x10, [x9]", False), ("mov x10, #0; cas x10, x3, [x9]", True), ("mov x10, #0; casl x10, x3, [x9]", False),
        ("1: ldxr x10, [x9]; stxr w11, x3, [x9]; cbnz w11, 1b", True), ("1: ldaxr x10, [x9]; stxr w11, x3, [x9]; cbnz w11, 1b", True),
        ("1: ldxr x10, [x9]; stlxr w11, x3, [x9]; cbnz w11, 1b", False),
        ("sub x9, x9, #8; mov x10, #0; mov x11, #0; mov x12, #0; mov x13, x3; caspl x10, x11, x12, x13, [x9]", False),
        ("sub x9, x9, #8; mov x10, #0; mov x11, #0; mov x12, #0; mov x13, x3; casp x10, x11, x12, x13, [x9]", True),
    ],
    "riscv64": [
        ("amoswap.d x0, a3, (a2)", True), ("amoswap.d.aq x0, a3, (a2)", True), ("amoswap.d.rl x0, a3, (a2)", False),
        ("amoor.d.aqrl a0, a3, (a2)", False), ("1: lr.d a0, (a2); sc.d a1, a3, (a2); bnez a1, 1b", True),
        ("1: lr.d.aq a0, (a2); sc.d a1, a3, (a2); bnez a1, 1b", True), ("1: lr.d a0, (a2); sc.d.rl a1, a3, (a2); bnez a1, 1b", False),
    ],
}
ANOTHER = {"arm64": "add x9, x0, #40\n", "riscv64": "addi a2, t0, 40\n"}
WORDS = {"arm64": ["lse=1", "caches=0"], "riscv64": []}  # its data cache is off
REPORT = re.compile(r"^# SANITIZE (\w\d): ", re.M)


@pytest.fixture(scope="module", autouse=True)
def built():
    subprocess.run(["make", "-s", "machine"], cwd=TOP, check=True)


def judge(arch, flat, seed):
    """The rules that one run reports."""
    done = subprocess.run(["build/machine/worst-" + arch, "image=" + flat, "cpus=1", "mem=128", "seed=%d" % seed, "steps=1",
                           "atomics=1", "late=2", "sanitize=1", *WORDS[arch]], cwd=TOP, capture_output=True, text=True, timeout=100, check=False,
                          stdin=subprocess.DEVNULL)
    found = re.search(r"^worst: sanitize: (\d+) stores to tables, (\d+) reports", done.stderr, re.M)
    assert found and int(found[1]) >= 1 and done.returncode == (found[2] != "0"), done.stderr
    return set(REPORT.findall(done.stderr))


ROWS = [(arch, "%s; %s" % (text, HOOK[arch]) if text else HOOK[arch], want) for arch in BETWEEN for text, want in BETWEEN[arch]]
ROWS += [(arch, ANOTHER[arch] + text, want) for arch in HOOKS for text, want in HOOKS[arch]]


@pytest.mark.tier("ci")
@pytest.mark.parametrize("isa, text, want", ROWS)
def test_contents_before_the_pointer(tmp_path, isa, text, want, request):
    flat = assembled(isa, tmp_path, BEGIN[isa] + text.replace(";", "\n") + END[isa] + PLACES)
    for seed in range(1, 5 if request.config.getoption("--tier") == "full" else 3):
        assert judge(isa, flat, seed) == ({"P1"} if want else set()), seed
