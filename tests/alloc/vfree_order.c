/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * S0-35: vfree() releases addresses and pages after the unmap and its invalidation.  At each event
 * of these the test checks that the addresses are still in use, and that deferred pages are still
 * counted.
 */
#include <mm/pt/taps/inject.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/util.h>

#define AREA 3 /* pages */

static struct {
	u64 in_use, put_off; /* before */
	u32 sets, frames;    /* events: stores to leaves of vmalloc, frames that are freed */
	u32 early_address, early_count;
} freed;

static bool check_still_in_use(struct pt_event *e)
{
	bool set = e->kind == PT_EV_SET && e->pt == &kpt && in_region(e->va, REGION_VMALLOC);

	if (e->kind == PT_EV_LOCK || e->kind == PT_EV_UNLOCK)
		return true; /* the lock of the address allocator itself */
	freed.sets += set;
	freed.frames += e->kind == PT_EV_FRAME_FREE;
	freed.early_address += vmalloc_in_use() < freed.in_use;
	freed.early_count += vmalloc_lazy_pages() < freed.put_off;
	return true;
}

static void order_watch_begin(void)
{
	freed.in_use = vmalloc_in_use();
	freed.put_off = vmalloc_lazy_pages();
	freed.sets = freed.frames = freed.early_address = freed.early_count = 0;
	inject_begin(&(struct inject) { .bend = check_still_in_use });
}

static const char *const free_ways[] = { "at-once", "put-off", NULL };

TEST(alloc, vfree_order,
     .claim = "addresses are free, and deferred pages uncounted, after all other steps of vfree()",
     .rows = "S0-35", .could = COULD_TRACE, .params = free_ways)
{
	u64 max = vmalloc_lazy_max;
	struct inject_count met;
	void *p;

	if (inject_on()) {
		test_skip(t, "bug= makes another mistake already");
		return;
	}
	vmalloc_purge();
	vmalloc_lazy_max = t->param_at ? 2 * AREA : 0;
	p = vmalloc(AREA, 0, "order");
	if (CHECK(t, p != NULL) && !t->param_at) {
		order_watch_begin();
		vfree(p, AREA);
		inject_end(&met);
		CHECK(t, freed.sets > 0);
	} else if (p) {
		vfree(p, AREA);
		order_watch_begin();
		vmalloc_purge();
		inject_end(&met);
		CHECK_EQ(t, freed.put_off, AREA);
	}
	CHECK_EQ(t, freed.frames, AREA);
	CHECK_EQ(t, freed.early_address, 0);
	CHECK_EQ(t, freed.early_count, 0);
	CHECK(t, vmalloc_in_use() < freed.in_use);
	CHECK_EQ(t, vmalloc_lazy_pages(), 0);
	vmalloc_lazy_max = max;
}
