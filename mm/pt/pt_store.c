/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_store.c - the choke point: every store to a table that a CPU could walk.
 *
 * One run is one duty evaluation, one tap event and at most one break (ENGINE 3).  A break is
 * settled here, around the whole run; TLBI and TLBI_WALK go to the gather; VISIBLE is left to the
 * end of the operation.  A tree that no CPU ever loaded, or no longer holds, owes nothing.
 */
#include <lib/atomic.h>
#include <mm/pt/pt_impl.h>

#define UNROLL 8

/* One store and one addition a cell: the floor for values that differ. */
static inline pte_t fill_group(struct pt_cell *c, pte_t v, pte_t stride)
{
	pt_cell_store(&c[0], v);
	pt_cell_store(&c[1], v += stride);
	pt_cell_store(&c[2], v += stride);
	pt_cell_store(&c[3], v += stride);
	pt_cell_store(&c[4], v += stride);
	pt_cell_store(&c[5], v += stride);
	pt_cell_store(&c[6], v += stride);
	pt_cell_store(&c[7], v += stride);
	return v + stride;
}

static void fill(struct pt_cell *c, u32 n, pte_t v, pte_t stride)
{
	for (; n >= 4 * UNROLL; n -= 4 * UNROLL, c += 4 * UNROLL) {
		v = fill_group(c, v, stride);
		v = fill_group(c + UNROLL, v, stride);
		v = fill_group(c + 2 * UNROLL, v, stride);
		v = fill_group(c + 3 * UNROLL, v, stride);
	}
	for (; n; n--, c++, v += stride)
		pt_cell_store(c, v);
}

static inline void clear_group(struct pt_cell *c)
{
	pt_cell_store(&c[0], 0);
	pt_cell_store(&c[1], 0);
	pt_cell_store(&c[2], 0);
	pt_cell_store(&c[3], 0);
	pt_cell_store(&c[4], 0);
	pt_cell_store(&c[5], 0);
	pt_cell_store(&c[6], 0);
	pt_cell_store(&c[7], 0);
}

static void pt_clear_cells(struct pt_cell *c, u32 n)
{
	for (; n >= 4 * UNROLL; n -= 4 * UNROLL, c += 4 * UNROLL) {
		clear_group(c);
		clear_group(c + UNROLL);
		clear_group(c + 2 * UNROLL);
		clear_group(c + 3 * UNROLL);
	}
	for (; n; n--, c++)
		pt_cell_store(c, 0);
}

static u64 run_bytes(const struct pt *pt, const struct pt_run *r)
{
	return (u64)r->n << pt->shift[r->level];
}

static void write_run(const struct pt *pt, const struct pt_run *r)
{
	const struct pt_fmt *f = pt->fmt;

	if (!r->new) {
		pt_clear_cells(r->cells, r->n);
	} else if (r->n == 1 || r->same || pt_in_step(f, r->pa, run_bytes(pt, r))) {
		fill(r->cells, r->n, r->new, r->stride);
	} else {
		for (u32 i = 0; i < r->n; i++)
			pt_cell_store(&r->cells[i], f->leaf(r->pa + i * pt_span_at(pt, r->level),
							    r->prot, r->level, r->run_shift));
	}
}

/*
 * ALL cells of the run invalid, invalidated everywhere and waited for, before ANY is remade: what
 * contiguous groups and changes of shape, address or type need (PAGETABLES.md, rows A6..A9, R8).
 */
static void break_run(struct pt *pt, const struct pt_run *r)
{
	u64 len = run_bytes(pt, r);
	struct pt_inval inval = { .lo = r->va, .hi = r->va + len, .asid = pt->asid };

	ASSERT(!pt->env->may_break || pt->env->may_break(pt, r->va, len));
	pt_clear_cells(r->cells, r->n);
	inval.global = pt->global;
	inval.walk = pt->fmt->kind(r->old, r->level) == PT_TABLE;
	inval.levels = (u8)(inval.walk ? BIT(r->level) - 1 : BIT(r->level));
	pt->env->inval(pt, &inval);
}

/* Build the event only while a tap is on: its hundred bytes would cost more than the operation. */
static NOINLINE void publish_tapped(struct pt *pt, struct pt_event e)
{
	if (!pt_tap_run_before(&e))
		return;
	pt->env->publish(); /* the contents before the cell, as in the two callers below */
	pt_tap_run_after(&e);
}

static void pt_publish(struct pt *pt, vaddr_t va, unsigned level)
{
	if (pt_tapped())
		publish_tapped(pt, (struct pt_event) { .kind = PT_EV_PUBLISH,
						       .level = (u8)level,
						       .va = va,
						       .pt = pt });
	else
		pt->env->publish(); /* the new table's contents before the pointer to it */
}

void pt_contents(struct pt *pt, vaddr_t va, u64 len)
{
	if (pt->state != PT_LIVE)
		return;
	if (pt_tapped())
		publish_tapped(pt,
			       (struct pt_event) {
				       .kind = PT_EV_CONTENTS, .va = va, .len = len, .pt = pt });
	else
		pt->env->publish(); /* what the frames hold before the leaves that show them */
}

