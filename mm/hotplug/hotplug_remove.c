/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/hotplug_remove.c - remove memory: vmemmap, linear map, registry, blocks.
 *
 * Order, and why:
 *   plan        edges, frames, room in the registry: the steps that may fail, before any change
 *   commit      the last writes to struct pages of the range
 *   vmemmap     nothing reads these struct pages from here on (S2-28)
 *   linear map  no access through the linear alias from here on
 *   registry    after both: until then every page is still registered (S0-02)
 *   unlock, then free frames and tables: waiting for a grace period under the lock would deadlock
 * One gather for each region and operation, flushed under the lock.
 */
#include <mm/hotplug/hotplug_map.h>
#include <mm/hotplug/hotplug_removal_set.h>

struct removal {
	struct hot_remove out;
	struct removal_set set;
};

/* ---- check ---- */

static int remove_check(const struct hot_remove *out)
{
	int err = hotplug_span_is(&out->span, BLOCK_OFFLINE, false, out->why);

	return err ? err
		   : hotplug_notify_prepare(NOTE_PREPARE_REMOVE, NOTE_NONE, &out->span, out->why);
}

/* ---- plan ---- */

static const struct memmap_scheme *block_scheme_of(pfn_t pfn, pfn_t *end)
{
	const struct block *b = block_find(pfn);

	ASSERT(b);
	*end = b->first_pfn + block_pages();
	return b->memmap;
}

static bool leaves_of(pfn_t pfn, pfn_t *end)
{
	block_scheme_of(pfn, end);
	return block_find(pfn)->leaves;
}

static int remove_plan(struct removal *r)
{
	int err = 0;

	removal_set_mark(&r->set, &r->out.span);
	if (r->out.opts.device_refuse)
		err = removal_set_refuse(&r->set, r->out.why);
	if (!err)
		err = hotplug_registry_room(r->set.runs, r->out.why);
	if (!err) {
		hot_remove_begin(&r->out, block_scheme_of);
		err = removal_set_each(&r->set, hot_remove_plan, &r->out);
		if (err)
			hot_remove_abort(&r->out);
	}
	if (err)
		removal_set_unmark(&r->set);
	return err;
}

/* ---- act ---- */

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
	removal_set_commit(&r->set);
	removal_set_each(&r->set, hot_remove_memmap, &r->out);
	hot_remove_linear_begin(&r->out);
	removal_set_each(&r->set, hot_remove_linear, &r->out);
	/* No block was removed (all are held): close the gathers without an invalidation. */
	if (!r->set.runs) {
		pt_gather_flush(&r->out.memmap.gather);
		pt_gather_flush(&r->out.linear);
	}
	removal_set_each(&r->set, forget_run, r);
	hotplug_teardown_end();
}

static void fill_report(const struct removal *r)
{
	struct hotplug_report *report = r->out.report;

	hot_remove_report(&r->out);
	report->blocks = r->out.span.blocks;
	report->pages = r->out.span.nr;
	report->held_blocks = r->set.held;
	if (!r->set.runs)
		report->gathers = 0;
}

static void remove_act(struct removal *r)
{
	teardown(r);
	fill_report(r);
	hotplug_notify(NOTE_REMOVED, &r->out.span);
}

int hotplug_remove(paddr_t pa, u64 len, const struct hotplug_opts *opts,
		   struct hotplug_report *report, struct why *why)
{
	struct removal r = { .out.leaves = leaves_of };
	int err = hotplug_span_init(&r.out.span, pa, len, why);

	if (!err)
		err = hot_remove_lock(&r.out, opts, report, why);
	if (err)
		return err;
	err = remove_check(&r.out);
	if (!err)
		err = remove_plan(&r);
	if (!err)
		remove_act(&r);
	return hot_remove_unlock(&r.out, err); /* frees frames and tables without the lock */
}
