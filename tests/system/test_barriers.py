# SPDX-License-Identifier: BSD-2-Clause
"""make barriers (tools/hotplate barriers): its finder, its patches, its judge, and a sample of barriers that
are known to be needed."""
import os
import re
import struct
import subprocess

import pytest

from conftest import TOP
from hotplate import Refused
from hotplate.barriers import boot, digest, find, page, patch, rules, run, sets, unshown, weaken
from hotplate.program.asm import Insn

TEST = pytest.mark.tier("ci")
CROSS = find.TOOLS
# Places whose need the first seeds show: function, instruction, tests, boot arguments, and the test that fails; each
# is short.
RELEASE = r"fence (?:iorw,ow|rw,w)"  # of gcc 12 and of gcc 14
LOCK = "kern.rwlock_excludes,kern.spinlock_excludes"
SHOWN = {
    "arm64": (("spin_unlock_irqrestore", "stlr", LOCK, "", "kern.spinlock_excludes: "),
              ("spin_try", "ldaxr", LOCK, "", "kern.spinlock_excludes: "),
              ("write_unlock", "stlr", LOCK, "", "kern.rwlock_excludes: ")),
    "riscv64": (("spin_unlock_irqrestore", RELEASE, sets.SETS["lock"].tests, "", "kern.spinlock_excludes: "),
                ("write_unlock", RELEASE, sets.SETS["lock"].tests, "", "kern.rwlock_excludes: "),
                ("invalidate_here", "sfence.inval.ir", "hotplug.migrate_live", "tlb=svinval", "hotplug.migrate_live: wrong")),
}
# The instruction of each word, and the source of each of its weaker forms.  No form: it orders nothing.
FORMS = {
    "arm64": {
        "dmb ish": ["nop", "dmb ishst", "dmb nsh"], "dmb ishst": ["nop", "dmb nshst"], "dmb oshld": ["nop", "dmb nshld"], "dmb nsh": ["nop", "dmb nshst"], "isb": ["nop"],
        "dsb ish": ["nop", "dmb ish", "dsb nsh"], "dsb nshst": ["nop", "dmb nshst"], "dsb sy": ["nop", "dmb sy", "dsb nsh"],
        "ldar w1, [x2]": ["ldr w1, [x2]"], "ldarb w1, [x2]": ["ldrb w1, [x2]"], "ldarh w1, [x2]": ["ldrh w1, [x2]"],
        "ldar x1, [x2]": ["ldr x1, [x2]"], "stlr x1, [x2]": ["str x1, [x2]"], "stlrb w1, [sp]": ["strb w1, [sp]"],
        "ldapr x1, [x2]": ["ldr x1, [x2]"], "ldaxr x1, [x2]": ["ldxr x1, [x2]"], "stlxr w0, x1, [x2]": ["stxr w0, x1, [x2]"],
        "ldaddal x1, x2, [x3]": ["ldadd x1, x2, [x3]"], "swpa w1, w2, [x3]": ["swp w1, w2, [x3]"],
        "ldadd x1, x2, [x3]": [], "ldxr x1, [x2]": [], "stxr w0, x1, [x2]": [], "ldr x1, [x2]": [], "nop": [], "yield": [],
        "tlbi vmalle1is": ["nop", "tlbi vmalle1"], "tlbi vmalle1": ["nop"], "tlbi vale1, x1": ["nop"],
        "tlbi vae1is, x1": ["nop", "tlbi vae1, x1", "tlbi vale1is, x1"], "tlbi vaale1is, x1": ["nop", "tlbi vaale1, x1"],
        "tlbi vaae1, x1": ["nop", "tlbi vaale1, x1"], "tlbi aside1is, x1": ["nop", "tlbi aside1, x1"],
        "tlbi rvae1is, x1": ["nop", "tlbi rvae1, x1", "tlbi rvale1is, x1"], "tlbi rvaale1, x1": ["nop"],
        "ic ialluis": ["nop", "ic iallu"], "ic iallu": ["nop"], "dc cvau, x1": ["nop"], "dc civac, x1": ["nop"],
        "dc ivac, x1": ["nop"], "dc zva, x1": [], "at s1e1r, x1": [], "msr ttbr0_el1, x1": [], "sev": [],
    },
    "riscv64": {
        "fence rw,rw": ["nop", "fence.tso", "fence w,rw", "fence r,rw", "fence rw,w", "fence rw,r"],
        "fence iorw,iorw": ["nop", "fence.tso", "fence ow,iorw", "fence ir,iorw", "fence iorw,ow", "fence iorw,ir", "fence rw,rw"],
        "fence w,w": ["nop"], "fence r,rw": ["nop", "fence r,w", "fence r,r"], "fence iorw,ow": ["nop", "fence ow,ow", "fence ir,ow", "fence rw,w"],
        "fence.tso": ["nop", "fence r,rw", "fence rw,w"], "fence w,r": ["nop"], "fence w,o": ["nop"],
        "fence i,r": ["nop"], "fence w,0": [], "fence.i": ["nop"], "addi x0, x0, 0": [],
        "amoadd.w.aqrl x1, x2, (x3)": ["amoadd.w x1, x2, (x3)", "amoadd.w.rl x1, x2, (x3)", "amoadd.w.aq x1, x2, (x3)"],
        "amoswap.d.aq x1, x2, (x3)": ["amoswap.d x1, x2, (x3)"], "amoor.d.rl x1, x2, (x3)": ["amoor.d x1, x2, (x3)"],
        "lr.d.aq x1, (x2)": ["lr.d x1, (x2)"], "sc.d.rl x1, x2, (x3)": ["sc.d x1, x2, (x3)"], "sc.d.aq x1, x2, (x3)": [],
        "lr.w.rl x1, (x2)": [], "amoadd.w x1, x2, (x3)": [], "ld x1, 0(x2)": [], "ebreak": [], "wfi": [], "csrw satp, x1": [],
        "sfence.vma": ["nop", "sfence.vma sp", "sfence.vma x0, sp"], "sfence.vma x1": ["nop", "sfence.vma x1, sp"],
        "sfence.vma x0, x1": ["nop", "sfence.vma sp, x1"], "sfence.vma x1, x3": ["nop"],
        ".4byte 0x18000073": ["nop"], ".4byte 0x18100073": ["nop"],  # SFENCE.W.INVAL, SFENCE.INVAL.IR
        ".4byte 0x16058073": ["nop", ".4byte 0x16258073"],  # SINVAL.VMA a1; a1, sp
    },
}
FLAGS = {"arm64": ["-march=armv8.5-a"], "riscv64": ["-march=rv64ima_zicsr_zifencei", "-mabi=lp64"]}


