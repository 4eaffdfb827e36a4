# SPDX-License-Identifier: BSD-2-Clause
"""A bare EL1 program of random A64 instructions in assembly, which prints a checksum of all registers after every few
blocks.

Two machines that run it agree if the checksums are equal.  x1 is the checksum's factor, x2 the count of rounds, x3
and sp memory, x4 the checksum; instructions use the flags and x5 to x30, which have the values of the previous round.
The MMU maps each address to itself, so accesses need not be aligned.
"""
import random

NR = list(range(5, 31))
SCRATCH = 2048  # bytes on either side of x3
CONDITIONS = "eq ne cs cc mi pl vs vc hi ls ge lt gt le al nv".split()
THREE = ("add adds sub subs and ands orr eor bic bics orn eon").split()
TWO = "udiv sdiv lslv lsrv asrv rorv adc adcs sbc sbcs".split()
ONE = "rbit rev16 rev clz cls".split()
LONG = "smaddl smsubl umaddl umsubl".split()
SELECT = "csel csinc csinv csneg".split()
EXTEND = "uxtb uxth uxtw uxtx sxtb sxth sxtw sxtx".split()
LOADS = {"ldr x": 8, "ldr w": 4, "ldrb w": 1, "ldrh w": 2, "ldrsw x": 4, "ldrsb x": 1, "ldrsb w": 1, "ldrsh x": 2, "ldrsh w": 2}
STORES = {"str x": 8, "str w": 4, "strb w": 1, "strh w": 2}
PAIRS = {"ldp x": 8, "ldp w": 4, "ldpsw x": 4, "stp x": 8, "stp w": 4, "ldnp x": 8, "stnp w": 4}
ATOMICS = "ldadd ldclr ldeor ldset ldsmax ldsmin ldumax ldumin swp".split()
EXCLUSIVES = True  # a store-exclusive may fail by chance


def reg(r, wide, zero=True):
    """A register; rarely the zero register."""
    if zero and r.randrange(16) == 0:
        return "xzr" if wide else "wzr"
    return ("x" if wide else "w") + str(r.choice(NR))


def mask(r, wide):
    """An immediate of logical instructions: a rotated run of ones, repeated."""
    size = r.choice([2, 4, 8, 16, 32] + [64] * wide)
    ones = r.randrange(1, size)
    turn = r.randrange(size)
    run = (1 << ones) - 1
    run = (run >> turn | run << (size - turn)) & ((1 << size) - 1)
    value = 0
    for at in range(0, 64 if wide else 32, size):
        value |= run << at
    return value


def immediate(r, w):
    kind = r.randrange(4)
    if kind == 0:
        op = r.choice(["add", "sub", "adds", "subs"])
        return f"{op} {reg(r, w, False)}, {reg(r, w, False)}, #{r.randrange(4096)}{r.choice(['', ', lsl #12'])}"
    if kind == 1:
        return f"{r.choice(['and', 'orr', 'eor', 'ands'])} {reg(r, w, False)}, {reg(r, w)}, #{mask(r, w)}"
    if kind == 2:
        return f"{r.choice(['movz', 'movn', 'movk'])} {reg(r, w)}, #{r.getrandbits(16)}, lsl #{16 * r.randrange(4 if w else 2)}"
    return f"{r.choice(['adr', 'adrp'])} {reg(r, True)}, round"


def field(r, w):
    bits = 64 if w else 32
    if r.randrange(5) == 0:
        return f"extr {reg(r, w)}, {reg(r, w)}, {reg(r, w)}, #{r.randrange(bits)}"
    return f"{r.choice(['sbfm', 'ubfm', 'bfm'])} {reg(r, w)}, {reg(r, w)}, #{r.randrange(bits)}, #{r.randrange(bits)}"


def registers(r, w):
    kind = r.randrange(5)
    if kind == 0:
        op = r.choice(THREE)
        how = r.choice(["lsl", "lsr", "asr"] + ["ror"] * (op not in "add adds sub subs".split()))
        return f"{op} {reg(r, w)}, {reg(r, w)}, {reg(r, w)}, {how} #{r.randrange(64 if w else 32)}"
    if kind == 1:
        how = r.choice(EXTEND)
        second = reg(r, w and how in ("uxtx", "sxtx"))
        return f"{r.choice(['add', 'adds', 'sub', 'subs'])} {reg(r, w, False)}, {reg(r, w, False)}, {second}, {how} #{r.randrange(5)}"
    if kind == 2:
        return f"{r.choice(THREE)} {reg(r, w)}, {reg(r, w)}, {reg(r, w)}"
    return f"{r.choice(TWO)} {reg(r, w)}, {reg(r, w)}, {reg(r, w)}"


