/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/decode.c - lazy decoder: a word is decoded when it is first executed.
 */
#include "registers.h"
#include <string.h>

static const struct a64_row *const row_tables[] = { rows_integer,   rows_branch, rows_access,
						    rows_exclusive, rows_system, rows_crc,
						    rows_vector,    rows_sme };

static const struct a64_row *find_row(u32 word)
{
	for (unsigned t = 0; t < ARRAY_SIZE(row_tables); t++)
		for (const struct a64_row *r = row_tables[t]; r->mask; r++)
			if ((word & r->mask) == r->match)
				return r;
	return NULL;
}

static u32 bits_of(u32 word, unsigned hi, unsigned lo)
{
	return word >> lo & ((1u << (hi - lo + 1)) - 1);
}

static u64 sign_extend(u64 v, unsigned bits)
{
	return (u64)((s64)(v << (64 - bits)) >> (64 - bits));
}

/* DecodeBitMasks(): false for the reserved values. */
static bool logic_mask(u32 word, u64 *mask)
{
	unsigned n = bits_of(word, 22, 22), r = bits_of(word, 21, 16), s = bits_of(word, 15, 10);
	unsigned value = n << 6 | (~s & 63), bits = 64, ones;
	u64 m;

	if (value < 2 || (n && !(word >> 31)))
		return false;
	while (!(value & bits))
		bits >>= 1;
	ones = s & (bits - 1);
	r &= bits - 1;
	if (ones == bits - 1)
		return false;
	m = (1ul << (ones + 1)) - 1;
	if (r)
		m = (m >> r | m << (bits - r)) & (bits == 64 ? ~0ul : (1ul << bits) - 1);
	for (; bits < 64; bits *= 2)
		m |= m << bits;
	*mask = m;
	return true;
}

static u8 written(unsigned r)
{
	return r == ZERO ? NOWHERE : (u8)r;
}

static u8 or_sp(unsigned r)
{
	return r == ZERO ? SP : (u8)r;
}

static bool form_immediate(const struct a64_row *row, u32 w, struct a64_op *op)
{
	bool sets = row->format == FORM_ADDS_IMM || row->format == FORM_LOGICS_IMM;
	unsigned rd = bits_of(w, 4, 0), rn = bits_of(w, 9, 5);

	op->rd = sets ? written(rd) : or_sp(rd);
	if (row->format == FORM_LOGIC_IMM || row->format == FORM_LOGICS_IMM) {
		op->rn = (u8)rn;
		return logic_mask(w, &op->imm);
	}
	op->rn = or_sp(rn);
	op->imm = (u64)bits_of(w, 21, 10) << (w >> 22 & 1 ? 12 : 0);
	return true;
}

static bool form_move(const struct a64_row *row, u32 w, struct a64_op *op)
{
	op->how = (u8)(16 * bits_of(w, 22, 21));
	op->imm = (u64)bits_of(w, 20, 5) << op->how;
	if (bits_of(w, 30, 29) == 0)
		op->imm = ~op->imm;
	op->rd = written(bits_of(w, 4, 0));
	if (row->format == FORM_MOVE_KEEP)
		op->rm = op->rd == NOWHERE ? ZERO : op->rd;
	return w >> 31 || op->how < 32;
}

static bool form_field(const struct a64_row *row, u32 w, struct a64_op *op)
{
	unsigned wide = w >> 31;

	op->imm = bits_of(w, 21, 16) | bits_of(w, 15, 10) << 8;
	op->rn = (u8)bits_of(w, 9, 5);
	op->rd = written(bits_of(w, 4, 0));
	if (row->format == FORM_FIELD_KEEP)
		op->rm = op->rd == NOWHERE ? ZERO : op->rd;
	return bits_of(w, 22, 22) == wide && (wide || !(w & 0x208000));
}