def words_of(arch, lines, tmp_path):
    """The words that an assembler makes, with their text as objdump has it."""
    source, out = str(tmp_path / "x.S"), str(tmp_path / "x.o")
    # FENCE with an empty set has no name in the assembler
    lines = [".4byte 0x0100000f" if line == "fence w,0" else line for line in lines]
    with open(source, "w", encoding="utf-8") as f:
        f.write("\n".join(["\t" + line for line in lines]) + "\n")
    subprocess.run([CROSS[arch] + "gcc", *FLAGS[arch], "-c", source, "-o", out], check=True, capture_output=True)
    text = subprocess.run([CROSS[arch] + "objdump", "-d", "-M", "no-aliases", out], check=True, capture_output=True, text=True).stdout
    found = re.findall(r"^ *[0-9a-f]+:\t([0-9a-f]{8}) +\t(\S+)[ \t]*(.*)$", text, re.M)
    assert len(found) == len(lines), text
    return [Insn(4 * n, word, op, args, ("", 0)) for n, (word, op, args) in enumerate(found)]


def test_forms(arch, tmp_path):
    """Each instruction becomes the weaker one as the assembler encodes it, and one without order is unchanged."""
    wanted = FORMS[arch]
    for insn, (text, forms) in zip(words_of(arch, wanted, tmp_path), wanted.items()):
        got = [f.word for f in weaken.forms(insn, arch)]
        assert got == [i.word for i in words_of(arch, forms, tmp_path)] if forms else got == [], text
        assert not forms or weaken.forms(insn, arch)[0].kind in rules.RULES[arch], text


@TEST
def test_finds(arch):
    """Every barrier of the image that objdump prints is in a place, or in a file that is not examined; none twice in
    one form."""
    elf = "build/%s/hotplate.elf" % arch
    found = find.places(elf, arch)
    names = [p.name for p in found]
    assert len(names) == len(set(names)) and len(found) > 150
    assert all(p.file.startswith(find.SUBJECTS) and p.line and os.path.exists(os.path.join(TOP, p.file)) for p in found)
    whole = [a for p in found if p.form.how in weaken.WHOLE for a in p.at]
    assert len(whole) == len(set(whole))
    by = {function: p for p in found for function in p.functions if p.form.how in weaken.WHOLE}
    assert by["spin_unlock_irqrestore"].file == "kern/lock.c" and by["arch_pt_publish"].file == "arch/%s/mmu.c" % arch
    assert "arch_mb" not in by and not any("tests/" in p.file for p in found)
    # a barrier of arch_mb() belongs to its caller
    assert by["persist_seal"].file == "kern/persist.c"
    text = subprocess.run([CROSS[arch] + "objdump", "-d", elf], check=True, capture_output=True, text=True).stdout
    pattern = r"^([0-9a-f]{16}):\t\w+ +\t(?:tlbi|dsb|ldaxr)\b" if arch == "arm64" else r"^([0-9a-f]{16}):\t\w+ +\t(?:sfence\.vma|fence\.i)\b"
    rest = sorted({int(a, 16) for a in re.findall(pattern, text, re.M)} - set(whole))
    assert all(not find.owner(chain).file.startswith(find.SUBJECTS) for chain in find.frames(elf, arch, rest))


