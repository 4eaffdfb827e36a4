/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/hotplug_remove.c - memory leaves: vmemmap, linear map, registry, blocks.
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
#include <mm/hotplug/hotplug_departing.h>
#include <mm/hotplug/hotplug_map.h>

struct removal {
	struct departure out;
	struct departing departing;
};

/* ---- check ---- */

static int remove_check(const struct departure *out)
{
	int err = hotplug_span_is(&out->span, BLOCK_OFFLINE, false, out->why);

	return err ? err : hotplug_ask(NOTE_PREPARE_REMOVE, NOTE_NONE, &out->span, out->why);
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

	departing_mark(&r->departing, &r->out.span);
	if (r->out.opts.device_refuse)
		err = departing_refuse(&r->departing, r->out.why);
	if (!err)
		err = hotplug_registry_room(r->departing.runs, r->out.why);
	if (!err) {
		departure_begin(&r->out, block_scheme_of);
		err = departing_each(&r->departing, departure_plan, &r->out);
		if (err)
			departure_abort(&r->out);
	}
	if (err)
		departing_unmark(&r->departing);
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
	departing_commit(&r->departing);
	departing_each(&r->departing, departure_memmap, &r->out);
	departure_linear_begin(&r->out);
	departing_each(&r->departing, departure_linear, &r->out);
	/* No part was removed (all of it is held): close the gathers without an invalidation. */
	if (!r->departing.runs) {
		pt_gather_flush(&r->out.memmap.gather);
		pt_gather_flush(&r->out.linear);
	}
	departing_each(&r->departing, forget_run, r);
	hotplug_teardown_end();
}

static void fill_report(const struct removal *r)
{
	struct hotplug_report *report = r->out.report;

	departure_report(&r->out);
	report->blocks = r->out.span.blocks;
	report->pages = r->out.span.nr;
	report->held_blocks = r->departing.held;
	if (!r->departing.runs)
		report->gathers = 0;
}

static void remove_act(struct removal *r)
{
	teardown(r);
	fill_report(r);
	hotplug_tell(NOTE_REMOVED, &r->out.span);
}

int hotplug_remove(paddr_t pa, u64 len, const struct hotplug_opts *opts,
		   struct hotplug_report *report, struct why *why)
{
	struct removal r = { .out.leaves = leaves_of };
	int err = hotplug_span_init(&r.out.span, pa, len, why);

	if (!err)
		err = departure_lock(&r.out, opts, report, why);
	if (err)
		return err;
	err = remove_check(&r.out);
	if (!err)
		err = remove_plan(&r);
	if (!err)
		remove_act(&r);
	return departure_unlock(&r.out, err); /* frees frames and tables without the lock */
}