static bool form_registers(const struct a64_row *row, u32 w, struct a64_op *op)
{
	op->rd = written(bits_of(w, 4, 0));
	op->rn = (u8)bits_of(w, 9, 5);
	op->rm = row->format == FORM_ONE ? ZERO : (u8)bits_of(w, 20, 16);
	if (row->format == FORM_THREE)
		op->ra = (u8)bits_of(w, 14, 10);
	if (row->format == FORM_SELECT)
		op->how = (u8)bits_of(w, 15, 12);
	return true;
}

static bool form_shifted(u32 w, struct a64_op *op)
{
	bool sum = w >> 24 & 1;

	op->rd = written(bits_of(w, 4, 0));
	op->rn = (u8)bits_of(w, 9, 5);
	op->rm = (u8)bits_of(w, 20, 16);
	op->how = (u8)bits_of(w, 23, 22);
	op->imm = bits_of(w, 15, 10);
	return (w >> 31 || op->imm < 32) && !(sum && op->how == 3);
}

static bool form_extended(const struct a64_row *row, u32 w, struct a64_op *op)
{
	unsigned rd = bits_of(w, 4, 0);

	op->rd = row->format == FORM_EXTENDED_SETS ? written(rd) : or_sp(rd);
	op->rn = or_sp(bits_of(w, 9, 5));
	op->rm = (u8)bits_of(w, 20, 16);
	op->how = (u8)bits_of(w, 15, 13);
	op->imm = bits_of(w, 12, 10);
	return op->imm < 5;
}

static bool form_compare(const struct a64_row *row, u32 w, struct a64_op *op)
{
	op->rn = (u8)bits_of(w, 9, 5);
	op->how = (u8)bits_of(w, 15, 12);
	op->imm = bits_of(w, 20, 16);
	if (row->format == FORM_COMPARE)
		op->rm = (u8)op->imm;
	return true;
}

static bool form_branch(const struct a64_row *row, u32 w, struct a64_op *op)
{
	switch (row->format) {
	case FORM_BRANCH:
		op->rd = w >> 31 ? 30 : NOWHERE; /* BL */
		op->imm = sign_extend((u64)bits_of(w, 25, 0) << 2, 28);
		break;
	case FORM_BRANCH_TO:
		op->rd = bits_of(w, 22, 21) == 1 ? 30 : NOWHERE; /* BLR */
		op->rn = (u8)bits_of(w, 9, 5);
		break;
	case FORM_BRANCH_BIT:
		op->rn = (u8)bits_of(w, 4, 0);
		op->how = (u8)(bits_of(w, 23, 19) | w >> 31 << 5);
		op->imm = sign_extend((u64)bits_of(w, 18, 5) << 2, 16);
		break;
	default:
		op->rn = row->format == FORM_BRANCH_IF ? ZERO : (u8)bits_of(w, 4, 0);
		op->how = (u8)bits_of(w, 3, 0);
		op->imm = sign_extend((u64)bits_of(w, 23, 5) << 2, 21);
	}
	return true;
}

static bool writes_back(const struct a64_row *row, const struct a64_op *op)
{
	return row->format == FORM_PAIR ? op->word >> 23 & 1 : op->word >> 10 & 1;
}

/* Write-back of a base that is also the data register is UNPREDICTABLE (C6.2, "LDR (immediate)"),
 * as is a pair of loads to one register. */
static bool predictable(const struct a64_row *row, const struct a64_op *op)
{
	bool pair = row->format == FORM_PAIR, loads = op->word >> 22 & 1;

	if (pair && loads && op->rt == op->ra)
		return false;
	if (pair && op->word >> 30 == 1 && !(op->word >> 23 & 3))
		return false; /* LDNP has no sign-extending form */
	return !writes_back(row, op) || op->rn == SP ||
	       (op->rt != op->rn && !(pair && op->ra == op->rn));
}

