# SPDX-License-Identifier: BSD-2-Clause
"""Bare S-mode programs for the worst legal machine: each checks one statement of a manual, many times, and prints `ok
N` or `bad N` (N: the round, or a count).

Addresses are identical from 2 GiB on.  The 512 pages at WINDOW have entries at `leaves`, the last page of all has one
at `last`; frame(n) is RAM for them.  A trap jumps to the address in s11 with its cause in s10; with 0 in s11 it ends
the program."""

WINDOW = 0x40000000
TOP = 0xfffffffffffff000
V, R, W, X, U, G, A, D = (1 << n for n in range(8))
MINE = 1 << 8  # the first of the bits reserved for software

HEAD = """
	.option norelax
	.option norvc
	.globl _start
_start:	lla t0, trap
	csrw stvec, t0
	lla t0, root
	lla t1, top_mid
	srli t1, t1, 2
	ori t1, t1, 1
	li t2, 511 * 8
	add t2, t2, t0
	sd t1, 0(t2)
	lla t1, mid
	srli t1, t1, 2
	ori t1, t1, 1
	sd t1, 8(t0)
	li t1, 0x80000 << 10 | 0xcf
	sd t1, 16(t0)
	lla t0, mid
	lla t1, leaves
	srli t1, t1, 2
	ori t1, t1, 1
	sd t1, 0(t0)
	lla t0, last
	lla t1, top_leaves
	srli t2, t1, 2
	ori t2, t2, 1
	sd t2, -8(t1)
	fence
	lla t0, root
	srli t0, t0, 12
	li t1, 8 << 60
	or t0, t0, t1
	csrw satp, t0
	sfence.vma
	li s11, 0
	li s0, 0
"""

TAIL = """
ok:	lla s1, words
	j 1f
bad:	lla s1, words + 4
1:	li s2, 4
2:	lbu a0, 0(s1)
	li a7, 1
	ecall
	addi s1, s1, 1
	addi s2, s2, -1
	bnez s2, 2b
	li s2, 28
3:	srl a0, s0, s2
	andi a0, a0, 15
	addi a0, a0, 48
	li t0, 58
	blt a0, t0, 4f
	addi a0, a0, 39
4:	li a7, 1
	ecall
	addi s2, s2, -4
	bgez s2, 3b
	li a0, 10
	li a7, 1
	ecall
	li a0, 0
	li a1, 0
	li a6, 0
	li a7, 0x53525354
	ecall
	.balign 4
trap:	csrr s10, scause
	beqz s11, bad
	csrw sepc, s11
	li s11, 0
	sret
words:	.ascii "ok  bad "
	.balign 4096
root:	.skip 4096
mid:	.skip 4096
leaves:	.skip 4096
top_mid: .skip 4096
top_leaves: .skip 4096 - 8
last:	.skip 8
frames:	.skip 64 * 4096
"""


def pte(where, bits, register="t1", scratch="t2"):
    """Code that makes an entry for a label's frame."""
    return f"lla {register}, {where}\nsrli {register}, {register}, 2\nli {scratch}, {bits}\nor {register}, {register}, {scratch}"


def at_round(pages=512):
    """s3: the address of the round's page; s4: that of its entry."""
    return f"""
	li t0, {pages - 1}
	and t0, t0, s0
	slli s3, t0, 12
	li t1, {WINDOW}
	add s3, s3, t1
	slli s4, t0, 3
	lla t1, leaves
	add s4, s4, t1
"""


def rounds(n, each):
    return f"round:\n{each}\n\taddi s0, s0, 1\n\tli t0, {n}\n\tblt s0, t0, round\n"


def program(body):
    return HEAD + body + TAIL


# A reservation may survive a trap and its SRET ("is not required to" clear it); an SC of the trap's exit ends it.
RESERVED = """
	lla t0, frames
	lla s11, 1f
	lr.d t1, (t0)
	ebreak
1:	{exit}
	sc.d t2, t1, (t0)
	beqz t2, {survived}
"""
RESERVATION_SURVIVES = program(rounds(400, RESERVED.format(exit="nop", survived="ok")) + "\tj bad\n")
RESERVATION_ENDS = program(rounds(400, RESERVED.format(exit="sc.d zero, t1, (t0)", survived="bad")))

# The kernel's own trap entry and exit around a handler that leaves a reservation (LR, no SC): the interrupted SC must fail.
TRAP_EXIT = program("""
#include "arch/riscv64/offsets.h"
	lla tp, cpu
	csrw sscratch, tp
	lla t0, boot_stack_top
	sd t0, CPU_STACK_TOP(tp)
	sd t0, CPU_OVERFLOW_TOP(tp)
	mv sp, t0
	lla t0, trap_vector
	csrw stvec, t0
""" + rounds(400, """
	lla s3, frames
	lr.d s4, (s3)
	ebreak
	sc.d s5, s4, (s3)
	beqz s5, bad
""") + """
	j ok
trap_dispatch:
	ld t0, 256(a0)
	addi t0, t0, 4
	sd t0, 256(a0)
	lla t1, frames
	lr.d t2, (t1)
	ret
	.balign 16
cpu:	.skip 4096
	.skip 16384
boot_stack_top:
#include "arch/riscv64/vectors.S"
""")

# Svadu: when the hart sets A and D, it reads its own store, which a fence has made visible to its walks.
UPDATE_BEHIND_FENCE = program(rounds(400, at_round() + pte("frames", V | R | W) + """
	sd t1, 0(s4)
	sfence.vma
	sd s0, 0(s3)
"""))

