/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/pt_gather.c - unhook -> invalidate -> wait -> free, in this order and nowhere else.
 *
 * A gather is one request for maintenance that grows, and the pages that wait for it.  Flushing
 * issues at most ONE invalidation; releasing frees the pages, and asserts that they were flushed.
 * Table pages link through their pt_link, frames are spans in the caller's array: the pages that
 * are to be freed are never written to link them (ENGINE 5).
 */
#include <lib/atomic.h>
#include <mm/pt/pt_impl.h>

void pt_gather_begin(struct pt_gather *g, struct pt *pt, struct pt_span *store, u32 max_spans)
{
	*g = (struct pt_gather) { .pt = pt, .spans = store, .max_spans = max_spans };
	atomic_fetch_add_relaxed(&pt->nr_gathers, 1);
}

int pt_gather_span(struct pt_gather *g, paddr_t pa, u32 nr, enum pt_provenance provenance)
{
	struct pt_span *last = g->nr_spans ? &g->spans[g->nr_spans - 1] : NULL;

	ASSERT(g->pt);
	g->flushed = false;
	if (last && last->provenance == provenance &&
	    last->pa + ((u64)last->nr << g->pt->fmt->page_shift) == pa &&
	    last->nr + nr > last->nr) {
		last->nr += nr;
		return 0;
	}
	if (g->nr_spans == g->max_spans)
		return -ENOMEM;
	g->spans[g->nr_spans++] =
		(struct pt_span) { .pa = pa, .nr = nr, .provenance = (u8)provenance };
	return 0;
}

/* Widen [lo, hi) to the hull.  hi - 1 compares correctly at the top of the address space (0). */
static void grow(struct pt_inval *i, vaddr_t lo, vaddr_t hi, bool first)
{
	if (first) {
		i->lo = lo;
		i->hi = hi;
		return;
	}
	i->lo = min_u64(i->lo, lo);
	i->hi = max_u64(i->hi - 1, hi - 1) + 1;
}

void pt_gather_duty(struct pt_gather *g, const struct pt_run *r, u32 duty)
{
	vaddr_t va = r->va;
	u64 len;

	ASSERT(g && g->pt); /* an entry of a live tree was removed: the caller has to invalidate */
	len = (u64)r->n << g->pt->shift[r->level];
	if (!r->new && r->part_len) {
		va = r->part;
		len = r->part_len;
	}
	grow(&g->inval, va, va + len, !g->owed);
	g->owed = true;
	g->flushed = false;
	if (duty & PT_DUTY_TLBI_WALK)
		g->inval.walk = true;
	if (duty & (PT_DUTY_TLBI | PT_DUTY_LAZY))
		g->inval.levels |= duty & PT_DUTY_TLBI_WALK
					   ? pt_cached_levels(g->pt, r->old, r->level)
					   : (u8)BIT(r->level); /* no table was there */
}

void pt_gather_table(struct pt_gather *g, paddr_t table)
{
	struct pt_link *link = g->pt->env->link(table);

	link->next = g->tables;
	g->tables = link;
	g->nr_tables++;
	g->flushed = false;
	atomic_fetch_sub_relaxed(&g->pt->nr_tables, 1);
}

void pt_gather_move(struct pt_gather *to, struct pt_gather *from)
{
	ASSERT(to->pt && to->pt == from->pt);
	ASSERT(!from->tables && !from->nr_spans);
	if (from->owed) {
		grow(&to->inval, from->inval.lo, from->inval.hi, !to->owed);
		to->inval.levels |= from->inval.levels;
		to->inval.walk |= from->inval.walk;
		to->owed = true;
		to->flushed = false;
	}
	to->nr_leaves += from->nr_leaves;
	atomic_fetch_sub_relaxed(&from->pt->nr_gathers, 1);
	from->pt = NULL;
}

void pt_gather_flush(struct pt_gather *g)
{
	struct pt *pt = g->pt;

	ASSERT(pt);
	if (g->owed) {
		g->inval.asid = pt->asid;
		g->inval.global = pt->global;
		pt->env->inval(pt, &g->inval);
		g->inval = (struct pt_inval) { 0 };
		g->owed = false;
		g->nr_invals++;
	}
	g->flushed = true;
}

/* Report a free to the taps; false: a bending tap swallowed it, so the frames leak on purpose. */
static bool freed(struct pt *pt, paddr_t pa, u64 n, unsigned provenance)
{
	struct pt_event e = { .kind = PT_EV_PAGE_FREE, .n = n, .pa = pa, .pt = pt };

	if (!pt_tapped())
		return true;
	e.provenance = (u8)provenance;
	if (!pt_tap_run_before(&e))
		return false;
	pt_tap_run_after(&e);
	return true;
}

/* The tables whose free no tap swallows. */
static NOINLINE struct pt_link *freed_tables(struct pt *pt, struct pt_link *tables)
{
	struct pt_link *kept = NULL, **end = &kept;

	for (struct pt_link *link = tables; link; link = link->next)
		if (freed(pt, pt->env->pa(link), 1, PAGE_TABLE)) {
			*end = link;
			end = &link->next;
		}
	*end = NULL;
	return kept;
}

static void free_tables(struct pt *pt, struct pt_link *tables)
{
	if (pt_tapped())
		tables = freed_tables(pt, tables);
	if (pt->env->free_list) {
		pt->env->free_list(pt, tables);
		return;
	}
	while (tables) {
		struct pt_link *link = tables;

		tables = link->next;
		pt->env->free(pt, pt->env->pa(link));
	}
}

void pt_gather_free_early(struct pt_gather *g, u32 n)
{
	ASSERT(g->pt);
	for (u32 i = 0; i < g->nr_spans && n; i++) {
		struct pt_span part = g->spans[i];

		part.nr = min_u32(part.nr, n);
		if (part.nr && freed(g->pt, part.pa, part.nr, part.provenance))
			g->pt->env->free_span(g->pt, &part);
		g->spans[i].pa += (u64)part.nr << g->pt->fmt->page_shift;
		g->spans[i].nr -= part.nr;
		g->nr_early += part.nr;
		n -= part.nr;
	}
}

void pt_gather_release(struct pt_gather *g)
{
	struct pt *pt = g->pt;

	ASSERT(pt);
	ASSERT(g->flushed); /* the order of S0-34, B-03: never free what a TLB may still reach */
	if (g->tables)
		free_tables(pt, g->tables);
	g->tables = NULL;
	for (u32 i = 0; i < g->nr_spans; i++)
		if (g->spans[i].nr &&
		    freed(pt, g->spans[i].pa, g->spans[i].nr, g->spans[i].provenance))
			pt->env->free_span(pt, &g->spans[i]);
	g->nr_spans = 0;
	g->pt = NULL;
	atomic_fetch_sub_relaxed(&pt->nr_gathers, 1);
}
