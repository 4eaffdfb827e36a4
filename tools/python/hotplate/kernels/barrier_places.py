# SPDX-License-Identifier: BSD-2-Clause
"""The barriers of a linked Linux that order page tables, TLBs, entry and the start of CPUs, by line
of source, and its Image without one of them.

The file of a place is that of the innermost inlined function.  A function that is a barrier and no
more (PRIMITIVES) leaves its place to its caller, if the caller is in one of the files as well.  The
copies of a line that were inlined are one place, also those of an alternative (the instruction, and
the one that replaces it at boot).
"""
import os
import re
import struct
import subprocess
from typing import NamedTuple

from hotplate import fail
from hotplate.barriers.find import Frame, frames
from hotplate.barriers.weaken import Form, forms
from hotplate.kernels import image
from hotplate.program.asm import COMMENT, INSN, PREFIX, SYMBOL, Insn

SUBJECTS = {
    "arm64": re.compile(
        r"arch/arm64/(mm/|kernel/(pi/|entry|head|smp|sleep|suspend|cpu-reset|process)|include/asm/"
        r"(tlb|barrier|pgtable|pgalloc|mmu|cacheflush|fixmap|hugetlb|assembler|uaccess))"
    ),
    "riscv64": re.compile(
        r"arch/riscv/(mm/|kernel/(pi/|entry|head|smp|suspend|cpu_ops|cpu-hotplug|patch|process)"
        r"|include/asm/(tlb|barrier|fence|pgtable|pgalloc|mmu|cacheflush|fixmap|hugetlb|switch_to"
        r"|asm\.h))"
    ),
}
PRIMITIVES = {
    "local_flush_tlb_all",
    "local_flush_tlb_page",
    "local_flush_tlb_all_asid",
    "local_flush_tlb_page_asid",
    "local_flush_icache_all",
    "local_sinval_vma",
    "local_sfence_inval_ir",
    "local_sfence_w_inval",
}
# Invalidations are no barriers; SFENCE.VMA is both.
KINDS = ("dmb dsb isb acquire release fence aq rl fence.i sfence.vma svinval").split()
WHERE = re.compile(r".*(?:^|/)(arch/(?:arm64|riscv)/.*)")
# The table of alternatives: its first and last symbol, an entry, and the number of its field with
# the length of the replacement.  Its first two fields are the distances of the instruction and of
# its replacement (asm/alternative.h).
ALTERNATIVES = {
    "arm64": ("__alt_instructions", "__alt_instructions_end", "<iiHBB", 4),
    "riscv64": ("__alt_start", "__alt_end", "<iiHHI", 3),
}
CALLBACK = 1 << 15  # arm64: a function makes the instructions
IDMAP = ("__idmap_text_start", "__idmap_text_end")
TRAMPOLINE = ("__entry_tramp_text_start", "__entry_tramp_text_end")  # arm64, mapped in the fixmap


class Place(NamedTuple):
    file: str
    line: str
    form: Form
    functions: tuple[str, ...]
    at: tuple[int, ...]  # addresses of the copies
    was: tuple[int, ...]
    words: tuple[int, ...]  # without the order

    @property
    def name(self) -> str:
        return f"{self.file}:{self.line} {self.form.what}"


def instructions(path: str, arch: str) -> list[Insn]:
    """Those that order something; `file` is the function and an offset.  (asm.disassemble reads
    lines as well, which takes minutes here.)"""
    words = [PREFIX[arch][0] + "objdump", "-d", path]
    found, start, name = [], 0, ""
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        for text in process.stdout or ():
            match = SYMBOL.match(text)
            if match and not match[2].startswith(".L"):  # riscv64's objects keep their labels
                start, name = int(match[1], 16), match[2]
            match = INSN.match(text.rstrip("\n"))
            if not match or len(match[2]) != 8:
                continue
            at, args = int(match[1], 16), COMMENT.sub("", match[4]).strip()
            insn = Insn(at, match[2], match[3], args, (f"{name}+{at - start:#x}", 0))
            made = forms(insn, arch)
            if made and made[0].kind in KINDS:
                found.append(insn)
    if process.returncode:
        fail(f"{words[0]} ended with status {process.returncode}")
    return found


def source_of(frame: Frame) -> str:
    """Its path in the tree of Linux."""
    found = WHERE.match(os.path.normpath(frame.file))
    return found[1] if found else frame.file


