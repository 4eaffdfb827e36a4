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


# Arm: x0 root, x1 table, x2 and x8 other words, x3 the pointer, x4 zero, x5 contents, x7 in the table; x9 and up for
# the row.
# RISC-V: the same in t0, t1, t2 and a2, a3, a4, a5; a0 and a1 for the row.
BEGIN = {"arm64": """
	.arch armv8.3-a+lse
	.globl _start
_start:	adrp x0, root
	adrp x1, table
	adrp x2, other
	mov x4, #0
	mov x5, #0x705
	movk x5, #0x4000, lsl #16
	sub x6, x5, #4
	str x6, [x0, #8]
	orr x3, x1, #3
	mov x6, #0xff
	msr mair_el1, x6
	ldr x6, =0x100803519
	msr tcr_el1, x6
	msr ttbr0_el1, x0
	dsb sy
	tlbi vmalle1
	dsb sy
	isb
	mrs x6, sctlr_el1
	orr x6, x6, #1
	msr sctlr_el1, x6
	isb
	add x7, x1, #24
	add x8, x2, #64
	dmb sy
	str x5, [x1, #8]
""", "riscv64": """
	.globl _start
_start:	la t0, root
	la t1, table
	la t2, other
	li a5, 0x200000cf
	sd a5, 16(t0)
	srli a3, t1, 2
	ori a3, a3, 1
	srli a4, t0, 12
	li a6, 8 << 60
	or a4, a4, a6
	sfence.vma
	csrw satp, a4
	sfence.vma
	li a4, 0
	addi a2, t2, 64
	fence rw, rw
	sd a5, 8(t1)
"""}
HOOK = {"arm64": "str x3, [x0, #40]", "riscv64": "sd a3, 40(t0)"}
END = {"arm64": """
	dsb sy
	ldr x0, =0x84000008
	hvc #0
	.ltorg
""", "riscv64": """
	sfence.vma
	li a7, 0x53525354
	li a6, 0
	li a0, 0
	li a1, 0
	ecall
"""}
PLACES = "\n\t.balign 4096\nroot:\t.zero 4096\ntable:\t.zero 4096\nother:\t.zero 4096\n"
