/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/compressed.c - expand a 16-bit instruction to one of 32 bits (unprivileged spec,
 * "C", tables of quadrants 0 to 2).  0: there is none.  Those of D exist with fp=1.
 */
#include "hart.h"

#define OP_LOADS 0x03u
#define OP_FLOAT_LOADS 0x07u
#define OP_FLOAT_STORES 0x27u
#define OP_IMM 0x13u
#define OP_IMM32 0x1bu
#define OP_STORES 0x23u
#define OP_REG 0x33u
#define OP_LUI 0x37u
#define OP_REG32 0x3bu
#define OP_BRANCH 0x63u
#define OP_JALR 0x67u
#define OP_JAL 0x6fu

/* bits hi..lo of c, moved to bit `to` */
static u32 bits(u32 c, unsigned hi, unsigned lo, unsigned to)
{
	return (c >> lo & ((1u << (hi - lo + 1)) - 1)) << to;
}

static int signed_of(u32 v, unsigned n)
{
	return (int)(v << (32 - n)) >> (32 - n);
}

static u32 i_type(u32 op, u32 f3, u32 rd, u32 rs1, int imm)
{
	return ((u32)imm & 0xfff) << 20 | rs1 << 15 | f3 << 12 | rd << 7 | op;
}

static u32 s_type(u32 op, u32 f3, u32 rs1, u32 rs2, u32 imm)
{
	return (imm >> 5) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | (imm & 31) << 7 | op;
}

static u32 r_type(u32 op, u32 f7, u32 f3, u32 rd, u32 rs1, u32 rs2)
{
	return f7 << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | rd << 7 | op;
}

static u32 b_type(u32 f3, u32 rs1, int imm)
{
	u32 i = (u32)imm;

	return bits(i, 12, 12, 31) | bits(i, 10, 5, 25) | rs1 << 15 | f3 << 12 | bits(i, 4, 1, 8) |
	       bits(i, 11, 11, 7) | OP_BRANCH;
}

static u32 j_type(int imm)
{
	u32 i = (u32)imm;

	return bits(i, 20, 20, 31) | bits(i, 10, 1, 21) | bits(i, 11, 11, 20) |
	       bits(i, 19, 12, 12) | OP_JAL;
}

static u32 quadrant0(u32 c)
{
	u32 rs1 = 8 + bits(c, 9, 7, 0), r = 8 + bits(c, 4, 2, 0);
	u32 word = bits(c, 12, 10, 3) | bits(c, 6, 6, 2) | bits(c, 5, 5, 6);
	u32 two = bits(c, 12, 10, 3) | bits(c, 6, 5, 6);
	u32 stack = bits(c, 12, 11, 4) | bits(c, 10, 7, 6) | bits(c, 6, 6, 2) | bits(c, 5, 5, 3);

	switch (c >> 13) {
	case 0:
		return stack ? i_type(OP_IMM, 0, r, 2, (int)stack) : 0;
	case 1: /* C.FLD */
		return i_type(OP_FLOAT_LOADS, 3, r, rs1, (int)two);
	case 2:
		return i_type(OP_LOADS, 2, r, rs1, (int)word);
	case 3:
		return i_type(OP_LOADS, 3, r, rs1, (int)two);
	case 5: /* C.FSD */
		return s_type(OP_FLOAT_STORES, 3, rs1, r, two);
	case 6:
		return s_type(OP_STORES, 2, rs1, r, word);
	case 7:
		return s_type(OP_STORES, 3, rs1, r, two);
	default:
		return 0;
	}
}

static u32 arithmetic(u32 c, int imm)
{
	static const struct {
		u8 op, f7, f3;
	} rows[8] = {
		{ OP_REG, 32, 0 },   { OP_REG, 0, 4 },   { OP_REG, 0, 6 }, { OP_REG, 0, 7 },
		{ OP_REG32, 32, 0 }, { OP_REG32, 0, 0 }, { 0, 0, 0 },      { 0, 0, 0 },
	};
	u32 r = 8 + bits(c, 9, 7, 0), rs2 = 8 + bits(c, 4, 2, 0);
	u32 n = bits(c, 12, 12, 2) | bits(c, 6, 5, 0);

	switch (bits(c, 11, 10, 0)) {
	case 0:
		return i_type(OP_IMM, 5, r, r, imm & 63);
	case 1:
		return i_type(OP_IMM, 5, r, r, (imm & 63) | 0x400);
	case 2:
		return i_type(OP_IMM, 7, r, r, imm);
	default:
		return rows[n].op ? r_type(rows[n].op, rows[n].f7, rows[n].f3, r, r, rs2) : 0;
	}
}

