/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/integer.c - operations between registers (DDI 0487, C6.2).
 *
 * T is the type of the operands, BITS its width; a, b and d are rn, the second operand and ra.
 */
#include "cpu.h"

#define SHIFT_LSL 0u
#define SHIFT_LSR 1u
#define SHIFT_ASR 2u

static inline u64 rotated(u64 v, u64 by, unsigned bits)
{
	by &= bits - 1;
	return by ? v >> by | v << (bits - by) : v;
}

/* ShiftReg() */
static inline u64 shifted(u64 v, unsigned how, u64 by, unsigned bits)
{
	u64 signed_v = bits == 64 ? v : (u64)(s64)(int32_t)v;

	switch (how) {
	case SHIFT_LSL:
		return v << by;
	case SHIFT_LSR:
		return v >> by;
	case SHIFT_ASR:
		return (u64)((s64)signed_v >> by);
	default:
		return rotated(v, by, bits);
	}
}

/* ExtendReg(): `how` is the option, 8 times the shift. */
static inline u64 extended(u64 v, unsigned how, u64 by)
{
	unsigned bits = 8u << (how & 3);

	if (bits < 64)
		v = how & 4 ? (u64)((s64)(v << (64 - bits)) >> (64 - bits))
			    : v & ((1ul << bits) - 1);
	return v << by;
}

/* AddWithCarry(): NZCV of a + b + carry */
#define SUM_FLAGS(T, BITS, a, b, carry, r)                                                         \
	((u32)((r) >> (BITS - 1)) << 3 | ((r) == 0) << 2 |                                         \
	 ((carry) ? (r) <= (a) : (r) < (a)) << 1 |                                                 \
	 (u32)((T)(((a) ^ (r)) & ((b) ^ (r))) >> (BITS - 1)))

#define ONE(name, type, signed_type, bits, second, statement)                                      \
	static void op_##name(struct a64_cpu *c, const struct a64_op *op)                          \
	{                                                                                          \
		typedef type T;                                                                    \
		typedef signed_type S;                                                             \
		enum { BITS = bits };                                                              \
		T a = (T)c->x[op->rn], b = (T)(second), r;                                         \
                                                                                                   \
		(void)a, (void)b, (void)sizeof(S);                                                 \
		statement;                                                                         \
		c->x[op->rd] = r;                                                                  \
	}