def others(r, w):
    kind = r.randrange(6)
    if kind == 0:
        return f"{r.choice(ONE + ['rev32'] * w)} {reg(r, w)}, {reg(r, w)}"
    if kind == 1:
        return f"{r.choice(['madd', 'msub'])} {reg(r, w)}, {reg(r, w)}, {reg(r, w)}, {reg(r, w)}"
    if kind == 2:
        return f"{r.choice(LONG)} {reg(r, True)}, {reg(r, False)}, {reg(r, False)}, {reg(r, True)}"
    if kind == 3:
        return f"{r.choice(['smulh', 'umulh'])} {reg(r, True)}, {reg(r, True)}, {reg(r, True)}"
    if kind == 4:
        return f"{r.choice(SELECT)} {reg(r, w)}, {reg(r, w)}, {reg(r, w)}, {r.choice(CONDITIONS)}"
    second = r.choice([reg(r, w), f"#{r.randrange(32)}"])
    return f"{r.choice(['ccmp', 'ccmn'])} {reg(r, w)}, {second}, #{r.randrange(16)}, {r.choice(CONDITIONS)}"


def arithmetic(r):
    return r.choice([immediate, field, registers, others])(r, bool(r.randrange(2)))


def access(r):
    """(text, register that it loads or stores); the base is another register."""
    op = r.choice(sorted(LOADS) + 2 * sorted(STORES))
    size = {**LOADS, **STORES}[op]
    n = r.choice(NR)
    base = r.choice([x for x in NR if x != n])
    begin = f"add x{base}, x3, #{r.randrange(1000)}\n"
    kind = r.randrange(6)
    if kind == 0:
        return f"{op}{n}, [{r.choice(['x3', 'sp'])}, #{size * r.randrange(1900 // size)}]"
    if kind == 1:
        name = op.split()[0]
        return f"{name.replace('ldr', 'ldur').replace('str', 'stur')} {op.split()[1]}{n}, [x3, #{r.randrange(-256, 256)}]"
    if kind == 2:
        return begin + f"{op}{n}, [x{base}, #{r.randrange(-256, 256)}]!"
    if kind == 3:
        return begin + f"{op}{n}, [x{base}], #{r.randrange(-256, 256)}"
    index = r.choice([x for x in NR if x not in (n, base)])
    small = f"and x{index}, x{index}, #127\n"
    how = r.choice(["x{}", "x{}, lsl #{s}", "w{}, uxtw", "w{}, sxtw", "w{}, uxtw #{s}", "x{}, sxtx #{s}"])
    if size == 1:
        how = how.replace(" #{s}", "") if "xtw" in how or "xtx" in how else "x{}"
    return small + f"{op}{n}, [x3, {how.format(index, s=size.bit_length() - 1)}]"


def pair(r):
    op = r.choice(sorted(PAIRS))
    size = PAIRS[op]
    a, b, base = r.sample(NR, 3)
    at = size * r.randrange(-64, 64)
    letter = op[-1]
    kind = r.randrange(3) if "np" not in op else 0
    if kind == 0:
        return f"{op}{a}, {letter}{b}, [x3, #{at}]"
    begin = f"add x{base}, x3, #{r.randrange(1000)}\n"
    return begin + f"{op}{a}, {letter}{b}, [x{base}" + (f", #{at}]!" if kind == 1 else f"], #{at}")


def atomic(r):
    base, a, b, s = r.sample(NR, 4)
    wide = r.randrange(2)
    letter, size = ("x", 8) if wide else ("w", 4)
    begin = f"add x{base}, x3, #{16 * r.randrange(100)}\n"
    kind = r.randrange(7)
    if kind == 0 and EXCLUSIVES:
        return begin + (f"{r.choice(['ldxr', 'ldaxr'])} {letter}{a}, [x{base}]\n"
                        f"{r.choice(['stxr', 'stlxr'])} w{s}, {letter}{b}, [x{base}]")
    if kind == 1 and EXCLUSIVES:
        return begin + (f"{r.choice(['ldxp', 'ldaxp'])} {letter}{a}, {letter}{b}, [x{base}]\n"
                        f"{r.choice(['stxp', 'stlxp'])} w{s}, {letter}{b}, {letter}{a}, [x{base}]")
    if kind == 1:
        return begin + f"{r.choice(['ldxp', 'ldaxp'])} {letter}{a}, {letter}{b}, [x{base}]"
    if kind == 2:
        return begin + f"{r.choice(['ldar', 'stlr', 'ldapr'])} {letter}{a}, [x{base}]"
    if kind == 3:
        return begin + f"cas{r.choice(['', 'a', 'l', 'al'])} {letter}{s}, {letter}{b}, [x{base}]"
    if kind == 4:
        return begin + f"dc zva, x{base}"
    if kind == 5:
        return begin + compare_pair(r, letter, base)
    size = r.choice(["", "b", "h"]) if not wide else ""
    return begin + f"{r.choice(ATOMICS)}{r.choice(['', 'a', 'l', 'al'])}{size} {letter}{s}, {letter}{a}, [x{base}]"


