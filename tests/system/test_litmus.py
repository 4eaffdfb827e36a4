# SPDX-License-Identifier: BSD-2-Clause
"""tools/hotplate litmus: its reader and printer, its memory models on litmus/, and logs in litmus7's form."""
import dataclasses
import glob
import os
import re
import subprocess

import pytest
from hypothesis import given, settings, strategies as st

from conftest import TOP
from hotplate import Refused
from hotplate.litmus import bare, form, log, model, read, run, show, verb, vmsa
from hotplate.litmus.form import Array, Code, Fault, Init, Insn, Int, Is, Label, Name, Of, Pte, Reg, Thread
from litmus_files import ARCHES, SYSTEM, hotplate, ours

pytestmark = pytest.mark.tier("ci")
FILES = read.files("litmus")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.removeprefix("litmus/").removesuffix(".litmus"))
def test_own_file(path):
    """Each file has the form that the printer gives it, its own name, a rule, and the verdict of its header; a test with
    translation tables may have another with FEAT_ETS2."""
    with open(path, encoding="utf-8") as source:
        text = source.read()
    test = read.parse(text)
    assert show.show(test) == text and path.endswith(f"/{test.name}.litmus")
    assert test.header("Rule") and vmsa.has_tables(test) == path.startswith(SYSTEM)
    if vmsa.has_tables(test):
        assert test.header("Expect") in ("Allowed", "Forbidden", "Required") and test.header("ETS2") in ("", "Forbidden")
    else:
        assert model.allowed(test).verdict == test.header("Expect")


@pytest.mark.parametrize("folder, rule", [(d, rule) for d, a in ARCHES.items() for rule in model.Rules.names(a)])
def test_each_rule_is_needed(folder, rule):
    """A model without one rule allows a file of litmus/ that is forbidden, and forbids none that is allowed."""
    tests = ours(folder).values()
    weaker = {t.name: model.allowed(t, rule).verdict for t in tests}
    changed = [t.name for t in tests if weaker[t.name] != t.header("Expect")]
    assert changed and all(weaker[name] == "Allowed" for name in changed), changed


NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,4}", fullmatch=True).filter(
    lambda n: n not in ("nop", "not", "true", "false", "exists", "forall", "final", "filter", "locations", "fault", "pac", "tag"))
INTS = st.builds(Int, st.integers(-2**63, 2**64 - 1))
PLACES = st.one_of(st.builds(Name, NAMES), st.builds(lambda n: Of("PTE", (Name(n),)), NAMES),
                   st.builds(Reg, st.integers(0, 9), st.from_regex(r"X[0-9]{1,2}", fullmatch=True)))
FIELDS = st.one_of(st.tuples(st.sampled_from(["valid", "af", "db", "dbm"]), st.tuples(st.sampled_from("01"))),
                   st.tuples(st.just("oa"), st.tuples(st.builds("PA({})".format, NAMES))),
                   st.tuples(st.just("attrs"), st.tuples(NAMES, NAMES)), st.tuples(NAMES, st.just(())))
VALUES = st.one_of(INTS, st.builds(Name, NAMES), st.builds(Name, NAMES, st.integers(0, 9)), st.builds(Name, NAMES, st.none(), NAMES),
                   st.builds(lambda f: Pte(tuple(f)), st.lists(FIELDS, min_size=1, max_size=4)),
                   st.builds(lambda i: Array(tuple(i)), st.lists(INTS, min_size=1, max_size=3)), st.just(Code("NOP")))
ATOMS = st.one_of(st.builds(Is, PLACES, VALUES), st.builds(Is, PLACES, st.builds(Label, st.integers(0, 9), NAMES)),
                  st.builds(Fault, st.integers(0, 9), NAMES, st.builds(Name, NAMES)), st.builds(Fault, st.integers(0, 9)),
                  st.builds(Fault, st.integers(0, 9), NAMES, st.builds(Name, NAMES), st.just("MMU:Translation")))
PROPS = st.recursive(ATOMS, lambda p: st.one_of(
    st.builds(form.Not, p), st.builds(form.Implies, p, p), st.just(form.TRUE),
    st.builds(lambda ps: form.both(*ps), st.lists(p, min_size=2, max_size=3)),
    st.builds(lambda ps: form.either(*ps), st.lists(p, min_size=2, max_size=3))), max_leaves=8)
INITS = st.one_of(st.builds(Init, PLACES, VALUES), st.builds(Init, st.builds(Name, NAMES), INTS, st.just("uint64_t")),
                  st.builds(Init, st.builds(Name, NAMES), st.builds(Name, NAMES), st.just("int*")),
                  st.builds(lambda n, i: Init(Name(n), Array(tuple(i)), "int", len(i)), NAMES, st.lists(INTS, min_size=1, max_size=3)))
