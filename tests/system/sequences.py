# SPDX-License-Identifier: BSD-2-Clause
"""A bare S-mode program of random instructions in assembly, which prints a checksum of all registers after every few
blocks.

Two machines that run it agree if the checksums are equal.  x1 is the checksum's factor, x2 the count of rounds, x3
memory, x4 the checksum; instructions use x5 to x31, which have the values of the previous round.
"""
import random

REG = [f"x{n}" for n in range(5, 32)]
SMALL = [f"x{n}" for n in range(8, 16)]  # registers of compressed instructions
R_TYPE = ("add sub sll slt sltu xor srl sra or and addw subw sllw srlw sraw mul mulh mulhsu mulhu div divu rem remu "
          "mulw divw divuw remw remuw").split()
I_TYPE = "addi slti sltiu xori ori andi addiw".split()
SHIFTS = {"slli": 64, "srli": 64, "srai": 64, "slliw": 32, "srliw": 32, "sraiw": 32}
LOADS = "lb lh lw ld lbu lhu lwu".split()
STORES = "sb sh sw sd".split()
BRANCHES = "beq bne blt bge bltu bgeu".split()
AMOS = "swap add xor and or min max minu maxu".split()
ORDERS = ["", ".aq", ".rl", ".aqrl"]
C_TWO = "c.sub c.xor c.or c.and c.subw c.addw".split()
SCRATCH = 2048  # bytes on either side of x3


def arithmetic(r):
    kind = r.randrange(4)
    if kind == 0:
        return f"{r.choice(I_TYPE)} {r.choice(REG)}, {r.choice(REG)}, {r.randrange(-2048, 2048)}"
    if kind == 1:
        op = r.choice(sorted(SHIFTS))
        return f"{op} {r.choice(REG)}, {r.choice(REG)}, {r.randrange(SHIFTS[op])}"
    if kind == 2 and r.randrange(4) == 0:
        return f"{r.choice(['lui', 'auipc'])} {r.choice(REG)}, {r.randrange(1 << 20)}"
    return f"{r.choice(R_TYPE)} {r.choice(REG)}, {r.choice(REG)}, {r.choice(REG)}"


def compressed(r):
    a, b = r.choice(SMALL), r.choice(SMALL)
    return r.choice([
        f"{r.choice(C_TWO)} {a}, {b}", f"c.mv {r.choice(REG)}, {r.choice(REG)}", f"c.add {r.choice(REG)}, {r.choice(REG)}",
        f"c.li {r.choice(REG)}, {r.randrange(-32, 32)}", f"c.addi {r.choice(REG)}, {r.choice([-32, -1, 1, 31])}",
        f"c.addiw {r.choice(REG)}, {r.randrange(-32, 32)}", f"c.andi {a}, {r.randrange(-32, 32)}",
        f"c.srli {a}, {r.randrange(1, 64)}", f"c.srai {a}, {r.randrange(1, 64)}", f"c.slli {r.choice(REG)}, {r.randrange(1, 64)}",
        f"c.lui {r.choice(REG)}, {r.choice([1, 31, 0xfffe0, 0xfffff])}", f"c.addi4spn {a}, sp, {4 * r.randrange(1, 256)}",
    ])


def memory(r):
    if r.randrange(2):
        return f"{r.choice(LOADS)} {r.choice(REG)}, {r.randrange(-SCRATCH, SCRATCH - 8)}(x3)"
    return f"{r.choice(STORES)} {r.choice(REG)}, {r.randrange(-SCRATCH, SCRATCH - 8)}(x3)"


def through_pointer(r):
    """A compressed access, whose base is one of eight registers."""
    base, other, wide = r.choice(SMALL), r.choice(SMALL), r.randrange(2)
    at = r.randrange(32) * (8 if wide else 4)
    op = r.choice(["c.ld", "c.sd"] if wide else ["c.lw", "c.sw"])
    return f"addi {base}, x3, {8 * r.randrange(-200, 200)}\n{op} {other}, {at}({base})"


PAIRS = True  # use LR and SC; an SC may fail by chance