@TEST
def test_patch(arch):
    """Only the words of the place and the checksums change, and the checksums are those that the link would write."""
    flat = patch.Flat("build/%s/Image" % arch, "build/%s/hotplate.elf" % arch, arch)
    insns = [i for f in find.disassemble("build/%s/hotplate.elf" % arch, arch) for i in f.insns if weaken.forms(i, arch)][:2]
    form = weaken.forms(insns[0], arch)[0]
    place = find.Place("x", 1, form, (), tuple(i.at for i in insns), (form.word, form.word))
    bent = flat.without(place)
    assert len(bent) == len(flat.bytes) and flat.sums(bent) == struct.unpack_from("<2Q", bent, flat.edges[4] * 8)
    assert flat.sums(bent) != flat.stored() == flat.sums(flat.bytes)
    changed = {at for at in range(len(bent)) if bent[at] != flat.bytes[at]} - set(range(flat.edges[4] * 8, flat.edges[4] * 8 + 16))
    for insn in insns:
        there = set(range(insn.at - patch.IMAGE_VA, insn.at - patch.IMAGE_VA + 4))
        assert changed & there and bent[min(there):max(there) + 1] == struct.pack("<I", form.word)
        changed -= there
    assert not changed


@TEST
def test_other_link(arch, tmp_path):
    """An Image that is not of this ELF file is refused, not patched."""
    other = str(tmp_path / "Image")
    with open("build/%s/Image" % arch, "rb") as f:
        image = bytearray(f.read())
    image[0x3000] ^= 1
    with open(other, "wb") as f:
        f.write(image)
    with pytest.raises(Refused, match="not of one link"):
        patch.Flat(other, "build/%s/hotplate.elf" % arch, arch)


END = "#: end verdict=pass tests=1\n"
COUNT = "worst: 12 M instructions, 3 M stores; more\n"


@pytest.mark.parametrize("status, console, printed, verdict, why", [
    (0, END, COUNT, "pass", ""),
    (0, "  ok 1 a.b\n", COUNT, "fail", "without a verdict"),
    (0, "#: end verdict=fail\n", COUNT, "fail", "without a verdict"),
    (1, "  # FAIL x = 1, wanted 2\n  not ok 1 a.b\n", COUNT, "fail", "a.b: x = 1, wanted 2"),
    (1, "# CRASH on CPU 1: load of nothing\n", COUNT, "fail", "CRASH on CPU 1: load of nothing"),
    (2, "", "worst: still on after steps=9\n" + COUNT, "fail", "still on after steps=9"),
    (3, "", "worst: instruction 0 is not known\n" + COUNT, "fail", "instruction 0 is not known"),
    (4, "", "worst: image: which one?\n", "error", "image: which one?"),
])
def test_judge(status, console, printed, verdict, why):
    """Only a run with its closing verdict passes; a machine that could not start is an error, not a failure."""
    got = boot.judge(status, console, printed)
    assert got.verdict == verdict and why in got.why and got.millions == (12 if COUNT in printed else 0)


CRASHES = ("# CRASH on CPU 0: x\n# backtrace of CPU 0, busy with: a\n#   f+0x4\n" + "".join(
    "# backtrace of CPU %d, busy with: idle\r\n#   g+0x8\n" % n for n in (1, 2, 3))
    + "  not ok 1 crash.a # ERROR crash: x\n# crashes 1   restarts 1, and 0 by firmware\n#: end verdict=error tests=1\n")


@pytest.mark.parametrize("status, cut, printed, verdict, why", [
    (0, "", COUNT, "pass", ""), (2, "", "worst: still on after steps=9\n" + COUNT, "fail", "still on"),
    (4, "", "worst: image: which one?\n", "error", "which one?"), (0, "# CRASH on CPU 0: x\n", COUNT, "fail", "0 times, wanted 1: ^# CRASH"),
    (0, "# backtrace of CPU 2, busy with: idle\r\n#   g+0x8\n", COUNT, "fail", "3 times, wanted 4: ^# backtrace"),
    (0, "#   f+0x4\n", COUNT, "fail", "3 times, wanted 4: ^# backtrace"), (0, " # ERROR crash: x", COUNT, "fail", "0 times, wanted 1"),
    (0, "   restarts 1", COUNT, "fail", "0 times, wanted 1: ^# crashes 1"), (0, "#: end verdict=error", COUNT, "fail", "0 times, wanted 1: ^#: end"),
])
def test_judge_crashes(status, cut, printed, verdict, why):
    """A crash on purpose is reported once, with a backtrace of every CPU, and the machine continues."""
    got = boot.judge_crashes(status, CRASHES.replace(cut, "") if cut else CRASHES, printed, 1)
    assert got.verdict == verdict and why in got.why and got.millions == (12 if COUNT in printed else 0)


def place(name="kern/lock.c", how="removed", function="read_try"):
    return find.Place(name, 7, weaken.Form("fence", "fence rw,rw", how, 0x13), (function,), (1 << 40,), (0x13,))