INSNS = st.builds(Insn, st.lists(NAMES, max_size=2).map(tuple), st.sampled_from(["LDR X1,[X2]", "TLBI VAAE1IS,X3", "DSB ISH", "CBNZ X1,L"]))
CODE = st.lists(INSNS, max_size=4).map(tuple)


@st.composite
def whole(draw):
    return form.Test(
        draw(st.sampled_from(["AArch64", "RISCV"])), draw(st.from_regex(r"[A-Za-z0-9+.\[\]-]{1,9}", fullmatch=True)),
        tuple(Thread(f"P{n}", code) for n, code in enumerate(draw(st.lists(CODE, min_size=1, max_size=3)))),
        prop=draw(PROPS), quantifier=draw(st.sampled_from(["exists", "~exists", "forall"])),
        init=tuple(draw(st.lists(INITS, max_size=4))), info=tuple(draw(st.lists(st.tuples(NAMES, NAMES), max_size=2))),
        doc=draw(st.sampled_from(["", "a sentence"])), shown=tuple(draw(st.lists(st.tuples(PLACES, st.sampled_from(["", "int"])), max_size=2))),
        filter=draw(st.none() | PROPS))


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(whole())
def test_print_and_read_again(test):
    assert read.parse(show.show(test)) == test


HEAD = "AArch64 T\n{\n0:X1=x;\n}\n P0 ;\n"


@pytest.mark.parametrize("text, construct, line", [
    ("X86_64 T\n{}\n P0 ;\n", "architecture X86_64", 1), ("{}", "a first line without architecture and name", 1),
    ("AArch64 T\n P0 ;\n", "no initial state", 1), ("AArch64 T\n{\n0:X1=x;\n", "an initial state without its }", 2),
    ("AArch64 T\n{\n0:X1=(, valid:0);\n}\n P0 ;\n", ", valid : 0", 3), ("AArch64 T\n{}\n T0 ;\n", "thread 'T0'", 3),
    (HEAD + " NOP | NOP ;\n", "2 cells for 1 threads", 6), (HEAD + " NOP ; (* no end\n", "a comment without its end", 6),
    (HEAD + " NOP ;\nexists\n0:X1=1 /\\ /\\ 0:X2=2\n", "/\\ 0 : X2", 8), (HEAD + " NOP ;\nexists 0:X1 2\n", "2, where '=' is expected", 7),
    (HEAD + " NOP ;\nexists 0:X1=1 ? 2\n", "character '?'", 7), (HEAD + " NOP ;\nexists 0:X1=1\nwith a: exists\n", "with a : exists", 8),
])
def test_unknown_form(text, construct, line):
    """A refusal has the construct that is not known, and its line."""
    with pytest.raises(form.Unknown) as unknown:
        read.parse(text)
    assert (unknown.value.construct, unknown.value.line) == (construct, line)


@pytest.mark.parametrize("body, construct", [
    (" FMOV S0,W1 ;\nexists 0:X1=1", "instruction FMOV S0,W1"), (" LDR X1,X2 ;\nexists 0:X1=1", "operands X1, X2"),
    (" B L ;\nexists 0:X1=1", "a branch to L"), (" NOP ;\nexists [PTE(x)]=(valid:0)", "a page table entry"),
    (" NOP ;\nexists fault(P0:L,x)", "a fault as a final state"), (" DMB ISHLT ;\nexists 0:X1=1", "instruction DMB ISHLT"),
])
def test_unknown_to_the_model(body, construct):
    with pytest.raises(form.Unknown) as unknown:
        model.allowed(read.parse(HEAD + body))
    assert unknown.value.construct == construct


def final(arch, init, code, places):
    """The final values of a program of one thread, which has one final state."""
    rows = "".join(f" {insn} ;\n" for insn in code)
    test = read.parse(f"{arch} T\n{{\n{init}\n}}\n P0 ;\n{rows}locations [{places}]\nforall true\n")
    (state, _, _), = model.allowed(test).texts()
    return " ".join(item.partition("=")[2].rstrip(";") for item in state)


