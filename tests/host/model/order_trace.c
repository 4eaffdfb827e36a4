/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/model/order_trace.c - the order of operations during a removal, observed by a tap:
 * leaves before tables, invalidation before freeing, vmemmap before the linear map, the registry
 * valid throughout, one gather for each region (S0-02, S0-14, S0-33, S2-28).
 */
#include "model.h"
#include <kern/args.h>
#include <mm/pt/pt_tap.h>

#define HOT MODEL_HOT

static struct {
	bool on, two_flush;
	unsigned leaves, tables, waits, freed_tables, freed_altmap, freed_buddy;
	unsigned linear_before_vmemmap, unregistered, early_table, early_free, unlocked, foreign;
	unsigned spied;
	bool linear_seen;
} seen;

static bool in(enum region_id id, vaddr_t va)
{
	return va - layout.r[id].va < layout.r[id].len;
}

/* A table is only unhooked if all addresses below it are in one of the two regions (S0-09). */
static bool whole_in(enum region_id id, vaddr_t va, u64 span)
{
	return in(id, va) && in(id, va + span - 1);
}

static void on_table(const struct pt_event *e)
{
	u64 span = pt_span(layout.fmt, e->level);

	seen.tables++;
	seen.early_table += !seen.leaves;
	seen.foreign +=
		!whole_in(REGION_LINEAR, e->va, span) && !whole_in(REGION_VMEMMAP, e->va, span);
}

static void on_set(const struct pt_event *e)
{
	bool leaf = layout.fmt->kind(e->old, e->level) == PT_LEAF;

	if (e->new)
		return;
	seen.unlocked += !hotplug_write_held() || hotplug_in_teardown() != 1;
	if (!leaf) {
		on_table(e);
		return;
	}
	seen.leaves += (unsigned)e->n;
	if (in(REGION_LINEAR, e->va)) {
		seen.linear_seen = true;
		seen.unregistered += !region_is_ram(linear_pa(e->va), e->len);
	} else {
		seen.linear_before_vmemmap += seen.linear_seen;
		seen.unregistered += !region_is_ram(page_pa(va_ptr(e->va)), e->len / 64 << 12);
	}
}

static void on_free(const struct pt_event *e)
{
	seen.early_free += !seen.waits || hotplug_write_held();
	if (e->provenance == PAGE_TABLE)
		seen.freed_tables += (unsigned)e->n;
	else if (e->provenance == PAGE_ALTMAP)
		seen.freed_altmap += (unsigned)e->n;
	else
		seen.freed_buddy += (unsigned)e->n;
}

static void after(const struct pt_event *e)
{
	if (!seen.on)
		return;
	if (e->kind == PT_EV_SET)
		on_set(e);
	else if (e->kind == PT_EV_WAIT)
		seen.waits++;
	else if (e->kind == PT_EV_PAGE_FREE)
		on_free(e);
}

static const struct pt_tap order_tap = { .name = "order", .after = after };
PT_TAP(order, order_tap);

/* ---- a removal scheme that checks its arguments: floor and ceiling are the region's (S0-03)
 * ---- */

static void spy_run(struct remove_job *job)
{
	const struct va_region *r =
		&layout.r[in(REGION_LINEAR, job->plan->va) ? REGION_LINEAR : REGION_VMEMMAP];

	seen.spied++;
	WANT_EQ(job->floor, r->va);
	WANT_EQ(job->ceiling, r->va + r->len);
	WANT(job->pt == &kpt && hotplug_write_held(), "under the lock");
	remove_scheme_find("two-pass", NULL)->run(job);
}

static const struct remove_scheme spy = { .s = { .name = "spy" }, .run = spy_run };
REMOVE_SCHEME(spy, spy);

static void cycle(const char *memmap, const char *remove, unsigned waits)
{
	struct hotplug_opts o = model_opts(memmap);
	struct hotplug_report r;

	o.remove = remove_scheme_find(remove, NULL);
	o.leaf = 0;
	pt_tap_enable("order", true);
	OK(hotplug_add(HOT, 8 * SMALL, 1, &o, NULL, why));
	__builtin_memset(&seen, 0, sizeof(seen));
	seen.on = true;
	OK(hotplug_remove(HOT, 8 * SMALL, &o, &r, why));
	seen.on = false;
	WANT_EQ(seen.leaves, 8 * 1024 + 128);
	WANT_EQ(r.leaves + r.vmemmap_leaves, seen.leaves);
	WANT_EQ(seen.tables, r.tables_freed);
	WANT_EQ(seen.freed_tables, r.tables_freed);
	WANT(seen.tables >= 16, "%u tables", seen.tables);
	WANT_EQ(seen.waits, waits);
	WANT_EQ(r.waits, waits);
	WANT_EQ(r.gathers, 2);
	WANT_EQ(seen.early_table + seen.early_free + seen.unlocked + seen.foreign, 0);
	WANT_EQ(seen.linear_before_vmemmap, 0);
	WANT_EQ(seen.unregistered, 0);
	WANT(!region_is_ram(HOT, page_size()), "nothing is registered afterwards");
}

CASE(removal_order_self_hosted)
{
	model_boot((struct model_shape) { .section = SMALL, .hot = 8 * SMALL });
	cycle("device", "two-pass", 2);
	WANT_EQ(seen.freed_altmap, 128);
	WANT_EQ(seen.freed_buddy, 0);
	cycle("block", "two-flush", 4);
	WANT_EQ(seen.freed_altmap, 128);
	cycle("block", "per-leaf", 8 * 1024 + 128 + 2); /* a leaf each, the tables of each region */
	WANT_EQ(seen.freed_altmap, 128);
}

CASE(removal_stays_inside_its_region)
{
	model_boot((struct model_shape) { .section = SMALL, .hot = 8 * SMALL });
	cycle("device", "spy", 2);
	WANT_EQ(seen.spied, 2);
}

CASE(removal_order_host)
{
	model_boot((struct model_shape) { .section = SMALL, .hot = 8 * SMALL });
	cycle("host", "two-pass", 2);
	WANT_EQ(seen.freed_altmap, 0);
	WANT_EQ(seen.freed_buddy, 128);
	model_args[ARG_CACHE_LEAVE] = "on";
	cycle("host", "two-flush", 4);
	WANT_EQ(seen.freed_buddy, 128);
}