static u32 lui_or_stack(u32 c, u32 rd, int imm)
{
	u32 stack = bits(c, 12, 12, 9) | bits(c, 6, 6, 4) | bits(c, 5, 5, 6) | bits(c, 4, 3, 7) |
		    bits(c, 2, 2, 5);

	if (rd == 2)
		return stack ? i_type(OP_IMM, 0, 2, 2, signed_of(stack, 10)) : 0;
	return imm ? (u32)imm << 12 | rd << 7 | OP_LUI : 0;
}

static u32 quadrant1(u32 c)
{
	u32 rd = bits(c, 11, 7, 0), rs1 = 8 + bits(c, 9, 7, 0);
	int imm = signed_of(bits(c, 12, 12, 5) | bits(c, 6, 2, 0), 6);
	int jump = signed_of(bits(c, 12, 12, 11) | bits(c, 11, 11, 4) | bits(c, 10, 9, 8) |
				     bits(c, 8, 8, 10) | bits(c, 7, 7, 6) | bits(c, 6, 6, 7) |
				     bits(c, 5, 3, 1) | bits(c, 2, 2, 5),
			     12);
	int branch = signed_of(bits(c, 12, 12, 8) | bits(c, 11, 10, 3) | bits(c, 6, 5, 6) |
				       bits(c, 4, 3, 1) | bits(c, 2, 2, 5),
			       9);

	switch (c >> 13) {
	case 0:
		return i_type(OP_IMM, 0, rd, rd, imm);
	case 1:
		return rd ? i_type(OP_IMM32, 0, rd, rd, imm) : 0;
	case 2:
		return i_type(OP_IMM, 0, rd, 0, imm);
	case 3:
		return lui_or_stack(c, rd, imm);
	case 4:
		return arithmetic(c, imm);
	case 5:
		return j_type(jump);
	default:
		return b_type(c >> 13 & 1, rs1, branch);
	}
}

static u32 jump_or_move(u32 c, u32 rd, u32 rs2)
{
	bool link = c & 0x1000;

	if (rs2)
		return r_type(OP_REG, 0, 0, rd, link ? rd : 0, rs2);
	if (!rd)
		return link ? 0x00100073 : 0; /* EBREAK */
	return i_type(OP_JALR, 0, link, rd, 0);
}

static u32 quadrant2(u32 c)
{
	u32 rd = bits(c, 11, 7, 0), rs2 = bits(c, 6, 2, 0);
	u32 from = bits(c, 12, 12, 5) | bits(c, 6, 5, 3) | bits(c, 4, 2, 6);
	u32 to = bits(c, 12, 10, 3) | bits(c, 9, 7, 6);

	if (!rd && (c >> 13 == 2 || c >> 13 == 3))
		return 0;
	switch (c >> 13) {
	case 0:
		return i_type(OP_IMM, 1, rd, rd, (int)(bits(c, 12, 12, 5) | rs2));
	case 2:
		return i_type(OP_LOADS, 2, rd, 2,
			      (int)(bits(c, 12, 12, 5) | bits(c, 6, 4, 2) | bits(c, 3, 2, 6)));
	case 1: /* C.FLDSP */
		return i_type(OP_FLOAT_LOADS, 3, rd, 2, (int)from);
	case 3:
		return i_type(OP_LOADS, 3, rd, 2, (int)from);
	case 4:
		return jump_or_move(c, rd, rs2);
	case 5: /* C.FSDSP */
		return s_type(OP_FLOAT_STORES, 3, 2, rs2, to);
	case 6:
		return s_type(OP_STORES, 2, 2, rs2, bits(c, 12, 9, 2) | bits(c, 8, 7, 6));
	case 7:
		return s_type(OP_STORES, 3, 2, rs2, to);
	default:
		return 0;
	}
}

u32 expand_compressed(u32 c)
{
	u32 word = (c & 3) == 0 ? quadrant0(c) : (c & 3) == 1 ? quadrant1(c) : quadrant2(c);
	u32 op = word & 127;

	return !hart_kind.fp && (op == OP_FLOAT_LOADS || op == OP_FLOAT_STORES) ? 0 : word;
}