@pytest.mark.parametrize("init, code, places, values", [
    ("0:X1=x; uint64_t x=0x8081828384858687;", ["LDRB W2,[X1]", "LDRSB X3,[X1]", "LDRH W4,[X1,#6]", "LDRSW X5,[X1,#4]"], "0:X2; 0:X3; 0:X4; 0:X5;",
     f"{0x87} {2**64 - 0x79} {0x8081} {2**64 - 0x7f7e7d7d}"),
    ("0:X1=x; uint64_t x;", ["MOV W2,#1", "MOV W3,#2", "STP W2,W3,[X1]", "LDP W5,W4,[X1],#8", "SUB X6,X1,#8"], "x; 0:X4; 0:X5; 0:X6;", f"2 1 x {2 << 32 | 1}"),
    ("0:X1=x; int x=5;", ["MOV W2,#5", "MOV W3,#7", "CAS W2,W3,[X1]", "MOV W4,#1", "CAS W4,W3,[X1]"], "0:X2; 0:X4; x;", "5 7 7"),
    ("0:X1=x; int x=12;", ["MOV W2,#10", "LDCLR W2,W3,[X1]", "LDSMAX W2,W4,[X1]", "STADD W2,[X1]", "SWP W2,W5,[X1]"], "0:X3; 0:X4; 0:X5; x;", "12 4 20 10"),
    ("", ["MOV W1,#3", "CMP W1,#5", "CSET W2,LT", "CSEL W3,W1,WZR,GE", "CSINC W4,W1,W1,HI", "ADDS W5,W1,#-3", "CSET W6,EQ"], "0:X2; 0:X3; 0:X4; 0:X6;", "1 0 4 1"),
    ("", ["MOV X1,#-1", "LSR X2,X1,#60", "ADD X3,X2,W1,SXTB #2", "EOR W4,W1,W2", "MOVK X2,#2,LSL #16", "TBNZ X1,#63,L", "MOV X2,#9", "L: NOP"],
     "0:X2; 0:X3; 0:X4;", f"{0x2000f} 11 {0xfffffff0}"),
    ("0:X1=x; int x=1;", ["L: LDR W2,[X1]", "ADD W2,W2,#1", "STR W2,[X1]", "CMP W2,#2", "B.LT L"], "0:X2; x;", "2 2"),
])
def test_instructions_of_aarch64(init, code, places, values):
    assert final("AArch64", init, code, places) == values


@pytest.mark.parametrize("init, code, places, values", [
    ("0:x1=x; uint64_t x=0x8081828384858687;", ["lbu a0,0(x1)", "lb a1,(x1)", "lhu a2,6(x1)", "lw a3,4(x1)"], "0:x10; 0:x11; 0:x12; 0:x13;",
     f"{0x87} {2**64 - 0x79} {0x8081} {2**64 - 0x7f7e7d7d}"),
    ("0:x1=x; int x=5;", ["li x2,-3", "amoadd.w x3,x2,(x1)", "amomaxu.w x4,x2,(x1)", "amoswap.w x5,x2,(x1)"], "0:x3; 0:x4; 0:x5; x;", f"5 2 {2**64 - 3} {2**32 - 3}"),
    ("", ["li x1,-1", "srli x2,x1,60", "slli x3,x2,2", "sltu x4,x2,x1", "slt x5,x2,x1", "addiw x6,x1,2", "beqz x5,L", "li x2,0", "L: sub x7,x2,x3"],
     "0:x2; 0:x3; 0:x4; 0:x5; 0:x6; 0:x7;", f"15 60 1 0 1 {2**64 - 45}"),
])
def test_instructions_of_riscv(init, code, places, values):
    assert final("RISCV", init, code, places) == values


MIXED = "AArch64 CO\n{\nuint16_t x;\n0:X5=x; 1:X5=x; 0:X1=1; 1:X1=0x0202;\n}\n P0 | P1 ;\n STRB W1,[X5] | STRH W1,[X5] ;\n LDRH W2,[X5] | ;\n"


@pytest.mark.parametrize("condition, verdict", [("x=0x0202 /\\ 0:X2=0x0201", "Forbidden"), ("x=0x0201 /\\ 0:X2=0x0201", "Allowed"),
                                                ("x=0x0202 /\\ 0:X2=1", "Allowed")])
def test_accesses_of_two_sizes(condition, verdict):
    """A load of two bytes reads an own store and another thread's: the latter is before both."""
    assert model.allowed(read.parse(MIXED + f"exists ({condition})")).verdict == verdict


@pytest.mark.parametrize("access, data", [("ldrh W2,[X5,#1]", 0x11), ("lh x2,1(x5)", 0x11)])
def test_misaligned(access, data):
    """A misaligned load or store is one of each byte, and an atomic one is not known."""
    arch, reg = ("AArch64", "X2") if "[" in access else ("RISCV", "x2")
    text = f"{arch} M\n{{\n0:{reg[0]}5=x; 1:{reg[0]}5=x; 1:{reg[0]}2={data};\n}}\n P0 | P1 ;\n {access} | {access.replace('ldr', 'str').replace('lh', 'sh')} ;\n"
    results = {value: model.allowed(read.parse(text + f"exists 0:{reg}={value}")).verdict for value in (data, 0, data << 8, 0x33)}
    assert results == {data: "Allowed", 0: "Allowed", data << 8: "Forbidden", 0x33: "Forbidden"}, results


