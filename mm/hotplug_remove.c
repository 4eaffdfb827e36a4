// SPDX-License-Identifier: BSD-2-Clause
/*
 * mm/hotplug_remove.c - memory leaves: vmemmap, linear map, registry, blocks.
 *
 * Order, and why:
 *   plan        edges, frames, room in the registry: all that may fail, before anything changes
 *   commit      the last writes to struct pages of the range
 *   vmemmap     nothing reads these struct pages from here on (S2-28)
 *   linear map  no access through the linear alias from here on
 *   registry    after both: until then every page is still registered (S0-02)
 *   unlock, then free frames and tables: waiting for a grace period under the lock would deadlock
 * One gather for each region and operation, flushed under the lock.
 */
#include <arch/arch.h>
#include <kern/args.h>
#include <mm/hotplug_going.h>

struct removal {
	struct block_span span;
	struct hotplug_opts opts;
	struct going going;
	struct memmap_removal memmap;
	struct pt_gather linear;
	struct why *why;
	u64 cache_leave_bytes;
};

/* ---- plan ---- */

static int plan_linear(pfn_t pfn, u64 nr, struct why *why)
{
	struct pt_plan plan;
	int r = pt_plan(&kpt, &plan, PT_OP_UNMAP, linear_va(pfn << page_shift()),
			nr << page_shift(), 0, 0, why);

	if (!r)
		pt_plan_end(&plan);
	return r;
}

static int plan_run(pfn_t pfn, u64 nr, void *arg)
{
	struct removal *r = arg;
	int code = plan_linear(pfn, nr, r->why);

	return code ? code : memmap_remove_plan(&r->memmap, pfn, nr, r->why);
}

static int plan(struct removal *r)
{
	int code = 0;

	going_mark(&r->going, &r->span);
	if (r->opts.device_refuse)
		code = going_refuse(&r->going, r->why);
	if (!code)
		code = hotplug_registry_room(r->going.runs, r->why);
	if (!code) {
		memmap_remove_begin(&r->memmap);
		code = going_each(&r->going, plan_run, r);
		if (code)
			memmap_remove_abort(&r->memmap);
	}
	if (code)
		going_unmark(&r->going);
	return code;
}

/* ---- act ---- */

static int memmap_run(pfn_t pfn, u64 nr, void *arg)
{
	struct removal *r = arg;

	memmap_remove(&r->memmap, pfn, nr, r->opts.remove);
	return 0;
}

/* Dirty lines must not be written back to memory that is gone (ENGINE 6): before the last mapping
 * goes, and after the last store to the range. */
static void cache_leave(struct removal *r, paddr_t pa, u64 len)
{
	if (!arg_flag(NULL, ARG_CACHE_LEAVE))
		return;
	arch_mem_leave(linear_va(pa), len);
	r->cache_leave_bytes += len;
}

static int linear_run(pfn_t pfn, u64 nr, void *arg)
{
	const struct va_region *region = &layout.r[REGION_LINEAR];
	struct removal *r = arg;
	paddr_t pa = pfn << page_shift();
	u64 len = nr << page_shift();
	struct pt_plan plan;
	struct remove_job job = { .pt = &kpt,
				  .plan = &plan,
				  .floor = region->va,
				  .ceiling = region->va + region->len,
				  .gather = &r->linear };

	cache_leave(r, pa, len);
	/* Checked by plan_linear under the same lock. */
	pt_plan_sure(&kpt, &plan, PT_OP_UNMAP, linear_va(pa), len);
	r->opts.remove->run(&job);
	pt_plan_end(&plan);
	return 0;
}

static int forget_run(pfn_t pfn, u64 nr, void *arg)
{
	(void)arg;
	for (; nr; nr -= block_pages(), pfn += block_pages()) {
		struct block *b = block_find(pfn);

		hotplug_registry_drop(b);
		block_destroy(b);
	}
	return 0;
}

static void teardown(struct removal *r)
{
	hotplug_teardown_begin();
	going_commit(&r->going);
	going_each(&r->going, memmap_run, r);
	pt_gather_begin(&r->linear, &kpt, NULL, 0); /* the linear map frees no frames (S0-33) */
	going_each(&r->going, linear_run, r);
	/* Nothing went (all of it is held): the gathers close without an invalidation. */
	if (!r->going.runs) {
		pt_gather_flush(&r->memmap.gather);
		pt_gather_flush(&r->linear);
	}
	going_each(&r->going, forget_run, r);
	hotplug_teardown_end();
}

static void fill_report(const struct removal *r, struct hotplug_report *report)
{
	const struct pt_gather *m = &r->memmap.gather, *l = &r->linear;

	*report = (struct hotplug_report) {
		.blocks = r->span.blocks,
		.pages = r->span.nr,
		.memmap_pages = r->memmap.altmap_pages + r->memmap.host_pages,
		.memmap_host_bytes = r->memmap.host_pages << page_shift(),
		.tables_freed = m->nr_tables + l->nr_tables,
		.leaves = l->nr_leaves,
		.vmemmap_leaves = m->nr_leaves,
		.gathers = r->going.runs ? 2 : 0,
		.waits = m->nr_invals + l->nr_invals,
		.held_blocks = r->going.held,
		.cache_leave_bytes = r->cache_leave_bytes,
	};
}

static int remove_locked(struct removal *r, struct hotplug_report *report)
{
	int code = hotplug_span_is(&r->span, BLOCK_OFFLINE, false, r->why);

	if (!code)
		code = hotplug_ask(NOTE_PREPARE_REMOVE, NOTE_NONE, &r->span, r->why);
	if (!code)
		code = plan(r);
	if (code)
		return code;
	teardown(r);
	fill_report(r, report);
	hotplug_tell(NOTE_REMOVED, &r->span);
	return 0;
}

int hotplug_remove(paddr_t pa, u64 len, const struct hotplug_opts *opts,
		   struct hotplug_report *report, struct why *why)
{
	struct hotplug_report unused;
	struct hotplug_meter meter;
	struct removal r = { .why = why };
	int code = hotplug_span_init(&r.span, pa, len, why);

	if (!code)
		code = hotplug_opts_resolve(opts, &r.opts, why);
	if (code)
		return code;
	report = report ? report : &unused;
	code = hotplug_enter(why);
	if (code)
		return code;
	hotplug_meter_start(&meter);
	code = remove_locked(&r, report);
	hotplug_write_unlock();
	if (code)
		return code;
	memmap_remove_end(&r.memmap);
	pt_gather_release(&r.linear);
	hotplug_meter_stop(&meter, report);
	return 0;
}