static void describe(struct pt_event *e, const struct pt *pt, const struct pt_run *r, u32 duty)
{
	*e = (struct pt_event) { .kind = PT_EV_SET, .level = r->level, .duty = duty, .n = r->n };
	e->va = r->va;
	e->len = run_bytes(pt, r);
	e->old = r->old;
	e->new = r->new;
	e->pa = r->new ? r->pa : PA_NONE;
	e->asid = pt->asid;
	e->global = pt->global;
	e->pt = pt;
}

/* Store a run with its duties in the order that they demand; the gather takes what comes later. */
static void pt_settle(struct pt *pt, const struct pt_run *r, u32 duty, struct pt_gather *g)
{
	if (duty & PT_DUTY_BREAK)
		break_run(pt, r);
	if (duty & PT_DUTY_PUBLISH)
		pt_publish(pt, r->va, r->level);
	if (duty & PT_DUTY_CONTENTS && !r->ordered)
		pt_contents(pt, r->va, run_bytes(pt, r));
	write_run(pt, r);
	if (duty & (PT_DUTY_TLBI | PT_DUTY_TLBI_WALK) || (g && duty & PT_DUTY_LAZY))
		pt_gather_duty(g, r, duty);
}

static NOINLINE u32 set_run_tapped(struct pt *pt, const struct pt_run *r, u32 duty,
				   struct pt_gather *g)
{
	struct pt_event e;

	describe(&e, pt, r, duty);
	if (!pt_tap_run_before(&e))
		return 0;
	pt_settle(pt, r, e.duty, g); /* a bending tap may have dropped some duties */
	pt_tap_run_after(&e);
	return e.duty;
}

u32 pt_set_run(struct pt *pt, const struct pt_run *r, struct pt_gather *g)
{
	u32 duty = 0;

	if (pt->state == PT_LIVE && !r->unlinked)
		duty = pt->fmt->duty(r->old, r->new, r->level, pt->caps);
	if (pt_tapped())
		return set_run_tapped(pt, r, duty, g);
	pt_settle(pt, r, duty, g);
	return duty;
}

static bool install(struct pt *pt, const struct pt_run *r, u32 duty)
{
	if (duty & PT_DUTY_PUBLISH)
		pt_publish(pt, r->va, r->level);
	return pt_cell_install(r->cells, r->new);
}

/* The event cannot be swallowed: the caller goes on inside the table. */
static NOINLINE bool install_tapped(struct pt *pt, const struct pt_run *r, u32 duty)
{
	struct pt_event e;

	describe(&e, pt, r, duty);
	pt_tap_run_before(&e);
	if (e.plain)
		pt_cell_store(r->cells, r->new);
	else if (!install(pt, r, e.duty))
		return false;
	pt_tap_run_after(&e);
	return true;
}

paddr_t pt_install(struct pt_plan *plan, struct pt_cell *cell, unsigned level, vaddr_t va)
{
	struct pt *pt = plan->pt;
	struct pt_link *link = pt_plan_take(plan);
	paddr_t table = pt->env->pa(link);
	struct pt_run r = { .cells = cell,
			    .va = pt_slot_va(pt, level, va),
			    .n = 1,
			    .level = (u8)level,
			    .run_shift = 0,
			    .unlinked = false,
			    .ordered = false,
			    .same = false,
			    .old = 0,
			    .new = pt->fmt->table(table, level),
			    .stride = 0,
			    .pa = table,
			    .prot = 0 };
	u32 duty = 0;

	link->level = level - 1;
	link->gen++;
	if (pt->state == PT_LIVE)
		duty = pt->fmt->duty(0, r.new, level, pt->caps);
	if (!(pt_tapped() ? install_tapped(pt, &r, duty) : install(pt, &r, duty))) {
		pt_plan_put(plan, link); /* somebody else was first: use his (S0-05) */
		table = pt->fmt->next(pt_cell_load(cell), level);
		ASSERT_OP(table, !=, PA_NONE);
		return table;
	}
	atomic_fetch_add_relaxed(&pt->nr_tables, 1);
	return table;
}

static NOINLINE void visible_tapped(struct pt *pt, vaddr_t va, u64 len, u32 duty)
{
	struct pt_event e = { .kind = PT_EV_VISIBLE, .va = va, .len = len, .duty = duty, .pt = pt };

	if (!pt_tap_run_before(&e))
		return;
	pt->env->visible(); /* the new leaves before this CPU's next use of the range */
	pt_tap_run_after(&e);
}

/* Settle LAZY without a gather: every level, walk caches too, because the range may hold leaves of
 * several levels and new tables. */
static NOINLINE void broadcast(struct pt *pt, vaddr_t va, u64 len)
{
	struct pt_inval inval = { .lo = va, .hi = va + len, .asid = pt->asid };

	inval.levels = (u8)(BIT(pt->fmt->levels) - 1);
	inval.walk = true;
	inval.global = pt->global;
	pt->env->inval(pt, &inval);
}

void pt_visible(struct pt *pt, vaddr_t va, u64 len, u32 duty)
{
	if (duty & PT_DUTY_VISIBLE) {
		if (pt_tapped())
			visible_tapped(pt, va, len, duty);
		else
			pt->env->visible(); /* the new leaves before this CPU's next use of them */
	}
	if (duty & PT_DUTY_LAZY && pt->eager)
		broadcast(pt, va, len);
}