/* rt is the data register; rd is the destination of a load. */
static bool form_access(const struct a64_row *row, u32 w, struct a64_op *op)
{
	unsigned size = w >> 30;

	op->rt = (u8)bits_of(w, 4, 0);
	op->rd = written(op->rt);
	op->rn = or_sp(bits_of(w, 9, 5));
	switch (row->format) {
	case FORM_LITERAL:
		op->rn = ZERO;
		op->imm = sign_extend((u64)bits_of(w, 23, 5) << 2, 21);
		break;
	case FORM_PAIR:
		op->ra = (u8)bits_of(w, 14, 10);
		op->imm = sign_extend(bits_of(w, 21, 15), 7) << (size == 2 ? 3 : 2);
		return size != 3 && predictable(row, op);
	case FORM_UNSIGNED:
		op->imm = (u64)bits_of(w, 21, 10) << size;
		break;
	case FORM_OFFSET:
		op->imm = sign_extend(bits_of(w, 20, 12), 9);
		return predictable(row, op);
	case FORM_INDEX:
		op->rm = (u8)bits_of(w, 20, 16);
		op->how = (u8)bits_of(w, 15, 13);
		op->imm = bits_of(w, 12, 12) ? size : 0;
		return op->how & 2;
	default:
		op->rm = (u8)bits_of(w, 20, 16);
		if (!(w >> 28 & 3)) /* of LDXP and its like; otherwise a part of the opcode */
			op->ra = (u8)bits_of(w, 14, 10);
	}
	return true;
}

static bool operands(const struct a64_row *row, u32 w, struct a64_op *op)
{
	switch (row->format) {
	case FORM_NONE:
		return true;
	case FORM_ADR:
		op->rd = written(bits_of(w, 4, 0));
		op->imm = sign_extend((u64)bits_of(w, 23, 5) << 2 | bits_of(w, 30, 29), 21);
		op->imm <<= w >> 31 ? 12 : 0;
		return true;
	case FORM_ADD_IMM:
	case FORM_ADDS_IMM:
	case FORM_LOGIC_IMM:
	case FORM_LOGICS_IMM:
		return form_immediate(row, w, op);
	case FORM_MOVE:
	case FORM_MOVE_KEEP:
		return form_move(row, w, op);
	case FORM_FIELD:
	case FORM_FIELD_KEEP:
		return form_field(row, w, op);
	case FORM_EXTRACT:
		form_registers(row, w, op);
		op->imm = bits_of(w, 15, 10);
		return bits_of(w, 22, 22) == w >> 31 && (w >> 31 || op->imm < 32);
	case FORM_SHIFTED:
		return form_shifted(w, op);
	case FORM_EXTENDED:
	case FORM_EXTENDED_SETS:
		return form_extended(row, w, op);
	case FORM_TWO:
	case FORM_ONE:
	case FORM_THREE:
	case FORM_SELECT:
		return form_registers(row, w, op);
	case FORM_COMPARE:
	case FORM_COMPARE_IMM:
		return form_compare(row, w, op);
	case FORM_SYSTEM:
		op->rt = (u8)bits_of(w, 4, 0);
		op->rd = w >> 21 & 1 ? written(op->rt) : NOWHERE;
		op->rn = w >> 21 & 1 ? ZERO : op->rt;
		op->imm = (uintptr_t)register_find(register_code(w));
		return true;
	case FORM_VECTOR_ACCESS:
		return vector_access(w, op);
	case FORM_SME_ACCESS:
		return sme_access(w, op);
	case FORM_TO_GENERAL:
		op->rd = written(bits_of(w, 4, 0));
		return true;
	case FORM_FROM_GENERAL:
		op->rn = (u8)bits_of(w, 9, 5);
		return true;
	default:
		return row->format <= FORM_BRANCH_TO ? form_branch(row, w, op)
						     : form_access(row, w, op);
	}
}

static u64 touched(const struct a64_op *op)
{
	u64 t = BIT(op->rd) | BIT(op->rn) | BIT(op->rm) | BIT(op->ra) | BIT(op->rt);

	if (op->kind & (KIND_TESTS | KIND_SETS | KIND_PICKS))
		t |= BIT(FLAGS);
	return t & ~(BIT(ZERO) | BIT(NOWHERE));
}

