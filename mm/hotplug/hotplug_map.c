/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/hotplug_map.c - add and remove the linear map and the memmap of a span
 * (mm/hotplug/hotplug_map.h).
 *
 * Remove unmaps the memmap first, because struct pages may be stored in the memory of the linear
 * map (S2-28), with one gather for each of the two.
 */
#include <arch/arch.h>
#include <mm/hotplug/hotplug_map.h>
#include <mm/vmalloc/vmalloc.h>

/* ---- hot-add ---- */

u64 hot_add_unit(const struct hot_add *a)
{
	return max_u64(a->whole, a->span.unit);
}

unsigned hot_add_level(const struct hot_add *a)
{
	return hotplug_leaf_level(hot_add_unit(a), a->opts.leaf);
}

/* All tails of a compound map one shared frame, so compounds use page leaves.  Otherwise a leaf is
 * no larger than the alignment of the first memmap frame, which follows the reserve. */
unsigned hot_add_memmap_level(const struct hot_add *a)
{
	u64 unit = a->span.unit >> page_shift(), after = a->reserve << page_shift();
	u64 most = min_u64(memmap_bytes(unit), after ? after & -after : ~0ul);

	return a->compound ? 0 : hotplug_leaf_level(most, a->opts.leaf);
}

int hot_add_lock(struct hot_add *a, const struct hotplug_opts *opts, struct hotplug_report *report,
		 struct why *why)
{
	int err = hotplug_opts_add(opts, &a->opts, why);

	a->report = report ? report : &a->unused;
	if (!err)
		err = hotplug_node_check(a->node, why);
	return err ? err : hotplug_enter(why);
}

int hot_add_plan(struct hot_add *a, struct why *why)
{
	struct memmap_plan *p = &a->memmap;

	a->level = hot_add_level(a);
	p->scheme = a->opts.memmap;
	p->pfn = a->span.pfn;
	p->nr = a->span.nr;
	p->unit = a->span.unit >> page_shift();
	p->users = a->users;
	p->compound = a->compound;
	p->reserve = a->reserve;
	p->late = a->late;
	p->provenance = a->provenance;
	p->node = a->node;
	p->max_level = hot_add_memmap_level(a);
	return shares_plan(a, why);
}

int hot_add_plan_memmap(struct hot_add *a, struct why *why)
{
	int err = memmap_plan(&a->memmap, why);

	/* no run crosses the memmap of a unit: a removal never splits (ENGINE 2) */
	a->memmap.pt.contig = a->opts.contig;
	a->memmap.pt.run_max = memmap_bytes(a->memmap.unit);
	return err;
}

void hot_add_act(struct hot_add *a)
{
	struct hotplug_report *r = a->report;
	const struct block_span *s = &a->span;

	shares_map(a);
	shares_write(a);
	*r = (struct hotplug_report) {
		.blocks = s->blocks,
		.pages = s->nr,
		.usable_pages = s->nr,
		.memmap_pages = a->memmap.storage,
		.memmap_host_bytes = a->memmap.host_bytes,
		.leaves = s->len >> pt_shift(layout.fmt, a->level),
		.vmemmap_leaves = a->memmap.leaves,
		.cache_added_bytes = a->cache_bytes,
	};
	if (a->opts.memmap->where != MEMMAP_IN_OLD_MEMORY)
		r->usable_pages -= r->memmap_pages;
	memmap_plan_end(&a->memmap);
}

/* ---- hot-remove ---- */

int hot_remove_lock(struct hot_remove *d, const struct hotplug_opts *opts,
		    struct hotplug_report *report, struct why *why)
{
	int err = hotplug_opts_remove(opts, &d->opts, why);

	if (!err)
		err = hotplug_enter(why);
	if (err)
		return err;
	d->why = why;
	d->report = report ? report : &d->unused;
	hotplug_meter_start(&d->meter);
	return 0;
}

int hot_remove_unlock(struct hot_remove *d, int err)
{
	hotplug_write_unlock();
	if (err)
		return err;
	hot_remove_end(d);
	hotplug_meter_stop(&d->meter, d->report);
	return 0;
}

void hot_remove_begin(struct hot_remove *d, memmap_scheme_fn *scheme)
{
	memmap_remove_begin(&d->memmap, scheme);
}

