/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/integer.c - operations between registers, and jumps (unprivileged spec, RV64I,
 * "M").
 */
#include "hart.h"

#define DIVISION_CYCLES 20

static u64 word_of(u64 v)
{
	return (u64)(s64)(int32_t)v;
}

/* Division by zero and overflow have results (unprivileged spec, "M", division). */
static u64 div_signed(s64 a, s64 b)
{
	return !b ? ~0ul : a == INT64_MIN && b == -1 ? (u64)a : (u64)(a / b);
}

static u64 rem_signed(s64 a, s64 b)
{
	return !b ? (u64)a : a == INT64_MIN && b == -1 ? 0 : (u64)(a % b);
}

static u64 high_signed(u64 a, u64 b)
{
	return (u64)((__int128)(s64)a * (s64)b >> 64);
}

static u64 high_mixed(u64 a, u64 b)
{
	return (u64)((__int128)(s64)a * (__int128)b >> 64);
}

static u64 high_unsigned(u64 a, u64 b)
{
	return (u64)((unsigned __int128)a * b >> 64);
}

/* a and b are the sources, i the immediate. */
#define RESULT(name, value)                                                                        \
	static void op_##name(struct rv_hart *h, const struct rv_op *op)                           \
	{                                                                                          \
		u64 a = h->x[op->rs1], b = h->x[op->rs2], i = (u64)op->imm;                        \
                                                                                                   \
		(void)a, (void)b, (void)i;                                                         \
		h->x[op->rd] = (value);                                                            \
	}

/* Division takes more than one cycle, so that cycle and instret differ. */
#define DIVISION(name, value)                                                                      \
	static void op_##name(struct rv_hart *h, const struct rv_op *op)                           \
	{                                                                                          \
		u64 a = h->x[op->rs1], b = h->x[op->rs2];                                          \
                                                                                                   \
		h->waited += DIVISION_CYCLES;                                                      \
		h->x[op->rd] = (value);                                                            \
	}

RESULT(lui, i)
RESULT(auipc, hart_pc(h, op) + i)
RESULT(addi, a + i)
RESULT(slti, (s64)a < (s64)i)
RESULT(sltiu, a < i)
RESULT(xori, a ^ i)
RESULT(ori, a | i)
RESULT(andi, a &i)
RESULT(slli, a << i)
RESULT(srli, a >> i)
RESULT(srai, (u64)((s64)a >> i))
RESULT(addiw, word_of(a + i))
RESULT(slliw, word_of(a << i))
RESULT(srliw, word_of((u32)a >> i))
RESULT(sraiw, word_of((u64)((int32_t)a >> i)))
RESULT(add, a + b)
RESULT(sub, a - b)
RESULT(sll, a << (b & 63))
RESULT(slt, (s64)a < (s64)b)
RESULT(sltu, a < b)
RESULT(xor, a ^ b)
RESULT(srl, a >> (b & 63))
RESULT(sra, (u64)((s64)a >> (b & 63)))
RESULT(or, a | b)
RESULT(and, a &b)
RESULT(addw, word_of(a + b))
RESULT(subw, word_of(a - b))
RESULT(sllw, word_of(a << (b & 31)))
RESULT(srlw, word_of((u32)a >> (b & 31)))
RESULT(sraw, word_of((u64)((int32_t)a >> (b & 31))))
RESULT(mul, a *b)
RESULT(mulh, high_signed(a, b))
RESULT(mulhsu, high_mixed(a, b))
RESULT(mulhu, high_unsigned(a, b))
DIVISION(div, div_signed((s64)a, (s64)b))
DIVISION(divu, b ? a / b : ~0ul)
DIVISION(rem, rem_signed((s64)a, (s64)b))
DIVISION(remu, b ? a % b : a)
RESULT(mulw, word_of(a *b))
DIVISION(divw, word_of(div_signed((int32_t)a, (int32_t)b)))
DIVISION(divuw, (u32)b ? word_of((u32)a / (u32)b) : ~0ul)
DIVISION(remw, word_of(rem_signed((int32_t)a, (int32_t)b)))
DIVISION(remuw, (u32)b ? word_of((u32)a % (u32)b) : word_of(a))

/* A target in this frame needs no translation: fetch may have read the whole frame before. */
static inline void jump_by(struct rv_hart *h, const struct rv_op *op)
{
	u64 to = (u64)(op - h->text->op) + (u64)(op->imm >> 1);

	if (to < OPS_FRAME)
		h->next = &h->text->op[to];
	else
		hart_jump(h, hart_pc(h, op) + (u64)op->imm);
}

#define BRANCH(name, condition)                                                                    \
	static void op_##name(struct rv_hart *h, const struct rv_op *op)                           \
	{                                                                                          \
		u64 a = h->x[op->rs1], b = h->x[op->rs2];                                          \
                                                                                                   \
		if (condition)                                                                     \
			jump_by(h, op);                                                            \
	}

BRANCH(beq, a == b)
BRANCH(bne, a != b)
BRANCH(blt, (s64)a < (s64)b)
BRANCH(bge, (s64)a >= (s64)b)
BRANCH(bltu, a < b)
BRANCH(bgeu, a >= b)

static void op_jal(struct rv_hart *h, const struct rv_op *op)
{
	h->x[op->rd] = hart_pc(h, op) + 2 * op->halves;
	jump_by(h, op);
}

