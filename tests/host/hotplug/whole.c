/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/hotplug/whole.c - adds and removals step by step, as sub-sections and device
 * ranges use them (mm/hotplug/hotplug_map.h).
 */
#include "fake.h"
#include <want.h>

/* ---- adds ---- */

static void begin(struct hot_add *a, const struct hotplug_opts *o, struct hotplug_report *r)
{
	*a = (struct hot_add) { .span = { .pa = BASE + UNIT,
					  .len = 8 * MiB,
					  .pfn = pfn_of(1),
					  .nr = 2048,
					  .unit = 2 * MiB },
				.node = 6,
				.users = 3,
				.provenance = PAGE_DEVICE,
				.whole = 8 * MiB,
				.reserve = 5 };
	WANT(!hot_add_lock(a, o, r, NULL));
	WANT_TEXT(fake.asked, "lock");
	WANT(a->report == (r ? r : &a->unused));
}

static void check_plan(const struct hot_add *a, const struct memmap_plan *given)
{
	const struct memmap_plan *p = &a->memmap;

	WANT(p->scheme == given->scheme && p->pfn == pfn_of(1) && p->nr == 2048);
	WANT(p->unit == 512 && p->users == 3 && p->compound == given->compound);
	WANT(p->reserve == 5 && p->provenance == PAGE_DEVICE && p->node == 6);
	WANT(p->max_level == given->max_level && p->pt.contig == given->pt.contig);
	WANT(p->pt.run_max == 8 * PAGE && a->level == 1);
}

static void check_arrival(bool contig, u64 compound)
{
	struct hotplug_opts o = { .leaf = -1, .memmap = &in_each, .contig = contig };
	struct hotplug_report r;
	struct hot_add a;

	fake_begin("........");
	begin(&a, &o, &r);
	a.compound = compound;
	WANT(!hot_add_plan(&a, NULL));
	check_plan(&a, &(struct memmap_plan) {
			       .scheme = &in_each, .compound = compound, .pt.contig = contig });
	hot_add_act(&a);
	WANT(!r.blocks && r.pages == 2048 && r.usable_pages == 2048 - 32);
	WANT(r.memmap_pages == 32 && r.leaves == 4 && !r.memmap_host_bytes);
	WANT(r.vmemmap_leaves == 21 && r.cache_added_bytes == 5 * MiB);
	hotplug_write_unlock();
}

void check_arrivals(void)
{
	struct hotplug_opts o = { .leaf = -1, .memmap = &in_old };
	struct hot_add a;

	check_arrival(false, 0);
	check_arrival(true, 512);
	fake_begin("........");
	begin(&a, &o, NULL);
	WANT(!hot_add_plan(&a, NULL));
	hot_add_act(&a);
	WANT(a.unused.usable_pages == 2048 && a.unused.memmap_host_bytes == 4 * MiB);
	hotplug_write_unlock();
	fake_begin("........");
	a = (struct hot_add) { .node = NODES_MAX };
	WANT(hot_add_lock(&a, &o, NULL, NULL) == -EINVAL);
	o.leaf = 3;
	a.node = 0;
	WANT(hot_add_lock(&a, &o, NULL, NULL) == -EINVAL);
	WANT_TEXT(fake.asked, "");
}

/* ---- removals ---- */

/* Every third page is removed, and the last one. */
static bool some_leave(pfn_t pfn, pfn_t *end)
{
	u64 off = pfn - pfn_of(1);

	*end = pfn + 1;
	return off % 3 == 0 || off == 10;
}

static bool all_leave(pfn_t pfn, pfn_t *end)
{
	*end = pfn + PAGES; /* far past the run */
	return true;
}

static const struct memmap_scheme *no_scheme(pfn_t pfn, pfn_t *end)
{
	*end = pfn + PAGES;
	return &in_old;
}

static void lock(struct hot_remove *d, leaves_fn *leaves, struct hotplug_report *r)
{
	struct hotplug_opts o = { .leaf = -1, .memmap = &in_old, .remove = &remove_one };

	*d = (struct hot_remove) { .leaves = leaves,
				   .span = { .pa = BASE + UNIT,
					     .len = 11 * PAGE,
					     .pfn = pfn_of(1),
					     .nr = 11,
					     .unit = PAGE } };
	fake_begin("........");
	fake.owed = true;
	WANT(!hot_remove_lock(d, &o, r, NULL));
}

static void check_whole(leaves_fn *leaves, const char *cleaned, u64 pages)
{
	struct hotplug_report r;
	struct hot_remove d;
	char asked[400];

	lock(&d, leaves, &r);
	WANT(!hot_remove_plan_whole(&d, no_scheme, 4));
	WANT(d.memmap.compound == 4 && d.memmap.scheme == no_scheme);
	hot_remove_whole(&d);
	WANT(!hotplug_in_teardown());
	WANT(!hot_remove_unlock(&d, 0));
	snprintf(asked, sizeof(asked),
		 "lock; begin; linear-plan 1.0+11; leave-plan 1.0+11; unmap 1.0+11 one; %sunlinear "
		 "1.0+11 one; unlock; free; free-linear",
		 cleaned);
	WANT_TEXT(fake.asked, asked);
	WANT(r.pages == 11 && !r.blocks && r.cache_removed_bytes == pages * PAGE);
	WANT(r.memmap_pages == 11 && r.memmap_host_bytes == 8 * PAGE && r.gathers == 2);
	WANT(r.cost == fake.work && r.tlbi_ops == 2 && r.waits == 2 && !r.held_blocks);
}

static void check_refused(const char *name, int code, const char *asked)
{
	struct hot_remove d;
	struct why why;

	lock(&d, all_leave, NULL);
	WANT(d.report == &d.unused);
	d.why = &why;
	snprintf(fake.fails, sizeof(fake.fails), "%s", name);
	fake.fails_at = 1;
	WANT(hot_remove_plan_whole(&d, no_scheme, 4) == code && why.code == code);
	WANT(hot_remove_unlock(&d, code) == code);
	WANT_TEXT(fake.asked, asked);
}

void check_departures(void)
{
	struct hotplug_opts o = { .leaf = 4 };
	struct hot_remove d = { .report = NULL };

	check_whole(some_leave,
		    "clean 1.0+1; clean 1.3+1; clean 1.6+1; clean 1.9+1; clean 1.10+1; ", 5);
	check_whole(all_leave, "clean 1.0+11; ", 11);
	check_refused("linear-plan", -EBUSY, "lock; begin; linear-plan 1.0+11!; abort; unlock");
	check_refused("leave-plan", -EIO,
		      "lock; begin; linear-plan 1.0+11; leave-plan 1.0+11!; abort; unlock");
	fake_begin("........");
	WANT(hot_remove_lock(&d, &o, NULL, NULL) == -EINVAL);
	WANT_TEXT(fake.asked, "");
}
