# SPDX-License-Identifier: BSD-2-Clause
"""Programs and commands for the worst legal machine."""
import subprocess

from conftest import TOP

# The compiler with its options, and objcopy; QEMU and the machine start the program at the address of .text (arm64: at EL1).
COMPILER = {
    "arm64": (["aarch64-linux-gnu-gcc", "-g", "-nostdlib", "-static", "-Wl,-Ttext=0x40200000,--build-id=none"],
              "aarch64-linux-gnu-objcopy"),
    "riscv64": (["riscv64-linux-gnu-gcc", "-march=rv64imac_zicsr_zifencei", "-mabi=lp64", "-g", "-nostdlib", "-static", "-I" + TOP,
                 "-Wl,--no-relax,-Ttext=0x80200000,--build-id=none"], "riscv64-linux-gnu-objcopy"),
}


def assembled(arch, tmp_path, text):
    """Build a flat file of this program; returns its path."""
    source, elf, flat = (str(tmp_path / n) for n in ("seq.S", "seq.elf", "seq.bin"))
    with open(source, "w", encoding="utf-8") as f:
        f.write(text)
    compiler, objcopy = COMPILER[arch]
    subprocess.run([*compiler, source, "-o", elf], check=True, capture_output=True)
    subprocess.run([objcopy, "-O", "binary", elf, flat], check=True)
    return flat


def tool(name, *words):
    """Only a tool that hangs takes this long, whatever else the host runs."""
    return subprocess.run(["tools/hotplate", name, *words], cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          timeout=1800)