SEEN = "Test MP Allow\nHistogram (2 states)\n9997    :>1:X0=0; 1:X2=0;\n3       *>1:X0=1; 1:X2=0;\nOk\n\nWitnesses\nPositive: 3, Negative: 9997\n"


def test_log():
    """A log of litmus7, and ours, which has the same form."""
    record = log.parse(SEEN)["MP"]
    assert record.states == {("1:x0=0", "1:x2=0"): 9997, ("1:x0=1", "1:x2=0"): 3} and record.marked == {("1:x0=1", "1:x2=0")}
    assert (record.observation, record.verdict) == ("Sometimes", "Allowed")
    test = ours("aarch64")["MP"]
    text = log.written(test, [(("1:X0=0;", "1:X2=0;"), 9997, False), (("1:X0=1;", "1:X2=0;"), 3, True)])
    assert text.startswith(SEEN) and text.endswith("Observation MP Sometimes 3 9997\n")
    assert log.parse("MP Forbidden\n# x\nLB Allow\n")["MP"].verdict == "Forbidden"
    text = log.written(dataclasses.replace(test, quantifier="~exists"), [(("1:X0=0;", "1:X2=0;"), 9997, False)])
    assert "Ok\n\nWitnesses\nPositive: 9997, Negative: 0\n" in text and text.endswith("Observation MP Never 0 9997\n")
    record = log.parse(text.rsplit("Observation", 1)[0])["MP"]
    assert (record.positive, record.verdict, record.rate) == (0, "Forbidden", 0)
    assert log.normal("0:a0=0xffffffff") == log.normal("0:x10=-1") and log.normal("x=1") == log.normal("[x]=1")


def test_compare(tmp_path):
    """A state that the model does not allow ends the command with status 1 and is named; one that was not seen does not."""
    seen = tmp_path / "log"
    seen.write_text(hotplate("model", "litmus/aarch64/MP.litmus").stdout)
    assert hotplate("compare", "litmus/aarch64", seen).returncode == 0
    seen.write_text(SEEN)
    done = hotplate("compare", "litmus/aarch64/MP.litmus", seen)
    assert done.returncode == 0 and "states of A that B does not have: 2" in done.stdout
    done = hotplate("compare", "litmus/aarch64/MP+dmb.st+dmb.ld.litmus", tmp_path / "none")
    assert done.returncode == 4 and "no such file" in done.stderr
    seen.write_text(SEEN.replace("Test MP ", "Test MP+dmb.st+dmb.ld "))
    done = hotplate("compare", "litmus/aarch64", seen)
    assert done.returncode == 1 and "MP+dmb.st+dmb.ld: 1:x0=1; 1:x2=0" in done.stdout
    kinds = tmp_path / "kinds.txt"
    kinds.write_text("MP Forbidden\nSB Allowed\n")
    done = hotplate("compare", "litmus/aarch64", kinds)
    assert done.returncode == 1 and "MP: Allowed, Forbidden" in done.stdout
    seen.write_text(SEEN + "\n" + SEEN.replace("Test MP", "Test SB").replace("Positive: 3,", "Positive: 0,"))
    done = hotplate("compare", kinds, seen)
    assert done.returncode == 1 and "MP: Forbidden, Allowed" in done.stdout and "A allows and B never shows: 1\n  SB" in done.stdout
    assert "rates of the condition (A, B), the rarest of B first: 1\n  MP: Forbidden, 3.0e-04\n" in done.stdout
    never = tmp_path / "never"
    never.write_text("Test MP Allow\nHistogram (1 states)\n9000:>1:X0=0; 1:X2=0;\nNo\n\nWitnesses\nPositive: 0 Negative: 9000\n")
    done = hotplate("compare", seen, never)
    assert "A allows and B never shows: 1\n  MP" in done.stdout and "MP: 3.0e-04, 0.0e+00" in done.stdout
    assert "rates" not in hotplate("compare", kinds, "litmus/aarch64/MP.litmus").stdout