static void op_jalr(struct rv_hart *h, const struct rv_op *op)
{
	u64 to = (h->x[op->rs1] + (u64)op->imm) & ~1ul;

	h->x[op->rd] = hart_pc(h, op) + 2 * op->halves;
	hart_jump(h, to);
}

#define REG(f7, f3, op) 0xfe00707f, ((u32)(f7) << 25 | (f3) << 12 | (op))
#define IMM(f3, op) 0x0000707f, ((f3) << 12 | (op))
#define SHIFT64(f6, f3) 0xfc00707f, ((u32)(f6) << 26 | (f3) << 12 | 0x13)

const struct rv_row rows_integer[] = {
	{ 0x7f, 0x37, op_lui, FORMAT_U, OP_RESULT },
	{ 0x7f, 0x17, op_auipc, FORMAT_U, OP_RESULT },
	{ 0x7f, 0x6f, op_jal, FORMAT_J, OP_RESULT },
	{ IMM(0, 0x67), op_jalr, FORMAT_I, OP_RESULT },
	{ IMM(0, 0x63), op_beq, FORMAT_B, OP_OTHER },
	{ IMM(1, 0x63), op_bne, FORMAT_B, OP_OTHER },
	{ IMM(4, 0x63), op_blt, FORMAT_B, OP_OTHER },
	{ IMM(5, 0x63), op_bge, FORMAT_B, OP_OTHER },
	{ IMM(6, 0x63), op_bltu, FORMAT_B, OP_OTHER },
	{ IMM(7, 0x63), op_bgeu, FORMAT_B, OP_OTHER },
	{ IMM(0, 0x13), op_addi, FORMAT_I, OP_RESULT },
	{ IMM(2, 0x13), op_slti, FORMAT_I, OP_RESULT },
	{ IMM(3, 0x13), op_sltiu, FORMAT_I, OP_RESULT },
	{ IMM(4, 0x13), op_xori, FORMAT_I, OP_RESULT },
	{ IMM(6, 0x13), op_ori, FORMAT_I, OP_RESULT },
	{ IMM(7, 0x13), op_andi, FORMAT_I, OP_RESULT },
	{ SHIFT64(0, 1), op_slli, FORMAT_SHIFT, OP_RESULT },
	{ SHIFT64(0, 5), op_srli, FORMAT_SHIFT, OP_RESULT },
	{ SHIFT64(16, 5), op_srai, FORMAT_SHIFT, OP_RESULT },
	{ IMM(0, 0x1b), op_addiw, FORMAT_I, OP_RESULT },
	{ REG(0, 1, 0x1b), op_slliw, FORMAT_SHIFT, OP_RESULT },
	{ REG(0, 5, 0x1b), op_srliw, FORMAT_SHIFT, OP_RESULT },
	{ REG(32, 5, 0x1b), op_sraiw, FORMAT_SHIFT, OP_RESULT },
	{ REG(0, 0, 0x33), op_add, FORMAT_R, OP_RESULT },
	{ REG(32, 0, 0x33), op_sub, FORMAT_R, OP_RESULT },
	{ REG(0, 1, 0x33), op_sll, FORMAT_R, OP_RESULT },
	{ REG(0, 2, 0x33), op_slt, FORMAT_R, OP_RESULT },
	{ REG(0, 3, 0x33), op_sltu, FORMAT_R, OP_RESULT },
	{ REG(0, 4, 0x33), op_xor, FORMAT_R, OP_RESULT },
	{ REG(0, 5, 0x33), op_srl, FORMAT_R, OP_RESULT },
	{ REG(32, 5, 0x33), op_sra, FORMAT_R, OP_RESULT },
	{ REG(0, 6, 0x33), op_or, FORMAT_R, OP_RESULT },
	{ REG(0, 7, 0x33), op_and, FORMAT_R, OP_RESULT },
	{ REG(0, 0, 0x3b), op_addw, FORMAT_R, OP_RESULT },
	{ REG(32, 0, 0x3b), op_subw, FORMAT_R, OP_RESULT },
	{ REG(0, 1, 0x3b), op_sllw, FORMAT_R, OP_RESULT },
	{ REG(0, 5, 0x3b), op_srlw, FORMAT_R, OP_RESULT },
	{ REG(32, 5, 0x3b), op_sraw, FORMAT_R, OP_RESULT },
	{ REG(1, 0, 0x33), op_mul, FORMAT_R, OP_RESULT },
	{ REG(1, 1, 0x33), op_mulh, FORMAT_R, OP_RESULT },
	{ REG(1, 2, 0x33), op_mulhsu, FORMAT_R, OP_RESULT },
	{ REG(1, 3, 0x33), op_mulhu, FORMAT_R, OP_RESULT },
	{ REG(1, 4, 0x33), op_div, FORMAT_R, OP_RESULT },
	{ REG(1, 5, 0x33), op_divu, FORMAT_R, OP_RESULT },
	{ REG(1, 6, 0x33), op_rem, FORMAT_R, OP_RESULT },
	{ REG(1, 7, 0x33), op_remu, FORMAT_R, OP_RESULT },
	{ REG(1, 0, 0x3b), op_mulw, FORMAT_R, OP_RESULT },
	{ REG(1, 4, 0x3b), op_divw, FORMAT_R, OP_RESULT },
	{ REG(1, 5, 0x3b), op_divuw, FORMAT_R, OP_RESULT },
	{ REG(1, 6, 0x3b), op_remw, FORMAT_R, OP_RESULT },
	{ REG(1, 7, 0x3b), op_remuw, FORMAT_R, OP_RESULT },
	{ 0 },
};
