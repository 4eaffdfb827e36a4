/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_store.c - the choke point: every store to a table that a CPU could walk.
 *
 * One run is one duty evaluation, one tap event and at most one break (ENGINE 3).  A break is
 * carried out here, around the whole run; TLBI and TLBI_WALK are added to the gather; VISIBLE
 * follows at the end of the operation.  A store to a tree that no CPU has loaded, or that is
 * retired, requires nothing.
 */
#include <arch/arch.h>
#include <lib/atomic.h>
#include <mm/pt/pt_impl.h>

enum { UNROLL = 32 };

/* One store and one addition a cell: the minimum for values that differ.  Neither this nor
 * clear_cells() is inline, so that there is one copy of each unrolled loop. */
static NOINLINE void fill_cells(struct pt_cell *c, u32 n, pte_t v, pte_t stride)
{
	for (; n >= UNROLL; n -= UNROLL, c += UNROLL) {
#pragma GCC unroll 32
		for (u32 i = 0; i < UNROLL; i++, v += stride)
			pt_cell_store(&c[i], v);
	}
	for (; n; n--, c++, v += stride)
		pt_cell_store(c, v);
}

/* n cells of a table that no CPU can walk yet.  The barrier before the pointer to the table orders
 * them (PT_DUTY_PUBLISH), so one store may be of two. */
static void fill_unlinked(struct pt_cell *c, u32 n, pte_t v, pte_t stride)
{
	arch_store_series(pt_cell_words(c), n, v, stride);
}