class Known:
    """A ledger of one place."""

    def __init__(self, runs):
        self.arch, self.data = "riscv64", {"image": "0", "machine": "1", "earlier": {}, "runs": {} if runs is None else {place().name: runs}}

    @staticmethod
    def places():
        return [place()]


def reasons(monkeypatch, *marks, rows=()):
    """The sources have these markers and no others: file, function, kinds, reason."""
    every = [unshown.Reason(file, 1, function, tuple(kinds.split()), why) for file, function, kinds, why in marks]
    monkeypatch.setattr(unshown, "of_file", lambda file: tuple(r for r in every if r.file == file))
    monkeypatch.setattr(unshown, "of_model", lambda: {r.text: r for r in rows})


@pytest.mark.parametrize("runs, expected", [
    (None, "not run"), ({}, "not run"), ({"reached": False}, "not executed"), ({"reached": True}, "not run"),
    ({"reached": True, "lock 1": ["pass", "", 9]}, "not shown"), ({"reached": True, "lock 1": ["none", "", 0]}, "not run"),
    ({"reached": True, "lock 1": ["pass", "", 9], "calls 2": ["fail", "a.b: x = 1", 3]}, "shown"),
])
def test_page(runs, expected, monkeypatch):
    """Only a failing run shows that a place is needed; a place that passed or was not executed is unexplained, until
    a reason is cited."""
    reasons(monkeypatch)
    got, cell = page.verdict(place(), runs)
    assert got == expected and ("**shown**: a.b: x = 1 (`calls`, seed 2, 3 M)" in cell) == (expected == "shown")
    text = page.text([Known(runs)], [])
    assert ("* kern/lock.c:7 fence rw,rw removed" in text) == (expected in ("not shown", "not executed"))
    assert ("Not run yet: kern/lock.c 1." in text) == (expected == "not run")
    reasons(monkeypatch, ("kern/lock.c", "read_try", "dmb fence", "because"), ("kern/lock.c", "", "*", "never"))
    got, cell = page.verdict(place(), runs)
    assert got == ("cited" if expected in ("not shown", "not executed") else expected)
    assert ("**Cited**: because" in cell) == (got == "cited")
    assert "because" in page.verdict(place(), {"reached": False})[1]


@pytest.mark.parametrize("of_whole, listed, spared", [
    ({"reached": True, "lock 1": ["pass", "", 9]}, False, True), ({"reached": False}, False, True),
    ({"reached": True, "lock 1": ["fail", "a.b", 9]}, True, False), ({"reached": True, "lock 1": ["none", "", 0]}, True, False), (None, True, False),
])
def test_weaker_forms(of_whole, listed, spared, monkeypatch, tmp_path):
    """If nothing failed without the whole barrier, its weaker forms are not run and have no rows of their own, but
    count with the whole.  Forms of a barrier that was shown are run."""
    reasons(monkeypatch, ("kern/lock.c", "", "*", "because"))
    known, form = Known(of_whole), place(how="as w,rw")
    known.places = lambda: [place(), form]
    text = page.text([known], [])
    assert ("Not run yet: kern/lock.c" in text) == listed
    assert ("%d forms have no row" % (not listed) in text) and "as w,rw | " not in text
    assert page.current(form, known) == ((page.current(place(), known)[0], page.AS_WHOLE) if not listed else ("not run", "not run"))
    monkeypatch.setattr(run, "BUILD", str(tmp_path))
    monkeypatch.setattr(run, "Flat", lambda *paths: "one")
    ledger = run.Ledger("riscv64")
    ledger.data = {**known.data, "places": [list(p) for p in known.places()], "hints": {}}
    assert ledger.spared(form) == spared
    ledger.data["hints"] = {run.steady(form): ["lock", 1]}
    assert not ledger.spared(form)


@pytest.mark.parametrize("of_form, listed", [
    (None, False), ({"reached": True, "lock 1": ["pass", "", 9]}, False), ({"reached": True, "lock 1": ["fail", "a.b", 9]}, True),
])
def test_form_of_earlier(of_form, listed):
    """A form whose whole has only an earlier row has no row, unless it was shown; it does not count as never run."""
    known, form = Known(None), place(how="as w,rw")
    known.places = lambda: [place(), form]
    known.data["earlier"] = {place().name: {"reached": True, "lock 1": ["pass", "", 9]}, form.name: of_form}
    text = page.text([known], [])
    assert "0 not run" in text and ("as w,rw | " in text) == listed and ("%d forms have no row" % (not listed) in text)
    known.data["runs"] = {place().name: {"reached": True, "lock 1": ["pass", "", 9]}}
    assert page.current(form, known)[1] == page.AS_WHOLE


def test_digest_of_program(tmp_path):
    """Sources with other comments, lines and paths are the same program; with another constant they are not."""
    found = []
    for n, text in enumerate(("int main(void) { return 1; }", "/* more */\n\nint main(void) { return 1; }", "int main(void) { return 2; }")):
        where = tmp_path / str(n)
        where.mkdir()
        (where / "x.c").write_text(text)
        subprocess.run(["gcc", "-g", "-O2", "-o", "x", "x.c"], cwd=where, check=True)
        found.append(digest.of_program(str(where / "x")))
    assert found[0] == found[1] != found[2]


