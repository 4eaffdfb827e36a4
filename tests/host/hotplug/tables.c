/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/hotplug/tables.c - see fake.h: functions that map and unmap, and the blocks that a
 * removal covers. */
#include "fake.h"
#include <arch/arch.h>
#include <mm/vmalloc/vmalloc.h>
#include <stdio.h>
#include <want.h>

static u64 reserved(const struct memmap_plan *plan, u64 block)
{
	WANT(plan->pfn >= pfn_of(0) && plan->nr > block * PAGES);
	return 100 + block;
}

static u64 reserved_first(const struct memmap_plan *plan, u64 block)
{
	WANT(plan->pfn >= pfn_of(0));
	return block ? 0 : 300;
}

const struct memmap_scheme in_each = { .s = { .name = "block" },
				       .where = MEMMAP_IN_EACH_BLOCK,
				       .reserved = reserved },
			   in_first = { .s = { .name = "device" },
					.where = MEMMAP_IN_FIRST_BLOCKS,
					.reserved = reserved_first };

u64 memmap_bytes(u64 pages)
{
	return align_up(pages * 64, PAGE);
}

u64 memmap_sections_per_block(void)
{
	return SECTIONS;
}

/* ---- additions ---- */

int memmap_plan(struct memmap_plan *p, struct why *why)
{
	WANT(!p->pt.contig && !p->pt.run_max && !p->leaves && !p->host_bytes && !p->populated);
	WANT(!p->storage);
	p->storage = p->nr / 64;
	if (work("plan", p->pfn, p->nr, ""))
		return fake_refuse(why, ENOMEM, "plan");
	return 0;
}

void memmap_map(struct memmap_plan *p)
{
	work("map", p->pfn, p->nr, "");
	for (pfn_t pfn = p->pfn; p->unit == PAGES && pfn < p->pfn + p->nr; pfn += PAGES)
		WANT(!block_find(pfn) || block_find(pfn)->late == p->late);
	p->leaves = 21;
	p->host_bytes = p->scheme == &in_old ? 4 * MiB : 0;
	kpt.nr_tables += fake.tables;
}

void memmap_plan_end(struct memmap_plan *p)
{
	work("plan-end", p->pfn, p->nr, "");
}

int shares_plan(struct hot_add *a, struct why *why)
{
	int err = work("shares", a->span.pfn, a->span.nr, "") ? fake_refuse(why, ENOMEM, "shares")
							      : hot_add_plan_memmap(a, why);

	WANT(err || a->memmap.pt.contig == a->opts.contig);
	WANT(err || a->memmap.pt.run_max == memmap_bytes(a->span.unit / PAGE));
	return err;
}

void shares_map(struct hot_add *a)
{
	work("linear", a->span.pfn, a->span.nr, "");
	a->cache_bytes = 5 * MiB;
	memmap_map(&a->memmap);
}

void shares_write(struct hot_add *a)
{
	work("write", a->span.pfn, a->span.nr, "");
}

void hot_add_end(struct hot_add *a)
{
	work("end", a->span.pfn, a->span.nr, "");
}

/* ---- removals ---- */

static void gather_begin(struct pt_gather *g)
{
	changing();
	WANT(!g->pt);
	g->pt = &kpt;
}

void memmap_remove_begin(struct memmap_removal *m, memmap_scheme_fn *scheme)
{
	*m = (struct memmap_removal) { .scheme = scheme };
	gather_begin(&m->gather);
	ask("begin");
}

/* The scheme is queried once for every block of the run, and not past its end. */
static void schemes(memmap_scheme_fn *scheme, pfn_t pfn, u64 nr)
{
	pfn_t end = 0;

	for (pfn_t at = pfn; at < pfn + nr; at = end) {
		WANT(scheme(at, &end) == of[(at - pfn_of(0)) / PAGES].memmap);
		WANT(end == at + PAGES);
		if (end != at + PAGES)
			return;
	}
}

int memmap_remove_plan(struct memmap_removal *m, pfn_t pfn, u64 nr, struct why *why)
{
	WANT(m->gather.pt);
	if (work("leave-plan", pfn, nr, ""))
		return fake_refuse(why, EIO, "leave-plan");
	if (nr % PAGES == 0 && !m->compound)
		schemes(m->scheme, pfn, nr);
	m->altmap_pages += 3;
	m->host_pages += 8;
	return 0;
}

static void unmapped(struct pt_gather *g, const struct remove_scheme *how, u32 leaves)
{
	WANT(g->pt == &kpt && hotplug_in_teardown() == 1);
	g->nr_leaves += leaves;
	g->nr_tables += leaves / 10;
	g->nr_invals++;
	g->flushed = true;
	fake.tlbi += how == &remove_one ? 1 : 2;
}

void memmap_remove(struct memmap_removal *m, pfn_t pfn, u64 nr, const struct remove_scheme *how)
{
	work("unmap", pfn, nr, how == &remove_one ? " one" : "");
	unmapped(&m->gather, how, 40);
}

