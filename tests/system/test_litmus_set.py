# SPDX-License-Identifier: BSD-2-Clause
"""Sets of litmus tests, which the kernel runs (tests/litmus/set.h): `litmus pack`, and LITMUS= of a run."""
import os
import re

import pytest

from conftest import TOP
from hotplate.litmus import log, read, vmsa
from litmus_files import FOLDERS, SYSTEM, hotplate, in_kernel, ours, packed

pytestmark = pytest.mark.tier("ci")
# Tests of two CPUs, of which the machine shows each that is allowed, and one of more CPUs.
SAMPLE = {"arm64": "MP SB LB CoRR MP+dmb.st+addr SB+dmb.sys LB+datas ATOM+ldadds", "riscv64":
          "MP SB LB CoRR MP+fence.w.w+addr SB+fence.rw.rws LB+datas ATOM+amoadds"}


@pytest.mark.tier("test")
@pytest.mark.parametrize("machine", ["worst", ""])
@pytest.mark.both
def test_set_in_the_kernel(arch, machine, tmp_path):
    """No state occurs that the model does not allow, which `litmus compare` finds in the log, too; on the worst machine
    each outcome that is allowed occurs."""
    names = SAMPLE[arch].split()
    files = [f"{TOP}/litmus/{FOLDERS[arch]}/{name}.litmus" for name in names]
    more = {"MACHINE": machine, "WORST": "loads=2 late=2"} if machine else {}
    status, lines, text = in_kernel(arch, "litmus-set-" + machine, LITMUS=" ".join(files), SMP=2, **more)
    assert status == 0 and set(lines) == {"litmus.file/" + name for name in names}, lines
    found = log.parse(text)
    forbidden = {n for n in names if ours(FOLDERS[arch])[n].header("Expect") == "Forbidden"}
    assert len(forbidden) == 5 and {found[n].verdict for n in forbidden} == {"Forbidden"}
    assert all(sum(found[n].states.values()) == 1000 for n in names)
    if machine:
        assert [found[n].observation for n in names[:3]] == ["Sometimes"] * 3
    for name in names:  # an emulator may have shown a weak state, too
        weak = machine or (name == "SB" and found["SB"].verdict == "Allowed")
        assert f"/litmus.file/{name} could={'yes' if weak else 'no'} " in text, name
    path = tmp_path / "log"
    path.write_text(text)
    done = hotplate("compare", f"litmus/{FOLDERS[arch]}", path)
    assert done.returncode == 0 and "states of B that A does not allow: 0" in done.stdout, done.stdout + done.stderr


@pytest.mark.tier("test")
def test_more_cpus(arch, tmp_path):
    """A test of four CPUs runs on four, and on fewer it is skipped with the numbers."""
    path = packed(arch, tmp_path / "set", "IRIW", "CoRR", rounds=20)
    status, lines, _ = in_kernel(arch, "litmus-four", LITMUS=path, SMP=4)
    assert status == 0 and "SKIP" not in " ".join(lines.values())
    status, lines, _ = in_kernel(arch, "litmus-three", LITMUS=path, SMP=3)
    assert status == 0 and lines["litmus.file/IRIW"].endswith("# SKIP needs 4 CPUs; 3 online") and "SKIP" not in lines["litmus.file/CoRR"]


def encoded(laid, code, absent):
    """The first AMO of a test of riscv64 as AMOCAS of Zacas, or as zeros, which are no instruction ("C")."""
    at = next((n for n in range(0, len(code), 4) if code[n] & 0x7F == 0x2F), None)
    if at is None or laid.test.name == "CoRR":
        return code
    return code[:at] + (bytes(4) if absent else code[at : at + 3] + bytes([code[at + 3] | 0x28])) + code[at + 4 :]


