/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/riscv/access.c - loads and stores.  An unaligned access is several accesses of a byte, in
 * any order (unprivileged spec, "Load and Store Instructions": it need not be atomic).
 */
#include "hart.h"
#include <machine/device.h>
#include <string.h>

static bool load_device(struct rv_hart *h, const struct rv_op *op, u64 va, u64 pa, unsigned n,
			u64 *v)
{
	*v = 0;
	if (device_read(pa, n, v))
		return true;
	trap_op(h, op, CAUSE_LOAD_ACCESS, va);
	return false;
}

static bool becomes_late(struct rv_hart *h, const struct rv_op *op, u64 pa, unsigned n, u64 view)
{
	struct late_load l = {
		.pa = pa,
		.view = view,
		.reg = op->rd,
		.bytes = (u8)n,
		.extends = !(op->word >> 14 & 1),
	};

	if (op->rd == NOWHERE || !late_begin(h->id, &l))
		return false;
	h->watch |= hart_late(h);
	return true;
}

/* False: it traps, or it becomes late (whole accesses only). */
static bool load_one(struct rv_hart *h, const struct rv_op *op, u64 va, unsigned n, bool whole,
		     u64 *v, u64 *seen)
{
	u64 pa, cause, view;
	struct soft_entry *s = soft_find(h, va, ACCESS_LOAD, &pa, &cause);

	if (!s && cause) {
		trap_op(h, op, cause, va);
		return false;
	}
	*seen = 0;
	if (!s)
		return load_device(h, op, va, pa, n, v);
	if (ordering.now - s->view >= HISTORY)
		s->view = 0; /* no load can read anything older */
	view = h->address_view > s->view ? h->address_view : s->view;
	pa = s->frame_pa | (va % FRAME_BYTES);
	if (knobs.adversary[ADV_LATE] && whole && becomes_late(h, op, pa, n, view))
		return false;
	*v = order_load(h->id, pa, n, view, seen);
	return true;
}

/* The parts of an unaligned load. */
static bool load_bytes(struct rv_hart *h, const struct rv_op *op, u64 va, unsigned n, u64 *v,
		       u64 *view)
{
	*v = *view = 0;
	for (unsigned i = 0; i < n; i++) {
		u64 byte, one;

		if (!load_one(h, op, va + i, 1, false, &byte, &one))
			return false;
		*v |= byte << 8 * i;
		*view = one > *view ? one : *view;
	}
	return true;
}

static NOINLINE bool load_slow(struct rv_hart *h, const struct rv_op *op, u64 va, unsigned n,
			       u64 *v)
{
	u64 view;

	if (va & (n - 1) ? !load_bytes(h, op, va, n, v, &view)
			 : !load_one(h, op, va, n, true, v, &view))
		return false;
	hart_set_view(h, op->rd, view);
	return true;
}

static inline bool load(struct rv_hart *h, const struct rv_op *op, unsigned n, u64 *v)
{
	u64 va = h->x[op->rs1] + (u64)op->imm;
	const struct soft_entry *s = &h->soft[ACCESS_LOAD][(va >> FRAME_SHIFT) % SOFT];

	if (s->key != hart_key(h, va) || (va & (n - 1)) || s->view > ordering.cpu[h->id].floor ||
	    !order_plain(h->id, s->frame, s->frame_pa | (va % FRAME_BYTES)))
		return load_slow(h, op, va, n, v);
	uninit_load(h->id, s->frame_pa | (va % FRAME_BYTES), n);
	*v = 0;
	memcpy(v, s->host + va % FRAME_BYTES, n);
	return true;
}

#define LOAD(name, type)                                                                           \
	static void op_##name(struct rv_hart *h, const struct rv_op *op)                           \
	{                                                                                          \
		u64 v;                                                                             \
                                                                                                   \
		if (load(h, op, sizeof(type), &v))                                                 \
			h->x[op->rd] = (u64)(s64)(type)v;                                          \
	}

