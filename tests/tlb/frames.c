/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S0-34, S0-50: every path that frees a formerly mapped frame frees it after its invalidation
 * completed: vfree, movable_free, migration, tables, struct pages of every scheme.  The test checks
 * the allocator's events and the duties of the stores (tests/harness/order.h).  Each path is
 * executed a second time without the wait, which must be noticed.
 */
#include <lib/string.h>
#include <mm/hotplug/movable.h>
#include <mm/pt/taps/inject.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/order.h>

#define PAGES 20 /* more than one batch of vfree */

static struct frames_scene {
	struct range r;
	struct movable m[PAGES];
	void *at;
} s;

/* `prepare` runs before the check is attached, `act` while it is attached.  False: the test has
 * failed. */
struct way {
	const char *name;
	bool (*prepare)(struct test_run *);
	bool (*act)(struct test_run *);
	void (*clean)(void);
};

static bool no_preparation(struct test_run *t)
{
	(void)t;
	return true;
}

static void no_cleaning(void)
{
}

static bool vmalloc_act(struct test_run *t)
{
	s.at = vmalloc(PAGES, 0, "frames test");
	if (!CHECK(t, s.at != NULL))
		return false;
	memset(s.at, 1, PAGES * page_size());
	vfree(s.at, PAGES);
	vmalloc_purge(); /* vmalloc-lazy= */
	return true;
}

static bool movable_up(struct test_run *t)
{
	struct why why = { 0 };
	pfn_t pfn;

	if (!range_get(t, &s.r, 1, "block") || !range_up(t, &s.r, ZONE_MOVABLE))
		return false;
	pfn = s.r.pa >> page_shift();
	for (unsigned i = 0; i < PAGES; i++)
		if (!CHECK_OK(t,
			      movable_alloc_in(&s.m[i], pfn, pfn + block_pages(), "frames", &why),
			      &why))
			return false;
	return true;
}

static bool free_all(struct test_run *t)
{
	(void)t;
	for (unsigned i = 0; i < PAGES; i++)
		movable_free(&s.m[i]);
	return true;
}

static void range_clean(void)
{
	range_reset(&s.r);
}

static bool migrate_act(struct test_run *t)
{
	struct why why = { 0 };

	return CHECK_OK(t, hotplug_offline(s.r.pa, s.r.len, NULL, &why), &why);
}

static void migrate_clean(void)
{
	free_all(NULL);
	range_clean();
}

static bool range_round(struct test_run *t)
{
	return range_add(t, &s.r) && range_remove(t, &s.r);
}

/* Use page leaves, so that tables are installed and freed. */
static bool get(struct test_run *t, const char *memmap)
{
	if (!range_get(t, &s.r, 1, memmap))
		return false;
	s.r.opts.leaf = 0;
	return true;
}

static bool get_host(struct test_run *t)
{
	return get(t, "host");
}

static bool get_block(struct test_run *t)
{
	return get(t, "block");
}

static bool get_device(struct test_run *t)
{
	return get(t, "device");
}

static const struct way ways[] = {
	{ "vfree", no_preparation, vmalloc_act, no_cleaning },
	{ "movable-free", movable_up, free_all, range_clean },
	{ "migration", movable_up, migrate_act, migrate_clean },
	{ "memmap-host", get_host, range_round, range_clean },
	{ "memmap-block", get_block, range_round, range_clean },
	{ "memmap-device", get_device, range_round, range_clean },
};

static bool drop_wait(struct pt_event *e)
{
	return e->kind != PT_EV_WAIT || e->pt != &kpt;
}

static bool round(struct test_run *t, const struct way *w, bool waits, struct order_seen *seen)
{
	struct inject_count bent;
	bool ok;

	if (!w->prepare(t))
		return false;
	if (!waits)
		inject_begin(&(struct inject) { .bend = drop_wait });
	order_begin();
	ok = w->act(t);
	order_end(seen);
	if (!waits) {
		inject_end(&bent);
		tlb_invalidate(&kpt, &(struct pt_inval) { .global = true, .walk = true });
	}
	w->clean();
	return ok;
}

TEST(tlb, frames_freed, .mutes_sanitizer = true,
     .claim = "a frame that was mapped is freed after its invalidation completed; a missing wait "
	      "is noticed",
     .rows = "S0-34 S0-50", .needs = NEED_RANGE, .could = COULD_TRACE, .params = PARAMS_OF(ways))
{
	const struct way *way = &ways[t->param_at];
	struct order_seen seen;

	if (inject_on()) {
		test_skip(t, "bug= makes another mistake already");
		return;
	}
	if (!round(t, way, true, &seen))
		return;
	if (seen.alarms)
		test_fail(t, __FILE__, __LINE__, "%u alarms: %s", seen.alarms, seen.what);
	CHECK(t, seen.removed > 0);
	CHECK(t, seen.freed > 0);
	test_key(t, "owed=%u freed=%u", seen.removed, seen.freed);
	if (!round(t, way, false, &seen))
		return;
	CHECK(t, seen.alarms > 0);
	test_key(t, "noticed=%u", seen.alarms);
}
