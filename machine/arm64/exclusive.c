/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine/arm64/exclusive.c - exclusive, acquire and release accesses, and atomics (B2.3, B2.12,
 * FEAT_LSE).  Their stores may be performed late (order.h, order_atomic_store()), except those of
 * pairs of 16 bytes.  The exclusives reservation granule is a cache line.  A store-exclusive also
 * fails by chance, but not for ever.
 */
#include "cache.h"
#include "errata.h"
#include <machine/device.h>
#include <machine/random.h>

static unsigned size_of(const struct a64_op *op)
{
	return 1u << (op->word >> 30);
}

static struct soft_page *abort_at(struct a64_cpu *c, const struct a64_op *op,
				  enum a64_access access, u8 status)
{
	exception_abort(c, cpu_pc(c, op), c->x[op->rn], access,
			status == FSC_NONE ? FSC_EXTERNAL : status, 0);
	return NULL;
}

enum place { READS, WRITES, BOTH };

/* Translate an access of n bytes to RAM; NULL: an exception was taken.  For an access that reads
 * and writes, WnR of ESR_EL1 is 1 only if the read would have been allowed. */
static struct soft_page *place(struct a64_cpu *c, const struct a64_op *op, enum place how,
			       unsigned n, u64 *pa, u64 *view)
{
	enum a64_access first = how == WRITES ? ACCESS_STORE : ACCESS_LOAD;
	struct soft_page *s;
	u64 depends;
	u8 status;

	c->address_view = c->watch ? c->view[op->rn] : 0;
	if (c->x[op->rn] & (n - 1))
		return abort_at(c, op, first, FSC_ALIGNMENT);
	s = soft_find(c, c->x[op->rn], first, pa, &status);
	if (errata_has(EXCLUSIVE_STALE) && (op->word & 0x3fe00000) == 0x08400000) /* LDXR */
		s = errata_kept(c, c->x[op->rn], s);
	if (!s)
		return abort_at(c, op, first, status);
	if (how == BOTH) {
		s = soft_find(c, c->x[op->rn], ACCESS_STORE, pa, &status);
		if (!s)
			return abort_at(c, op, ACCESS_STORE, status);
	}
	*pa = s->frame_pa | (c->x[op->rn] % FRAME_BYTES);
	depends = cpu_depends(c, op->rn);
	*view = later_view(how == READS ? c->address_view : depends, s->time);
	c->control = later_view(c->control, depends);
	c->address_view = 0;
	return s;
}

/* The same for an atomic, after the accesses that must be performed first; NULL: an exception was
 * taken, or the instruction runs again later. */
static struct soft_page *place_atomic(struct a64_cpu *c, const struct a64_op *op, enum place how,
				      unsigned n, unsigned flags, u64 *pa, u64 *view)
{
	struct soft_page *s;

	if (how != READS)
		flags |= ORDER_WRITES;
	s = place(c, op, how, n, pa, view);
	if (!s)
		return NULL;
	/* support for other memory types is IMPLEMENTATION DEFINED (B2.12.2; atomics: B2.2.6) */
	if (s->bypass && knobs.adversary[ADV_CACHES])
		return abort_at(c, op, how == WRITES ? ACCESS_STORE : ACCESS_LOAD, FSC_EXCLUSIVE);
	if (!order_atomic_ready(c->id, *pa, flags) ||
	    (n == 16 && !order_atomic_ready(c->id, *pa + 8, flags))) {
		cpu_again(c, op);
		return NULL;
	}
	if (how != WRITES)
		ordering.cpu[c->id].read = ordering.now;
	return s;
}

/* The value that an atomic or LDXR reads.  For Non-shareable memory it is IMPLEMENTATION DEFINED
 * whether they take account of other observers (B2.10.1.2): here they do not. */
static u64 atomic_value(const struct a64_cpu *c, const struct soft_page *s, u64 pa, unsigned n)
{
	u64 view;

	uninit_load(c->id, pa, n);
	return s->nonshareable ? order_load_incoherent(c->id, pa, n, 0, &view)
			       : order_newest(pa, n);
}

