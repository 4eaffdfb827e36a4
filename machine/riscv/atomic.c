/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/atomic.c - LR, SC and AMOs (unprivileged spec, "A"): each is one operation in the
 * global memory order.  An AMO may be performed late (late.h).  The reservation set is 64 bytes. SC
 * also fails by chance, one time in 32, so a loop of it succeeds in the end ("Eventual Success").
 */
#include "hart.h"
#include <machine/core.h>
#include <machine/random.h>

#define SET_BYTES 64ul

static rv_run op_lr, op_sc;

/*
 * "LR.rl and SC.aq instructions are not guaranteed to provide any stronger ordering than those with
 * both bits clear" ("Load-Reserved/Store-Conditional Instructions"): here they do not.
 */
static unsigned flags_of(const struct rv_op *op)
{
	unsigned flags =
		(op->word >> 25 & 1 ? ORDER_RELEASE : 0) | (op->word >> 26 & 1 ? ORDER_ACQUIRE : 0);

	if ((op->run == op_lr && flags == ORDER_RELEASE) ||
	    (op->run == op_sc && flags == ORDER_ACQUIRE))
		return 0;
	return flags;
}

static unsigned size_of(const struct rv_op *op)
{
	return op->word >> 12 & 1 ? 8 : 4;
}

static u64 extended(u64 v, unsigned n)
{
	return n == 4 ? (u64)(s64)(int32_t)v : v;
}

/* Translate the address, after the accesses that must be performed first; false: it trapped, or
 * runs again later. */
static bool place(struct rv_hart *h, const struct rv_op *op, enum rv_access access, u64 *pa)
{
	u64 va = h->x[op->rs1], cause;
	bool load = access == ACCESS_LOAD;
	struct soft_entry *s;

	if (va & (size_of(op) - 1)) {
		trap_op(h, op, load ? CAUSE_LOAD_ALIGN : CAUSE_STORE_ALIGN, va);
		return false;
	}
	s = soft_find(h, va, access, pa, &cause);
	if (!s) {
		trap_op(h, op, cause ? cause : load ? CAUSE_LOAD_ACCESS : CAUSE_STORE_ACCESS, va);
		return false;
	}
	*pa = s->frame_pa | (va % FRAME_BYTES);
	if (order_atomic_ready(h->id, *pa, flags_of(op)))
		return true;
	hart_again(h, op);
	return false;
}

static void op_lr(struct rv_hart *h, const struct rv_op *op)
{
	unsigned n = size_of(op);
	u64 pa;

	if (!place(h, op, ACCESS_LOAD, &pa))
		return;
	h->reserved = align_down(pa, SET_BYTES);
	memory_frame(pa)->reserved = true;
	if (flags_of(op) & ORDER_RELEASE) /* LR.aqrl */
		order_note_release(h->id, true);
	uninit_load(h->id, pa, n);
	h->x[op->rd] = extended(order_newest(pa, n), n);
	hart_set_view(h, op->rd, order_atomic_done(h->id, pa, flags_of(op)));
}

static void op_sc(struct rv_hart *h, const struct rv_op *op)
{
	u64 pa, value = h->x[op->rs2];
	bool done;

	if (!place(h, op, ACCESS_STORE, &pa))
		return;
	done = h->reserved == align_down(pa, SET_BYTES) && !order_exclusive_fails();
	h->reserved = 0;
	if (done && (flags_of(op) & ORDER_RELEASE))
		order_note_release(h->id, false);
	if (done)
		order_atomic_write(h->id, pa, size_of(op), value, flags_of(op));
	h->x[op->rd] = !done;
	if (done && (flags_of(op) & ORDER_ACQUIRE)) /* else it is a store for fences */
		order_atomic_done(h->id, pa, flags_of(op));
	hart_set_view(h, op->rd, done ? ordering.now : 0);
}

/* a: memory, b: register, both sign-extended, which preserves the unsigned order of words */
#define AMO(name, value)                                                                           \
	static u64 amo_##name(u64 a, u64 b)                                                        \
	{                                                                                          \
		return value;                                                                      \
	}

AMO(add, a + b)
AMO(xor, a ^ b)
AMO(and, a &b)
AMO(or, a | b)
AMO(min, (s64)a < (s64)b ? a : b)
AMO(max, (s64)a > (s64)b ? a : b)
AMO(minu, a < b ? a : b)
AMO(maxu, a > b ? a : b)

static u64 amo_swap(u64 a, u64 b)
{
	(void)a;
	return b;
}

/* By bits 31 to 27 of the instruction. */
static u64 (*const amos[32])(u64 a, u64 b) = {
	[0] = amo_add,  [1] = amo_swap, [4] = amo_xor,   [8] = amo_or,    [12] = amo_and,
	[16] = amo_min, [20] = amo_max, [24] = amo_minu, [28] = amo_maxu,
};

static void perform_amo(unsigned cpu, const struct late_load *l, unsigned flags)
{
	u64 a = extended(order_newest(l->pa, l->bytes), l->bytes);

	if (l->reg != NOWHERE || amos[l->word >> 27] != amo_swap)
		uninit_load(cpu, l->pa, l->bytes);
	order_atomic_write(cpu, l->pa, l->bytes, amos[l->word >> 27](a, l->operand),
			   l->release ? ORDER_RELEASE : 0);
	core_performed(cpu, l->reg, a, order_atomic_done(cpu, l->pa, flags));
}

void hart_atomic(unsigned cpu, const struct late_load *l)
{
	perform_amo(cpu, l, 0);
}

/* It may become late, unless it acquires: then po-later accesses are ordered after it (rule 5). */
static void op_amo(struct rv_hart *h, const struct rv_op *op)
{
	unsigned flags = flags_of(op);
	struct late_load l = {
		.operand = extended(h->x[op->rs2], size_of(op)),
		.word = op->word,
		.reg = op->rd,
		.bytes = (u8)size_of(op),
		.release = (flags & ORDER_RELEASE) != 0,
	};

	if (!place(h, op, ACCESS_STORE, &l.pa))
		return;
	if (l.release)
		order_note_release(h->id, true);
	if ((flags & ORDER_ACQUIRE) || !late_begin(h->id, &l))
		perform_amo(h->id, &l, flags);
	else
		h->watch |= hart_late(h);
}

/* W and D */
#define A_ROW(f5, f)                                                                               \
	{                                                                                          \
		0xf800607f, (u32)(f5) << 27 | 0x202f, f, FORMAT_R, OP_OTHER                        \
	}

const struct rv_row rows_atomic[] = {
	{ 0xf9f0607f, 2u << 27 | 0x202f, op_lr, FORMAT_R, OP_OTHER },
	A_ROW(3, op_sc),
	A_ROW(1, op_amo),
	A_ROW(0, op_amo),
	A_ROW(4, op_amo),
	A_ROW(12, op_amo),
	A_ROW(8, op_amo),
	A_ROW(16, op_amo),
	A_ROW(20, op_amo),
	A_ROW(24, op_amo),
	A_ROW(28, op_amo),
	{ 0 },
};