void memmap_remove_abort(struct memmap_removal *m)
{
	WANT(m->gather.pt);
	changing();
	ask("abort");
	m->gather.pt = NULL;
}

/* Frees memory, so the lock is not held. */
void memmap_remove_end(struct memmap_removal *m)
{
	WANT(!fake.writing && m->gather.pt && m->gather.flushed);
	ask("free");
	fake.work++;
	m->gather.pt = NULL;
}

void pt_gather_begin(struct pt_gather *g, struct pt *pt, struct pt_span *store, u32 max)
{
	WANT(pt == &kpt && !store && !max);
	memset(g, 0, sizeof(*g));
	gather_begin(g);
}

void pt_gather_flush(struct pt_gather *g)
{
	WANT(g->pt == &kpt && !g->flushed && hotplug_in_teardown() == 1);
	changing();
	g->flushed = true;
}

void pt_gather_release(struct pt_gather *g)
{
	WANT(!fake.writing && g->pt && g->flushed);
	ask("free-linear");
	fake.work++;
	g->pt = NULL;
}

int pt_plan(struct pt *pt, struct pt_plan *plan, enum pt_op op, vaddr_t va, u64 len,
	    unsigned max_level, unsigned node, struct why *why)
{
	WANT(pt == &kpt && op == PT_OP_UNMAP && !max_level && !node);
	memset(plan, 0x5a, sizeof(*plan));
	if (work("linear-plan", linear_pa(va) / PAGE, len / PAGE, ""))
		return fake_refuse(why, EBUSY, "linear-plan");
	plan->pt = pt;
	return 0;
}

void pt_plan_end(struct pt_plan *plan)
{
	WANT(plan->pt == &kpt);
	plan->pt = NULL;
}

void vmalloc_remove(const struct remove_scheme *how, enum region_id id, vaddr_t va, u64 len,
		    struct pt_gather *g)
{
	WANT(id == REGION_LINEAR);
	work("unlinear", linear_pa(va) / PAGE, len / PAGE, how == &remove_one ? " one" : "");
	unmapped(g, how, 70);
}

bool hotplug_cache_owed(bool leaves)
{
	return fake.owed && leaves;
}

void hotplug_cache_wide(hotplug_cache_fn *fn, vaddr_t va, u64 len)
{
	fn(va, len);
}

void arch_dcache_clean_inval(vaddr_t va, u64 len)
{
	work("clean", linear_pa(va) / PAGE, len / PAGE, "");
}

void arch_dcache_inval(vaddr_t va, u64 len)
{
	work("drop", linear_pa(va) / PAGE, len / PAGE, "");
}

/* ---- the blocks of a removal ---- */

void removal_set_mark(struct removal_set *g, const struct block_span *s)
{
	work("mark", s->pfn, s->nr, "");
	*g = (struct removal_set) { .span = s, .runs = fake.runs, .held = fake.held };
}

void removal_set_unmark(const struct removal_set *g)
{
	work("unmark", g->span->pfn, g->span->nr, "");
}

int removal_set_each(const struct removal_set *g, int (*fn)(pfn_t, u64 nr, void *arg), void *arg)
{
	int err = 0;

	for (unsigned i = 0; i < g->runs && !err; i++)
		err = fn(pfn_of((u64)fake.run[i].first), (u64)fake.run[i].nr * PAGES, arg);
	return err;
}

int removal_set_refuse(const struct removal_set *g, struct why *why)
{
	if (work("stays?", g->span->pfn, g->span->nr, ""))
		return fake_refuse(why, EBUSY, "stays");
	return 0;
}

void removal_set_commit(const struct removal_set *g)
{
	WANT(hotplug_in_teardown() == 1);
	work("commit", g->span->pfn, g->span->nr, "");
	for (u64 i = 0; i < g->span->blocks && fake.held; i++)
		if (!fake.runs || i >= g->span->blocks - fake.held) {
			struct block *b = block_find(g->span->pfn + i * PAGES);

			b->state = BLOCK_ABSENT;
			b->held = true;
		}
}

/* ---- walks ---- */

void vmalloc_walk_begin(void)
{
	ask("in");
}

void vmalloc_walk_end(void)
{
	ask("out");
}

int pt_walk(const struct pt *pt, vaddr_t va, u64 len, unsigned when, pt_visit_fn *visit, void *arg)
{
	WANT(pt == &kpt && visit);
	ask("walk %lx %lx %u %s", va, len, when, (const char *)arg);
	return 9;
}

/* ---- the reach of the linear map ---- */

void layout_mappable(paddr_t *pa, u64 *len)
{
	*pa = BASE;
	*len = fake.limit * UNIT;
}

bool layout_is_mappable(paddr_t pa, u64 len)
{
	return pa >= BASE && pa - BASE + len <= fake.limit * UNIT;
}