# ... and a store that is older in program order does not undo it.
UPDATE_STAYS = program(rounds(400, at_round() + pte("frames", V | R | W | A) + f"""
	sd t1, 0(s4)
	fence
	sfence.vma
	ld t0, 0(s3)
	ori t1, t1, {MINE}
	sd t1, 0(s4)
	sd s0, 0(s3)
	fence
	ld t0, 0(s4)
	andi t0, t0, {MINE | D}
	li t1, {MINE | D}
	bne t0, t1, bad
"""))

# A fetch whose second half has a page fault ends with that cause (12), even if the failed walk is cached.
CROSSING = program("lla t0, leaves\n" + pte("half_1", V | R | X | A | D) + """
	sd t1, 0(t0)
""" + rounds(3000, f"""
	lla t0, leaves
	sd zero, 8(t0)
	fence
	sfence.vma
	lla s11, 1f
	li t0, {WINDOW + 0xffe}
	jr t0
1:	li t0, 12
	bne s10, t0, bad
	lla t0, leaves
""" + pte("half_1 + 4096", V | R | X | A | D) + f"""
	sd t1, 8(t0)
	fence
	lla s11, 2f
	lla ra, 2f
	li s10, 12
	li t0, {WINDOW + 0xffe}
	jr t0
2:	li s11, 0
	li t0, 12
	bne s10, t0, bad
""") + """
	j ok
	.balign 4096
half_1:	.skip 4094
	addi a0, a0, 1
	jr ra
	.skip 4096 - 6
""")


def remote(extension, function, start, size):
    return f"""
	li a0, 1
	li a1, 0
	li a2, {start}
	li a3, {size}
	li a6, {function}
	li a7, {extension}
	ecall
	bnez a0, bad
"""


def change(address, entry, fence):
    """Move a page from one frame to another; s5 is the value read after the fence: 1 from the old frame, 2 from the
    new."""
    both = V | R | W | A | D
    return f"""
	lla t0, {entry}
""" + pte("frames", both) + """
	sd t1, 0(t0)
	fence
	sfence.vma
""" + f"""
	li s3, {address}
	ld t2, 0(s3)
	lla t0, {entry}
""" + pte("frames + 4096", both) + f"""
	sd t1, 0(t0)
	fence
{fence}
	li s3, {address}
	ld s5, 0(s3)
"""


FRAMES = """
	lla t0, frames
	li t1, 1
	sd t1, 0(t0)
	lui t2, 1
	add t0, t0, t2
	li t1, 2
	sd t1, 0(t0)
	fence
"""
RFENCE = 0x52464E43

# A remote SFENCE.VMA of a range takes effect for every address, also for the last of the address space.
LAST_PAGE = program(FRAMES + rounds(200, change(TOP, "last", remote(RFENCE, 1, TOP, 0x1000)) + """
	li t0, 2
	bne s5, t0, bad
"""))

# No manual guarantees that a range elsewhere, however large, removes the leaf (firmware=text).  N: how often it
# stayed.
FAR_RANGE = program(FRAMES + "li s6, 0\n" + rounds(200, change(WINDOW, "leaves", remote(RFENCE, 1, 0x10000000, 0x4000000)) + """
	li t0, 1
	bne s5, t0, 1f
	addi s6, s6, 1
1:
""") + """
	mv s0, s6
	beqz s0, bad
""")

# Nor that a leaf is invalidated with the path to it (tlb=1).  N: how often it was used without one; satp is written,
# so only cached walks can be used.
STALE_PATH = program("li s6, 0\n" + rounds(400, "lla t0, leaves\n" + pte("frames", V | R | A) + f"""
	sd t1, 0(t0)
	lla t0, root
	lla t1, mid
	srli t1, t1, 2
	ori t1, t1, 1
	sd t1, 8(t0)
	fence
	sfence.vma
	li s3, {WINDOW}
	ld t1, 0(s3)
	sd zero, 8(t0)
	fence
	csrr t1, satp
	csrw satp, t1
	lla s11, 1f
	ld t1, 0(s3)
	addi s6, s6, 1
1:	li s11, 0
""") + """
	mv s0, s6
	beqz s0, bad
""")

# A remote FENCE.I makes a hart fetch the stores that it can load.  Hart 1 writes an instruction and has hart 0
# execute it.
OWN_TEXT = """
	.option norelax
	.option norvc
	.globl _start
_start:	li a0, 1
	lla a1, second
	li a2, 0
	li a6, 0
	li a7, 0x48534d
	ecall
	li s0, 0
	lla s3, mail
1:	addi s0, s0, 1
2:	lw t0, 0(s3)
	bne t0, s0, 2b
	fence
	li a0, 2
	li a1, 0
	li a6, 0
	li a7, 0x52464e43
	ecall
	fence
	sw s0, 512(s3)
	li t0, 400
	blt s0, t0, 1b
	li s0, 0
3:	lw t0, 1024(s3)
	beqz t0, 3b
	lw s0, 1536(s3)
	bnez s0, bad
	j ok
second:	li s0, 0
	lla s3, mail
	lla s4, code
	li s5, 0x00000513
4:	addi s0, s0, 1
	andi t0, s0, 1023
	slli t0, t0, 20
	or t0, t0, s5
	sw t0, 0(s4)
	sw s0, 0(s3)
5:	lw t0, 512(s3)
	bne t0, s0, 5b
	jalr s4
	beq a0, s0, 6f
	sw s0, 1536(s3)
6:	li t0, 400
	blt s0, t0, 4b
	fence
	li t0, 1
	sw t0, 1024(s3)
7:	wfi
	j 7b
	.balign 4096
code:	li a0, 0
	ret
	.balign 4096
mail:	.skip 4096
""" + TAIL