@TEST
@pytest.mark.sample("arm64")
def test_digest_of_image(arch):
    """The line number of an assertion and the version do not count; any other instruction does."""
    elf = "build/%s/hotplate.elf" % arch
    flat = patch.Flat("build/%s/Image" % arch, elf, arch)
    insns = [i for f in find.disassemble(elf, arch) for i in f.insns]
    lines = [i for i in insns if digest.is_line(i)]
    assert len(lines) > 500 and all(i.op in ("mov", "li") for i in lines)
    kept, whole = digest.of_image(flat, elf, arch), flat.bytes

    def changed(at):
        image = bytearray(whole)
        image[at] ^= 0x20
        flat.bytes = bytes(image)
        return digest.of_image(flat, elf, arch) != kept
    other = next(i for i in insns if i.at > lines[0].at and not digest.is_line(i))
    assert not changed(lines[0].at - patch.IMAGE_VA) and changed(other.at - patch.IMAGE_VA)
    assert not changed(whole.index(b"version ", flat.text_end))


def test_page_earlier():
    """Results of an earlier image or machine are marked as such, until the place is run with this one."""
    known = Known(None)
    known.data["earlier"] = {place().name: {"reached": True, "lock 1": ["fail", "a.b: x = 1", 3]}}
    assert page.current(place(), known)[0] == "shown" and "**Earlier**: **shown**" in page.text([known], [])
    assert "machine 1. 1 places and forms: 1 shown" in page.text([known], []) and "1 of these rows are earlier ones" in page.text([known], [])
    for runs in ({}, {"lock 1": ["none", "", 0], "reached": True}):
        known.data["runs"] = {place().name: runs}
        assert page.current(place(), known)[0] == "shown"
    known.data["runs"] = {place().name: {"reached": True, "lock 1": ["pass", "", 9]}}
    assert page.current(place(), known)[0] != "shown" and "0 of these rows are earlier ones" in page.text([known], [])
    assert "**Earlier**: **" not in page.text([known], [])


@pytest.mark.parametrize("file, function, kinds, fits", [
    ("kern/lock.c", "", "*", True), ("kern/lock.c", "", "dmb fence", True), ("kern/lock.c", "read_try", "fence", True),
    ("kern/lock.c", "write_try", "fence", False), ("kern/lock.c", "read_try", "dmb", False), ("mm/lock.c", "", "fence", False),
])
def test_reasons(file, function, kinds, fits, monkeypatch):
    """A reason applies to a file, or to a function of it, and to kinds of barriers."""
    reasons(monkeypatch, (file, function, kinds, "because"))
    assert unshown.blind("kern/lock.c", ("f", "read_try"), "fence") == ("because" if fits else "")


def test_reasons_of_forms(monkeypatch):
    """A reason may apply to FENCE.TSO alone; one for fences applies to both forms, after it.  A function's reason
    precedes that of its file, and that a row of MODEL.md with files."""
    row = unshown.Reason("kern/*", 1, "", ("fence",), "machine")
    reasons(monkeypatch, ("kern/lock.c", "", "tso", "weaker"), ("kern/lock.c", "f", "fence", "both"), ("kern/lock.c", "", "fence", "file"),
            ("kern/lock.c", "f", "fence dmb", "too"), rows=[row])
    assert unshown.blind("kern/lock.c", ("f",), "fence", "fence rw,rw", "as fence.tso") == "weaker"
    assert unshown.blind("kern/lock.c", ("f",), "fence", "fence rw,rw", "removed") == "both; too"
    assert unshown.blind("kern/lock.c", ("g",), "fence", "fence rw,rw", "removed") == "file"
    assert unshown.blind("kern/ipi.c", ("f",), "fence", "fence rw,rw", "as fence.tso") == "machine"
    assert unshown.blind("mm/x.c", ("f",), "fence") == ""


SOURCE = """/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kern/x.c - a file.
 *
 * Unshown (dmb): one
 * file.
 */
/* Unshown (isb): of a variable. */
static int x;

/* Waits.  Unshown (fence aq): MODEL.md
 * rare, or not. Unshown (tso): two. */
static bool
f(int a,
  int b)
{
	g(); /* Unshown (acquire): inside. */
}

/* Unshown (): nothing. */
void h(void)
{
	/* Unshown (fence barrier): here. */
}
"""
SOURCE_S = """/* SPDX-License-Identifier: BSD-2-Clause */
/* x.S - a file. */
	.section .text
/* Unshown (isb): above. */
	.globl one
one:
	dsb	sy /* Unshown (dsb): inside. */
1:	b	1b
/* Unshown (ic): two. */
two:
	ic	iallu
"""


