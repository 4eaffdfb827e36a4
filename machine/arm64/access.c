/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/access.c - loads and stores.  An unaligned access is several accesses of a byte, in
 * any order (B2.2.1, single-copy atomicity); a pair is two accesses.
 *
 * With the MMU off an access is one to Device-nGnRnE memory (D8.2.12): it is aligned, and in
 * program order.
 */
#include "cache.h"
#include "devices.h"
#include "errata.h"
#include <machine/device.h>
#include <string.h>

/* ---- one access, aligned ---- */
/* A device access is performed at once, after the accesses that must be performed before it: stores
 * before a po-earlier DMB ST. */
static bool device_ready(struct a64_cpu *c)
{
	gic_accessor = c->id;
	return order_atomic_ready(c->id, ~7ul, 0);
}

/* How a load fills its register: the number of bytes, and their extension. */
#define BYTES 15u
#define EXTENDS 16u /* with the sign */
#define NARROW 32u  /* to 32 bits */
#define SHAPE(type, to)                                                                            \
	(sizeof(type) | ((type)-1 < 1 ? EXTENDS : 0) | (sizeof(to) == 4 ? NARROW : 0))

/* LATER: run the instruction again.  LATE: the load is not performed yet; its register is watched
 * until then. */
enum done { DONE, FAULTED, LATER, LATE };

static enum done fault(struct a64_cpu *c, const struct a64_op *op, u64 va, enum a64_access access,
		       u8 status)
{
	exception_abort(c, cpu_pc(c, op), va, access, status == FSC_NONE ? FSC_EXTERNAL : status,
			0);
	return FAULTED;
}

static enum done load_device(struct a64_cpu *c, const struct a64_op *op, u64 va, u64 pa, unsigned n,
			     u64 *v, u64 *view)
{
	*v = 0;
	if (!device_ready(c)) {
		cpu_again(c, op);
		return LATER;
	}
	if (!device_read(pa, n, v))
		return fault(c, op, va, ACCESS_LOAD, FSC_EXTERNAL);
	*view = order_atomic_done(c->id, pa, 0);
	return DONE;
}

/* A load that bypasses a tracked cache line is ordered after the CPU's own stores to it. */
static enum done load_memory(struct a64_cpu *c, const struct a64_op *op, u64 pa, unsigned n, u64 *v,
			     u64 *view)
{
	if (!order_atomic_ready(c->id, pa, 0)) {
		cpu_again(c, op);
		return LATER;
	}
	*v = cache_memory(pa, n);
	cache_read(c->id, pa);
	*view = order_atomic_done(c->id, pa, 0);
	return DONE;
}

/* By chance the load becomes late; not a part of an access, nor one that bypasses the caches. */
static bool becomes_late(struct a64_cpu *c, u64 pa, unsigned shape, u64 view, unsigned rd)
{
	struct late_load l = {
		.pa = pa,
		.view = view,
		.reg = (u8)rd,
		.bytes = shape & BYTES,
		.extends = (shape & EXTENDS) != 0,
		.narrow = (shape & NARROW) != 0,
	};

	if (rd == NOWHERE || !late_begin(c->id, &l))
		return false;
	c->watch |= BIT(rd);
	return true;
}

static enum done load_one(struct a64_cpu *c, const struct a64_op *op, u64 va, unsigned shape,
			  u64 *v, u64 *view, unsigned rd)
{
	unsigned n = shape & BYTES;
	u8 status;
	u64 pa;
	struct soft_page *s = soft_find(c, va, ACCESS_LOAD, &pa, &status);

	if (!s && status != FSC_NONE)
		return fault(c, op, va, ACCESS_LOAD, status);
	if (!s)
		return load_device(c, op, va, pa, n, v, view);
	pa = s->frame_pa | (va % FRAME_BYTES);
	*view = later_view(c->address_view, s->time);
	if (!cpu_translates(c)) {
		late_all(c->id);
		ordering.cpu[c->id].floor = ordering.now;
	} else if (knobs.adversary[ADV_LATE] && !s->bypass && !s->nonshareable &&
		   becomes_late(c, pa, shape, *view, rd)) {
		return LATE;
	}
	if (s->bypass && cache_tracks(pa))
		return load_memory(c, op, pa, n, v, view);
	if (s->bypass)
		*view = later_view(*view, cache_memory_view(pa));
	*v = s->nonshareable ? order_load_incoherent(c->id, pa, n, *view, view)
			     : order_load(c->id, pa, n, *view, view);
	return DONE;
}

