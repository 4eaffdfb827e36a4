# SPDX-License-Identifier: BSD-2-Clause
"""Check the memory order of each operation of lib/atomic.h.

The code that the compiler generates has the order that the name promises, and calls no function.

  tools/hotplate atomic-probe ARCH CC [FLAG...] with these flags alone: a part of every build
  tools/hotplate atomic-probe   every cross compiler that is installed, with the flags that matter
"""
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator

from hotplate import TOP
from hotplate.command import usage
from hotplate.program.asm import Function, disassemble, flow_of
from hotplate.program.order import FULL, LOAD, OWES, STORE, access, fulfils, together

HEADER = os.path.join(TOP, "lib/atomic.h")
NAME = re.compile(
    r"^#define (atomic_(\w+?)_(relaxed|acquire|release|acq_rel|seq_cst))\(([^)]*)\)", re.M
)
FLAGS = {
    "arm64": ["-mgeneral-regs-only", "-mstrict-align", "-mno-outline-atomics"],
    "riscv64": ["-march=rv64imac_zicsr_zifencei", "-mabi=lp64", "-mno-relax"],
}
COMPILERS = {
    "arm64": ("aarch64-linux-gnu-gcc",),
    "riscv64": ("riscv64-linux-gnu-gcc", "riscv64-unknown-elf-gcc"),
}
KINDS = {"load": LOAD, "store": STORE, "fence": 0}  # others: both


def operations() -> list[tuple[str, str, str, str]]:
    """(name, operation, order, arguments)"""
    with open(HEADER, encoding="utf-8") as f:
        return NAME.findall(f.read())


def source(name: str, arguments: str, bits: int) -> str:
    parts = [a.strip() for a in arguments.split(",") if a.strip()]
    types = {"p": "u%d *", "old": "u%d *", "v": "u%d ", "new": "u%d "}
    declared = ", ".join(types[a] % bits + a for a in parts) or "void"
    kind = (
        "void"
        if "store" in name or "fence" in name
        else "bool"
        if "_cas_" in name
        else "u%d" % bits
    )
    call = "%s(%s);" % (name, ", ".join(parts))
    return "%s %s_%d(%s);\n%s %s_%d(%s) { %s%s }\n" % (
        kind,
        name,
        bits,
        declared,
        kind,
        name,
        bits,
        declared,
        "" if kind == "void" else "return ",
        call,
    )


def judge_fence(function: Function, order: str) -> str:
    owed = FULL if order == "seq_cst" else OWES[order]
    return (
        "" if together(function.insns, function.arch) & owed == owed else "no fence of that order"
    )


def judge(function: Function, operation: str, order: str, bits: int) -> str:
    """The first defect, or ""."""
    if any(flow_of(i, function.arch) == "call" for i in function.insns):
        return "calls a function"
    if operation == "fence":
        return judge_fence(function, order)
    wanted, seen = KINDS.get(operation, LOAD | STORE), 0
    for i, insn in enumerate(function.insns):
        what = access(insn, function.arch)
        if not what or (wanted == LOAD | STORE and not what.atomic):
            continue  # `old` of a compare-and-exchange
        seen |= what.kind
        lacks = fulfils(function, i, order)
        if lacks:
            return "%s at %x has no %s" % (insn.op, insn.at, lacks)
    return "" if seen & wanted == wanted else "does not access the object"


def probe(arch: str, compiler: str, flags: list[str]) -> tuple[list[tuple[str, int, str]], int]:
    """[(name, bits, defect)], number of operations that were checked"""
    found, table = [], operations()
    with tempfile.TemporaryDirectory() as directory:
        c, o = os.path.join(directory, "probe.c"), os.path.join(directory, "probe.o")
        with open(c, "w", encoding="utf-8") as f:
            f.write(
                "#include <lib/atomic.h>\n"
                + "".join(source(n, a, b) for n, _, _, a in table for b in (32, 64))
            )
        # Without it, stores to the stack frame, which is private, would be among the accesses.
        subprocess.run(
            compiler.split() + flags + ["-fomit-frame-pointer", "-c", c, "-o", o],
            check=True,
            cwd=TOP,
        )
        functions = {f.name: f for f in disassemble(o, arch, prefix_of(compiler))}
    for name, operation, order, _ in table:
        for bits in (32, 64):
            wrong = judge(functions["%s_%d" % (name, bits)], operation, order, bits)
            if wrong:
                found.append((name, bits, wrong))
    return found, 2 * len(table)


def prefix_of(compiler: str) -> str | None:
    """For example riscv64-unknown-elf- of riscv64-unknown-elf-gcc, if it has an objdump."""
    match = re.search(r"(\S*-)gcc[-.\d]*$", compiler)
    return match[1] if match and shutil.which(match[1] + "objdump") else None


def version(compiler: str) -> str:
    return subprocess.run(
        compiler.split() + ["-dumpfullversion"], capture_output=True, text=True, check=True
    ).stdout.strip()


def installed() -> Iterator[tuple[str, str, list[str]]]:
    """(architecture, compiler, flags): names without and with a version; each version once."""
    for arch, names in COMPILERS.items():
        for name in names:
            seen = set()
            for candidate in [name] + ["%s-%d" % (name, v) for v in range(11, 20)]:
                if shutil.which(candidate) and version(candidate) not in seen:
                    seen.add(version(candidate))
                    yield arch, candidate, [
                        "-std=gnu11",
                        "-O2",
                        "-ffreestanding",
                        "-fno-pic",
                        "-I.",
                    ] + FLAGS[arch]


def main(words: list[str]) -> int:
    if len(words) == 1 or words and words[0] not in COMPILERS:
        usage(__doc__)
    jobs = [(words[0], words[1], words[2:])] if words else list(installed())
    bad = 0
    for arch, compiler, flags in jobs:
        found, count = probe(arch, compiler, flags)
        for name, bits, wrong in found:
            print(
                "lib/atomic.h: %s %s, %s of %d bits: %s"
                % (compiler, version(compiler), name, bits, wrong)
            )
        bad += len(found)
        if not words or found:
            print(
                "atomics        %s  (%d operations by %s %s)"
                % (
                    "%d findings" % len(found) if found else "ok",
                    count,
                    compiler,
                    version(compiler),
                )
            )
    return 1 if bad else 0