def test_markers():
    """A marker applies to the function that it is in or above, or to the file that it heads; any other place and an
    unknown kind are refused."""
    found = [(r.line, r.function, r.kinds, r.text, bad.partition(":")[0]) for r, bad in unshown.of_text("kern/x.c", SOURCE)]
    nowhere = "it is neither at a function nor in the head of the file"
    assert found == [
        (5, "", ("dmb",), "one file", ""), (8, "", ("isb",), "of a variable", nowhere),
        (11, "f", ("fence", "aq"), "MODEL.md rare, or not", ""), (12, "f", ("tso",), "two", ""), (17, "f", ("acquire",), "inside", ""),
        (20, "h", (), "nothing", "() is no kind"), (23, "h", ("fence", "barrier"), "here", "barrier is no kind")]
    found = [(r.line, r.function, r.kinds, r.text, bad) for r, bad in unshown.of_text("arch/x.S", SOURCE_S)]
    assert found == [(4, "one", ("isb",), "above", ""), (7, "one", ("dsb",), "inside", ""), (9, "two", ("ic",), "two", "")]


def test_marker_findings():
    """A row that MODEL.md does not have, a row that no marker names, and a kind that no instruction has there are
    reported."""
    model = unshown.rows("x\n" + unshown.HEADING + "\n\n| name | kinds | files | reason |\n|---|---|---|---|\n| `a-b` |  |  | Once. |\n"
                         "| c | aq rl | `kern/*` `mm/*` | Always. |\n")
    assert model == {"a-b": unshown.Reason("", 6, "", (), "Once"), "c": unshown.Reason("kern/* mm/*", 7, "", ("aq", "rl"), "Always")}
    assert list(unshown.findings({"kern/x.c": SOURCE.replace("()", "(isb)").replace(" barrier", "")}, model)) == [
        "kern/x.c:8: it is neither at a function nor in the head of the file", "kern/x.c:11: machine/MODEL.md has no row rare",
        "machine/MODEL.md:6: no marker names the row a-b"]
    marks = [unshown.Reason("kern/lock.c", 3, function, kinds, "") for function, kinds in (
        ("read_try", ("fence", "r-before")), ("write_try", ("fence",)), ("", ("*", "dmb")))]
    there = [place(), place(how="as w,rw")]
    assert list(unshown.idle(marks, there)) == [
        "kern/lock.c:3: no image has an instruction of fence in write_try", "kern/lock.c:3: no image has an instruction of dmb in the file"]


@pytest.mark.parametrize("what, how, taken", [
    ("fence rw,rw", "as w,rw", "r-before"), ("fence rw,rw", "as r,rw", "w-before"), ("fence iorw,iorw", "as iorw,ow", "r-after"),
    ("fence iorw,iorw", "as iorw,ir", "w-after"), ("fence iorw,ow", "as rw,w", "devices"), ("fence iorw,iorw", "as rw,rw", "devices"),
    ("fence rw,rw", "as rw,w", "r-after"), ("fence iorw,ow", "as ow,ow", "r-before"), ("fence rw,rw", "as fence.tso", "tso"),
    ("fence rw,rw", "removed", ""), ("sfence.vma", "of one ASID", ""), ("lr.w.aq", "plain", ""),
])
def test_taken(what, how, taken):
    """The order that a form removes from a fence has a name, which reasons use."""
    assert rules.taken(what, how) == taken


def test_other_half(tmp_path, monkeypatch):
    """An architecture that was not run here keeps its rows of the file, with the reasons of the sources; record
    replaces those of the other one, except of places that were not run, and drops those of places that are gone."""
    monkeypatch.setattr(page, "RECORDED", str(tmp_path / "barriers"))
    (tmp_path / "barriers").write_text("# notes\narm64\tkern/lock.c read_try\tdmb ish\tremoved\tdmb\tnot executed\n"
                                       "riscv64\tkern/lock.c old\tfence\tremoved\tfence\tnot executed\n")
    reasons(monkeypatch, ("kern/lock.c", "read_try", "dmb", "because"))
    shown = {"reached": True, "lock 1": ["fail", "a.b: x = 1 | 2", 3]}
    assert page.record([Known(shown)]) == 0
    assert (tmp_path / "barriers").read_text() == (
        "# notes\narm64\tkern/lock.c read_try\tdmb ish\tremoved\tdmb\tnot executed\n"
        "riscv64\tkern/lock.c read_try\tfence rw,rw\tremoved\tfence\t**shown**: a.b: x = 1 | 2 (`lock`, seed 1, 3 M)\n")
    before = (tmp_path / "barriers").read_text()
    assert page.record([Known({})]) == 0 and (tmp_path / "barriers").read_text() == before, "a place that was not run loses its row"
    text = page.text([], page.recorded())
    assert "| kern/lock.c read_try | dmb ish, removed | Arm ARM B2.3, DMB: barrier-ordered-before | not executed. **Cited**: because |" in text
    assert "x = 1 \\| 2" in text and text.count("\n## ") == 2 and text.endswith("\n") and not text.endswith("\n\n")