@pytest.mark.tier("test")
@pytest.mark.parametrize("machine", ["worst", ""])
@pytest.mark.both
def test_absent_instruction(arch, machine, tmp_path):
    """A test with an instruction that the CPU does not have is skipped with its encoding, and the next one runs."""
    names = ["ATOM+ldadds" if arch == "arm64" else "ATOM+amoadds", "CoRR"]
    change = {} if arch == "arm64" else {"code": lambda laid, code: encoded(laid, code, bool(machine))}
    path = packed(arch, tmp_path / "set", *names, **change)
    lacks = {"CPU": "cortex-a72"} if not machine else {"WORST": "lse=0"}
    more = {"MACHINE": machine} if machine else {}
    status, lines, text = in_kernel(arch, "litmus-absent-" + machine, LITMUS=path, SMP=2, **more, **(lacks if arch == "arm64" else {}))
    word = "0xb8" if arch == "arm64" else "0x00" if machine else "0x28"
    assert status == 0 and re.search(rf"# SKIP the CPU does not have instruction {word}\w{{6}} of P[01]$", lines["litmus.file/" + names[0]]), lines
    assert lines["litmus.file/CoRR"].startswith("ok") and "SKIP" not in lines["litmus.file/CoRR"] and "Test ATOM" not in text


@pytest.mark.tier("test")
@pytest.mark.both
def test_set_notices(arch, tmp_path):
    """An outcome that is not in the set of allowed states fails its test with the state; so does code that clobbers
    nothing, but observes another value than the model."""
    def without_weak(laid):
        for state in laid.weak:
            del laid.allowed[state]
    path = packed(arch, tmp_path / "set", "SB", "CoRR", change=without_weak)
    status, lines, text = in_kernel(arch, "litmus-planted", LITMUS=path, SMP=2, MACHINE="worst", WORST="loads=2 late=2")
    state = {"arm64": "0:X2=0; 1:X2=0;", "riscv64": "0:x7=0; 1:x7=0;"}[arch]
    assert status == 1 and lines["litmus.file/SB"].startswith("not ok") and lines["litmus.file/CoRR"].startswith("ok"), lines
    assert re.search(rf"# FAIL {re.escape(state)} is not allowed, seen \d+ times in 100 rounds", text), text
    assert log.parse(text)["SB"].observation == "Sometimes"


# What holds in every round; of the second one because the entry of the round before is invalidated.
ENTRIES = """AArch64 entries
Expect=Required
{[PTE(x)]=(oa:PA(x),af:0); [PTE(y)]=(oa:PA(x),db:0); x=7; 0:X1=PTE(x); 0:X3=x; 0:X5=y;}
 P0          ;
 LDR X0,[X1] ;
 LDR W6,[X5] ;
 L:          ;
 LDR W4,[X3] ;
forall (0:X0=(oa:PA(x),af:0) /\\ 0:X6=7 /\\ fault(P0:L,x,MMU:AccessFlag) /\\ [PTE(y)]=(oa:PA(x),db:0) /\\ 0:X1=PTE(x))
"""
MOVED = """AArch64 moved
Expect=Required
{x=1; y=2; 0:X1=PTE(x); 0:X2=(oa:PA(y)); 0:X3=x;}
 P0              ;
 LDR W4,[X3]     ;
 STR XZR,[X1]    ;
 DSB ISH         ;
 LSR X9,X3,#12   ;
 TLBI VAAE1IS,X9 ;
 DSB ISH         ;
 STR X2,[X1]     ;
 DSB ISH         ;
 ISB             ;
 LDR W5,[X3]     ;
forall (0:X4=1 /\\ 0:X5=2 /\\ ~fault(P0,x))
"""
# The load finds the old entry in a TLB in the rounds before which all CPUs have used it.
KEPT = """AArch64 kept
Expect=Allowed
{0:X1=PTE(x); 0:X2=(oa:PA(x),valid:0); 0:X3=x;}
 P0          ;
 STR X2,[X1] ;
 DSB ISH     ;
 ISB         ;
 LDR W4,[X3] ;
exists (~fault(P0,x))
"""
UNSEEN = KEPT.replace("kept", "unseen").replace("Allowed", "Forbidden").replace("exists (~fault(P0,x))", "~exists (0:X4=7)")