def test_compare_with_herd7(tmp_path):
    """HERD= models A; the program here has the results of a model that forbids MP."""
    herd, file = tmp_path / "herd7", "litmus/aarch64/MP.litmus"
    herd.write_text("#!/bin/sh\n[ $# = 1 ] && grep -q '^AArch64 MP$' $1 && echo 'Test MP Allow\nStates 1\n1:X0=0; 1:X2=0;\nNo'\n")
    done = hotplate("compare", file, file, f"HERD={herd}")
    assert done.returncode == 4 and f"HERD={herd}: no such program" in done.stderr and done.stderr.count("\n") == 1
    herd.chmod(0o755)
    done = hotplate("compare", file, file, f"HERD={herd}")
    assert done.returncode == 1 and "states of B that A does not allow: 3" in done.stdout, done.stdout + done.stderr
    done = hotplate("compare", "litmus/aarch64/SB.litmus", file, f"HERD={herd}")
    assert done.returncode == 4 and f"HERD={herd}: status 1: no result" in done.stderr
    done = hotplate("compare", herd, file, f"HERD={herd}")
    assert done.returncode == 4 and "is neither a directory nor a test" in done.stderr


def test_table_of_sets(tmp_path):
    """`litmus read` prints the files of a set, those that are read, and what stops the others."""
    (tmp_path / "a.litmus").write_text("C T\n{}\n")
    (tmp_path / "b.litmus").write_text(HEAD + " UDF #0 ;\nexists 0:X1=1\n")
    done = hotplate("read", "litmus/riscv", tmp_path)
    assert done.returncode == 0 and f"| {tmp_path} | 2 | 1 | 1 | 0 |" in done.stdout, done.stdout + done.stderr
    assert f"| `read: architecture C` | 1 | {tmp_path}/a.litmus:1 |" in done.stdout and "| `model: instruction UDF` | 1 |" in done.stdout
    count = len(read.files("litmus/riscv"))
    assert f"| litmus/riscv | {count} | {count} | {count} | {count} |" in done.stdout
    done = hotplate("read", tmp_path / "a.litmus")
    assert done.returncode == 4 and done.stderr == f"tools/hotplate litmus: {tmp_path}/a.litmus:1: not known: architecture C\n"


def test_short_constructs():
    assert verb.short("instruction CASP X1,X2") == "instruction CASP" and verb.short("a fault handler") == "a fault handler"


@pytest.fixture(scope="module")
def machines():
    """Builds the machine of a folder of litmus/, or skips the test if its architecture is not built here."""
    def build(folder):
        arch = run.TOOLS[ARCHES[folder]][0]
        if arch not in os.environ.get("HOTPLATE_ARCHES", "arm64 riscv64").split():
            pytest.skip("HOTPLATE_ARCHES has no " + arch)
        subprocess.run(["make", "-s", "build/machine/worst-" + arch], cwd=TOP, check=True)
    return build


TABLE = re.compile(r"^# (\d+) tests of \1, (\d+) runs; \d+ modelled: (\d+) of (\d+) allowed states seen, 0 states seen that are forbidden, (\d+) tests", re.M)


def ran(*words):
    """A run in which no forbidden state occurs and each test shows what is allowed: the rare ones when they run for
    longer."""
    done = hotplate("run", *words, "SEEDS=1-4", "ROUNDS=200")
    unseen = re.findall("^# unseen (.*)$", done.stdout, re.M)
    longer = hotplate("run", *unseen, *(w for w in words if "=" in w), "SEEDS=1-4", "ROUNDS=4000") if unseen else done
    for one in (done, longer):
        assert one.returncode == 0 and not one.stderr and "# FORBIDDEN" not in one.stdout, one.stdout[-3000:] + one.stderr
    assert len(unseen) < 5 and (longer is done or "# unseen" not in longer.stdout), longer.stdout[-3000:]
    return done.stdout


@pytest.mark.tier("test")
@pytest.mark.parametrize("folder", ARCHES)
def test_run(machines, folder):
    """On the worst legal machine no state occurs that the architecture forbids, and nearly all that it allows do; without
    adversaries no weak outcome does."""
    machines(folder)
    text = ran("litmus/" + folder)
    tests, runs, seen, allowed, _ = map(int, TABLE.search(text).groups())
    assert tests == len(ours(folder)) and runs == 800 * tests and seen > 0.95 * allowed
    seen = log.parse(text)
    assert {n for n, t in ours(folder).items() if t.header("Expect") == "Forbidden"} <= {n for n in seen if seen[n].verdict == "Forbidden"}
    done = hotplate("run", "litmus/" + folder, "WORST=adversaries=off late=0", "SEEDS=1", "ROUNDS=20")
    assert {r.observation for r in log.parse(done.stdout).values()} == {"Never"}, done.stdout + done.stderr