/* ---- operations that move the stack pointer ---- */
#define MOVES_MOST 64u
static a64_run *moves[MOVES_MOST]; /* the functions that op_moves_stack() runs */
static unsigned moves_nr;

static void op_moves_stack(struct a64_cpu *c, const struct a64_op *op)
{
	moves[op->first](c, op);
	cpu_stack_moved(c);
}

/* An aligned stack pointer may be unaligned after the operation, or the reverse. */
static bool moves_stack(const struct a64_row *row, const struct a64_op *op)
{
	if (row->format == FORM_PAIR || row->format == FORM_OFFSET)
		return op->rn == SP && op->imm % 16 && writes_back(row, op);
	return op->rd == SP && !(row->format == FORM_ADD_IMM && op->rn == SP && op->imm % 16 == 0 &&
				 op->word >> 31);
}

static void watch_stack(struct a64_op *op)
{
	while (op->first < moves_nr && moves[op->first] != op->run)
		op->first++;
	if (op->first == MOVES_MOST)
		machine_stop("%08x: more functions move the stack pointer than expected", op->word);
	moves[op->first] = op->run;
	moves_nr += op->first == moves_nr;
	op->run = op_moves_stack;
}

bool decode_word(u32 word, struct a64_op *op)
{
	const struct a64_row *row = find_row(word);
	unsigned shift;

	*op = (struct a64_op) {
		.word = word, .rd = NOWHERE, .rn = ZERO, .rm = ZERO, .ra = ZERO, .rt = ZERO
	};
	if (!row)
		return false;
	op->kind = row->kind;
	if (!operands(row, word, op))
		return false;
	shift = row->format == FORM_SHIFTED && (op->imm || op->how);
	op->run = row->run[word >> 31 | shift << 1];
	if (moves_stack(row, op))
		watch_stack(op);
	op->touch = touched(op);
	return true;
}

/* Neither modelled, nor of a feature that the ID registers deny. */
static void op_unknown(struct a64_cpu *c, const struct a64_op *op)
{
	if (features.sme && denied_scalable(op->word))
		machine_stop("CPU %u: pc %lx: instruction %08x of SVE or SME is not modelled",
			     c->id, cpu_pc(c, op), op->word);
	if (denied_instruction(op->word)) {
		exception_undefined(c, op);
		return;
	}
	if (denied_vector(op->word))
		vector_unknown(c, op);
	else
		machine_stop("CPU %u: pc %lx: instruction %08x is not known", c->id, cpu_pc(c, op),
			     op->word);
}

/* The running operation in the copy of its frame, where it can be changed. */
static struct a64_op *in_copy(struct a64_cpu *c, const struct a64_op *op)
{
	return &c->text->op[op - c->text->op];
}

static void op_decode(struct a64_cpu *c, const struct a64_op *op)
{
	struct a64_op *here = in_copy(c, op);
	const u8 *at = &c->text->of.bytes[4 * (op - c->text->op)];
	u32 word = at[0] | (u32)at[1] << 8 | (u32)at[2] << 16 | (u32)at[3] << 24;

	if (!decode_word(word, here)) {
		here->run = op_unknown;
		here->touch = 0;
	}
	if (order_hooks.execution)
		order_hooks.execution->decoded(here,
					       c->text->of.frame + 4 * (u64)(op - c->text->op));
	if (op->touch & c->watch)
		cpu_watched(c, op);
	else
		op->run(c, op);
}

void op_page_end(struct a64_cpu *c, const struct a64_op *op)
{
	c->slice--; /* it is no instruction */
	cpu_jump(c, cpu_pc(c, op));
}

void core_text_begin(struct text_copy *text)
{
	struct a64_text *t = (struct a64_text *)text;

	t->any_cleaned = false;
	memset(t->cleaned, 0, sizeof(t->cleaned));
	for (unsigned i = 0; i < TEXT_OPS; i++)
		t->op[i] = (struct a64_op) { .run = op_decode };
	t->op[TEXT_OPS] = (struct a64_op) { .run = op_page_end };
}