/* Store two registers of n bytes as one access (B2.2.1, single-copy atomicity).  view: of the
 * address. */
static void write_pair(struct a64_cpu *c, u64 pa, unsigned n, unsigned first, unsigned second,
		       u64 view, unsigned flags)
{
	u64 low = c->x[first], high = c->x[second];

	view = later_view(view, later_view(cpu_depends(c, first), cpu_depends(c, second)));
	if (n == 4) {
		order_atomic_store(c->id, pa, 8, (u32)low | high << 32, view, flags);
		return;
	}
	if (flags & ORDER_RELEASE)
		order_note_release(c->id, false);
	order_atomic_pair(c->id, pa, low, high, flags);
	if (flags & ORDER_RELEASE)
		ordering.cpu[c->id].released = ordering.now;
}

static void result(struct a64_cpu *c, unsigned rd, u64 value, u64 view)
{
	c->x[rd] = value;
	cpu_set_view(c, rd, view);
}

static u8 second_of(const struct a64_op *op)
{
	return op->ra == ZERO ? NOWHERE : op->ra;
}

/* ---- load-acquire, store-release ---- */
/* LDAR is ordered after each store-release that is earlier in program order (B2.3,
 * "Barrier-ordered-before"); LDAPR is not. */
static bool release_waits(const struct a64_cpu *c)
{
	const struct observer *o = &ordering.cpu[c->id];

	for (unsigned i = 0; i < o->nr; i++)
		if (o->buffer[i].release)
			return true;
	return false;
}

static u64 acquired(struct a64_cpu *c, const struct soft_page *s, u64 pa, unsigned n, u64 *view)
{
	struct observer *o = &ordering.cpu[c->id];
	u64 v;

	if (!s->nonshareable)
		return order_load_acquire(c->id, pa, n, *view, view);
	v = order_load_incoherent(c->id, pa, n, *view, view);
	o->floor = later_view(o->floor, *view);
	return v;
}

static void load_acquire(struct a64_cpu *c, const struct a64_op *op, bool rcsc)
{
	u64 pa, view, v;
	const struct soft_page *s = place(c, op, READS, size_of(op), &pa, &view);

	if (!s)
		return;
	if (rcsc && release_waits(c)) {
		order_atomic_ready(c->id, pa, ORDER_ACQUIRE);
		cpu_again(c, op);
		return;
	}
	if (rcsc)
		view = later_view(view, ordering.cpu[c->id].released);
	if (s->bypass)
		view = later_view(view, cache_memory_view(pa));
	v = acquired(c, s, pa, size_of(op), &view);
	if (s->bypass && cache_tracks(pa)) {
		v = cache_memory(pa, size_of(op));
		cache_read(c->id, pa);
	}
	if (rcsc && order_hooks.execution)
		order_hooks.execution->acquire(c->id);
	result(c, op->rd, v, view);
}

static void op_ldar(struct a64_cpu *c, const struct a64_op *op)
{
	load_acquire(c, op, true);
}

static void op_ldapr(struct a64_cpu *c, const struct a64_op *op)
{
	load_acquire(c, op, false);
}

static void op_stlr(struct a64_cpu *c, const struct a64_op *op)
{
	u64 pa, view;
	const struct soft_page *s = place(c, op, WRITES, size_of(op), &pa, &view);

	if (s)
		order_store(c->id, pa, size_of(op), c->x[op->rt],
			    later_view(view, cpu_depends(c, op->rt)),
			    ORDER_RELEASE | store_flags(s));
}

/* ---- exclusives ---- */
static unsigned exclusive_flags(const struct a64_op *op)
{
	bool ordered = op->word >> 15 & 1, loads = op->word >> 22 & 1;

	return !ordered ? 0 : loads ? ORDER_ACQUIRE : ORDER_RELEASE;
}

static void reserve(struct a64_cpu *c, u64 pa)
{
	c->reserved = align_down(pa, id_line(c->id));
	memory_frame(pa)->reserved = true;
}