def test_more(machines):
    """A test runs again by the next seeds for as long as an allowed state has not occurred, and MORE= is the limit."""
    machines("riscv")
    words = ["litmus/riscv/SB.litmus", "litmus/riscv/CoWW.litmus", "ROUNDS=3", "SEEDS=5-6"]
    first, again = hotplate("run", *words), hotplate("run", *words, "MORE=50")
    assert "2 tests of 2, 12 runs; 2 modelled: 5 of 5 " not in first.stdout and first.returncode == 0
    runs, = re.findall(r"^# 2 tests of 2, (\d+) runs; 2 modelled: 5 of 5 allowed", again.stdout, re.M)
    assert 12 < int(runs) < 6 * 52, again.stdout
    assert "Observation CoWW Never 0 6\n" in again.stdout, "CoWW has no more states"


def test_more_apart(machines):
    """In every second one of these runs the instructions are far apart, so that other CPUs run between any two of them."""
    machines("aarch64")
    words = ["litmus/aarch64/CoWR+rfe-dmb.litmus", "WORST=pause=0", "SEEDS=1-8", "ROUNDS=200"]
    first, again = hotplate("run", *words), hotplate("run", *words, "MORE=1")
    assert "Never 0 1600" in first.stdout and re.search("Sometimes [0-9]+ [0-9]+\n", again.stdout), first.stdout + again.stdout


@pytest.mark.tier("test")
@pytest.mark.parametrize("folder, ets", [pytest.param(SYSTEM[0], 0, marks=pytest.mark.tier("full")), (SYSTEM[0], 1), (SYSTEM[1], 0)])
def test_run_without_a_model(machines, folder, ets):
    """No verdict in a header is violated, and each outcome that is allowed occurs."""
    machines("aarch64")
    count = len(read.files(folder))
    assert f"# {count} tests of {count}, {800 * count} runs; " in ran(folder, f"WORST=ets={ets}")


NEVER = {word for path in FILES for word in re.split(", *", read.read(path).header("Never")) if word}


@pytest.mark.parametrize("word", sorted(NEVER))
def test_without_a_freedom(machines, word):
    """With a word of the machine that a header names (Never=) its outcome does not occur."""
    machines("aarch64")
    paths = [path for path in FILES if word in re.split(", *", read.read(path).header("Never"))]
    done = hotplate("run", *paths, "SEEDS=1-2", "ROUNDS=200", "WORST=" + word)
    assert {r.observation for r in log.parse(done.stdout).values()} == {"Never"}, done.stdout + done.stderr


@pytest.mark.parametrize("folder, names", [("aarch64", "MP SB MP+dmb.st+dmb.ld"), ("vmsa", "MP+dmb* break+*"), ("ifetch", "MP+*"), ("riscv", "MP SB MP+fence.w.w+*")])
def test_run_in_qemu(machines, folder, names):
    """The same programs in QEMU, of two CPUs; no state occurs that is forbidden, and some tests show more than one (of
    ifetch perhaps none, since QEMU fetches new code at once).  More rounds follow where the host ran the CPUs in turns."""
    machines(folder if folder in ARCHES else "aarch64")
    found = [f for name in names.split() for f in sorted(glob.glob(f"litmus/{folder}/{name}.litmus", root_dir=TOP))]
    files = [f for f in found if len(read.read(os.path.join(TOP, f)).threads) == 2][:12]
    for rounds in (50, 200, 800):
        done = hotplate("run", *files, "MACHINE=qemu", f"ROUNDS={rounds}")
        assert done.returncode == 0 and f"# {len(files)} tests of {len(files)}, {rounds * len(files)} runs; " in done.stdout, done.stdout + done.stderr
        enough = folder == "ifetch" or any(len(r.states) > 1 for r in log.parse(done.stdout).values())
        if enough:
            break
    assert len(files) > 2 and enough, done.stdout


@pytest.mark.parametrize("text, parts", [
    ("", []), ("a 1\n", []), ("OpenSBI v1.1.\n\n4c 1 1 \r\na 0 0\r\n.\r\n.\n5 2\n.\n", [{(1, 1): 76, (0, 0): 10}, {}, {(2,): 5}]),
])
def test_what_a_program_prints(text, parts):
    assert run.printed(text) == parts


def entry(text):
    return read.parse(f"AArch64 T\n{{\n[PTE(x)]={text};\n0:X3=x;\n}}\n P0 ;\nL: LDR W4,[X3] ;\nexists [PTE(x)]={text} /\\ fault(P0:L,x,MMU:AccessFlag)\n")