def test_ledger(tmp_path, monkeypatch):
    """Runs are kept for the image, the machine and the arguments of their set; with another image the run that showed
    a place is tried first."""
    monkeypatch.setattr(run, "BUILD", str(tmp_path))
    monkeypatch.setattr(run, "Flat", lambda *paths: "one")
    ledger = run.Ledger("arm64")
    monkeypatch.setattr(run, "places", lambda elf, arch: [place()])
    monkeypatch.setattr(digest, "of_image", lambda flat, elf, arch: ledger.flat)
    monkeypatch.setattr(digest, "of_program", lambda path: (tmp_path / "worst").read_text())
    monkeypatch.setattr(boot, "program", lambda arch: str(tmp_path / "worst"))
    (tmp_path / "worst").write_text("one")
    (tmp_path / "arm64").mkdir()
    (tmp_path / "arm64" / "hotplate.elf").write_text("one")
    ledger.open()
    ledger.data["control"] = {"lock 1": {"millions": 1, "reached": [1 << 40]}, "calls 1": {"millions": 1, "reached": []}}
    ledger.data["runs"] = {place().name: {"reached": True, "lock 1": ["pass", "", 1], "grace 1": ["pass", "", 1]}}
    ledger.data["hints"] = {run.steady(place()): ["grace", 3]}
    ledger.write()
    monkeypatch.setitem(sets.SETS, "grace", sets.Set("other.test"))
    ledger.open()
    assert set(ledger.data["runs"][place().name]) == {"reached", "lock 1"} and set(ledger.data["control"]) == {"lock 1", "calls 1"}
    monkeypatch.setitem(sets.CHOICES, "arm64", (("*", "lock calls grace"),))
    ledger.data["control"]["grace 1"] = {"millions": 1, "reached": [1 << 40]}
    assert list(run.plan(ledger, place(), 3))[:3] == [("grace", 3), ("lock", 1), ("grace", 1)]
    assert list(run.plan(ledger, place(), 1)) == [("grace", 3), ("lock", 1), ("grace", 1)]  # a seed beyond the requested ones
    ledger.write()
    # the same code on other lines
    ledger.data["runs"][place().name] = {"reached": True, "lock 1": ["pass", "", 1]}
    ledger.write()
    monkeypatch.setattr(run, "places", lambda elf, arch: [place()._replace(line=9)])
    (tmp_path / "arm64" / "hotplate.elf").write_text("other lines")
    assert list(ledger.open().data["runs"]) == ["kern/lock.c:9 fence rw,rw removed"] and ledger.places()[0].line == 9
    monkeypatch.setattr(run, "places", lambda elf, arch: [place()])
    (tmp_path / "arm64" / "hotplate.elf").write_text("one")
    assert list(ledger.open().data["runs"]) == [place().name]

    def relink():
        (tmp_path / "arm64" / "hotplate.elf").write_text("two")
        ledger.flat = "another"
    for change in (lambda: (tmp_path / "worst").write_text("mended"), relink):
        ledger.data["runs"] = {place().name: {"reached": True, "lock 1": ["pass", "", 1]}}
        ledger.data["control"] = {"lock 1": {"millions": 1, "reached": [1 << 40]}}
        ledger.write()
        assert ledger.open().data["runs"] and ledger.data["control"]
        change()
        ledger.open()
        assert not ledger.data["runs"] and not ledger.data["control"] and ledger.data["hints"]
        assert ledger.data["earlier"][place().name]["lock 1"] == ["pass", "", 1]
        ledger.write()
    # after another link it is the place of the same function, if that has as many barriers
    for lines, kept in (((5,), 5), ((7,), 7), ((3, 9), 7)):
        monkeypatch.setattr(run, "places", lambda elf, arch, lines=lines: [place()._replace(line=n) for n in lines])
        (tmp_path / "arm64" / "hotplate.elf").write_text(str(lines))
        ledger.flat = str(lines)
        assert [n.split()[0] for n in ledger.open().data["earlier"]] == ["kern/lock.c:%d" % kept]
        ledger.write()
    monkeypatch.setitem(sets.SETS, "lock", sets.Set("other.test"))
    assert ledger.open().data["earlier"] == {place().name: {"reached": True}}
    (tmp_path / "worst").unlink()
    with pytest.raises(Refused, match="worst: not there"):
        ledger.open()


@TEST
def test_choices(arch):
    """Each file has sets of tests, and every pattern there names a test of the image."""
    for pattern, _ in sets.CHOICES[arch]:
        assert set(sets.choices(pattern.replace("*", "x"), arch)) <= set(sets.SETS)
    listed = subprocess.run(["tools/hotplate", "tests", "list", "*"], cwd=TOP, capture_output=True, text=True, check=True).stdout
    for tests in sets.SETS.values():
        for pattern in tests.tests.split(","):
            assert pattern.partition("/")[0].rstrip("*") in listed, pattern