static void op_ldxr(struct a64_cpu *c, const struct a64_op *op)
{
	unsigned n = size_of(op);
	const struct soft_page *s;
	u64 pa, view, value;

	s = place_atomic(c, op, READS, n, exclusive_flags(op), &pa, &view);
	if (!s)
		return;
	reserve(c, pa);
	value = atomic_value(c, s, pa, n);
	result(c, op->rd, value, order_atomic_done(c->id, pa, exclusive_flags(op)));
}

static bool may_store(struct a64_cpu *c, u64 pa)
{
	bool done = c->reserved == align_down(pa, id_line(c->id)) && !order_exclusive_fails();

	c->reserved = 0;
	return done;
}

static void op_stxr(struct a64_cpu *c, const struct a64_op *op)
{
	unsigned status = op->rm == ZERO ? NOWHERE : op->rm;
	u64 pa, view;
	bool done;

	if (!place_atomic(c, op, WRITES, size_of(op), exclusive_flags(op), &pa, &view))
		return;
	done = may_store(c, pa);
	if (done)
		order_atomic_store(c->id, pa, size_of(op), c->x[op->rt],
				   later_view(view, cpu_depends(c, op->rt)), exclusive_flags(op));
	result(c, status, !done, 0);
}

static void op_ldxp(struct a64_cpu *c, const struct a64_op *op)
{
	unsigned n = size_of(op);
	u64 pa, view;

	if (!place_atomic(c, op, READS, 2 * n, exclusive_flags(op), &pa, &view))
		return;
	reserve(c, pa);
	order_atomic_done(c->id, pa + n, exclusive_flags(op));
	view = order_atomic_done(c->id, pa, exclusive_flags(op));
	result(c, op->rd, order_newest(pa, n), view);
	result(c, second_of(op), order_newest(pa + n, n), view);
}

static void op_stxp(struct a64_cpu *c, const struct a64_op *op)
{
	unsigned n = size_of(op), status = op->rm == ZERO ? NOWHERE : op->rm;
	u64 pa, view;
	bool done;

	if (!place_atomic(c, op, WRITES, 2 * n, exclusive_flags(op), &pa, &view))
		return;
	done = may_store(c, pa);
	if (done)
		write_pair(c, pa, n, op->rt, op->ra, view, exclusive_flags(op));
	result(c, status, !done, 0);
}

/* ---- FEAT_LSE ---- */
static bool has_atomics(struct a64_cpu *c, const struct a64_op *op)
{
	if (!features.lse)
		exception_undefined(c, op);
	return features.lse;
}

static unsigned no_result(unsigned rd)
{
	return rd == NOWHERE ? ORDER_NORET : 0;
}

static void op_cas(struct a64_cpu *c, const struct a64_op *op)
{
	unsigned n = size_of(op), rs = op->rm == ZERO ? NOWHERE : op->rm;
	unsigned flags =
		(op->word >> 22 & 1 ? ORDER_ACQUIRE : 0) | (op->word >> 15 & 1 ? ORDER_RELEASE : 0);
	u64 pa, view, old, mask = n == 8 ? ~0ul : (1ul << 8 * n) - 1;
	const struct soft_page *s;

	s = has_atomics(c, op) ? place_atomic(c, op, BOTH, n, flags, &pa, &view) : NULL;
	if (!s)
		return;
	old = atomic_value(c, s, pa, n);
	if (old == (c->x[op->rm] & mask))
		order_atomic_store(c->id, pa, n, c->x[op->rt],
				   later_view(view, cpu_depends(c, op->rt)), flags);
	result(c, rs, old, order_atomic_done(c->id, pa, flags | no_result(rs)));
}