@pytest.mark.parametrize("text, word, shown", [
    ("(oa:PA(x),valid:0)", 0x45000746, "(oa:PA(x), valid:0)"), ("(valid:0)", 0x45000746, "(oa:PA(x), valid:0)"),
    ("(oa:PA(x),el0:0)", 0x45000707, "(oa:PA(x), el0:0)"), ("(oa:PA(y),af:0)", 0x45101347, "(oa:PA(y), af:0)"), ("(oa:phy_x,db:0,dbm:1)", 0x80000450007c7, "(oa:PA(x), dbm:1, db:0)"),
])
def test_entries(text, word, shown):
    """Fields of an entry with their usual values, and a fault by its label, page and reason."""
    laid = vmsa.Tables(entry(text))
    assert laid.entries["x"] == word and laid.entry(word) == shown
    laid.symbols = {"L0_0_L": 0x40200100}
    esr, far = 0x25 << 26 | 0xb, 0x80000000
    for values, good in (((word, 1, esr, far, 0x40200100), True), ((word ^ 1, 1, esr, far, 0x40200100), False), ((word, 1, esr ^ 4, far, 0x40200100), False),
                         ((word, 1, esr, far + 0x1000, 0x40200100), False), ((word, 1, esr, far, 0x40200104), False), ((word, 1, 0, 0, 0), False)):
        assert laid.judged(list(values))[1] == good, values


def test_executions_that_herd7_discards():
    """A fault in a handler, and more faults than there are records, are no result; any of the records may be the fault."""
    laid = vmsa.Tables(ours("vmsa")["handler"])
    laid.symbols = {"F0_0": 0x40200200, "L0_0_L": 0x40200100, "L0_0_M": 0x40200104}
    good, none = (0x25 << 26 | 7, 0x80000000, 0x40200100), (0, 0, 0)
    registers = (0x40200100, 0x40200104, 0x80000000, 1, 1, 2)
    for records, next_one, holds in (((good, none, none, none), 1, True), ((none, none, good, none), 1, True), ((none,) * 4, 1, False)):
        assert laid.judged([*registers, next_one, *sum(records, ())])[1] == holds, records
    assert laid.judged([*registers, 0, *good, *none * 3]) is None
    for offset, inside in ((4, False), (8, True), (28, True), (32, False)):
        nested = (*good[:2], 0x40200200 + offset)
        assert (laid.judged([*registers, 1, *good, *nested, *none * 2]) is None) == inside, offset


@pytest.mark.parametrize("text, why", [
    ("Variant=async\n{\n0:X3=x;\n}\n P0 ;\n TLBI VMALLE1 ;\n", "Variant=async"), ("EL0=P0\n{\n0:X3=x;\n}\n P0 ;\n TLBI VMALLE1 ;\n", "threads at EL0"),
    ("{\n0:X3=x;\n}\n P0 | P0.F ;\n SVC #0 | ERET ;\n", "SVC in a thread with a fault handler"),
    ("{\n0:X3=P0:M;\n[PTE(M)]=(oa:PA(x));\n}\n P0 ;\nM: NOP ;\n", "a page table entry of code"),
    ("{\n0:X3=P0:M;\n0:X4=instr:\"SVC #0\";\n}\n P0 ;\nM: NOP ;\n", "the value instr:\"SVC #0\""),
])
def test_not_known_with_tables(text, why):
    with pytest.raises(form.Unknown) as unknown:
        vmsa.Tables(read.parse("AArch64 T\n" + text + "exists 0:X1=1\n"))
    assert unknown.value.construct == why


@pytest.mark.parametrize("expect, good, bad", [("Forbidden", True, 1), ("Required", False, 1), ("Required", True, 0), ("Allowed", True, 0)])
def test_verdict_of_a_header(expect, good, bad):
    test = entry("(valid:0)")
    laid, totals = vmsa.Tables(form.Test(**{**test.__dict__, "info": (("Expect", expect),)}), "a.litmus"), run.Totals()
    laid.symbols = {"L0_0_L": 8}
    totals.add(laid, {(0x45000746, 1, 0x25 << 26 | (0xb if good else 7), 0x80000000, 8): 1})
    assert len(totals.forbidden) == bad and not totals.unseen


@pytest.mark.parametrize("verdict, bad, unseen, again", [("Forbidden", 1, 0, False), ("Allowed", 0, 1, True)])
def test_verdict_of_a_list(tmp_path, verdict, bad, unseen, again):
    """KINDS= decides about a test that has no verdict of its own, and whether it runs again."""
    (tmp_path / "kinds.txt").write_text(f"T {verdict}\nU Required\n")
    laid, totals = vmsa.Tables(entry("(valid:0)"), "a.litmus"), run.Totals("", str(tmp_path / "kinds.txt"))
    laid.symbols = {"L0_0_L": 8}
    fault, none = (0x45000746, 1, 0x25 << 26 | 0xb, 0x80000000, 8), (0x45000746, 1, 0, 0, 0)
    assert totals.missing(laid, {none: 5}) == again and not totals.missing(laid, {fault: 1})
    totals.add(laid, {fault if bad else none: 1})
    assert (len(totals.forbidden), len(totals.unseen)) == (bad, unseen)


