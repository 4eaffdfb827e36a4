/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/live_split/fake.c - see fake.h. */
#include "fake.h"
#include <fakes/arch.h>
#include <kern/cpu.h>
#include <lib/assert.h>
#include <mm/hotplug/hotplug.h>
#include <mm/live/break_window.h>

struct fake fake;

static unsigned pages_of(unsigned level)
{
	return 1u << 2 * level;
}

static unsigned number(vaddr_t va)
{
	u64 n = (va - VA(0)) / PAGE;

	if (n >= PAGES)
		WANT(!"an address in the tree");
	return n < PAGES ? (unsigned)n : 0;
}

/* ---- the format: an entry is the number of its page ---- */
static paddr_t leaf_pa(pte_t val, unsigned level, vaddr_t va)
{
	WANT(level == fake.page[val].level);
	return (fake.page[val].frame + (va - VA(val)) / PAGE) * PAGE;
}

static enum pt_prot leaf_prot(pte_t val, unsigned level)
{
	(void)level;
	return (enum pt_prot)fake.page[val].prot;
}

static unsigned leaf_run(pte_t val, unsigned level)
{
	(void)level;
	return fake.page[val].run ? 1 : 0;
}

void fake_begin(void)
{
	static const struct pt_fmt fmt = { .page_shift = 12,
					   .levels = 4,
					   .bits = { 2, 2, 2, 9 },
					   .pa = leaf_pa,
					   .prot = leaf_prot,
					   .run_shift = leaf_run };

	memset(&fake, 0, sizeof(fake));
	kpt.fmt = layout.fmt = &fmt;
	fake_map(0, PAGES, 0, false);
}

void fake_map(unsigned at, unsigned n, unsigned level, bool run)
{
	for (; n--; at++)
		fake.page[at] = (struct mapped) { .there = true,
						  .run = run,
						  .level = (u8)level,
						  .prot = PT_R | PT_W,
						  .frame = at };
}

/* ---- looking ---- */
enum pt_kind pt_lookup(const struct pt *pt, vaddr_t va, struct pt_slot *s)
{
	unsigned i = number(va);

	WANT(pt == &kpt);
	if (!fake.page[i].there)
		return PT_EMPTY;
	i = align_down(i, pages_of(fake.page[i].level));
	*s = (struct pt_slot) { .va = VA(i), .val = i, .level = fake.page[i].level };
	return s->kind = PT_LEAF;
}

static bool in_step(unsigned a, unsigned b)
{
	const struct mapped *p = &fake.page[a], *q = &fake.page[b];

	return q->there && p->level == q->level && p->run == q->run && p->prot == q->prot &&
	       q->frame == p->frame + (b - a);
}

/* Leaves of one table, which has four, that continue each other are visited as one. */
int pt_walk(const struct pt *pt, vaddr_t va, u64 len, unsigned when, pt_visit_fn *visit, void *arg)
{
	unsigned end = number(va) + (unsigned)(len / PAGE);

	WANT(pt == &kpt && when == (PT_ON_LEAF | PT_BY_RUNS));
	for (unsigned i = number(va), step; i < end; i += step) {
		const struct mapped *p = &fake.page[i];
		struct pt_slot s = { VA(i), i, p->level, PT_LEAF, 1 };

		step = 1;
		if (!p->there)
			continue;
		WANT(i % pages_of(p->level) == 0);
		step = pages_of(p->level);
		while (i + step < end && (i + step) % pages_of(p->level + 1u) &&
		       in_step(i, i + step))
			step += pages_of(p->level);
		s.n = step / pages_of(p->level);
		if (visit(&s, arg))
			return 1;
	}
	return 0;
}

void break_window_open(vaddr_t va, u64 len)
{
	WANT(!host_irqs && !fake.window_len && len);
	WANT(va - VA(0) < PAGES * PAGE && len <= PAGES * PAGE);
	fake.window = va;
	fake.window_len = len;
}

void break_window_close(void)
{
	WANT(!host_irqs && fake.window_len && !fake.owed);
	fake.window_len = 0;
}

