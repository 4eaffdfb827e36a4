# SPDX-License-Identifier: BSD-2-Clause
"""Barriers and atomic accesses are complete in the machine code.

In the program text of the linked kernels each atomic access has the order that
its name promises, TLB maintenance and barriers are complete on every path, and
only the engine stores to page-table cells, with one access each.

  tools/hotplate lint text [BUILD/ARCH...]

Without words: build/arm64 and build/riscv64.

tools/python/hotplate/program/ defines each rule, and the instructions that it
covers.
"""
import os

from hotplate import BUILD
from hotplate.program import atomics
from hotplate.program import cells
from hotplate.program import fences
from hotplate.program import places
from hotplate.program import publish
from hotplate.program.asm import Image
from hotplate.lint.core import Lint


def main(words: list[str]) -> int:
    directories = words or [os.path.join(BUILD, arch) for arch in ("arm64", "riscv64")]
    lint, counts = Lint("text"), [0] * 5
    for directory in directories:
        arch = "arm64" if "arm64" in os.path.basename(directory) else "riscv64"
        image = Image(directory + "/hotplate.elf", arch, lint)
        for n, rules in enumerate((atomics, fences, cells, publish, places)):
            counts[n] += rules.check(image)
    return lint.done(
        "%d images: %d atomic accesses, %d fences and barriers, %d accesses to cells, "
        "%d places of publish(), %d of protocols"
        % (len(directories), *counts)
    )