def test_forbidden_state_is_named():
    """A state that the model does not allow is a line with its file."""
    laid, totals = bare.Modelled(ours("aarch64")["MP+dmb.st+dmb.ld"], "a.litmus"), run.Totals()
    text = totals.add(laid, {(0, 0): 7, (1, 0): 3})
    assert totals.forbidden == ["a.litmus: 1:X0=1; 1:X2=0; 3 times"] and "Sometimes 3 7" in text
    allowed = bare.Modelled(ours("aarch64")["MP"], "b.litmus")
    totals.add(allowed, {(0, 0): 7})
    assert len(totals.forbidden) == 1 and totals.unseen == ["b.litmus"]


@pytest.mark.parametrize("words, why", [
    (["litmus/aarch64/MP.litmus", "SEEDS=2-1"], "SEEDS=2-1: neither N nor A-B"), (["litmus/aarch64/MP.litmus", "ROUNDS=0"], "ROUNDS=0: not a number"),
    (["litmus/aarch64/MP.litmus", "MORE=x"], "MORE=x: not a number of 0 to 9999"),
    (["litmus/aarch64/MP.litmus", "KINDS=none"], "KINDS=none: no such file"), (["none.litmus"], "none.litmus: no such file"), (["litmus/aarch64/MP.litmus", "MACHINE=spike"], "MACHINE=spike is not known"),
    (["litmus/aarch64/MP.litmus", "MACHINE=qemu", "SEEDS=1-2"], "SEEDS=1-2 is for the worst legal machine"),
    (["litmus/aarch64/MP.litmus", "MACHINE=qemu", "WORST=ets=1"], "WORST=ets=1 is for the worst legal machine"),
])
def test_run_refuses(words, why, machines):
    machines("aarch64")
    done = hotplate("run", *words)
    assert done.returncode == 4 and why in done.stderr and done.stderr.count("\n") == 1


def test_run_stops(tmp_path, machines):
    """A test in which the machine stops is named and the others keep their results; after two that do not end, as of a
    machine that hangs, no more is run; a machine that prints nothing has not started."""
    machines("riscv")
    for name in "abc":
        (tmp_path / (name + ".litmus")).write_text(f"RISCV {name}\n{{\n}}\n P0 ;\n nop ;\nforall true\n")
    tests = [bare.Modelled(read.read(tmp_path / (name + ".litmus")), name) for name in "abc"]
    runner = run.Runner("RISCV", {**run.KNOBS, "ROUNDS": "5"})
    for output, ended, stopped in (("5\n.\n2\n", "ac", "b: sh -c: status 3: no reason"), ("5\n.\n2\n.\n", "ac", "b: sh -c: status 3: no reason")):
        runner.stopped = []
        runner.ways = [["sh", "-c", f"if mkdir {tmp_path}/once 2>/dev/null; then printf '{output}'; exit 3; fi; rmdir {tmp_path}/once; printf '5\\n.\\n5\\n.\\n'"]]
        assert [(one.path, counts) for one, counts in runner.results(tests)] == [(name, {(): 5}) for name in ended]
        assert runner.stopped == [stopped]
    runner.stopped, runner.ways = [], [["sh", "-c", "printf '5\\n.\\n'; exit 2"]]
    assert not list(runner.results(tests)) and runner.stopped == [
        "b: sh -c: status 2: no reason", "c: sh -c: status 2: no reason", "a: not run, because 2 tests did not end"]
    runner.ways = [["sh", "-c", "echo unknown word >&2; exit 4"]]
    with pytest.raises(Refused, match="a: sh -c: status 4: unknown word"):
        list(runner.results(tests))


def test_run_leaves_out(tmp_path, machines):
    """A test that the assembler or the machine does not know is named, and the others run."""
    machines("riscv")
    for name, insn in (("a", "lw.aq x5,0(x6)"), ("b", "addi x5,x5,5000"), ("c", "addi x5,x5,5")):
        (tmp_path / (name + ".litmus")).write_text(f"RISCV {name}\n{{\n0:x6=x;\n}}\n P0 ;\n {insn} ;\nexists 0:x5=5\n")
    done = hotplate("run", tmp_path, "SEEDS=1", "ROUNDS=5")
    assert done.returncode == 0 and "Observation c Always 5 0" in done.stdout and "# 1 tests of 3" in done.stdout, done.stdout + done.stderr
    assert "a.litmus:6: not known: instruction lw.aq, which no hart has" in done.stderr and "b.litmus: the assembler: illegal operands" in done.stderr
