# SPDX-License-Identifier: BSD-2-Clause
"""tools/hotplate lint text and tools/hotplate atomic-probe report every mistake that is planted in a copy of the
image, or of lib/atomic.h."""
import os
import re
import shutil
import struct
import subprocess

import pytest

from hotplate.program import asm, fences, order, publish

NOP = {"arm64": 0xd503201f, "riscv64": 0x13}
DSB_NSHST, DSB_ISHST, DSB_ISHLD = 0xd503369f, 0xd5033a9f, 0xd503399f
FENCE_RW_RW = 0x0330000f


def lint(directory):
    done = subprocess.run(["tools/hotplate", "lint", "text", directory], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


class Bent:
    """A copy of an image with mistakes, each in a function of its own, so that none hides another."""

    def __init__(self, arch):
        self.arch, self.used, self.wanted = arch, set(), []
        with open("build/%s/hotplate.elf" % arch, "rb") as f:
            self.elf = bytearray(f.read())
        self.functions = asm.disassemble("build/%s/hotplate.elf" % arch, arch)

    def find(self, test, name=None):
        """(function, index) of the first instruction that passes the test."""
        for function in self.functions:
            if function.name != name if name else function.name in self.used:
                continue
            for i, insn in enumerate(function.insns):
                if test(function, i, insn):
                    return function, i
        raise AssertionError("there is no such instruction in %s" % (name or "the image"))

    def plant(self, words, change, test, name=None, then=None, spoken_of=None):
        """Change an instruction, or with `then` the first later one that passes that test; `words` must be
        reported, without `words` nothing."""
        function, i = self.find(test, name)
        self.used.add(function.name)
        if then:
            i = next(k for k in range(i + 1, len(function.insns)) if then(function.insns[k]))
        insn = function.insns[i]
        word = change(insn.word) if callable(change) else change
        fmt = "<I" if insn.size == 4 else "<H"
        struct.pack_into(fmt, self.elf, asm.offset_of(self.elf, insn.at), word)
        self.wanted.append((spoken_of or function.name, words))

    def weaken(self, words, operation):
        """Remove the release of an operation: a separate fence, or a bit of its instructions."""
        arch = self.arch
        try:
            self.plant(words, NOP[arch], in_line(operation, order.RELEASE, arch))
            return
        except AssertionError:
            function, i = self.find(both(names(operation), lambda f, i, n: of_two(order.access(n, arch))))
        self.used.add(function.name)
        where = function.insns[i].file, function.insns[i].line
        for insn in function.insns:
            what = order.access(insn, arch) if (insn.file, insn.line) == where else None
            if what and what.atomic:
                struct.pack_into("<I", self.elf, asm.offset_of(self.elf, insn.at), insn.word & ~(1 << 25))
        self.wanted.append((function.name, words))

    def plant_all(self, words, is_it):
        """Remove each call of publish() in a function."""
        lines, count, name = publish.line_reader(), 0, ""
        for function in filter(is_it, self.functions):
            name = function.name
            for insn in function.insns:
                if publish.is_publish(function, insn, lines):
                    struct.pack_into("<I" if insn.size == 4 else "<H", self.elf, asm.offset_of(self.elf, insn.at),
                                     NOP[self.arch] if insn.size == 4 else 1)
                    count += 1
        assert count, words
        self.wanted.append((name, words))

    def point(self, words, name, was, to):
        """Put another function into a constant of pointers."""
        symbols = asm.symbols("build/%s/hotplate.elf" % self.arch)
        address, size = symbols[name]
        at = asm.offset_of(self.elf, address)
        place = self.elf.index(struct.pack("<Q", symbols[was][0]), at, at + size)
        struct.pack_into("<Q", self.elf, place, symbols[to][0])
        self.wanted.append((name, words))

    def judge(self, directory):
        os.makedirs(directory)
        with open(os.path.join(directory, "hotplate.elf"), "wb") as f:
            f.write(self.elf)
        status, printed = lint(directory)
        assert status == 1
        for function, words in self.wanted:
            reported = [line for line in printed.splitlines() if re.search(r"\b%s\b" % function, line) and (words or "") in line]
            assert bool(reported) == bool(words), (function, words, printed)
        assert len(printed.splitlines()) - 1 >= sum(1 for _, words in self.wanted if words)


def of_two(what):
    """The store of an exclusive pair or a read-modify-write, which releases."""
    return bool(what and what.atomic and what.kind & order.STORE and what.orders & order.RELEASE)


def atomic(kind, orders, arch):
    """An exclusive or read-modify-write in C that reads or writes with exactly these orders."""
    def test(_, __, insn):
        what = order.access(insn, arch)
        return bool(what and what.atomic and what.kind == kind and what.orders & orders == orders and insn.file.endswith(".c"))
    return test


def names(word):
    """The source line contains it."""
    def test(_, __, insn):
        if not insn.file.endswith(".c") or not os.path.isfile(insn.file):
            return False
        with open(insn.file, encoding="utf-8") as f:
            return word + "(" in (f.read().split("\n") + [""] * insn.line)[insn.line - 1]
    return test


def both(*tests):
    return lambda f, i, insn: all(t(f, i, insn) for t in tests)


def cell_store(arch):
    def test(_, __, insn):
        what = order.access(insn, arch) if insn.file == "mm/pt/pt_cell.h" else None
        return bool(what and what.kind == order.STORE and not what.atomic and insn.size == 4 and insn.op in ("str", "sd"))
    return test


def in_line(word, orders, arch):
    """A fence of these orders in a line that names an operation."""
    return both(names(word), lambda f, i, insn: order.fence_orders(insn, arch) & orders == orders)


def is_tlbi(_, __, insn):
    return fences.tlbi(insn) is not None


def like(test):
    return lambda f, i, insn: test(insn)


def arm64(bent):
    load, store = order.LOAD, order.STORE
    bent.plant("has no acquire", lambda w: w & ~0x8000, atomic(load, order.ACQUIRE, "arm64"))
    bent.plant("has no release", lambda w: w & ~0x8000, atomic(store, order.RELEASE, "arm64"))
    bent.plant("does not have that order", lambda w: 0xb9000000 | w & 0x3ff,  # STLR to STR
               both(names("atomic_store_release"), lambda f, i, n: n.word & 0xfffffc00 == 0x889ffc00))
    bent.plant("does not have that order", lambda w: 0xb9400000 | w & 0x3ff,  # LDAR to LDR
               both(names("atomic_load_acquire"), lambda f, i, n: n.word & 0xfffffc00 == 0x88dffc00))
    bent.plant("is not followed by a DSB", NOP["arm64"], is_tlbi, "mmu_leave", fences.dsb_here)
    bent.plant("is not followed by a DSB", DSB_NSHST, is_tlbi, "idmap_wait", fences.dsb_here)
    bent.plant("is not followed by an ISB", NOP["arm64"], is_tlbi, "mmu_close_low_half", fences.isb)
    bent.plant("completes it on every path", DSB_ISHST, like(fences.dc), "early_clear", fences.dsb)
    bent.plant("completes it on every path", NOP["arm64"], like(fences.dc), "cache_clean", fences.dsb)
    bent.plant("writes SCTLR_EL1, and no ISB", NOP["arm64"],
               lambda f, i, n: fences.TRANSLATION.get(n.word & ~31) == "SCTLR_EL1", "secondary_entry", fences.isb)
    bent.plant("has no a barrier of stores", NOP["arm64"], like(fences.dmb_stores), "arch_pt_publish")
    bent.plant("has no ISB", NOP["arm64"], like(fences.isb), "arch_pt_visible")
    bent.plant("has no DSB of stores", DSB_ISHLD, like(fences.dsb_stores), "tlbi_sync")
    bent.plant("has no DSB ISH", DSB_ISHST, like(fences.dsb), "tlbi_wait")
    bent.plant("has no ISB", NOP["arm64"], like(fences.isb), "tlbi_ctx")
    bent.plant("a cell could be split", lambda w: w & ~(1 << 30), cell_store("arm64"))  # STR of a W register
    bent.plant("a cell could be split", lambda w: 0xa9000000 | w & 0x3ff, cell_store("arm64"))  # STP
    bent.plant("is not aligned", lambda w: 0xf8004000 | w & 0x3ff, cell_store("arm64"))  # STUR, 4 bytes on
    bent.plant(None, lambda w: 0xf83f5800 | w & 0x3ff, cell_store("arm64"))  # [Xn, WZR, UXTW #3]


def riscv64(bent):
    acquire, release = order.ACQUIRE, order.RELEASE
    nop, fence = NOP["riscv64"], like(lambda n: fences.sfence(n) is not None)
    bent.plant("has no acquire", lambda w: w & ~(1 << 26),
               both(names("atomic_cas_acquire"), atomic(order.LOAD, acquire, "riscv64")))
    bent.weaken("has no release", "atomic_cas_acq_rel")
    bent.weaken("has no release", "atomic_fetch_add_release")
    bent.plant("does not have that order", nop, in_line("atomic_store_release", release, "riscv64"))
    bent.plant("does not have that order", nop, in_line("atomic_load_acquire", acquire, "riscv64"))
    bent.plant("does not have that order", nop, in_line("atomic_load_seq_cst", order.FULL, "riscv64"))
    bent.plant("has no FENCE W,W", nop, like(fences.fence_ww), "arch_pt_publish")
    bent.plant("has no SFENCE.VMA", nop, fence, "arch_pt_visible")
    bent.plant("has no FENCE W,W", 0x0230000f, like(fences.fence_ww), "tlb_sync")  # fence r,rw
    bent.plant("names an ASID", 0x12b00073, fence, "tlb_fence_all")
    bent.plant("names an address", 0x12050073, fence, "arch_asid_bits")
    bent.plant("has no SFENCE.VMA of an ASID", nop, fence, "arch_space_sync")
    bent.plant("writes satp, and no", nop, like(fences.writes_satp), "arch_root_load", fences.full_fence)
    for step in (fences.full_fence, fences.asid_fence):  # with CIP-1200 in force and without
        bent.plant("writes satp, and no SFENCE.VMA follows on any path", nop, like(fences.writes_satp), "arch_space_load", step)
    bent.wanted.pop()  # one line reports both
    bent.plant("is HFENCE.GVMA", 0x62000073, fence, "arch_mmu_describe")
    for words, (funct7, rs2) in (("no SFENCE.W.INVAL", (0x0c, 0)), ("no SFENCE.INVAL.IR", (0x0c, 1))):
        bent.plant(words, nop, like(lambda n, t=(funct7, 0, rs2): fences.sfence(n) == t), "invalidate_here")
    bent.plant("writes sip, and no FENCE O,R", FENCE_RW_RW, like(lambda n: fences.writes_csr(n, 0x144)), "trap_dispatch",
               fences.output_before_reads)
    bent.plant("has no FENCE W,OW", FENCE_RW_RW, like(fences.stores_before_firmware), "arch_secondary_prepare")
    bent.plant("a cell could be split", lambda w: w & ~(1 << 12), cell_store("riscv64"))  # SW
    bent.plant("is not aligned", lambda w: w ^ 1 << 9, cell_store("riscv64"))  # 4 bytes on


def publishes(bent):
    bent.plant_all("some path to it has no publish()", publish.exchanges)
    if any(f.name == "pt_spots_make" for f in bent.functions):
        bent.plant_all("some path to it has no publish()", lambda f: f.name == "pt_spots_make")
    bent.point("does not contain arch_pt_publish", "kpt_env", "arch_pt_publish", "arch_pt_visible")


def protocols(bent):
    """A fence of a grace period, and the release of a callback's number."""
    def full(_, __, insn):
        return order.fence_orders(insn, bent.arch) & order.FULL and insn.file == "kern/grace.c"
    bent.plant("needs full here, and has none", NOP[bent.arch], full, "grace_sync_irqs")
    bent.plant("needs full here, and has none", NOP[bent.arch], full, "grace_barrier")


@pytest.mark.sample("arm64")
def test_each_mistake_is_reported(arch, tmp_path):
    bent = Bent(arch)
    {"arm64": arm64, "riscv64": riscv64}[arch](bent)
    publishes(bent)
    protocols(bent)
    bent.judge(str(tmp_path / arch))


def test_store_outside_the_engine(arch, tmp_path):
    """A file that accesses a cell, and an atomic access that bypasses lib/atomic.h."""
    (tmp_path / "kern").mkdir()
    (tmp_path / "kern/bad.c").write_text("""#include <mm/pt/pt_cell.h>
void bad(struct pt_cell *, unsigned *);
void bad(struct pt_cell *c, unsigned *n)
{
    pt_cell_store(c, 3);
    __atomic_fetch_add(n, 1, __ATOMIC_RELAXED);
}
""")
    (tmp_path / arch).mkdir()
    compiler = {"arm64": "aarch64", "riscv64": "riscv64"}[arch] + "-linux-gnu-gcc"
    flags = ["-mno-outline-atomics"] if arch == "arm64" else ["-mno-relax"]
    subprocess.run([compiler, "-O2", "-g", "-ffreestanding", "-I", os.getcwd(), "-ffile-prefix-map=%s=." % tmp_path,
                    "-ffile-prefix-map=%s=." % os.getcwd(), *flags, "-c", str(tmp_path / "kern/bad.c"),
                    "-o", str(tmp_path / arch / "hotplate.elf")], check=True)
    status, printed = lint(str(tmp_path / arch))
    assert status == 1 and "stores to a cell outside the engine (kern/bad.c)" in printed, printed
    assert "the line names no order" in printed and "its promise is not checked" in printed, printed


# (replaced text, new text, the operation that then lacks the order, only if gcc is older than)
PROBED = (
    ("__atomic_store_n(p, v, __ATOMIC_RELEASE)", "__atomic_store_n(p, v, __ATOMIC_RELAXED)", "atomic_store_release", 99),
    ("__atomic_load_n(p, __ATOMIC_ACQUIRE)", "__atomic_load_n(p, __ATOMIC_RELAXED)", "atomic_load_acquire", 99),
    ("__atomic_fetch_or(p, v, __ATOMIC_RELEASE)", "__atomic_fetch_or(p, v, __ATOMIC_RELAXED)", "atomic_fetch_or_release", 99),
    ("__atomic_thread_fence(__ATOMIC_SEQ_CST)", "__atomic_signal_fence(__ATOMIC_SEQ_CST)", "atomic_fence_seq_cst", 99),
    ("false, order, order)", "false, order, __ATOMIC_RELAXED)", "atomic_cas_acq_rel", 13),
)


@pytest.mark.both
@pytest.mark.parametrize("case", range(len(PROBED)))
def test_probe_says_it(case, arch, tmp_path):
    was, planted, operation, before = PROBED[case]
    compiler = {"arm64": "aarch64", "riscv64": "riscv64"}[arch] + "-linux-gnu-gcc"
    version = subprocess.run([compiler, "-dumpversion"], capture_output=True, text=True, check=True).stdout
    if before < 99 and (arch == "arm64" or int(version.split(".")[0]) >= before):
        pytest.skip("%s %s keeps the order of a success there" % (compiler, version.strip()))
    shutil.copytree("tools/python", tmp_path / "tools/python")
    (tmp_path / "lib").mkdir()
    for path in ("Makefile", "tools/hotplate", "lib/atomic.h", "lib/types.h"):
        shutil.copy(path, tmp_path / path)
    text = (tmp_path / "lib/atomic.h").read_text()
    assert was in text
    (tmp_path / "lib/atomic.h").write_text(text.replace(was, planted))
    flags = ["-O2", "-std=gnu11", "-ffreestanding", "-I."] + (["-mno-outline-atomics"] if arch == "arm64" else ["-mno-relax"])
    done = subprocess.run([str(tmp_path / "tools/hotplate"), "atomic-probe", arch, compiler, *flags], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and re.search(r"%s of (32|64) bits: " % operation, done.stdout), done.stdout + done.stderr


def test_lint_is_content(arch):
    status, printed = lint("build/" + arch)
    assert not status, printed
