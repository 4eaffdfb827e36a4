/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/taps/count.c - tap `count`: how much of everything since the last reset.
 *
 * Relaxed atomic sums: any CPU adds, whoever reads sees a total that was true at some moment of
 * each counter on its own.
 */
#include <lib/atomic.h>
#include <mm/pt_tap.h>

static struct pt_counts counts;

static void add(u64 *where, u64 n)
{
	atomic_fetch_add_relaxed(where, n);
}

static void count_set(const struct pt_event *e)
{
	const struct pt_fmt *f = e->pt->fmt;

	add(&counts.runs, 1);
	add(&counts.cells, e->n);
	if (f->kind(e->old, e->level) == PT_LEAF)
		add(&counts.leaves_cleared, e->n);
	else if (f->kind(e->old, e->level) == PT_TABLE)
		add(&counts.tables_cleared, e->n);
	if (f->kind(e->new, e->level) == PT_LEAF)
		add(&counts.leaves_set, e->n);
	else if (f->kind(e->new, e->level) == PT_TABLE)
		add(&counts.tables_set, e->n);
}

static void count_after(const struct pt_event *e)
{
	add(&counts.events[e->kind], 1);
	if (e->kind == PT_EV_SET)
		count_set(e);
	if (e->kind == PT_EV_TLBI) {
		add(&counts.tlbi_ops, e->ops);
		add(&counts.tlbi_walk, e->walk);
	}
	if (e->kind == PT_EV_WAIT)
		add(&counts.waits, 1);
	if (e->kind == PT_EV_PAGE_ALLOC && e->provenance == PAGE_TABLE)
		add(&counts.tables_alloc, e->n);
	if (e->kind == PT_EV_PAGE_FREE && e->provenance == PAGE_TABLE)
		add(&counts.tables_free, e->n);
}

void pt_count_reset(void)
{
	counts = (struct pt_counts) { 0 };
}

void pt_count_read(struct pt_counts *out)
{
	*out = counts;
}

static const struct pt_tap count_tap = {
	.name = "count",
	.after = count_after,
	.reset = pt_count_reset,
};
PT_TAP(count, count_tap);