#define BOTH(name, second, statement)                                                              \
	ONE(name##_w, u32, int32_t, 32, second, statement)                                         \
	ONE(name##_x, u64, s64, 64, second, statement)

/* By a register or a shifted one; by an immediate; by an extended register. */
#define REGISTER(name, statement)                                                                  \
	BOTH(name##_reg, c->x[op->rm], statement)                                                  \
	BOTH(name##_shift, shifted((T)c->x[op->rm], op->how, op->imm, BITS), statement)
#define SECONDS(name, statement)                                                                   \
	REGISTER(name, statement)                                                                  \
	BOTH(name##_imm, op->imm, statement)
#define SECONDS_EXTENDED(name, statement)                                                          \
	SECONDS(name, statement)                                                                   \
	BOTH(name##_ext, extended(c->x[op->rm], op->how, op->imm), statement)

SECONDS_EXTENDED(add, r = a + b)
SECONDS_EXTENDED(sub, r = a - b)
SECONDS_EXTENDED(adds, r = a + b; c->nzcv = SUM_FLAGS(T, BITS, a, b, 0, r))
SECONDS_EXTENDED(subs, b = ~b; r = a + b + 1; c->nzcv = SUM_FLAGS(T, BITS, a, b, 1, r))
SECONDS(and, r = a & b)
SECONDS(orr, r = a | b)
SECONDS(eor, r = a ^ b)
SECONDS(ands, r = a & b; c->nzcv = (u32)(r >> (BITS - 1)) << 3 | (r == 0) << 2)
REGISTER(bic, r = a & ~b)
REGISTER(orn, r = a | ~b)
REGISTER(eon, r = a ^ ~b)
REGISTER(bics, r = a & ~b; c->nzcv = (u32)(r >> (BITS - 1)) << 3 | (r == 0) << 2)

#define CARRY (c->nzcv >> 1 & 1)
BOTH(adc, c->x[op->rm], r = a + b + CARRY)
BOTH(sbc, c->x[op->rm], r = a - b - !CARRY)
BOTH(adcs, c->x[op->rm], T in = CARRY; r = a + b + in; c->nzcv = SUM_FLAGS(T, BITS, a, b, in, r))
BOTH(sbcs, c->x[op->rm], T in = CARRY; b = ~b; r = a + b + in;
     c->nzcv = SUM_FLAGS(T, BITS, a, b, in, r))

/* ---- moves and fields ---- */
BOTH(move, op->imm, r = b)
BOTH(movk, op->imm, r = ((T)c->x[op->rd] & ~((T)0xffff << op->how)) | b)

/* A bit field: imm is rotate | top << 8. */
#define FIELD_R ((unsigned)op->imm & 63)
#define FIELD_S ((unsigned)(op->imm >> 8))
#define ONES(n) (T)((n) >= BITS ? ~(T)0 : ((T)1 << ((n)&63)) - 1)
/* UBFM, SBFM, BFM: bits S:R of the source to the bottom, or S:0 to bit -R (C6.2, "BFM"). */
#define FIELD_AT (FIELD_S >= FIELD_R ? 0 : BITS - FIELD_R)
#define FIELD_LEN (FIELD_S >= FIELD_R ? FIELD_S - FIELD_R + 1 : FIELD_S + 1)
#define FIELD_OF(v) (T)((FIELD_S >= FIELD_R ? (v) >> FIELD_R : (v)) & ONES(FIELD_LEN))
BOTH(ubfm, 0, r = (T)(FIELD_OF(a) << FIELD_AT))
BOTH(sbfm, 0,
     r = (T)((T)((S)(T)(FIELD_OF(a) << (BITS - FIELD_LEN)) >> (BITS - FIELD_LEN)) << FIELD_AT))
BOTH(bfm, c->x[op->rd],
     r = (T)((b & ~(T)(ONES(FIELD_LEN) << FIELD_AT)) | (T)(FIELD_OF(a) << FIELD_AT)))
BOTH(extr, c->x[op->rm], r = op->imm ? (T)(b >> op->imm | a << (BITS - op->imm)) : b)

static void op_adr(struct a64_cpu *c, const struct a64_op *op)
{
	c->x[op->rd] = cpu_pc(c, op) + op->imm;
}

static void op_adrp(struct a64_cpu *c, const struct a64_op *op)
{
	c->x[op->rd] = (cpu_pc(c, op) & ~0xffful) + op->imm;
}

/* ---- two sources ---- */
#define DIVISION_CYCLES 10
#define LEAST ((T)1 << (BITS - 1))
BOTH(udiv, c->x[op->rm], c->waited += DIVISION_CYCLES; r = b ? a / b : 0)
BOTH(sdiv, c->x[op->rm], c->waited += DIVISION_CYCLES; r = !b               ? 0
							   : b == (T) ~(T)0 ? (T)0 - a
									    : (T)((S)a / (S)b))
BOTH(lslv, c->x[op->rm], r = (T)shifted(a, SHIFT_LSL, b &(BITS - 1), BITS))
BOTH(lsrv, c->x[op->rm], r = (T)shifted(a, SHIFT_LSR, b &(BITS - 1), BITS))
BOTH(asrv, c->x[op->rm], r = (T)shifted(a, SHIFT_ASR, b &(BITS - 1), BITS))
BOTH(rorv, c->x[op->rm], r = (T)rotated(a, b, BITS))

/* ---- one source ---- */
static u64 swapped_bits(u64 v)
{
	u64 r = 0;

	for (unsigned i = 0; i < 64; i++)
		r |= (v >> i & 1) << (63 - i);
	return r;
}

#define LEADING(v) (unsigned)(!(v) ? BITS : (unsigned)__builtin_clzl(v) - (64 - BITS))
BOTH(rbit, 0, r = (T)(swapped_bits(a) >> (64 - BITS)))
BOTH(rev16, 0, r = (T)((a >> 8 & (T)0x00ff00ff00ff00fful) | (a & (T)0x00ff00ff00ff00fful) << 8))
BOTH(rev32, 0,
     r = (T)(__builtin_bswap32((u32)a) |
	     (BITS == 64 ? (u64)__builtin_bswap32((u32)((u64)a >> 32)) << 32 : 0)))
BOTH(rev64, 0, r = (T)__builtin_bswap64(a))
BOTH(clz, 0, r = LEADING(a))
BOTH(cls, 0, r = LEADING((T)((a ^ (T)((S)a >> 1)) << 1 | 1)))

/* ---- three sources ---- */
#define D (T) c->x[op->ra]
#define LOW(v) (u64)(u32)(v)
#define SLOW(v) (u64)(s64)(int32_t)(v)
BOTH(madd, c->x[op->rm], r = D + a * b)
BOTH(msub, c->x[op->rm], r = D - a * b)
BOTH(smaddl, c->x[op->rm], r = D + (T)(SLOW(a) * SLOW(b)))
BOTH(smsubl, c->x[op->rm], r = D - (T)(SLOW(a) * SLOW(b)))
BOTH(umaddl, c->x[op->rm], r = D + (T)(LOW(a) * LOW(b)))
BOTH(umsubl, c->x[op->rm], r = D - (T)(LOW(a) * LOW(b)))
BOTH(smulh, c->x[op->rm], r = (T)((__int128)(S)a * (S)b >> 64))
BOTH(umulh, c->x[op->rm], r = (T)((unsigned __int128)a * b >> 64))

/* ---- conditions ---- */
bool cpu_condition(const struct a64_cpu *c, unsigned cond)
{
	/* bit n of an entry: the condition holds when NZCV is n */
	static const u16 holds[8] = {
		0xf0f0, /* EQ: Z */
		0xcccc, /* CS: C */
		0xff00, /* MI: N */
		0xaaaa, /* VS: V */
		0x0c0c, /* HI: C and not Z */
		0xaa55, /* GE: N == V */
		0x0a05, /* GT: N == V and not Z */
		0xffff, /* AL */
	};
	bool yes = holds[cond >> 1] >> c->nzcv & 1;

	return (cond & 1) && cond != 15 ? !yes : yes;
}

#define HOLDS cpu_condition(c, op->how)
BOTH(csel, c->x[op->rm], r = HOLDS ? a : b)
BOTH(csinc, c->x[op->rm], r = HOLDS ? a : b + 1)
BOTH(csinv, c->x[op->rm], r = HOLDS ? a : ~b)
BOTH(csneg, c->x[op->rm], r = HOLDS ? a : (T)0 - b)

/* If the condition fails, the flags are the last four bits of the instruction; rd is NOWHERE. */
#define COMPARE_ELSE (op->word & 15)
#define CCMP(name, second)                                                                         \
	BOTH(ccmp_##name, second, r = a - b;                                                       \
	     c->nzcv = HOLDS ? SUM_FLAGS(T, BITS, a, (T)~b, 1, r) : COMPARE_ELSE)                  \
	BOTH(ccmn_##name, second, r = a + b;                                                       \
	     c->nzcv = HOLDS ? SUM_FLAGS(T, BITS, a, b, 0, r) : COMPARE_ELSE)
CCMP(reg, c->x[op->rm])
CCMP(imm, op->imm)

/* ---- rows: bit 31, the width, is not compared where both widths exist ---- */
#define W_X(name)                                                                                  \
	{                                                                                          \
		op_##name##_w, op_##name##_x, op_##name##_w, op_##name##_x                         \
	}
#define SHIFTS(name)                                                                               \
	{                                                                                          \
		op_##name##_reg_w, op_##name##_reg_x, op_##name##_shift_w, op_##name##_shift_x     \
	}
#define SAME(name)                                                                                 \
	{                                                                                          \
		op_##name, op_##name, op_##name, op_##name                                         \
	}
#define IMM12 0x7f800000
#define REG 0x7f200000
#define EXT 0x7fe00000
#define TWO 0x7fe0fc00
#define ONE_SOURCE 0x7ffffc00
#define THREE 0x7fe08000
#define SEL 0x7fe00c00
#define SETS (KIND_RESULT | KIND_SETS)
#define TESTS (KIND_RESULT | KIND_TESTS)
#define PICKS (KIND_RESULT | KIND_PICKS)

const struct a64_row rows_integer[] = {
	{ 0x9f000000, 0x10000000, SAME(adr), FORM_ADR, KIND_RESULT },
	{ 0x9f000000, 0x90000000, SAME(adrp), FORM_ADR, KIND_RESULT },
	{ IMM12, 0x11000000, W_X(add_imm), FORM_ADD_IMM, KIND_RESULT },
	{ IMM12, 0x31000000, W_X(adds_imm), FORM_ADDS_IMM, SETS },
	{ IMM12, 0x51000000, W_X(sub_imm), FORM_ADD_IMM, KIND_RESULT },
	{ IMM12, 0x71000000, W_X(subs_imm), FORM_ADDS_IMM, SETS },
	{ IMM12, 0x12000000, W_X(and_imm), FORM_LOGIC_IMM, KIND_RESULT },
	{ IMM12, 0x32000000, W_X(orr_imm), FORM_LOGIC_IMM, KIND_RESULT },
	{ IMM12, 0x52000000, W_X(eor_imm), FORM_LOGIC_IMM, KIND_RESULT },
	{ IMM12, 0x72000000, W_X(ands_imm), FORM_LOGICS_IMM, SETS },
	{ IMM12, 0x12800000, W_X(move), FORM_MOVE, KIND_RESULT },
	{ IMM12, 0x52800000, W_X(move), FORM_MOVE, KIND_RESULT },
	{ IMM12, 0x72800000, W_X(movk), FORM_MOVE_KEEP, KIND_RESULT },
	{ IMM12, 0x13000000, W_X(sbfm), FORM_FIELD, KIND_RESULT },
	{ IMM12, 0x33000000, W_X(bfm), FORM_FIELD_KEEP, KIND_RESULT },
	{ IMM12, 0x53000000, W_X(ubfm), FORM_FIELD, KIND_RESULT },
	{ 0x7fa00000, 0x13800000, W_X(extr), FORM_EXTRACT, KIND_RESULT },
	{ REG, 0x0a000000, SHIFTS(and), FORM_SHIFTED, KIND_RESULT },
	{ REG, 0x0a200000, SHIFTS(bic), FORM_SHIFTED, KIND_RESULT },
	{ REG, 0x2a000000, SHIFTS(orr), FORM_SHIFTED, KIND_RESULT },
	{ REG, 0x2a200000, SHIFTS(orn), FORM_SHIFTED, KIND_RESULT },
	{ REG, 0x4a000000, SHIFTS(eor), FORM_SHIFTED, KIND_RESULT },
	{ REG, 0x4a200000, SHIFTS(eon), FORM_SHIFTED, KIND_RESULT },
	{ REG, 0x6a000000, SHIFTS(ands), FORM_SHIFTED, SETS },
	{ REG, 0x6a200000, SHIFTS(bics), FORM_SHIFTED, SETS },
	{ REG, 0x0b000000, SHIFTS(add), FORM_SHIFTED, KIND_RESULT },
	{ REG, 0x2b000000, SHIFTS(adds), FORM_SHIFTED, SETS },
	{ REG, 0x4b000000, SHIFTS(sub), FORM_SHIFTED, KIND_RESULT },
	{ REG, 0x6b000000, SHIFTS(subs), FORM_SHIFTED, SETS },
	{ EXT, 0x0b200000, W_X(add_ext), FORM_EXTENDED, KIND_RESULT },
	{ EXT, 0x2b200000, W_X(adds_ext), FORM_EXTENDED_SETS, SETS },
	{ EXT, 0x4b200000, W_X(sub_ext), FORM_EXTENDED, KIND_RESULT },
	{ EXT, 0x6b200000, W_X(subs_ext), FORM_EXTENDED_SETS, SETS },
	{ TWO, 0x1a000000, W_X(adc), FORM_TWO, TESTS },
	{ TWO, 0x3a000000, W_X(adcs), FORM_TWO, TESTS | KIND_SETS },
	{ TWO, 0x5a000000, W_X(sbc), FORM_TWO, TESTS },
	{ TWO, 0x7a000000, W_X(sbcs), FORM_TWO, TESTS | KIND_SETS },
	{ 0x7fe00c10, 0x3a400000, W_X(ccmn_reg), FORM_COMPARE, TESTS | KIND_SETS },
	{ 0x7fe00c10, 0x7a400000, W_X(ccmp_reg), FORM_COMPARE, TESTS | KIND_SETS },
	{ 0x7fe00c10, 0x3a400800, W_X(ccmn_imm), FORM_COMPARE_IMM, TESTS | KIND_SETS },
	{ 0x7fe00c10, 0x7a400800, W_X(ccmp_imm), FORM_COMPARE_IMM, TESTS | KIND_SETS },
	{ SEL, 0x1a800000, W_X(csel), FORM_SELECT, PICKS },
	{ SEL, 0x1a800400, W_X(csinc), FORM_SELECT, PICKS },
	{ SEL, 0x5a800000, W_X(csinv), FORM_SELECT, PICKS },
	{ SEL, 0x5a800400, W_X(csneg), FORM_SELECT, PICKS },
	{ TWO, 0x1ac00800, W_X(udiv), FORM_TWO, KIND_RESULT },
	{ TWO, 0x1ac00c00, W_X(sdiv), FORM_TWO, KIND_RESULT },
	{ TWO, 0x1ac02000, W_X(lslv), FORM_TWO, KIND_RESULT },
	{ TWO, 0x1ac02400, W_X(lsrv), FORM_TWO, KIND_RESULT },
	{ TWO, 0x1ac02800, W_X(asrv), FORM_TWO, KIND_RESULT },
	{ TWO, 0x1ac02c00, W_X(rorv), FORM_TWO, KIND_RESULT },
	{ ONE_SOURCE, 0x5ac00000, W_X(rbit), FORM_ONE, KIND_RESULT },
	{ ONE_SOURCE, 0x5ac00400, W_X(rev16), FORM_ONE, KIND_RESULT },
	{ ONE_SOURCE, 0x5ac00800, W_X(rev32), FORM_ONE, KIND_RESULT },
	{ 0xfffffc00, 0xdac00c00, W_X(rev64), FORM_ONE, KIND_RESULT },
	{ ONE_SOURCE, 0x5ac01000, W_X(clz), FORM_ONE, KIND_RESULT },
	{ ONE_SOURCE, 0x5ac01400, W_X(cls), FORM_ONE, KIND_RESULT },
	{ THREE, 0x1b000000, W_X(madd), FORM_THREE, KIND_RESULT },
	{ THREE, 0x1b008000, W_X(msub), FORM_THREE, KIND_RESULT },
	{ 0xffe08000, 0x9b200000, W_X(smaddl), FORM_THREE, KIND_RESULT },
	{ 0xffe08000, 0x9b208000, W_X(smsubl), FORM_THREE, KIND_RESULT },
	{ 0xffe08000, 0x9ba00000, W_X(umaddl), FORM_THREE, KIND_RESULT },
	{ 0xffe08000, 0x9ba08000, W_X(umsubl), FORM_THREE, KIND_RESULT },
	{ 0xffe0fc00, 0x9b407c00, W_X(smulh), FORM_TWO, KIND_RESULT },
	{ 0xffe0fc00, 0x9bc07c00, W_X(umulh), FORM_TWO, KIND_RESULT },
	{ 0 },
};