static enum done load_bytes(struct a64_cpu *c, const struct a64_op *op, u64 va, unsigned n, u64 *v,
			    u64 *view)
{
	if (!cpu_translates(c) || (c->now.sctlr & SCTLR_A))
		return fault(c, op, va, ACCESS_LOAD, FSC_ALIGNMENT);
	*v = 0;
	*view = 0;
	for (unsigned i = 0; i < n; i++) {
		u64 byte, one;
		enum done d = load_one(c, op, va + i, 1, &byte, &one, NOWHERE);

		if (d != DONE)
			return d;
		*v |= byte << 8 * i;
		*view = later_view(*view, one);
	}
	return DONE;
}

static NOINLINE bool load_slow(struct a64_cpu *c, const struct a64_op *op, u64 va, unsigned shape,
			       u64 *v, unsigned rd)
{
	unsigned n = shape & BYTES;
	u64 view = 0;
	enum done d;

	*v = 0; /* until a late load is performed: any value */
	d = va & (n - 1) ? load_bytes(c, op, va, n, v, &view)
			 : load_one(c, op, va, shape, v, &view, rd);
	if (d == DONE)
		cpu_set_view(c, rd, view);
	return d == DONE || d == LATE;
}

static inline bool load(struct a64_cpu *c, const struct a64_op *op, u64 va, unsigned shape, u64 *v,
			unsigned rd)
{
	unsigned n = shape & BYTES;
	const struct soft_page *s = soft_at(c, va, ACCESS_LOAD);

	if (s->key != va >> FRAME_SHIFT || (va & (n - 1)) || c->address_view ||
	    !order_plain(c->id, s->frame, s->frame_pa | (va % FRAME_BYTES)))
		return load_slow(c, op, va, shape, v, rd);
	uninit_load(c->id, s->frame_pa | (va % FRAME_BYTES), n);
	*v = 0;
	memcpy(v, s->host + va % FRAME_BYTES, n);
	if (c->watch >> rd & 1)
		cpu_set_view(c, rd, 0);
	return true;
}

static enum done store_one(struct a64_cpu *c, const struct a64_op *op, u64 va, unsigned n, u64 v,
			   u64 view, unsigned flags)
{
	u8 status;
	u64 pa;
	struct soft_page *s = soft_find(c, va, ACCESS_STORE, &pa, &status);

	if (s) {
		order_store(c->id, s->frame_pa | (va % FRAME_BYTES), n, v, view,
			    flags | store_flags(s) | (cpu_translates(c) ? 0 : ORDER_RELEASE));
		return DONE;
	}
	if (status != FSC_NONE)
		return fault(c, op, va, ACCESS_STORE, status);
	if (!device_ready(c)) {
		cpu_again(c, op);
		return LATER;
	}
	return device_write(pa, n, v) ? DONE : fault(c, op, va, ACCESS_STORE, FSC_EXTERNAL);
}

static NOINLINE bool store_slow(struct a64_cpu *c, const struct a64_op *op, u64 va, unsigned n,
				u64 v, u64 view, unsigned flags)
{
	if (!(va & (n - 1)))
		return store_one(c, op, va, n, v, view, flags) == DONE;
	if (!cpu_translates(c) || (c->now.sctlr & SCTLR_A))
		return fault(c, op, va, ACCESS_STORE, FSC_ALIGNMENT) == DONE;
	for (unsigned i = 0; i < n; i++)
		if (store_one(c, op, va + i, 1, v >> 8 * i & 255, view, flags) != DONE)
			return false;
	return true;
}

static inline bool store(struct a64_cpu *c, const struct a64_op *op, u64 va, unsigned n,
			 unsigned rt)
{
	const struct soft_page *s = soft_at(c, va, ACCESS_STORE);
	u64 v = c->x[rt], view = 0;

	if (c->watch)
		view = later_view(cpu_depends(c, rt),
				  later_view(cpu_depends(c, op->rn), cpu_depends(c, op->rm)));

	if (s->key != va >> FRAME_SHIFT || (va & (n - 1)) || !cpu_translates(c))
		return store_slow(c, op, va, n, v, view, 0);
	order_store(c->id, s->frame_pa | (va % FRAME_BYTES), n, v, view, 0);
	return true;
}