def with_tables(folder, *texts):
    """Files of these tests, and {name: test} of them."""
    for text in texts:
        (folder / (text.split()[1] + ".litmus")).write_text(text)
    files = read.files(str(folder))
    return files, {test.name: test for test in map(read.read, files)}


@pytest.mark.tier("test")
@pytest.mark.parametrize("machine", ["worst", pytest.param("worst ets=1 ttl=1 sanitize=1", marks=pytest.mark.tier("full")), ""])
@pytest.mark.of("arm64")
def test_tables_in_the_kernel(arch, machine, tmp_path):
    """Tests with translation tables have the verdicts of their headers, and the states have the form that they have as
    bare programs; on the worst machine each outcome that is allowed occurs."""
    files, tests = with_tables(tmp_path, ENTRIES, MOVED, KEPT, UNSEEN)
    own = {name: test for name, test in ours("vmsa").items() if not test.header("TTHM") and not vmsa.Tables(test).handled()}
    machine, *words = machine.split() or [""]
    more = {"MACHINE": machine, "WORST": " ".join(["loads=2 late=2", *words])} if machine else {}
    status, lines, text = in_kernel(arch, f"litmus-tables-{machine}{len(words)}", LITMUS=" ".join([f"{TOP}/{SYSTEM[0]}", *files]), SMP=2, **more)
    assert status == 0 and set(lines) == {"litmus.file/" + name for name in {**own, **tests}}, lines
    found, never = log.parse(text), []
    for name, test in {**own, **tests}.items():
        expect = words and test.header("ETS2") or test.header("Expect")
        assert found[name].observation in {"Forbidden": ["Never"], "Required": ["Always"]}.get(expect, ["Always", "Sometimes", "Never"]), name
        never += [name] * (expect == "Allowed" and found[name].observation == "Never")
    assert not machine or len(never) < 3, never
    assert machine or list(found["kept"].states.values()) == [500, 500], "QEMU's TLBs keep an entry until it is invalidated"
    assert re.search(r"# Test unseen Forbid\n(  # .*\n)*  # Ok\n  # Witnesses\n  # Positive: 1000, Negative: 0\n", text.replace("\r", ""))
    bare = log.parse(hotplate("run", *files, "SEEDS=1", "ROUNDS=20").stdout)
    assert [found[name].states.keys() for name in tests] == [bare[name].states.keys() for name in tests]


@pytest.mark.tier("test")
@pytest.mark.of("arm64")
def test_tables_notice(arch, tmp_path):
    """An outcome that the header forbids, and another one than it requires, fail their tests with the state."""
    with open(f"{TOP}/{SYSTEM[0]}/break+dsb-isb.litmus", encoding="utf-8") as source:
        kept = source.read().replace("Expect=Allowed", "Expect=Forbidden")
    files, _ = with_tables(tmp_path, ENTRIES.replace("0:X6=7", "0:X6=8"), kept, MOVED)
    status, lines, text = in_kernel(arch, "litmus-tables-planted", LITMUS=" ".join(files), SMP=1)
    assert status == 1 and [lines["litmus.file/" + name].split()[0] for name in ("entries", "break+dsb-isb", "moved")] == ["not", "not", "ok"], lines
    assert "# FAIL ~fault(P0,x); is not allowed, seen 1000 times in 1000 rounds" in text
    assert "# FAIL 0:X0=(oa:PA(x), af:0); 0:X6=7; fault(P0:L,x,MMU:AccessFlag); " in text


