/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Other CPUs allocate and free unmovable pages while their block is taken offline again and again.
 * A page that is being freed still counts as used: an offline must not treat it as movable,
 * whatever the allocator stores in its struct page.  Freed pages are filled (poison=), which makes
 * that time long.
 */
#include <lib/atomic.h>
#include <lib/init.h>
#include <lib/string.h>
#include <mm/hotplug/movable.h>
#include <tests/harness/util.h>

#define FREES_NS 300000000
#define REST 10

static struct {
	struct range r;
	u64 freed[CPUS_MAX]; /* atomic */
	bool over;           /* atomic */
} fixed NOINIT;

static u64 fixed_freed(void)
{
	u64 sum = 0;

	for (unsigned c = 0; c < CPUS_MAX; c++)
		sum += atomic_load_relaxed(&fixed.freed[c]);
	return sum;
}

/* No page is allocated while the block changes, but pages may be freed then. */
static struct page *alloc_in_block(pfn_t lo, pfn_t hi)
{
	struct page *p = NULL;

	hotplug_read_lock();
	if (block_find(lo)->state == BLOCK_ONLINE)
		p = page_alloc_in(lo, hi, "fixed");
	hotplug_read_unlock();
	return p;
}

static void offline_alloc(void *arg)
{
	pfn_t lo = fixed.r.pa >> page_shift(), hi = lo + (fixed.r.len >> page_shift());
	(void)arg;
	while (!atomic_load_relaxed(&fixed.over)) {
		struct page *p = alloc_in_block(lo, hi);

		if (p) {
			page_free(p, 0); /* a used page spends most of its time here */
			atomic_fetch_add_relaxed(&fixed.freed[this_cpu()->nr], 1);
		}
		for (unsigned i = 0; i < REST; i++)
			cpu_serve();
	}
}

TEST(hotplug, offline_frees,
     .claim = "an offline while CPUs free pages of its block succeeds or is refused, and migrates "
	      "none",
     .rows = "S1-08", .needs = NEED_RANGE | NEED_SMP, .could = COULD_YES)
{
	u64 end, moved = movable_moved();
	unsigned done = 0, refused = 0;
	bool poison = buddy_poison;

	memset(&fixed, 0, sizeof(fixed));
	if (!range_get(t, &fixed.r, 1, "host") || !range_up(t, &fixed.r, ZONE_MOVABLE))
		return;
	buddy_poison = true;
	cpu_post(other_cpus(), offline_alloc, NULL);
	await_work(fixed_freed);
	end = clock_ns() + FREES_NS;
	while (clock_ns() < end && !t->failed && !test_aborted()) {
		struct why why = { 0 };
		int err = hotplug_offline(fixed.r.pa, fixed.r.len, NULL, &why);

		if (err) {
			CHECK_EQ(t, err, -EBUSY);
			refused++;
		} else {
			range_online(t, &fixed.r, ZONE_MOVABLE);
			done++;
		}
	}
	atomic_store_relaxed(&fixed.over, true);
	cpu_wait(other_cpus());
	buddy_poison = poison;
	CHECK(t, done + refused > 0);
	CHECK_EQ(t, movable_moved(), moved);
	test_key(t, "offline=%u refused=%u freed=%lu", done, refused, fixed_freed());
	range_down(t, &fixed.r);
	range_reset(&fixed.r);
}
