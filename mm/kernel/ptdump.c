/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/kernel/ptdump.c - see mm/kernel/ptdump.h.
 *
 * Runs are collected under the lock and passed to the caller without it, some at a time: the
 * caller's work, for example printing, may take longer than an add or a remove may wait.
 */
#include <mm/hotplug/hotplug.h>
#include <mm/kernel/kpt.h>
#include <mm/kernel/ptdump.h>

#define RUNS_AT_A_TIME 16

static int walk_tree(const struct pt *pt, vaddr_t va, u64 len, unsigned when, pt_visit_fn *visit,
		     void *arg)
{
	int err;

	if (pt != &kpt)
		return pt_walk(pt, va, len, when, visit, arg);
	hotplug_read_lock();
	err = hotplug_walk(va, len, when, visit, arg);
	hotplug_read_unlock();
	return err;
}

static u32 attributes(const struct pt_fmt *f, const struct pt_slot *s)
{
	return (u32)f->prot(s->val, s->level) |
	       (f->run_shift(s->val, s->level) ? PTDUMP_CONTIG : 0);
}

/* ---- runs ---- */

struct run_batch {
	const struct pt *pt;
	bool wx; /* those alone */
	unsigned nr;
	struct ptdump_run run[RUNS_AT_A_TIME];
	vaddr_t next; /* when the batch is full: start of the run after it */
};

static struct ptdump_run run_of_slot(const struct pt *pt, const struct pt_slot *s)
{
	bool leaf = s->kind == PT_LEAF;

	return (struct ptdump_run) { .va = s->va,
				     .len = pt_span(pt->fmt, s->level) * s->n,
				     .n = s->n,
				     .pa = leaf ? pt->fmt->pa(s->val, s->level, s->va) : PA_NONE,
				     .raw = s->val,
				     .attr = leaf ? attributes(pt->fmt, s) : 0,
				     .level = s->level,
				     .other = !leaf };
}

static bool run_continues(const struct ptdump_run *r, const struct ptdump_run *with)
{
	return !r->other && !with->other && r->level == with->level && r->attr == with->attr &&
	       r->va + r->len == with->va && r->pa + r->len == with->pa;
}

/* A full batch ends where the next run begins, so that its last run is whole. */
static int collect_leaf_run(const struct pt_slot *slot, void *arg)
{
	struct run_batch *b = arg;
	struct ptdump_run r = run_of_slot(b->pt, slot);

	if (b->wx && !ptdump_wx(&r))
		return 0;
	if (b->nr && run_continues(&b->run[b->nr - 1], &r)) {
		b->run[b->nr - 1].n += r.n;
		b->run[b->nr - 1].len += r.len;
		return 0;
	}
	b->next = r.va;
	if (b->nr == RUNS_AT_A_TIME)
		return 1;
	b->run[b->nr++] = r;
	return 0;
}

static int dump_range(const struct pt *pt, vaddr_t va, u64 len, bool wx, ptdump_fn *fn, void *arg)
{
	struct run_batch b = { .pt = pt, .wx = wx };
	int full;

	do {
		int err = 0;

		b.nr = 0;
		full = walk_tree(pt, va, len, PT_ON_LEAF | PT_ON_OTHER | PT_BY_RUNS,
				 collect_leaf_run, &b);
		for (unsigned i = 0; i < b.nr && !err; i++)
			err = fn(&b.run[i], arg);
		if (err)
			return err;
		len -= b.next - va; /* may end at the very top, so lengths are counted */
		va = b.next;
	} while (full > 0);
	return full;
}

int ptdump_runs(const struct pt *pt, vaddr_t va, u64 len, ptdump_fn *fn, void *arg)
{
	return dump_range(pt, va, len, false, fn, arg);
}

int ptdump_audit(const struct pt *pt, vaddr_t va, u64 len, ptdump_fn *fn, void *arg)
{
	return dump_range(pt, va, len, true, fn, arg);
}

int ptdump_audit_kernel(ptdump_fn *fn, void *arg)
{
	u64 half = 1ul << kpt.fmt->half_bits;

	return ptdump_audit(&kpt, 0 - half, half, fn, arg);
}

/* ---- counts ---- */

struct count_for {
	const struct pt_fmt *fmt;
	struct ptdump_counts *c;
};

static void count_kind(struct ptdump_counts *c, u32 attr, unsigned level, u32 n)
{
	unsigned i = 0;

	while (i < c->kinds && c->kind[i].attr != attr)
		i++;
	if (i == PTDUMP_KINDS) {
		c->rest += n;
		return;
	}
	if (i == c->kinds)
		c->kind[c->kinds++] = (struct ptdump_kind) { .attr = attr };
	c->kind[i].leaves[level] += n;
}

static int count_slot(const struct pt_slot *slot, void *arg)
{
	struct count_for *w = arg;
	u32 attr;

	if (slot->kind == PT_TABLE) {
		w->c->tables[slot->level - 1]++;
	} else if (slot->kind == PT_LEAF) {
		attr = attributes(w->fmt, slot);
		w->c->leaves[slot->level] += slot->n;
		if ((attr & PT_W) && (attr & PT_X))
			w->c->wx += slot->n;
		count_kind(w->c, attr, slot->level, slot->n);
	} else {
		w->c->other++;
	}
	return 0;
}

int ptdump_count(const struct pt *pt, vaddr_t va, u64 len, struct ptdump_counts *c)
{
	struct count_for w = { pt->fmt, c };

	return walk_tree(pt, va, len, PT_ON_LEAF | PT_ON_TABLE | PT_ON_OTHER | PT_BY_RUNS,
			 count_slot, &w);
}