@pytest.mark.parametrize("words, why", [
    ([], "usage: tools/hotplate barriers run"), (["run", "x86"], "usage"), (["run", "arm64", "what=1"], "usage"), (["page", "x"], "usage"),
    (["run", "arm64", "MACHINES=0"], "0 is no number from 1"), (["run", "arm64", "SEEDS=x"], "x is no number from 1"),
])
def test_refusals(words, why):
    done = subprocess.run(["tools/hotplate", "barriers", *words], cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 4 and why in done.stderr and done.stderr.count("\n") == 1, done.stderr


@TEST
@pytest.mark.sample("arm64")
def test_no_place(arch):
    """A pattern that matches no place is refused in one line."""
    done = subprocess.run(["tools/hotplate", "barriers", "run", arch, "PLACE=kern/nowhere.c:*"], cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 4 and not done.stdout, done
    assert done.stderr.count("\n") == 1 and "PLACE=kern/nowhere.c:*: no place of " + arch in done.stderr, done.stderr


@TEST
@pytest.mark.sample("arm64")
def test_first_run(arch, tmp_path, monkeypatch):
    """The first run makes the directory and stores its results there."""
    subprocess.run(["make", "-s", "build/machine/worst-" + arch], cwd=TOP, check=True)
    os.symlink(os.path.join(TOP, "build", arch), tmp_path / arch)
    monkeypatch.setattr(run, "BUILD", str(tmp_path))
    monkeypatch.setitem(sets.CHOICES, arch, (("*", "handed-works" if arch == "riscv64" else "handed-grace"),))
    assert run.run(arch, ["PLACE=kern/crash.c:*"]) == 0
    (known, *_) = run.Ledger(arch).open().data["runs"].values()
    assert known == {"reached": False} and os.listdir(tmp_path / "barriers") == [arch + ".json"]


@TEST
@pytest.mark.sample("riscv64")
def test_shown(arch, tmp_path, monkeypatch):
    """The unchanged image passes; without each of three places the expected test fails with one of three seeds
    (another image has another schedule)."""
    subprocess.run(["make", "-s", "build/machine/worst-" + arch], cwd=TOP, check=True)
    image, elf, control = "build/%s/Image" % arch, "build/%s/hotplate.elf" % arch, {}
    flat, found = patch.Flat(image, elf, arch), find.places(elf, arch)
    bent = str(tmp_path / "Image")
    for function, what, tests, words, why in SHOWN[arch]:
        monkeypatch.setitem(sets.SETS, "sample", sets.Set(tests, words))
        (one,) = [p for p in found if function in p.functions and re.fullmatch(what, p.form.what) and p.form.how in weaken.WHOLE]
        with open(bent, "wb") as f:
            f.write(flat.without(one))
        for seed in (1, 2, 3):
            if (tests, seed) not in control:
                control[tests, seed] = boot.boot(arch, image, "sample", seed, [])
            assert control[tests, seed].verdict == "pass", control
            got = boot.boot(arch, bent, "sample", seed, ["steps=%d" % (2 * control[tests, seed].millions + 100)])
            if got.verdict != "pass":
                break
        # The first symptom depends on the compiler's schedule: a wrong value, or a run that does not end.
        assert got.verdict == "fail" and got.why.startswith((why, "still on after ")) and got.millions, (one.name, got)


@TEST
def test_reach(arch, tmp_path):
    """Recording the executed places does not change the run; exactly the places that a boot executes are recorded."""
    def booted(*more):
        done = subprocess.run(["build/machine/worst-" + arch, "image=build/%s/Image" % arch, "mem=256", "cpus=2", "seed=3", "counts=1",
                               *more, "args=run=boot.wx exit"], cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr
    subprocess.run(["make", "-s", "build/machine/worst-" + arch], cwd=TOP, check=True)
    out = str(tmp_path / "reach")
    assert booted() == booted("reach=" + out)
    with open(out, "rb") as f:
        done = f.read()
    assert len(done) == os.path.getsize("build/%s/Image" % arch) // 2 and set(done) == {0, 1}
    at = {n: int(a, 16) - patch.IMAGE_VA for a, _, n in (s.split(" ", 2) for s in subprocess.run(
        [CROSS[arch] + "nm", "build/%s/hotplate.elf" % arch], capture_output=True, text=True, check=True).stdout.splitlines())}
    assert done[at["spin_unlock_irqrestore"] // 2] and not done[at["virtio_request"] // 2] and not done[at["test_kern_words"] // 2]
    # The first address of elf= is that of the image's first byte: another one moves what ran at link addresses.
    (tmp_path / "map").write_text("%016x T _text\n" % (patch.IMAGE_VA - 65536))
    booted("reach=" + out, "elf=%s" % (tmp_path / "map"))
    with open(out, "rb") as f:
        moved = f.read()
    same, shifted = (sum(1 for n, there in enumerate(done[:-32768]) if there and moved[n + by]) for by in (0, 32768))
    assert shifted > 0.9 * sum(done) > same


@TEST
@pytest.mark.tier("full")
def test_all(arch):
    """Every place of the image with one seed; earlier runs are kept.  A failure of the unchanged image fails the
    test."""
    done = subprocess.run(["tools/hotplate", "barriers", "run", arch], cwd=TOP, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r" 1: fail ", done.stdout)