def owner(chain: list[Frame], arch: str) -> Frame | None:
    """The frame that a barrier belongs to; None: it is in none of the files."""
    inner = next((f for f in chain if f.function not in PRIMITIVES), chain[-1])
    for frame in (inner, chain[0]):
        if frame.line and SUBJECTS[arch].match(source_of(frame)):
            return frame
    return None


class Image:
    """The Image of an ELF file of Linux, its symbols, and its places."""

    def __init__(self, path: str) -> None:
        # riscv64: vmlinux lacks the relocations with which the kernel moves itself.
        whole = path + ".relocs"
        kernel = image.kernel(whole if os.path.exists(whole) else path)
        if not kernel.elf:
            fail(f"{path} is no ELF file: vmlinux, of tools/hotplate kernels build LINE_INFO=yes")
        self.path, self.kernel = path, kernel
        self.arch, self.version, self.bytes = kernel.arch, kernel.version, kernel.image
        command = [PREFIX[self.arch][0] + "nm", "-n", path]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        rows = [line.split() for line in text.splitlines() if line[0] != " "]
        self.symbols = {row[2]: int(row[0], 16) for row in rows}
        self.base = self.symbols["_text" if self.arch == "arm64" else "_start"]
        # Constants are symbols too; the machine regards the first one as the link address.
        own = (row for row in rows if int(row[0], 16) >= self.base)
        self.map = "".join(" ".join(row) + "\n" for row in own)
        self.originals = self.alternatives()

    def alternatives(self) -> dict[int, int]:
        """For each instruction of a replacement, the address at which it is executed."""
        first, last, entry, length = ALTERNATIVES[self.arch]
        found = {}
        for at in range(self.symbols[first], self.symbols[last], struct.calcsize(entry)):
            fields = struct.unpack_from(entry, self.bytes, at - self.base)
            if self.arch == "arm64" and fields[2] & CALLBACK:
                continue
            old, new = at + fields[0], at + 4 + fields[1]
            found.update({new + n: old + n for n in range(0, fields[length], 2)})
        return found

    def places(self) -> list[Place]:
        """In the order of files and lines."""
        insns = instructions(self.path, self.arch)
        chains = frames(self.path, self.arch, [i.at for i in insns])
        groups: dict[tuple[str, int, str, str], list[tuple[Insn, Form, str]]] = {}
        for insn, chain in zip(insns, chains):
            own, form = owner(chain, self.arch), forms(insn, self.arch)[0]
            key = (source_of(own), own.line, str(own.line), form.what) if own else None
            if not any(f.line for f in chain) and self.within(IDMAP, insn.at):
                key = (".idmap.text", 0, insn.file, form.what)
            if key:
                groups.setdefault(key, []).append((insn, form, insn.file.split("+")[0]))
        if not any(key[1] for key in groups):
            fail(f"{self.path} has no lines of source: tools/hotplate kernels build LINE_INFO=yes")
        return [self.place(key, groups[key]) for key in sorted(groups)]

    def within(self, edges: tuple[str, str], at: int) -> bool:
        first, last = (self.symbols.get(name, 0) for name in edges)
        return first <= at < last

    def place(self, key: tuple[str, int, str, str], members: list[tuple[Insn, Form, str]]) -> Place:
        functions = tuple(sorted({m[2] for m in members}))
        at, was = tuple(m[0].at for m in members), tuple(m[0].word for m in members)
        words = tuple(m[1].word for m in members)
        return Place(key[0], key[2], members[0][1], functions, at, was, words)

    def without(self, place: Place) -> bytes:
        bent = bytearray(self.bytes)
        for at, was, word in zip(place.at, place.was, place.words):
            if struct.unpack_from("<I", bent, at - self.base) != (was,):
                fail(f"{self.path}: {at:x} of {place.name} is not {was:08x} in its Image")
            struct.pack_into("<I", bent, at - self.base, word)
        return bytes(bent)

    def reaches(self, at: int, reached: bytes) -> bool:
        """By the file of reach=."""
        half = (at - self.base) // 2
        return half < len(reached) and bool(reached[half])

    def executed(self, place: Place, reached: bytes) -> bool:
        """A copy was, or a replacement may have been: that of an instruction whose address was
        executed.  The trampoline has another address than its link's."""
        return any(
            self.within(TRAMPOLINE, at) or self.reaches(self.originals.get(at, at), reached)
            for at in place.at
        )