static void shape(unsigned at, unsigned n, unsigned level, bool run)
{
	WANT(VA(at) - fake.window < fake.window_len);
	WANT(VA(at + n) - fake.window <= fake.window_len);
	for (unsigned i = at; i < at + n; i++) {
		fake.page[i].level = (u8)level;
		fake.page[i].run = run;
	}
	fake.owed = true;
}

/* ---- changing ---- */
int pt_plan(struct pt *pt, struct pt_plan *p, enum pt_op op, vaddr_t va, u64 len,
	    unsigned max_level, unsigned node, struct why *why)
{
	*p = (struct pt_plan) { .op = op, .va = va, .len = len };
	WANT(pt == &kpt && op == PT_OP_SPLIT && !max_level && node == 3 && len);
	WANT(fake.window_len && va - fake.window < fake.window_len);
	if (++fake.plans == fake.fail_at)
		return refuse(why, ENOMEM, "no tables");
	p->pt = pt;
	fake.open_plans++;
	return 0;
}

void pt_plan_sure(struct pt *pt, struct pt_plan *p, enum pt_op op, vaddr_t va, u64 len)
{
	WANT(pt == &kpt && op == PT_OP_COLLAPSE && len);
	*p = (struct pt_plan) { .pt = pt, .op = op, .va = va, .len = len };
	fake.open_plans++;
}

void pt_plan_end(struct pt_plan *p)
{
	fake.open_plans -= p->pt != NULL;
	p->pt = NULL;
}

static void dissolve(unsigned at)
{
	unsigned level = fake.page[at].level, n = 2 * pages_of(level);

	if (fake.page[at].run)
		shape(align_down(at, n), n, level, false);
}

void pt_split(struct pt_plan *p, struct pt_gather *g)
{
	unsigned at = number(p->va), end = at + (unsigned)(p->len / PAGE);

	WANT(p->op == PT_OP_SPLIT && p->pt && g->pt && fake.gathers == 1);
	if (at % (2 * pages_of(fake.page[at].level)))
		dissolve(at);
	if (end % (2 * pages_of(fake.page[end - 1].level)))
		dissolve(end - 1);
	for (unsigned i = at; i < end; i++) {
		unsigned n = pages_of(fake.page[i].level);

		if (n > 1) {
			dissolve(i);
			shape(align_down(i, n), n, 0, false);
		}
	}
	g->owed = true;
}

/* One leaf of the length, or the leaves of one run of that length: all is alike, and smaller. */
void pt_collapse(struct pt_plan *p, struct pt_gather *g)
{
	unsigned at = number(p->va), n = (unsigned)(p->len / PAGE), level = 0;

	WANT(p->op == PT_OP_COLLAPSE && p->pt && g->pt && fake.gathers == 1);
	for (unsigned i = at; i < at + n; i++) {
		WANT(fake.page[i].there && !fake.page[i].run);
		WANT(fake.page[i].prot == fake.page[at].prot);
		WANT(fake.page[i].frame == fake.page[at].frame + (i - at));
		level = fake.page[i].level > level ? fake.page[i].level : level;
	}
	WANT(at % n == 0 && fake.page[at].frame % n == 0);
	WANT(pages_of(level) < n);
	if (n == 2 * pages_of(level))
		shape(at, n, level, true);
	else
		shape(at, n, level + 1 + (n > pages_of(level + 1)), false);
	fake.joins++;
	g->owed = true;
}

void pt_gather_begin(struct pt_gather *g, struct pt *pt, struct pt_span *spans, u32 max)
{
	WANT(pt == &kpt && !spans && !max);
	*g = (struct pt_gather) { .pt = pt };
	fake.gathers++;
}

void pt_gather_flush(struct pt_gather *g)
{
	WANT(g->pt && fake.window_len);
	g->owed = fake.owed = false;
}

void pt_gather_release(struct pt_gather *g)
{
	WANT(g->pt && !g->owed && host_irqs);
	g->pt = NULL;
	fake.gathers--;
}

bool hotplug_write_held(void)
{
	return !fake.unlocked;
}