/* ---- for vector.c ---- */
bool access_load(struct a64_cpu *c, const struct a64_op *op, u64 va, unsigned n, u64 *v, u64 *view)
{
	return (va & (n - 1) ? load_bytes(c, op, va, n, v, view)
			     : load_one(c, op, va, n, v, view, NOWHERE)) == DONE;
}

bool access_store(struct a64_cpu *c, const struct a64_op *op, u64 va, unsigned n, u64 v, u64 view)
{
	bool spared = errata_has(SME_STORES) && (c->streaming || SME_OF_ZA(op->word));

	return store_slow(c, op, va, n, v, view, spared ? ORDER_SPARED : 0);
}

bool access_unaligned(struct a64_cpu *c, const struct a64_op *op, u64 va, enum a64_access access)
{
	return (cpu_translates(c) && !(c->now.sctlr & SCTLR_A)) ||
	       fault(c, op, va, access, FSC_ALIGNMENT) == DONE;
}

/* ---- addresses, and write-back of the base ---- */
static inline u64 index_of(const struct a64_cpu *c, const struct a64_op *op)
{
	u64 v = c->x[op->rm];

	if (op->how == 2)
		v = (u32)v;
	else if (op->how == 6)
		v = (u64)(s64)(int32_t)v;
	return v << op->imm;
}

#define BASE c->x[op->rn]
#define AT_OFFSET (BASE + op->imm)
#define AT_INDEX (BASE + index_of(c, op))
#define AT_LITERAL (cpu_pc(c, op) + op->imm)
#define KEEP
#define MOVE                                                                                       \
	do {                                                                                       \
		u64 base_view = c->address_view;                                                   \
		BASE += op->imm;                                                                   \
		if (c->watch >> op->rn & 1)                                                        \
			cpu_set_views(c, op->rn, base_view, c->pick[op->rn]);                      \
	} while (0);

/* ---- loads ---- */
#define LOAD(name, type, to, va, writeback)                                                        \
	static void op_##name(struct a64_cpu *c, const struct a64_op *op)                          \
	{                                                                                          \
		u64 v;                                                                             \
                                                                                                   \
		if (!load(c, op, va, SHAPE(type, to), &v, op->rd))                                 \
			return;                                                                    \
		writeback c->x[op->rd] = (u64)(to)(type)v;                                         \
	}
#define STORE(name, type, va, writeback)                                                           \
	static void op_##name(struct a64_cpu *c, const struct a64_op *op)                          \
	{                                                                                          \
		if (!store(c, op, va, sizeof(type), op->rt))                                       \
			return;                                                                    \
		writeback;                                                                         \
	}