def atomic(r):
    base = r.choice(REG)
    size, order = r.choice("wd"), r.choice(ORDERS)
    begin = f"addi {base}, x3, {8 * r.randrange(-200, 200)}\n"
    if PAIRS and r.randrange(4) == 0:
        return begin + f"lr.{size}{order} {r.choice([x for x in REG if x != base])}, ({base})\nsc.{size}{order} {r.choice(REG)}, {r.choice(REG)}, ({base})"
    return begin + f"amo{r.choice(AMOS)}.{size}{order} {r.choice(REG)}, {r.choice(REG)}, ({base})"


def other(r):
    """No access to sepc: QEMU 7.2 stores its bit 0, which is always zero (privileged spec, sepc)."""
    return r.choice(["fence rw, rw", "fence w, w", "fence.i", "fence.tso", f"csrrw {r.choice(REG)}, sscratch, {r.choice(REG)}",
                     f"csrrs {r.choice(REG)}, sscratch, {r.choice(REG)}", f"csrrc {r.choice(REG)}, sscratch, {r.choice(REG)}",
                     f"csrrsi {r.choice(REG)}, sscratch, {r.randrange(32)}", f"csrrci {r.choice(REG)}, sscratch, {r.randrange(32)}",
                     "sfence.vma"])


def jump(r, n):
    """Jump over the next instruction, in one of three forms."""
    over = arithmetic(r)
    kind = r.randrange(5)
    if kind == 0:
        return f"jal {r.choice(REG)}, {n}f\n{over}\n{n}:"
    if kind == 1:
        a = r.choice(REG)
        return f"la {a}, {n}f\njalr {r.choice(REG)}, 0({a})\n{over}\n{n}:"
    if kind == 2:
        return f"{r.choice(['c.beqz', 'c.bnez'])} {r.choice(SMALL)}, {n}f\n{over}\n{n}:"
    if kind == 3:
        return f"c.j {n}f\n{over}\n{n}:"
    return f"{r.choice(BRANCHES)} {r.choice(REG)}, {r.choice(REG)}, {n}f\n{over}\n{n}:"


def instruction(r, n):
    kinds = [arithmetic] * 8 + [compressed] * 5 + [memory] * 5 + [through_pointer] * 2 + [atomic] * 2 + [other]
    return jump(r, n) if r.randrange(8) == 0 else r.choice(kinds)(r)


def fold():
    return "\n".join(f"mul x4, x4, x1\nadd x4, x4, {x}" for x in REG)


HEAD = """
	.option norelax
	.globl _start
_start:
	la x1, factor
	ld x1, 0(x1)
	la x3, memory
	li x4, 1
	li x2, {rounds}
	{begin}
round:
"""

TAIL = """
	la x5, behind
	addi x2, x2, -1
	beqz x2, 1f
	la x5, round
	jr x5
1:	li a0, 0
	li a1, 0
	li a6, 0
	li a7, 0x53525354
	ecall
behind:	j behind
# The sum in hexadecimal; clobbers nothing that is random.
say:	la x6, kept
	sd x5, 0(x6)
	.irp n, 7,8,9,10,11,12,13,14,15,16,17
	sd x\\n, 8*\\n(x6)
	.endr
	li x9, 64
2:	addi x9, x9, -4
	srl a0, x4, x9
	andi a0, a0, 15
	addi a0, a0, 48
	li x7, 58
	blt a0, x7, 3f
	addi a0, a0, 39
3:	li a7, 1
	li a6, 0
	ecall
	la x6, kept
	bnez x9, 2b
	li a0, 10
	li a7, 1
	ecall
	la x6, kept
	.irp n, 7,8,9,10,11,12,13,14,15,16,17
	ld x\\n, 8*\\n(x6)
	.endr
	ld x5, 0(x6)
	jr x5
	.balign 8
factor:	.dword 0x9e3779b97f4a7c15
	.balign 16
	.skip 2048
memory:	.skip 2048
kept:	.skip 256
"""


def program(seed, blocks, each, rounds):
    r = random.Random(seed)
    begin = "\n\t".join(f"li {x}, {r.choice([r.getrandbits(64), r.getrandbits(31), 0, 1, 1 << 63, (1 << 64) - 1])}" for x in REG)
    text = [HEAD.format(rounds=rounds, begin=begin)]
    n = 100
    for block in range(blocks):
        for _ in range(each):
            text.append(instruction(r, n))
            n += 1
        text.append(fold())
        if block % 16 == 15:
            text.append("la x5, say\njalr x5, 0(x5)\nli x5, 5\nli x6, 6")
    return "\n".join(text) + TAIL
