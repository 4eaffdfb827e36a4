/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/decode.c - lazy decoder: a halfword is decoded when it is first executed.
 */
#include "hart.h"

/* The last one is for fp=1. */
static const struct rv_row *const row_tables[] = { rows_integer, rows_access, rows_atomic,
						   rows_system, rows_float };

static const struct rv_row *find_row(u32 word)
{
	for (unsigned t = 0; t < ARRAY_SIZE(row_tables) - !hart_kind.fp; t++)
		for (const struct rv_row *r = row_tables[t]; r->mask; r++)
			if ((word & r->mask) == r->match)
				return r;
	return NULL;
}

static s64 sign_extend(u64 v, unsigned bits)
{
	return (s64)(v << (64 - bits)) >> (64 - bits);
}

static u32 field(u32 word, unsigned hi, unsigned lo)
{
	return word >> lo & ((1u << (hi - lo + 1)) - 1);
}

static s64 immediate(u32 w, enum op_format format)
{
	switch (format) {
	case FORMAT_I:
	case FORMAT_FLOAT_LOAD:
		return sign_extend(field(w, 31, 20), 12);
	case FORMAT_S:
	case FORMAT_FLOAT_STORE:
		return sign_extend(field(w, 31, 25) << 5 | field(w, 11, 7), 12);
	case FORMAT_B:
		return sign_extend(field(w, 31, 31) << 12 | field(w, 7, 7) << 11 |
					   field(w, 30, 25) << 5 | field(w, 11, 8) << 1,
				   13);
	case FORMAT_U:
		return sign_extend(w & 0xfffff000, 32);
	case FORMAT_J:
		return sign_extend(field(w, 31, 31) << 20 | field(w, 19, 12) << 12 |
					   field(w, 20, 20) << 11 | field(w, 30, 21) << 1,
				   21);
	case FORMAT_SHIFT:
		return field(w, 25, 20);
	default:
		return 0;
	}
}

static bool has_rd(enum op_format f)
{
	return f <= FORMAT_SHIFT ? f != FORMAT_S && f != FORMAT_B : f == FORMAT_TO_INTEGER;
}

static bool has_rs1(enum op_format f)
{
	return f != FORMAT_U && f != FORMAT_J && f != FORMAT_NONE && f != FORMAT_TO_INTEGER;
}

static bool has_rs2(enum op_format f)
{
	return f == FORMAT_R || f == FORMAT_S || f == FORMAT_B;
}

bool decode_word(u32 word, struct rv_op *op)
{
	const struct rv_row *r = find_row(word);

	op->word = word;
	if (!r)
		return false;
	op->run = r->run;
	op->kind = r->kind;
	op->imm = immediate(word, r->format);
	op->rs1 = has_rs1(r->format) ? (u8)field(word, 19, 15) : 0;
	op->rs2 = has_rs2(r->format) ? (u8)field(word, 24, 20) : 0;
	op->rd = has_rd(r->format) && field(word, 11, 7) ? (u8)field(word, 11, 7) : NOWHERE;
	op->touch = 1u << op->rs1 | 1u << op->rs2 | (op->rd == NOWHERE ? 0 : 1u << op->rd);
	return true;
}

/* The running operation in the copy of its frame, where it can be changed. */
static struct rv_op *in_copy(struct rv_hart *h, const struct rv_op *op)
{
	return &h->text->op[op - h->text->op];
}

static void run_decoded(struct rv_hart *h, const struct rv_op *op)
{
	if (op->touch & h->watch)
		hart_watched(h, op);
	else
		op->run(h, op);
}

static void op_unknown(struct rv_hart *h, const struct rv_op *op)
{
	/* 16 zero bits are illegal by definition (unprivileged spec, "C"). */
	if (op->word == 0)
		trap_op(h, op, CAUSE_ILLEGAL, 0);
	else if (!float_unknown(h, op))
		machine_stop("hart %u: pc %lx: instruction %08x is not known", h->id,
			     hart_pc(h, op), op->word);
}

static bool decode_at(struct rv_op *op, u32 low, u32 high)
{
	bool wide = (low & 3) == 3;
	u32 word = wide ? low | high << 16 : expand_compressed(low);

	op->halves = wide ? 2 : 1;
	if (word && decode_word(word, op))
		return true;
	op->word = wide ? word : low;
	op->run = op_unknown;
	op->touch = 0;
	return false;
}

/* An instruction that begins in the last halfword of a frame is decoded each time, since the next
 * frame of the address space may change. */
static void op_straddling(struct rv_hart *h, const struct rv_op *op)
{
	struct rv_op *here = in_copy(h, op), undecoded = *op;
	const struct rv_op *following = op + 1;
	u64 pc = hart_pc(h, op), va = pc + 2, cause;
	u32 high;

	if (!fetch_halfword(h, va, &high, &cause)) {
		trap_take(h, pc, cause, va);
		return;
	}
	decode_at(here, undecoded.word, high);
	h->next = following;
	run_decoded(h, here);
	*here = undecoded;
	if (h->next == following)
		hart_jump(h, pc + 4);
}

static void op_decode(struct rv_hart *h, const struct rv_op *op)
{
	struct rv_op *here = in_copy(h, op);
	const u8 *at = &h->text->of.bytes[2 * (op - h->text->op)];
	u32 low = at[0] | (u32)at[1] << 8;

	if ((low & 3) == 3 && op == &h->text->op[OPS_FRAME - 1]) {
		*here = (struct rv_op) { .run = op_straddling, .word = low, .halves = 1 };
		op_straddling(h, op);
		return;
	}
	decode_at(here, low, (low & 3) == 3 ? at[2] | (u32)at[3] << 8 : 0);
	if (order_hooks.execution)
		order_hooks.execution->decoded(here,
					       h->text->of.frame + 2 * (u64)(op - h->text->op));
	h->next = op + op->halves;
	run_decoded(h, op);
}

void op_page_end(struct rv_hart *h, const struct rv_op *op)
{
	h->slice--; /* it is no instruction */
	hart_jump(h, hart_pc(h, op));
}

void core_text_begin(struct text_copy *text)
{
	struct rv_text *t = (struct rv_text *)text;

	for (unsigned i = 0; i < OPS_FRAME; i++)
		t->op[i] = (struct rv_op) { .run = op_decode, .halves = 1 };
	t->op[OPS_FRAME] = (struct rv_op) { .run = op_page_end };
}
