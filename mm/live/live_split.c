/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/live/live_split.c - split leaves in use into pages, and join them again.
 */
#include <arch/arch.h>
#include <lib/assert.h>
#include <lib/atomic.h>
#include <mm/hotplug/hotplug.h>
#include <mm/kernel/kpt.h>
#include <mm/live/break_window.h>
#include <mm/live/live_split.h>

/* A split: the larger of the leaf or run and of the first user's range. */
struct split {
	vaddr_t va;
	u64 len;
	u64 unit;  /* bytes of one leaf, or one run, before */
	u8 level;  /* of the leaves */
	bool run;  /* they were members of contiguous runs */
	u32 users; /* 0: this record is free */
};

static struct split splits[LIVE_SPLITS];

static struct split *split_find(vaddr_t va)
{
	for (unsigned i = 0; i < LIVE_SPLITS; i++)
		if (splits[i].users && va - splits[i].va < splits[i].len)
			return &splits[i];
	return NULL;
}

static struct split *unused(void)
{
	for (unsigned i = 0; i < LIVE_SPLITS; i++)
		if (!splits[i].users)
			return &splits[i];
	return NULL;
}

/* The current mapping of va, and the extent of a change of [va, va + len). */
static struct split shape_of(vaddr_t va, u64 len)
{
	const struct pt_fmt *f = kpt.fmt;
	struct pt_slot slot;
	unsigned run_shift;
	struct split s = { .users = 1 };

	ASSERT_OP(pt_lookup(&kpt, va, &slot), ==, PT_LEAF); /* memory that is present is mapped */
	run_shift = f->run_shift(slot.val, slot.level);
	s.level = slot.level;
	s.run = run_shift != 0;
	s.unit = pt_span(f, slot.level) << run_shift;
	s.len = max_u64(s.unit, len);
	s.va = align_down(va, s.len);
	return s;
}

/* ---- the window ---- */

/* Unshown (dmb fence): MODEL.md window. */
u64 live_window_open(vaddr_t va, u64 len)
{
	u64 flags = arch_irq_save();

	break_window_open(va, len);
	arch_mb(); /* publish the window before the first break: a CPU that faults finds it */
	return flags;
}

void live_window_close(u64 flags)
{
	break_window_close();
	arch_irq_restore(flags);
}

/* ---- join ---- */

static void join_one(vaddr_t va, u64 len)
{
	struct pt_gather g;
	struct pt_plan plan;
	u64 flags = live_window_open(va, len);

	pt_plan_sure(&kpt, &plan, PT_OP_COLLAPSE, va, len);
	pt_gather_begin(&g, &kpt, NULL, 0);
	pt_collapse(&plan, &g);
	pt_gather_flush(&g);
	live_window_close(flags);
	pt_gather_release(&g);
	pt_plan_end(&plan);
}

struct line_up { /* check that the leaves of a range line up */
	bool begun;
	vaddr_t next;
	paddr_t pa;
	enum pt_prot prot;
	u8 level; /* the largest */
	bool up, runs;
};

static int line_visit(const struct pt_slot *slot, void *arg)
{
	const struct pt_fmt *f = kpt.fmt;
	struct line_up *l = arg;
	paddr_t pa = f->pa(slot->val, slot->level, slot->va);
	enum pt_prot prot = f->prot(slot->val, slot->level);

	if (!l->begun) {
		l->begun = true;
		l->pa = pa;
		l->prot = prot;
	}
	l->up &= slot->va == l->next && pa == l->pa && prot == l->prot;
	if (slot->level > l->level)
		l->level = slot->level;
	l->runs |= f->run_shift(slot->val, slot->level) != 0;
	l->next = slot->va + ((u64)slot->n << pt_shift(f, slot->level));
	l->pa = pa + ((u64)slot->n << pt_shift(f, slot->level));
	return 0;
}

static struct line_up line_of(vaddr_t va, u64 len)
{
	struct line_up l = { .next = va, .up = true };

	pt_walk(&kpt, va, len, PT_ON_LEAF | PT_BY_RUNS, line_visit, &l);
	l.up &= l.next == va + len && is_aligned(l.pa, len);
	return l;
}

/* Join one leaf, or the leaves of one run, of a split. */
static void join_unit(const struct split *s, vaddr_t va)
{
	u64 span = pt_span(kpt.fmt, s->level);

	for (u64 at = 0; s->level && at < s->unit; at += span) {
		struct line_up l = line_of(va + at, span);

		if (l.up && l.level < s->level)
			join_one(va + at, span);
	}
	if (s->run) {
		struct line_up l = line_of(va, s->unit);

		if (l.up && !l.runs)
			join_one(va, s->unit);
	}
}

static void join_all(const struct split *s)
{
	for (u64 at = 0; at < s->len; at += s->unit)
		join_unit(s, s->va + at);
}

/* ---- split ---- */

/*
 * Page leaves for [va, va + len), and single ones in every run that it cuts.  The plan allocates
 * with the window open.  A CPU that faults in the window waits, so it must hold no lock that the
 * allocator takes: tables are allocated from boot memory, and no holder of its lock accesses added
 * memory.  The remaining invalidation (of the new shape) is complete before the window is closed.
 */
static int split_range(const struct split *s, vaddr_t va, u64 len, unsigned node, struct why *why)
{
	u64 flags = live_window_open(s->va, s->len);
	struct pt_gather g;
	struct pt_plan plan;
	int err = pt_plan(&kpt, &plan, PT_OP_SPLIT, va, len, 0, node, why);

	if (!err) {
		pt_gather_begin(&g, &kpt, NULL, 0);
		pt_split(&plan, &g);
		pt_gather_flush(&g);
	}
	live_window_close(flags);
	if (!err)
		pt_gather_release(&g);
	pt_plan_end(&plan);
	return err;
}

/* A run of pages inside the range is cut at its first page: a member of a run cannot
 * change its rights alone, and a Svnapot run cannot without a break (PAGETABLES R8). */
static int split_all(const struct split *s, vaddr_t va, u64 len, unsigned node, struct why *why)
{
	int err = 0;

	if (!s->run || s->level || s->unit > len)
		return split_range(s, va, len, node, why);
	for (u64 at = 0; at < len && !err; at += s->unit)
		err = split_range(s, va + at, page_size(), node, why);
	return err;
}

int live_split(vaddr_t va, u64 len, unsigned node, struct why *why)
{
	struct split *known = split_find(va), s;
	int err;

	ASSERT(hotplug_write_held());
	ASSERT(is_aligned(va, len));
	if (known) {
		s = *known;
		s.users++;
	} else {
		s = shape_of(va, len);
		known = unused();
	}
	if (!known)
		return refuse(why, ENOMEM, "%u leaves are split already, no room for %#lx",
			      LIVE_SPLITS, va);
	err = split_all(&s, va, len, node, why);
	if (!err)
		*known = s;
	else if (s.users == 1)
		join_all(&s); /* runs that were cut before the failure */
	return err;
}

void live_join(vaddr_t va, u64 len)
{
	struct split *s = split_find(va);

	(void)len;
	ASSERT(hotplug_write_held());
	ASSERT(s);
	if (!--s->users)
		join_all(s);
}

bool live_split_known(vaddr_t va)
{
	return split_find(va);
}

unsigned live_splits(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < LIVE_SPLITS; i++)
		n += splits[i].users != 0;
	return n;
}