#define LOADS(name, type, to)                                                                      \
	LOAD(name##_offset, type, to, AT_OFFSET, KEEP)                                             \
	LOAD(name##_index, type, to, AT_INDEX, KEEP)                                               \
	LOAD(name##_before, type, to, AT_OFFSET, MOVE)                                             \
	LOAD(name##_after, type, to, BASE, MOVE)
#define STORES(name, type)                                                                         \
	STORE(name##_offset, type, AT_OFFSET, KEEP)                                                \
	STORE(name##_index, type, AT_INDEX, KEEP)                                                  \
	STORE(name##_before, type, AT_OFFSET, MOVE)                                                \
	STORE(name##_after, type, BASE, MOVE)

STORES(strb, u8)
STORES(strh, u16)
STORES(strw, u32)
STORES(strx, u64)
LOADS(ldrb, u8, u64)
LOADS(ldrh, u16, u64)
LOADS(ldrw, u32, u64)
LOADS(ldrx, u64, u64)
LOADS(ldrsb_x, int8_t, s64)
LOADS(ldrsh_x, int16_t, s64)
LOADS(ldrsw_x, int32_t, s64)
LOADS(ldrsb_w, int8_t, u32)
LOADS(ldrsh_w, int16_t, u32)
LOAD(ldrw_literal, u32, u64, AT_LITERAL, KEEP)
LOAD(ldrx_literal, u64, u64, AT_LITERAL, KEEP)
LOAD(ldrsw_literal, int32_t, s64, AT_LITERAL, KEEP)

/* ---- LDTR, STTR: with the rights of EL0, also at EL1 ---- */
#define UNPRIVILEGED(name)                                                                         \
	static void op_##name##_user(struct a64_cpu *c, const struct a64_op *op)                   \
	{                                                                                          \
		cpu_unprivileged(c, true);                                                         \
		op_##name##_offset(c, op);                                                         \
		cpu_unprivileged(c, false);                                                        \
	}
UNPRIVILEGED(strb)
UNPRIVILEGED(strh)
UNPRIVILEGED(strw)
UNPRIVILEGED(strx)
UNPRIVILEGED(ldrb)
UNPRIVILEGED(ldrh)
UNPRIVILEGED(ldrw)
UNPRIVILEGED(ldrx)
UNPRIVILEGED(ldrsb_x)
UNPRIVILEGED(ldrsh_x)
UNPRIVILEGED(ldrsw_x)
UNPRIVILEGED(ldrsb_w)
UNPRIVILEGED(ldrsh_w)

static void op_prefetch(struct a64_cpu *c, const struct a64_op *op)
{
	(void)c, (void)op;
}

/* ---- pairs: the second register is ra ---- */
static inline unsigned to_register(unsigned r)
{
	return r == ZERO ? NOWHERE : r;
}

#define LOAD_PAIR(name, type, to, va, writeback)                                                   \
	static void op_##name(struct a64_cpu *c, const struct a64_op *op)                          \
	{                                                                                          \
		unsigned second = to_register(op->ra);                                             \
		u64 at = va, v, w, kept = c->x[op->rd];                                            \
		u64 view = c->view[op->rd], pick = c->pick[op->rd];                                \
                                                                                                   \
		if (!load(c, op, at, SHAPE(type, to), &v, op->rd))                                 \
			return;                                                                    \
		c->x[op->rd] = (u64)(to)(type)v; /* before a late load is performed */             \
		if (!load(c, op, at + sizeof(type), SHAPE(type, to), &w, second)) {                \
			late_cancel(c->id, op->rd);                                                \
			c->x[op->rd] = kept;                                                       \
			cpu_set_views(c, op->rd, view, pick);                                      \
			return;                                                                    \
		}                                                                                  \
		writeback c->x[second] = (u64)(to)(type)w;                                         \
	}
#define STORE_PAIR(name, type, va, writeback)                                                      \
	static void op_##name(struct a64_cpu *c, const struct a64_op *op)                          \
	{                                                                                          \
		u64 at = va;                                                                       \
                                                                                                   \
		if (!store(c, op, at, sizeof(type), op->rt) ||                                     \
		    !store(c, op, at + sizeof(type), sizeof(type), op->ra))                        \
			return;                                                                    \
		writeback;                                                                         \
	}
#define PAIRS(name, make, ...)                                                                     \
	make(name##_offset, __VA_ARGS__, AT_OFFSET, KEEP)                                          \
		make(name##_before, __VA_ARGS__, AT_OFFSET, MOVE)                                  \
			make(name##_after, __VA_ARGS__, BASE, MOVE)
PAIRS(stpw, STORE_PAIR, u32)
PAIRS(stpx, STORE_PAIR, u64)
PAIRS(ldpw, LOAD_PAIR, u32, u64)
PAIRS(ldpx, LOAD_PAIR, u64, u64)
PAIRS(ldpsw, LOAD_PAIR, int32_t, s64)

/* LDNP, STNP.  STREAM_STALE: one that would fault uses the translation that it has kept. */
static bool streams_stale(struct a64_cpu *c, const struct a64_op *op, enum a64_access access)
{
	u64 pa, va = AT_OFFSET;
	u8 status;
	struct soft_page *s = soft_find(c, va, access, &pa, &status);

	if (!errata_kept(c, va, s) || s)
		return false;
	if (access == ACCESS_LOAD)
		c->x[op->rd] = c->x[to_register(op->ra)] = 0;
	return true;
}

#define STREAM(name, pair, access)                                                                 \
	static void op_##name(struct a64_cpu *c, const struct a64_op *op)                          \
	{                                                                                          \
		if (!errata_has(STREAM_STALE) || !streams_stale(c, op, access))                    \
			op_##pair##_offset(c, op);                                                 \
	}
STREAM(stnpw, stpw, ACCESS_STORE)
STREAM(ldnpw, ldpw, ACCESS_LOAD)
STREAM(stnpx, stpx, ACCESS_STORE)
STREAM(ldnpx, ldpx, ACCESS_LOAD)

/* ---- rows ---- */
/* unsigned offset, unscaled, unprivileged, after, before, register; size and opc in bits 31:30 and
 * 23:22 */
#define FORMS(size, opc, name)                                                                     \
	{ 0xffc00000, (u32)(size) << 30 | (opc) << 22 | 0x39000000, RUN(op_##name##_offset),       \
	  FORM_UNSIGNED, KIND_ACCESS },                                                            \
		{ 0xffe00c00, (u32)(size) << 30 | (opc) << 22 | 0x38000000,                        \
		  RUN(op_##name##_offset), FORM_OFFSET, KIND_ACCESS },                             \
		{ 0xffe00c00, (u32)(size) << 30 | (opc) << 22 | 0x38000800, RUN(op_##name##_user), \
		  FORM_OFFSET, KIND_ACCESS },                                                      \
		{ 0xffe00c00, (u32)(size) << 30 | (opc) << 22 | 0x38000400,                        \
		  RUN(op_##name##_after), FORM_OFFSET, KIND_ACCESS },                              \
		{ 0xffe00c00, (u32)(size) << 30 | (opc) << 22 | 0x38000c00,                        \
		  RUN(op_##name##_before), FORM_OFFSET, KIND_ACCESS },                             \
	{                                                                                          \
		0xffe00c00, (u32)(size) << 30 | (opc) << 22 | 0x38200800, RUN(op_##name##_index),  \
			FORM_INDEX, KIND_ACCESS                                                    \
	}
#define STREAMS(opc, load, name)                                                                   \
	{                                                                                          \
		0xffc00000, (u32)(opc) << 30 | (load) << 22 | 0x28000000, RUN(op_##name),          \
			FORM_PAIR, KIND_ACCESS                                                     \
	}
#define PAIR(opc, load, name)                                                                      \
	{ 0xffc00000, (u32)(opc) << 30 | (load) << 22 | 0x28800000, RUN(op_##name##_after),        \
	  FORM_PAIR, KIND_ACCESS },                                                                \
		{ 0xffc00000, (u32)(opc) << 30 | (load) << 22 | 0x29000000,                        \
		  RUN(op_##name##_offset), FORM_PAIR, KIND_ACCESS },                               \
	{                                                                                          \
		0xffc00000, (u32)(opc) << 30 | (load) << 22 | 0x29800000, RUN(op_##name##_before), \
			FORM_PAIR, KIND_ACCESS                                                     \
	}

const struct a64_row rows_access[] = {
	FORMS(3, 0, strx),
	FORMS(3, 1, ldrx),
	FORMS(2, 0, strw),
	FORMS(2, 1, ldrw),
	FORMS(2, 2, ldrsw_x),
	FORMS(1, 0, strh),
	FORMS(1, 1, ldrh),
	FORMS(1, 2, ldrsh_x),
	FORMS(1, 3, ldrsh_w),
	FORMS(0, 0, strb),
	FORMS(0, 1, ldrb),
	FORMS(0, 2, ldrsb_x),
	FORMS(0, 3, ldrsb_w),
	PAIR(0, 0, stpw),
	PAIR(0, 1, ldpw),
	PAIR(1, 1, ldpsw),
	PAIR(2, 0, stpx),
	PAIR(2, 1, ldpx),
	STREAMS(0, 0, stnpw),
	STREAMS(0, 1, ldnpw),
	STREAMS(2, 0, stnpx),
	STREAMS(2, 1, ldnpx),
	{ 0xff000000, 0x18000000, RUN(op_ldrw_literal), FORM_LITERAL, KIND_ACCESS },
	{ 0xff000000, 0x58000000, RUN(op_ldrx_literal), FORM_LITERAL, KIND_ACCESS },
	{ 0xff000000, 0x98000000, RUN(op_ldrsw_literal), FORM_LITERAL, KIND_ACCESS },
	{ 0xff000000, 0xd8000000, RUN(op_prefetch), FORM_LITERAL, KIND_OTHER },
	{ 0xffc00000, 0xf9800000, RUN(op_prefetch), FORM_UNSIGNED, KIND_OTHER },
	{ 0xffe00c00, 0xf8800000, RUN(op_prefetch), FORM_OFFSET, KIND_OTHER },
	{ 0xffe00c00, 0xf8a00800, RUN(op_prefetch), FORM_INDEX, KIND_OTHER },
	{ 0 },
};