def compare_pair(r, letter, base):
    """CASP, half of the time with the value in memory; the second register of 30 is the zero register."""
    s, t = r.sample([n for n in range(6, 31, 2) if base not in (n, n + 1)], 2)
    equal = f"ldp {letter}{s}, {letter}{s + 1}, [x{base}]\n" if r.randrange(2) and s < 30 else ""
    second = [f"{letter}{n + 1}" if n < 30 else f"{letter}zr" for n in (s, t)]
    return equal + f"casp{r.choice(['', 'a', 'l', 'al'])} {letter}{s}, {second[0]}, {letter}{t}, {second[1]}, [x{base}]"


def system(r):
    return r.choice([
        "dmb ish", "dmb ishst", "dmb ishld", "dsb sy", "dsb nshst", "isb", "nop", "yield", "clrex", "tlbi vmalle1", "ic iallu",
        f"mrs {reg(r, True)}, nzcv", f"msr nzcv, {reg(r, True)}", f"msr tpidr_el0, {reg(r, True)}", f"mrs {reg(r, True)}, tpidr_el0",
        f"mrs {reg(r, True)}, currentel", f"mrs {reg(r, True)}, daif", f"msr contextidr_el1, {reg(r, True)}",
        "at s1e1r, x3\nisb\nmrs x5, par_el1\nubfx x5, x5, #12, #36", f"tlbi vae1is, {reg(r, True)}",
    ])


def exception(r):
    """An exception whose handler returns to the next instruction: an access to no page, an unaligned one, or a call.

       Not used: cache maintenance, which QEMU 7.2 does not translate, and unaligned LDAPR, which it performs."""
    base, a, b = r.sample(NR, 3)
    nowhere = r.choice([f"mov x{base}, #0x{r.choice([0x80000000, 0x100000000, 1 << 39, 1 << 47, 0xffff000000000000]):x}",
                        f"mov x{base}, #0x9000000\nadd x{base}, x{base}, x{base}, lsl #12"])
    return r.choice([
        f"{nowhere}\n{r.choice(['ldr', 'str'])} x{a}, [x{base}, #{8 * r.randrange(8)}]",
        f"{nowhere}\n{r.choice(['ldrb', 'strb'])} w{a}, [x{base}]",
        f"{nowhere}\n{one_of(r, a, b)}, [x{base}]",
        f"{nowhere}\ndc zva, x{base}",
        f"add x{base}, x3, #{r.choice([9, 11, 13])}\n{over_16_bytes(r, a, b)}, [x{base}]",
        f"add x{base}, x3, #8\nldxp x{a}, x{b}, [x{base}]",
        f"brk #{r.getrandbits(16)}\nnop", f"svc #{r.getrandbits(16)}\nnop", "udf #7",
        f"adrp x{base}, table\n{r.choice(['str', 'ldr'])} x{a}, [x{base}, #2048]",
    ])


def over_16_bytes(r, a, b):
    """An access without its address that even with FEAT_LSE2 must not cross a multiple of 16.  QEMU 10, which has
    FEAT_LSE2, performs exclusives and other atomics across one."""
    even, other = (min(n & ~1, 28) for n in (a, b))
    return r.choice([f"casp x{even}, x{even + 1}, x{other}, x{other + 1}", f"ldar x{a}", f"stlr x{a}"])


def one_of(r, a, b):
    """An access, without its address, whose abort reports more."""
    return r.choice([over_16_bytes(r, a, b), f"ldaxr x{a}", f"swpal x{a}, x{b}", f"cas x{a}, x{b}", f"ldadd x{a}, x{b}"])


def jump(r, n):
    """Jump over the next instruction."""
    over = arithmetic(r)
    a = r.choice(NR)
    form = r.choice([
        f"b.{r.choice(CONDITIONS[:14])} {n}f", f"cbz {reg(r, r.randrange(2))}, {n}f", f"cbnz {reg(r, r.randrange(2))}, {n}f",
        f"tbz x{a}, #{r.randrange(64)}, {n}f", f"tbnz w{a}, #{r.randrange(32)}, {n}f", f"b {n}f", f"bl {n}f",
        f"adr x{a}, {n}f\nbr x{a}", f"adr x{a}, {n}f\nblr x{a}", f"adr x{a}, {n}f\nret x{a}",
    ])
    return f"{form}\n{over}\n{n}:"


