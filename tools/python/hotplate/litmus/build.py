# SPDX-License-Identifier: BSD-2-Clause
"""Assemble the code of many litmus tests as one program."""
import os
import re
import subprocess

from hotplate import fail
from hotplate.command import warn
from hotplate.litmus import bare

TOOLS = {
    "AArch64": (
        "arm64",
        ["aarch64-linux-gnu-gcc", "-Wl,-Ttext=0x40200000"],
        "aarch64-linux-gnu-objcopy",
    ),
    "RISCV": (
        "riscv64",
        [
            "riscv64-linux-gnu-gcc",
            "-march=rv64imac_zicsr_zifencei",
            "-mabi=lp64",
            "-Wl,--no-relax,-Ttext=0x80200000",
        ],
        "riscv64-linux-gnu-objcopy",
    ),
}
OPTIONS = ["-nostdlib", "-static", "-Wl,--build-id=none"]
ERROR = re.compile(r"\.s:(\d+): Error: (.*)")


class Builder:
    """Builds tests of one architecture into a program."""

    def __init__(self, arch: str) -> None:
        self.arch = arch
        self.machine, self.compiler, self.objcopy = TOOLS[arch]

    def source(self, tests: list[bare.Laid]) -> tuple[str, list[int]]:
        """The program, and for each of its lines the test that it belongs to, or -1."""
        raise NotImplementedError

    def assembled(self, tests: list[bare.Laid], folder: str) -> list[bare.Laid]:
        """Build the program; the tests that the assembler accepts."""
        source, elf = os.path.join(folder, "litmus.s"), os.path.join(folder, "litmus.elf")
        while tests:
            text, owner = self.source(tests)
            with open(source, "w", encoding="utf-8") as out:
                out.write(text)
            command = [*self.compiler, *OPTIONS, source, "-o", elf]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                flat = os.path.join(folder, "litmus.bin")
                subprocess.run([self.objcopy, "-O", "binary", elf, flat], check=True)
                symbols = self.symbols(elf)
                for laid in tests:
                    laid.symbols = symbols
                return tests
            bad = {owner[int(n) - 1]: why for n, why in ERROR.findall(done.stderr)}
            if not bad or -1 in bad:
                fail(f"the program of {len(tests)} tests: {done.stderr[:300]}")
            for number, why in bad.items():
                warn(f"{tests[number].path}: the assembler: {why}")
            tests = [t for n, t in enumerate(tests) if n not in bad]
        return []

    def symbols(self, elf: str) -> dict[str, int]:
        nm = self.objcopy.replace("objcopy", "nm")
        done = subprocess.run([nm, elf], capture_output=True, text=True, check=True)
        rows = (line.split() for line in done.stdout.splitlines())
        return {row[2]: int(row[0], 16) for row in rows if len(row) == 3}