/* Two registers, from an even one on; x31 of a pair is the zero register. */
static void op_casp(struct a64_cpu *c, const struct a64_op *op)
{
	unsigned n = op->word >> 30 & 1 ? 8 : 4, rs = op->rm, rt = op->rt;
	unsigned flags =
		(op->word >> 22 & 1 ? ORDER_ACQUIRE : 0) | (op->word >> 15 & 1 ? ORDER_RELEASE : 0);
	u64 pa, first, second, view, mask = n == 8 ? ~0ul : ~0u;

	if (!has_atomics(c, op))
		return;
	if ((rs | rt) & 1) {
		exception_undefined(c, op);
		return;
	}
	late_touched(c->id, BIT(rs + 1) | BIT(rt + 1)); /* not known to decode */
	if (!place_atomic(c, op, BOTH, 2 * n, flags, &pa, &view))
		return;
	first = order_newest(pa, n);
	second = order_newest(pa + n, n);
	if (first == (c->x[rs] & mask) && second == (c->x[rs + 1] & mask))
		write_pair(c, pa, n, rt, rt + 1, view, flags);
	order_atomic_done(c->id, pa + n, flags);
	view = order_atomic_done(c->id, pa, flags);
	result(c, rs, first, view);
	result(c, rs + 1 == ZERO ? NOWHERE : rs + 1, second, view);
}

static u64 combined(unsigned opc, u64 a, u64 b, unsigned n)
{
	unsigned up = 64 - 8 * n;
	s64 sa = (s64)(a << up), sb = (s64)(b << up);
	u64 ua = a << up, ub = b << up;

	switch (opc) {
	case 0:
		return a + b;
	case 1:
		return a & ~b;
	case 2:
		return a ^ b;
	case 3:
		return a | b;
	case 4:
		return sa > sb ? a : b;
	case 5:
		return sa < sb ? a : b;
	case 6:
		return ua > ub ? a : b;
	default:
		return ua < ub ? a : b;
	}
}

/* LDADD and the like, SWP; without a destination they do not acquire, and are no load for DMB LD.
 * The value that SWP stores does not depend on the value read (B2.3.2). */
static void op_atomic(struct a64_cpu *c, const struct a64_op *op)
{
	unsigned n = size_of(op), opc = op->word >> 12 & 7;
	bool swap = op->word >> 15 & 1;
	unsigned flags = (op->word >> 23 & 1 && op->rt != ZERO ? ORDER_ACQUIRE : 0) |
			 (op->word >> 22 & 1 ? ORDER_RELEASE : 0);
	u64 pa, view, old, b = c->x[op->rm];
	const struct soft_page *s;

	s = has_atomics(c, op) ? place_atomic(c, op, BOTH, n, flags, &pa, &view) : NULL;
	if (!s)
		return;
	old = swap && op->rd == NOWHERE ? 0 : atomic_value(c, s, pa, n);
	view = later_view(view, swap ? cpu_depends(c, op->rm) : ordering.now);
	order_atomic_store(c->id, pa, n, swap ? b : combined(opc, old, b, n), view, flags);
	result(c, op->rd, old, order_atomic_done(c->id, pa, flags | no_result(op->rd)));
}

#define ORDERED FORM_ORDERED, KIND_BASE

const struct a64_row rows_exclusive[] = {
	{ 0x3fe07c00, 0x08007c00, RUN(op_stxr), ORDERED }, /* and STLXR */
	{ 0x3fff7c00, 0x085f7c00, RUN(op_ldxr), ORDERED }, /* and LDAXR */
	{ 0xbfe00000, 0x88200000, RUN(op_stxp), ORDERED },
	{ 0xbfff0000, 0x887f0000, RUN(op_ldxp), ORDERED }, /* and LDAXP */
	{ 0x3ffffc00, 0x089ffc00, RUN(op_stlr), ORDERED },
	{ 0x3ffffc00, 0x08dffc00, RUN(op_ldar), ORDERED },
	{ 0x3fa07c00, 0x08a07c00, RUN(op_cas), ORDERED },
	{ 0xbfa07c00, 0x08207c00, RUN(op_casp), ORDERED },
	{ 0x3ffffc00, 0x38bfc000, RUN(op_ldapr), ORDERED },
	{ 0x3f20fc00, 0x38208000, RUN(op_atomic), ORDERED }, /* SWP */
	{ 0x3f208c00, 0x38200000, RUN(op_atomic), ORDERED },
	{ 0 },
};