def instruction(r, n):
    return jump(r, n) if r.randrange(8) == 0 else r.choice([arithmetic] * 12 + [access] * 6 + [pair] * 2 + [atomic] * 2 + [system] + [exception])(r)


def fold():
    flags = "mrs x0, nzcv\nmul x4, x4, x1\nadd x4, x4, x0"
    return flags + "\n" + "\n".join(f"mul x4, x4, x1\nadd x4, x4, x{n}" for n in NR)


HEAD = """
	.arch armv8.4-a
	.globl _start
_start:
	b begin
	.word 0
	.quad 0, 0x200000, 0xa, 0, 0, 0
	.ascii "ARM\\x64"
	.word 0
begin:
	msr daifset, #15
	adr x0, vectors
	msr vbar_el1, x0
	adr x0, table
	movz x5, #0x0401, lsl #0	// device: AF, block
	str x5, [x0]
	movz x5, #0x0705		// normal: AF, inner shareable, attribute 1, block
	movk x5, #0x4000, lsl #16
	str x5, [x0, #8]
	dmb sy				// stores around the caches, then the line that may be stale in them
	dc ivac, x0
	dsb sy
	mov x5, #0xff00
	msr mair_el1, x5
	ldr x5, =0x280803519		// 39 bits, 4 KiB, write-back, EPD1, 40 bits of output
	msr tcr_el1, x5
	msr ttbr0_el1, x0
	isb
	tlbi vmalle1
	dsb sy
	mrs x5, sctlr_el1
	orr x5, x5, #1
	bic x5, x5, #2
	orr x5, x5, #4
	orr x5, x5, #0x1000
	msr sctlr_el1, x5
	isb
	adr x1, factor
	ldr x1, [x1]
	adrp x3, memory
	add x3, x3, :lo12:memory
	mov sp, x3
	mov x4, #1
	mov x2, #{rounds}
	msr nzcv, xzr
	msr tpidr_el0, xzr
	{begin}
	b round
	.ltorg
	.balign 8
factor:	.quad 0x9e3779b97f4a7c15
	.balign 2048
vectors:
	.skip 0x200
	mrs x0, esr_el1
	mul x4, x4, x1
	add x4, x4, x0
	ubfx x0, x0, #26, #6
	cmp x0, #0x25			// a data abort has an address
	b.ne 1f
	mrs x0, far_el1
	mul x4, x4, x1
	add x4, x4, x0
1:	mrs x0, spsr_el1
	bic x0, x0, #0xc00		// BTYPE, of FEAT_BTI
	mul x4, x4, x1
	add x4, x4, x0
	mrs x0, elr_el1
	add x0, x0, #4
	msr elr_el1, x0
	eret
	.balign 4096
table:	.skip 4096
round:
"""

TAIL = """
	subs x2, x2, #1
	b.eq 1f
	adrp x0, round
	add x0, x0, :lo12:round
	br x0
1:	movz x0, #0x8400, lsl #16
	movk x0, #8
	hvc #0
	b .
// The sum in hexadecimal; clobbers x0, and nothing that is random.
say:	adrp x0, kept
	add x0, x0, :lo12:kept
	stp x5, x6, [x0]
	stp x7, x30, [x0, #16]
	movz x5, #0x0900, lsl #16
	mov x6, #64
2:	sub x6, x6, #4
	lsr x7, x4, x6
	and x7, x7, #15
	add x7, x7, #48
	cmp x7, #58
	b.lo 3f
	add x7, x7, #39
3:	str w7, [x5]
	cbnz x6, 2b
	mov w7, #10
	str w7, [x5]
	ldp x5, x6, [x0]
	ldp x7, x30, [x0, #16]
	ret
	.balign 4096
	.skip 4096
memory:	.skip 8192
kept:	.skip 256
"""


def program(seed, blocks, each, rounds):
    r = random.Random(seed)
    begin = "\n\t".join(f"ldr x{n}, ={r.choice([r.getrandbits(64), r.getrandbits(31), 0, 1, 1 << 63, (1 << 64) - 1])}" for n in NR)
    text = [HEAD.format(rounds=rounds, begin=begin)]
    n = 100
    for block in range(blocks):
        for _ in range(each):
            text.append(instruction(r, n))
            n += 1
        text.append(fold())
        if block % 16 == 15:
            text.append("bl say\nmov x30, #5")
    return "\n".join(text) + TAIL