/* One store a cell. */
static NOINLINE void clear_cells(struct pt_cell *c, u32 n)
{
	for (; n >= UNROLL; n -= UNROLL, c += UNROLL) {
#pragma GCC unroll 32
		for (u32 i = 0; i < UNROLL; i++)
			pt_cell_store(&c[i], 0);
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

	if (r->n == 1) {
		pt_cell_store(r->cells, r->new);
	} else if (!r->new) {
		clear_cells(r->cells, r->n);
	} else if (r->same || pt_in_step(f, r->pa, run_bytes(pt, r))) {
		(r->unlinked ? fill_unlinked : fill_cells)(r->cells, r->n, r->new, r->stride);
	} else {
		for (u32 i = 0; i < r->n; i++)
			pt_cell_store(&r->cells[i], f->leaf(r->pa + i * pt_span_at(pt, r->level),
							    r->prot, r->level, r->run_shift));
	}
}

/*
 * Clear ALL cells of the run, invalidate on all CPUs and wait, before ANY is written again:
 * required for contiguous groups and for changes of shape, address or type (PAGETABLES.md, rows
 * A6..A9, R8).
 */
static void break_run(struct pt *pt, const struct pt_run *r)
{
	u64 len = run_bytes(pt, r);
	struct pt_inval inval = { .lo = r->va, .hi = r->va + len, .asid = pt->asid };

	ASSERT(!pt->env->may_break || pt->env->may_break(pt, r->va, len));
	clear_cells(r->cells, r->n);
	inval.global = pt->global;
	inval.walk = pt->fmt->kind(r->old, r->level) == PT_TABLE;
	inval.levels = pt_cached_levels(pt, r->old, r->level);
	pt->env->inval(pt, &inval);
}

/* A barrier that taps see.  Not inline: an event of a hundred bytes in the caller's frame would
 * cost the caller more than the operation, even while no tap is on. */
static NOINLINE void barrier_tapped(const struct pt_event *what, void (*barrier)(void))
{
	struct pt_event e = *what;

	if (!pt_tap_run_before(&e))
		return; /* a bending tap swallowed it */
	barrier();
	pt_tap_run_after(&e);
}

static NOINLINE void publish_tapped(struct pt *pt, enum pt_event_kind kind, unsigned level,
				    vaddr_t va, u64 len)
{
	struct pt_event e = { .kind = (u8)kind, .level = (u8)level, .va = va, .len = len };

	e.pt = pt;
	barrier_tapped(&e, pt->env->publish);
}

/* Order earlier stores before the store of a cell. */
static inline void publish(struct pt *pt, enum pt_event_kind kind, unsigned level, vaddr_t va,
			   u64 len)
{
	if (pt_tapped())
		publish_tapped(pt, kind, level, va, len);
	else
		pt->env->publish(); /* the contents before the cell */
}

/* Order the new table's contents before the pointer to it. */
static void pt_publish(struct pt *pt, vaddr_t va, unsigned level)
{
	publish(pt, PT_EV_PUBLISH, level, va, 0);
}

/* Order the data in the frames before the leaves that map them. */
void pt_publish_data(struct pt *pt, vaddr_t va, u64 len)
{
	if (pt->state == PT_LIVE)
		publish(pt, PT_EV_PUBLISH_DATA, 0, va, len);
}

/* The duties of the store: none for a tree or a table that no CPU walks. */
static u32 duty_of(const struct pt *pt, const struct pt_run *r)
{
	if (pt->state != PT_LIVE || r->unlinked)
		return 0;
	return pt->fmt->duty(r->old, r->new, r->level, pt->caps);
}

/* Report the store to the taps before it is made; false: a bending tap swallowed it. */
static NOINLINE bool tap_store(struct pt_event *e, const struct pt *pt, const struct pt_run *r,
			       u32 duty)
{
	*e = (struct pt_event) { .kind = PT_EV_SET, .level = r->level, .duty = duty, .n = r->n };
	e->va = r->va;
	e->len = run_bytes(pt, r);
	e->old = r->old;
	e->new = r->new;
	e->pa = r->new ? r->pa : PA_NONE;
	e->asid = pt->asid;
	e->global = pt->global;
	e->unlinked = r->unlinked;
	e->pt = pt;
	return pt_tap_run_before(e);
}

static NOINLINE void break_or_publish(struct pt *pt, const struct pt_run *r, u32 duty)
{
	if (duty & PT_DUTY_BREAK)
		break_run(pt, r);
	if (duty & PT_DUTY_PUBLISH)
		pt_publish(pt, r->va, r->level);
}

static inline __attribute__((always_inline)) void store_run(struct pt *pt, const struct pt_run *r,
							    struct pt_gather *g, u32 duty)
{
	if (duty & (PT_DUTY_BREAK | PT_DUTY_PUBLISH))
		break_or_publish(pt, r, duty);
	if (duty & PT_DUTY_PUBLISH_DATA && !r->ordered)
		pt_publish_data(pt, r->va, run_bytes(pt, r));
	if (r->n == 1)
		pt_cell_store(r->cells, r->new);
	else
		write_run(pt, r);
	if (duty & (PT_DUTY_TLBI | PT_DUTY_TLBI_WALK) || (g && duty & PT_DUTY_LAZY))
		pt_gather_duty(g, r, duty);
}

static NOINLINE u32 set_run_tapped(struct pt *pt, const struct pt_run *r, struct pt_gather *g,
				   u32 duty)
{
	struct pt_event e;

	if (!tap_store(&e, pt, r, duty))
		return 0;
	duty = e.duty; /* a bending tap may have dropped some */
	store_run(pt, r, g, duty);
	pt_tap_run_after(&e);
	return duty;
}

u32 pt_set_run(struct pt *pt, const struct pt_run *r, struct pt_gather *g)
{
	u32 duty = duty_of(pt, r);

	if (pt_tapped())
		return set_run_tapped(pt, r, g, duty);
	store_run(pt, r, g, duty);
	return duty;
}

struct spot_leaves {
	pte_t first, stride; /* `first` is of pa0 */
	paddr_t pa0;
	pte_t old, alike; /* a leaf that equals `old` in these bits has its rights */
	unsigned shift;
	bool linear;
};

/*
 * One addition and one multiplication a leaf where formats allow it, since a leaf whose rights are
 * those of the first differs from it in its address alone.
 */
static inline bool is_alike(const struct spot_leaves *l, pte_t old)
{
	return l->linear && !((old ^ l->old) & l->alike);
}

static inline pte_t linear_leaf(const struct spot_leaves *l, paddr_t pa)
{
	return l->first + (u64)((s64)(pa - l->pa0) >> l->shift) * l->stride;
}

static pte_t spot_leaf(const struct pt_fmt *f, pte_t old, paddr_t pa, const struct spot_leaves *l)
{
	return is_alike(l, old) ? linear_leaf(l, pa) : f->leaf(pa, f->prot(old, 0), 0, 0);
}

/* Store spots up to one whose leaf only the format can make; returns how many.  Not inline: it
 * needs every register. */
static NOINLINE unsigned make_alike(const struct pt_spot *spot, const paddr_t *pa, unsigned n,
				    const struct spot_leaves *leaves)
{
	const struct spot_leaves l = *leaves;
	const paddr_t *at = pa;

	for (const paddr_t *end = pa + n; at < end && is_alike(&l, spot->old); at++, spot++)
		pt_cell_store(spot->cell, linear_leaf(&l, *at));
	return (unsigned)(at - pa);
}

static void make_spots(const struct pt_fmt *f, const struct pt_spot *spot, const paddr_t *pa,
		       unsigned n, const struct spot_leaves *l)
{
	for (unsigned i = make_alike(spot, pa, n, l); i < n; i++)
		pt_cell_store(spot[i].cell, spot_leaf(f, spot[i].old, pa[i], l));
}

/* A tap sees each store of a batch, and the duty of the whole; it may swallow the store. */
static void store_spot_tapped(const struct pt *pt, const struct pt_spot *spot, pte_t v, paddr_t pa,
			      u32 duty)
{
	struct pt_run r = { .cells = spot->cell, .va = spot->va, .n = 1, .new = v, .pa = pa };
	struct pt_event e;

	r.old = v ? 0 : spot->old;
	if (!tap_store(&e, pt, &r, duty))
		return;
	pt_cell_store(spot->cell, v);
	pt_tap_run_after(&e);
}

static NOINLINE void store_spots_tapped(const struct pt *pt, const struct pt_spot *spot,
					const paddr_t *pa, unsigned n, const struct spot_leaves *l,
					u32 duty)
{
	for (unsigned i = 0; i < n; i++) {
		pte_t v = pa ? spot_leaf(pt->fmt, spot[i].old, pa[i], l) : 0;

		store_spot_tapped(pt, &spot[i], v, pa ? pa[i] : 0, duty);
	}
}

u32 pt_set_spots(struct pt *pt, const struct pt_spot *spot, const paddr_t *pa, unsigned n,
		 struct pt_run *hull, struct pt_gather *g)
{
	const struct pt_fmt *f = pt->fmt;
	struct spot_leaves l = { .linear = f->pa_linear, .shift = pt->shift[0] };
	u32 duty;

	l.old = spot->old;
	l.alike = ~f->pa_mask[0];
	if (pa) {
		l.pa0 = pa[0];
		l.first = hull->new = f->leaf(pa[0], f->prot(spot->old, 0), 0, 0);
		l.stride = f->leaf(pa[0] + BIT(l.shift), f->prot(spot->old, 0), 0, 0) - l.first;
	}
	duty = duty_of(pt, hull);
	ASSERT(!(duty & (PT_DUTY_BREAK | PT_DUTY_PUBLISH)));
	if (pt_tapped()) {
		store_spots_tapped(pt, spot, pa, n, &l, duty);
	} else if (pa) {
		make_spots(f, spot, pa, n, &l);
	} else {
		for (unsigned i = 0; i < n; i++)
			pt_cell_store(spot[i].cell, 0);
	}
	if (duty & PT_DUTY_TLBI || (g && duty & PT_DUTY_LAZY))
		pt_gather_duty(g, hull, duty);
	return duty;
}

/* EMPTY -> r->new, after the barrier that the store requires; false: another CPU was first. */
static bool install_table(struct pt *pt, const struct pt_run *r)
{
	bool tapped = pt_tapped();
	u32 duty = duty_of(pt, r);
	struct pt_event e;

	if (tapped) { /* cannot be swallowed: the caller proceeds inside the table */
		tap_store(&e, pt, r, duty);
		duty = e.duty;
	}
	if (tapped && e.plain) {
		pt_cell_store(r->cells, r->new);
	} else {
		if (duty & PT_DUTY_PUBLISH)
			pt_publish(pt, r->va, r->level);
		if (!pt_cell_install(r->cells, r->new))
			return false;
	}
	if (tapped)
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

	if (pt->env->zero)
		pt->env->zero(pt->env->cells(table));
	if (!install_table(pt, &r)) {
		pt_plan_put(plan, link); /* another CPU was first: use its table (S0-05) */
		table = pt->fmt->next(pt_cell_load(cell), level);
		ASSERT_OP(table, !=, PA_NONE);
		return table;
	}
	atomic_fetch_add_relaxed(&pt->nr_tables, 1);
	return table;
}

u32 pt_hook(struct pt *pt, struct pt_run *r, paddr_t table, struct pt_gather *g)
{
	r->n = 1;
	r->pa = table;
	r->new = pt->fmt->table(table, r->level);
	atomic_fetch_add_relaxed(&pt->nr_tables, 1);
	return pt_set_run(pt, r, g);
}

u32 pt_hook_list(struct pt *pt, const struct pt_run *list, struct pt_link *link)
{
	struct pt_run r = *list;
	u64 span = pt_span_at(pt, r.level);
	u32 duty = pt_hook(pt, &r, pt->env->pa(link), NULL), rest = list->n - 1;
	bool tapped = pt_tapped();

	if (rest && !tapped)
		atomic_fetch_add_relaxed(&pt->nr_tables, rest);
	for (; rest; rest--) {
		link = link->next;
		r.cells++;
		r.va += span;
		if (tapped)
			duty |= pt_hook(pt, &r, pt->env->pa(link), NULL);
		else
			pt_cell_store(r.cells, pt->fmt->table(pt->env->pa(link), r.level));
	}
	return duty;
}

static NOINLINE void visible_tapped(struct pt *pt, vaddr_t va, u64 len, u32 duty)
{
	struct pt_event e = { .kind = PT_EV_VISIBLE, .va = va, .len = len, .duty = duty };

	e.pt = pt;
	barrier_tapped(&e, pt->env->visible);
}

/* Order the new leaves before this CPU's next use of the range. */
static inline void visible(struct pt *pt, vaddr_t va, u64 len, u32 duty)
{
	if (pt_tapped())
		visible_tapped(pt, va, len, duty);
	else
		pt->env->visible(); /* the new leaves before this CPU's next use of the range */
}

/* Carry out LAZY without a gather: every level, walk caches too, because the range may hold leaves
 * of several levels and new tables. */
static void broadcast(struct pt *pt, vaddr_t va, u64 len)
{
	struct pt_inval inval = { .lo = va, .hi = va + len, .asid = pt->asid };

	inval.levels = (u8)(BIT(pt->fmt->levels) - 1);
	inval.walk = true;
	inval.global = pt->global;
	pt->env->inval(pt, &inval);
}

static NOINLINE void visible_to_all(struct pt *pt, vaddr_t va, u64 len, u32 duty)
{
	pt_visible(pt, va, len, duty & ~(u32)PT_DUTY_LAZY);
	broadcast(pt, va, len);
}

void pt_visible(struct pt *pt, vaddr_t va, u64 len, u32 duty)
{
	if (duty & PT_DUTY_LAZY && pt->eager)
		visible_to_all(pt, va, len, duty);
	else if (duty & PT_DUTY_VISIBLE && !pt->unfenced)
		visible(pt, va, len, duty);
}
