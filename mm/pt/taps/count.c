/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/pt/taps/count.c - tap `count`: totals of every kind of event since the last reset.
 *
 * Each CPU adds to counters of its own, relaxed.  A reader gets each counter as of some moment
 * during the read, but not all of them as of the same moment.
 */
#include <lib/atomic.h>
#include <mm/pt/pt_tap.h>

static struct pt_counts counts[PT_TAP_CPUS] __attribute__((aligned(64)));

/* Atomic, because an interrupt of the same CPU may add in between. */
static void add(u64 *where, u64 n)
{
	atomic_fetch_add_relaxed(where, n);
}

static void count_set(struct pt_counts *c, const struct pt_event *e)
{
	const struct pt_fmt *f = e->pt->fmt;

	add(&c->runs, 1);
	add(&c->cells, e->n);
	if (f->kind(e->old, e->level) == PT_LEAF)
		add(&c->leaves_cleared, e->n);
	else if (f->kind(e->old, e->level) == PT_TABLE)
		add(&c->tables_cleared, e->n);
	if (f->kind(e->new, e->level) == PT_LEAF)
		add(&c->leaves_set, e->n);
	else if (f->kind(e->new, e->level) == PT_TABLE)
		add(&c->tables_set, e->n);
}

static void count_after(const struct pt_event *e)
{
	struct pt_counts *c = &counts[e->cpu];

	add(&c->events[e->kind], 1);
	if (e->kind == PT_EV_SET)
		count_set(c, e);
	if (e->kind == PT_EV_TLBI) {
		add(&c->tlbi_ops, e->ops);
		add(&c->tlbi_walk, e->walk);
	}
	if (e->kind == PT_EV_WAIT)
		add(&c->waits, 1);
	if (e->kind == PT_EV_PAGE_ALLOC && e->provenance == PAGE_TABLE)
		add(&c->tables_alloc, e->n);
	if (e->kind == PT_EV_PAGE_FREE && e->provenance == PAGE_TABLE)
		add(&c->tables_free, e->n);
}

#define COUNTERS (sizeof(struct pt_counts) / sizeof(u64))
_Static_assert(sizeof(struct pt_counts) % sizeof(u64) == 0, "nothing but counters");

void pt_count_reset(void)
{
	for (unsigned c = 0; c < PT_TAP_CPUS; c++)
		counts[c] = (struct pt_counts) { 0 };
}

void pt_count_read(struct pt_counts *out)
{
	u64 *sum = (u64 *)out;

	*out = (struct pt_counts) { 0 };
	for (unsigned c = 0; c < PT_TAP_CPUS; c++)
		for (unsigned i = 0; i < COUNTERS; i++)
			sum[i] += atomic_load_relaxed((u64 *)&counts[c] + i);
}

static const struct pt_tap count_tap = {
	.name = "count",
	.after = count_after,
	.reset = pt_count_reset,
};
PT_TAP(count, count_tap);
