/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/float.c - F and D with fp=1: f0 to f31, fcsr, and the instructions that move bits
 * or convert without rounding (unprivileged spec, "F" and "D").  Any other stops the machine.
 *
 * While sstatus.FS is Off they are illegal; each that changes state sets FS to Dirty (privileged
 * spec, "Extension Context Status").  A value of 32 bits has ones above it ("NaN Boxing of Narrower
 * Values").  Each f register has a view; a load of one is never late.
 */
#include "hart.h"
#include <string.h>

#define BOX (~0ul << 32)
#define RM_DYNAMIC 7u
#define RM_FIRST_RESERVED 5u

static unsigned to(const struct rv_op *op)
{
	return op->word >> 7 & 31;
}

/* False: it has trapped. */
static bool usable(struct rv_hart *h, const struct rv_op *op)
{
	if (float_usable(h))
		return true;
	trap_op(h, op, CAUSE_ILLEGAL, op->word);
	return false;
}

static void set_float(struct rv_hart *h, unsigned r, u64 v, u64 view)
{
	h->f[r] = v;
	h->f_view[r] = view;
	h->sstatus |= STATUS_FS;
}

/* ---- fcsr ---- */
u64 float_get(struct rv_hart *h)
{
	return h->fcsr;
}

void float_set(struct rv_hart *h, u64 v)
{
	h->fcsr = v & FCSR_BITS;
	h->sstatus |= STATUS_FS;
}

/* ---- instructions ---- */
static void op_load(struct rv_hart *h, const struct rv_op *op)
{
	bool wide = op->word >> 12 & 1;
	u64 v, view;

	if (usable(h, op) && access_load(h, op, wide ? 8 : 4, &v, &view))
		set_float(h, to(op), wide ? v : v | BOX, view);
}

static void op_store(struct rv_hart *h, const struct rv_op *op)
{
	unsigned r = op->word >> 20 & 31;
	bool wide = op->word >> 12 & 1;

	if (usable(h, op))
		access_store(h, op, wide ? 8 : 4, wide ? h->f[r] : (u32)h->f[r], h->f_view[r]);
}

/* FMV.X.D, FMV.X.W */
static void op_to_integer(struct rv_hart *h, const struct rv_op *op)
{
	unsigned r = op->word >> 15 & 31;

	if (!usable(h, op))
		return;
	h->x[op->rd] = op->word >> 25 & 1 ? h->f[r] : (u64)(s64)(int32_t)h->f[r];
	hart_set_view(h, op->rd, h->f_view[r]);
}

/* FMV.D.X, FMV.W.X */
static void op_from_integer(struct rv_hart *h, const struct rv_op *op)
{
	u64 v = h->x[op->rs1];

	if (usable(h, op))
		set_float(h, to(op), op->word >> 25 & 1 ? v : v | BOX,
			  h->watch ? h->address_view : 0);
}

/* FCVT.D.W: each value is exact, so rm, which has to be valid, has no effect. */
static void op_convert(struct rv_hart *h, const struct rv_op *op)
{
	unsigned rm = op->word >> 12 & 7;
	double d = (int32_t)h->x[op->rs1];
	u64 v;

	if (!usable(h, op))
		return;
	if (rm == RM_DYNAMIC)
		rm = (unsigned)(h->fcsr >> 5);
	if (rm >= RM_FIRST_RESERVED) {
		trap_op(h, op, CAUSE_ILLEGAL, op->word);
		return;
	}
	memcpy(&v, &d, sizeof(v));
	set_float(h, to(op), v, h->watch ? h->address_view : 0);
}

/* FSGNJ.D, FSGNJN.D, FSGNJX.D */
static void op_sign(struct rv_hart *h, const struct rv_op *op)
{
	unsigned one = op->word >> 15 & 31, two = op->word >> 20 & 31, how = op->word >> 12 & 3;
	u64 sign = h->f[two], view = h->f_view[one];

	if (!usable(h, op))
		return;
	sign = how == 0 ? sign : how == 1 ? ~sign : sign ^ h->f[one];
	if (h->f_view[two] > view)
		view = h->f_view[two];
	set_float(h, to(op), (h->f[one] & ~BIT(63)) | (sign & BIT(63)), view);
}

bool float_unknown(struct rv_hart *h, const struct rv_op *op)
{
	unsigned code = op->word & 127, width = op->word >> 12 & 7;
	bool access = (code == 0x07 || code == 0x27) && width > 0 && width < 5;

	if (!hart_kind.fp || !(access || code == 0x43 || code == 0x47 || code == 0x4b ||
			       code == 0x4f || code == 0x53))
		return false;
	if (usable(h, op))
		machine_stop("hart %u: pc %lx: FP instruction %08x is not modelled", h->id,
			     hart_pc(h, op), op->word);
	return true;
}

const struct rv_row rows_float[] = {
	{ 0x0000707f, 0x00002007, op_load, FORMAT_FLOAT_LOAD, OP_OTHER },
	{ 0x0000707f, 0x00003007, op_load, FORMAT_FLOAT_LOAD, OP_OTHER },
	{ 0x0000707f, 0x00002027, op_store, FORMAT_FLOAT_STORE, OP_OTHER },
	{ 0x0000707f, 0x00003027, op_store, FORMAT_FLOAT_STORE, OP_OTHER },
	{ 0xfff0707f, 0xe0000053, op_to_integer, FORMAT_TO_INTEGER, OP_OTHER },
	{ 0xfff0707f, 0xe2000053, op_to_integer, FORMAT_TO_INTEGER, OP_OTHER },
	{ 0xfff0707f, 0xf0000053, op_from_integer, FORMAT_FROM_INTEGER, OP_OTHER },
	{ 0xfff0707f, 0xf2000053, op_from_integer, FORMAT_FROM_INTEGER, OP_OTHER },
	{ 0xfff0007f, 0xd2000053, op_convert, FORMAT_FROM_INTEGER, OP_OTHER },
	{ 0xfe00707f, 0x22000053, op_sign, FORMAT_NONE, OP_OTHER },
	{ 0xfe00707f, 0x22001053, op_sign, FORMAT_NONE, OP_OTHER },
	{ 0xfe00707f, 0x22002053, op_sign, FORMAT_NONE, OP_OTHER },
	{ 0 },
};