static int plan_linear(pfn_t pfn, u64 nr, struct why *why)
{
	struct pt_plan plan;
	int err = pt_plan(&kpt, &plan, PT_OP_UNMAP, linear_va(pfn << page_shift()),
			  nr << page_shift(), 0, 0, why);

	if (!err)
		pt_plan_end(&plan);
	return err;
}

int hot_remove_plan(pfn_t pfn, u64 nr, void *hot_remove)
{
	struct hot_remove *d = hot_remove;
	int err = plan_linear(pfn, nr, d->why);

	return err ? err : memmap_remove_plan(&d->memmap, pfn, nr, d->why);
}

void hot_remove_abort(struct hot_remove *d)
{
	memmap_remove_abort(&d->memmap);
}

int hot_remove_memmap(pfn_t pfn, u64 nr, void *hot_remove)
{
	struct hot_remove *d = hot_remove;

	memmap_remove(&d->memmap, pfn, nr, d->opts.remove);
	return 0;
}

/*
 * No dirty line may be written back after the memory was ejected (ENGINE 6.1).  So clean and
 * invalidate while the range is still mapped, and after the last store to it.  After a surprise
 * removal, lines are invalidated without writing them back.
 */
static void cache_leave(struct hot_remove *d, pfn_t pfn, u64 nr)
{
	hotplug_cache_fn *out = d->opts.surprise ? arch_dcache_inval : arch_dcache_clean_inval;
	pfn_t next;

	for (pfn_t at = pfn, end = pfn + nr; at < end; at = next) {
		bool leaves = d->leaves(at, &next);
		u64 bytes = (min_u64(next, end) - at) << page_shift();

		if (!hotplug_cache_owed(leaves))
			continue;
		hotplug_cache_wide(out, linear_va(at << page_shift()), bytes);
		d->cache_bytes += bytes;
	}
}

void hot_remove_linear_begin(struct hot_remove *d)
{
	pt_gather_begin(&d->linear, &kpt, NULL, 0); /* the linear map frees no frames (S0-33) */
}

int hot_remove_linear(pfn_t pfn, u64 nr, void *hot_remove)
{
	struct hot_remove *d = hot_remove;
	vaddr_t va = linear_va(pfn << page_shift());

	cache_leave(d, pfn, nr);
	/* checked by plan_linear() under the same lock */
	vmalloc_remove(d->opts.remove, REGION_LINEAR, va, nr << page_shift(), &d->linear);
	return 0;
}

void hot_remove_report(const struct hot_remove *d)
{
	const struct pt_gather *m = &d->memmap.gather, *l = &d->linear;

	*d->report = (struct hotplug_report) {
		.memmap_pages = d->memmap.altmap_pages + d->memmap.host_pages,
		.memmap_host_bytes = d->memmap.host_pages << page_shift(),
		.tables_freed = m->nr_tables + l->nr_tables,
		.leaves = l->nr_leaves,
		.vmemmap_leaves = m->nr_leaves,
		.gathers = 2,
		.waits = m->nr_invals + l->nr_invals,
		.early = m->nr_early,
		.cache_removed_bytes = d->opts.surprise ? 0 : d->cache_bytes,
		.cache_dropped_bytes = d->opts.surprise ? d->cache_bytes : 0,
	};
}

void hot_remove_end(struct hot_remove *d)
{
	memmap_remove_end(&d->memmap);
	pt_gather_release(&d->linear);
}

int hot_remove_plan_whole(struct hot_remove *d, memmap_scheme_fn *scheme, u64 compound)
{
	int err;

	hot_remove_begin(d, scheme);
	d->memmap.compound = compound;
	err = hot_remove_plan(d->span.pfn, d->span.nr, d);
	if (err)
		hot_remove_abort(d);
	return err;
}

void hot_remove_whole(struct hot_remove *d)
{
	const struct block_span *s = &d->span;

	hotplug_teardown_begin();
	hot_remove_memmap(s->pfn, s->nr, d);
	hot_remove_linear_begin(d);
	hot_remove_linear(s->pfn, s->nr, d);
	hotplug_teardown_end();
	hot_remove_report(d);
	d->report->pages = s->nr;
}