def test_sets_that_are_refused(arch, tmp_path):
    """A damaged set, and one of another architecture, fail with one sentence; another initial RAM disk, or none, skips."""
    other = {"arm64": "riscv64", "riscv64": "arm64"}[arch]
    path, foreign = packed(arch, tmp_path / "set", "SB"), packed(other, tmp_path / "other", "SB")
    data = path.read_bytes()
    cases = [("cut", data[:-8], f"the set has {len(data)} bytes, of which {len(data) - 8} arrived"),
             ("text", data[:40] + b"\1" + data[41:], "test 0 of the set: its name"),
             ("foreign", foreign.read_bytes(), f"the set is not for {arch}")]
    for name, damaged, why in cases:
        (tmp_path / name).write_bytes(damaged)
        status, lines, text = in_kernel(arch, "litmus-" + name, LITMUS=tmp_path / name, SMP=1)
        assert status == 1 and lines == {"litmus.file": "not ok 1 litmus.file"} and f"litmus: {why}" in text and f"# FAIL {why}" in text, text[-1500:]
    (tmp_path / "none").write_bytes(b"070701" * 100)
    status, lines, text = in_kernel(arch, "litmus-none", SMP=1, QEMU_ARGS=f"-initrd {tmp_path}/none")
    assert status == 3 and lines["litmus.file"].endswith("# SKIP the initial RAM disk is no set of litmus tests"), lines
    status, lines, text = in_kernel(arch, "litmus-absent", SMP=1)
    assert status == 3 and lines["litmus.file"].endswith("# SKIP no set of litmus tests was loaded (LITMUS=)") and "litmus: " not in text, lines


LEFT_OUT = {"vmsa/dirty": "TTHM: the kernel has no updates of tables by hardware", "vmsa/handler": "a fault ends its thread in the kernel",
            "vmsa/skip": "a fault ends its thread in the kernel", "ifetch/self+isb": "code as data"}


def test_pack_leaves_out(tmp_path):
    """Each test that the kernel cannot run is a line with its reason, and the others are in the set."""
    rows = {  # name: instructions, reason
        "sound": ("LDR X1,[X0]", ""), "sum": ("ADD X1,X0,#8", ""), "difference": ("EOR X1,X0,X2", "a final state that depends on an address"),
        "half": ("MOV W1,W0", "a final state that depends on an address"), "c,d": ("NOP", "the name c,d"),
        "far": ("STR X1,[X0,#4096]", "an access outside the first 4096 bytes of a location"), "again": ("NOP", "the name sound, which "),
        "wrong": ("ADD X1,X1,#5000", "the assembler: "),
    }
    for name, (insn, _) in rows.items():
        title = "sound" if name == "again" else name
        text = f"AArch64 {title}\n{{\n0:X0=x;\n0:X2=y;\n}}\n P0 ;\n {insn} ;\nexists 0:X1=1\n"
        (tmp_path / ("z" * (name == "again") + name + ".litmus")).write_text(text)
    done = hotplate("pack", tmp_path, *(f"{TOP}/litmus/{name}.litmus" for name in LEFT_OUT), f"{TOP}/litmus/riscv", "ARCH=arm64", f"OUT={tmp_path}/set")
    for name, (_, why) in rows.items():
        lines = [line for line in done.stderr.splitlines() if f"/{name}.litmus" in line or f"z{name}.litmus" in line]
        assert [why in line for line in lines if why] == [True] * bool(why) and bool(lines) == bool(why) or name == "sound", done.stderr
    for name, why in LEFT_OUT.items():
        assert f"{name}.litmus: left out: {why}\n" in done.stderr, done.stderr
    assert done.returncode == 0 and done.stdout == f"# 2 tests in {tmp_path}/set\n", done.stdout


@pytest.mark.parametrize("words, why", [
    (["none.litmus", "ARCH=arm64", "OUT=x"], "none.litmus: no such file"), (["litmus/riscv", "ARCH=arm64", "OUT=x"], "no test for arm64"),
    (["litmus/riscv", "ARCH=riscv64", "OUT=x", "ROUNDS=0"], "ROUNDS=0: not a number"),
])
def test_pack_refuses(words, why):
    done = hotplate("pack", *words)
    assert done.returncode == 4 and why in done.stderr and done.stderr.count("\n") == 1 and not os.path.exists("x")
