# SPDX-License-Identifier: BSD-2-Clause
"""A loader that turns the MMU on and jumps to the Image; QEMU -kernel starts it."""
import os
import subprocess

from conftest import LOGS

# Stage 1 maps every address to itself; DAIF open; x1 to x30 and sp hold nothing of use.
ARM64 = """
	mov	x27, x0
	adr	x1, table
	ldr	x2, =0xff
	mrs	x3, CurrentEL
	cmp	x3, #8
	b.eq	2f
	msr	mair_el1, x2
	ldr	x2, =0x200803519
	msr	tcr_el1, x2
	msr	ttbr0_el1, x1
	isb
	mrs	x2, sctlr_el1
	ldr	x3, =0x1005
	orr	x2, x2, x3
	msr	sctlr_el1, x2
	b	3f
2:	msr	mair_el2, x2
	ldr	x2, =0x80823519
	msr	tcr_el2, x2
	msr	ttbr0_el2, x1
	ldr	x2, =VHE
	cbz	x2, 4f
	mrs	x3, hcr_el2
	orr	x3, x3, x2
	msr	hcr_el2, x3
	isb
	ldr	x2, =0x200803519
	msr	tcr_el2, x2
4:	isb
	mrs	x2, sctlr_el2
	ldr	x3, =0x1005
	orr	x2, x2, x3
	msr	sctlr_el2, x2
3:	isb
	ldr	x30, =IMAGE
	mov	x0, x27
	.irp	n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29
	movz	x\\n, #0xbad0 + \\n
	.endr
	mov	sp, x1
	msr	tpidr_el1, x2
	msr	daifclr, #15
	br	x30
	.ltorg
	.balign	4096
table:	.quad	0x00000405
	.irp	gib, 1, 2, 3
	.quad	\\gib << 30 | 0x701
	.endr
	.balign	4096
"""
# Sv39 maps every address to itself; a timer interrupt is pending and enabled, FS and VS are dirty.
RISCV64 = """
	mv	s0, a0
	mv	s1, a1
	csrci	sstatus, 2
	li	a0, 0
	li	a7, 0x54494d45
	li	a6, 0
	ecall
	lla	t0, table
	srli	t0, t0, 12
	li	t1, 8 << 60
	or	t0, t0, t1
	sfence.vma
	csrw	satp, t0
	li	t0, 0x222
	csrw	sie, t0
	li	t0, 3 << 13 | 3 << 9 | 1 << 18 | 1 << 19
	csrs	sstatus, t0
	csrw	stvec, zero
	csrw	sscratch, t0
	li	ra, IMAGE
	mv	a0, s0
	mv	a1, s1
	.irp	r, sp,gp,tp,t0,t1,t2,s0,s1,a2,a3,a4,a5,a6,a7,s2,s3,s4,s5,s6,s7,s8,s9,s10,s11,t3,t4,t5,t6
	li	\\r, 0xbad
	.endr
	jr	ra
	.balign	4096
table:
	.irp	gib, 0, 1, 2, 3
	.quad	\\gib << 28 | 0xcf
	.endr
	.balign	4096
"""


LOADERS = {"arm64": ("aarch64-linux-gnu-", ARM64), "riscv64": ("riscv64-linux-gnu-", RISCV64)}
RAM = {"arm64": 0x40000000, "riscv64": 0x80000000}


def loader(arch, image, vhe, text=None):
    """Build the loader as a file that QEMU's -kernel starts; returns its path."""
    prefix, usual = LOADERS[arch]
    name = os.path.join(LOGS, "loader-%s-%x-%d%s" % (arch, image, vhe, "-indirect" if text else ""))
    text = (text or usual).replace("IMAGE", "0x%x" % image).replace("VHE", "%d" % (vhe << 34))
    subprocess.run([prefix + "gcc", "-nostdlib", "-static", "-Wl,--build-id=none,-e,0,-Ttext=0x%x" % (RAM[arch] + (2 << 20)),
                    "-x", "assembler", "-", "-o", name + ".elf"], input=text.encode(), check=True)
    subprocess.run([prefix + "objcopy", "-O", "binary", "-j", ".text", name + ".elf", name], check=True)
    return name