LOAD(lb, int8_t)
LOAD(lh, int16_t)
LOAD(lw, int32_t)
LOAD(ld, int64_t)
LOAD(lbu, uint8_t)
LOAD(lhu, uint16_t)
LOAD(lwu, uint32_t)

static bool store_one(struct rv_hart *h, const struct rv_op *op, u64 va, unsigned n, u64 v,
		      u64 view)
{
	u64 pa, cause;
	struct soft_entry *s = soft_find(h, va, ACCESS_STORE, &pa, &cause);

	if (s) {
		order_store(h->id, s->frame_pa | (va % FRAME_BYTES), n, v, view, 0);
		return true;
	}
	if (!cause && device_write(pa, n, v))
		return true;
	trap_op(h, op, cause ? cause : CAUSE_STORE_ACCESS, va);
	return false;
}

static NOINLINE void store_slow(struct rv_hart *h, const struct rv_op *op, u64 va, unsigned n,
				u64 v, u64 view)
{
	if (!(va & (n - 1))) {
		store_one(h, op, va, n, v, view);
		return;
	}
	for (unsigned i = 0; i < n; i++)
		if (!store_one(h, op, va + i, 1, v >> 8 * i & 255, view))
			return;
}

static inline void store(struct rv_hart *h, const struct rv_op *op, unsigned n)
{
	u64 va = h->x[op->rs1] + (u64)op->imm, v = h->x[op->rs2];
	const struct soft_entry *s = &h->soft[ACCESS_STORE][(va >> FRAME_SHIFT) % SOFT];

	if (s->key != hart_key(h, va) || (va & (n - 1)))
		store_slow(h, op, va, n, v, h->watch ? h->address_view : 0);
	else
		order_store(h->id, s->frame_pa | (va % FRAME_BYTES), n, v, h->address_view, 0);
}

#define STORE(name, bytes)                                                                         \
	static void op_##name(struct rv_hart *h, const struct rv_op *op)                           \
	{                                                                                          \
		store(h, op, bytes);                                                               \
	}

STORE(sb, 1)
STORE(sh, 2)
STORE(sw, 4)
STORE(sd, 8)

/* ---- for float.c ---- */
bool access_load(struct rv_hart *h, const struct rv_op *op, unsigned n, u64 *v, u64 *view)
{
	u64 va = h->x[op->rs1] + (u64)op->imm;

	return va & (n - 1) ? load_bytes(h, op, va, n, v, view)
			    : load_one(h, op, va, n, false, v, view);
}

void access_store(struct rv_hart *h, const struct rv_op *op, unsigned n, u64 v, u64 view)
{
	u64 address = h->watch ? h->address_view : 0;

	store_slow(h, op, h->x[op->rs1] + (u64)op->imm, n, v, address > view ? address : view);
}

#define LOADS(f3) 0x707f, ((f3) << 12 | 0x03)
#define STORES(f3) 0x707f, ((f3) << 12 | 0x23)

const struct rv_row rows_access[] = {
	{ LOADS(0), op_lb, FORMAT_I, OP_LOAD },   { LOADS(1), op_lh, FORMAT_I, OP_LOAD },
	{ LOADS(2), op_lw, FORMAT_I, OP_LOAD },   { LOADS(3), op_ld, FORMAT_I, OP_LOAD },
	{ LOADS(4), op_lbu, FORMAT_I, OP_LOAD },  { LOADS(5), op_lhu, FORMAT_I, OP_LOAD },
	{ LOADS(6), op_lwu, FORMAT_I, OP_LOAD },  { STORES(0), op_sb, FORMAT_S, OP_OTHER },
	{ STORES(1), op_sh, FORMAT_S, OP_OTHER }, { STORES(2), op_sw, FORMAT_S, OP_OTHER },
	{ STORES(3), op_sd, FORMAT_S, OP_OTHER }, { 0 },
};
