/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two CPUs purge the pages that vfree() deferred.  When its purge returns, each CPU may rely on all
 * of them being free, also those that the other one purged; no page or address is free before its
 * invalidation.
 */
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/explore.h>

static struct {
	vaddr_t va;
	paddr_t frame;
	u64 put_off;
	u64 in_use, free, waits; /* of vmalloc, of the allocator, of mm/tlb.c, after setup */
	const char *wrong;
} lazy;

static u64 tlb_waits(void)
{
	struct tlb_stats s;

	tlb_stats_read(&s);
	return s.waits;
}

/* Defer one address without a frame and one page of vmalloc, which has a frame. */
static void lazy_setup(void *arg)
{
	void *p = vmalloc(1, 0, "lazy");

	(void)arg;
	vmalloc_purge();
	lazy.va = vmalloc_va_alloc(1);
	if (p)
		vfree(p, 1);
	if (lazy.va && !vmalloc_map(lazy.va, &lazy.frame, 1, PT_R | PT_W | PT_GLOBAL))
		vmalloc_unmap_lazy(lazy.va, 1);
	lazy.put_off = vmalloc_lazy_pages();
	lazy.in_use = vmalloc_in_use();
	lazy.free = buddy_free_total();
	lazy.waits = tlb_waits();
	lazy.wrong = NULL;
}

static void purger(void *arg)
{
	(void)arg;
	vmalloc_purge();
	if (vmalloc_lazy_pages())
		lazy.wrong = "a purge returned before all pages were invalidated";
}

static void observer(void *arg)
{
	bool given = vmalloc_in_use() < lazy.in_use || buddy_free_total() > lazy.free;

	(void)arg;
	if (given && tlb_waits() == lazy.waits)
		lazy.wrong = "an address or a frame was free before the invalidation";
}

static const char *lazy_check(void *arg)
{
	(void)arg;
	return lazy.put_off == 2 ? lazy.wrong : "no page was deferred";
}

static const struct lazy_pair {
	const char *name;
	void (*other)(void *);
} pairs[] = { { "two", purger }, { "look", observer } };

TEST(sched, vmalloc_purge,
     .claim = "deferred pages are free only after their invalidation; when a purge returns, all "
	      "are free, also those that another CPU purges",
     .rows = "S0-35", .needs = NEED_SMP, .params = PARAMS_OF(pairs))
{
	struct page *p = page_alloc_any(0, ZONE_NORMAL, 0, "lazy");
	struct explore e = { .actors = 2,
			     .run = { purger, pairs[t->param_at].other },
			     .setup = lazy_setup,
			     .check = lazy_check,
			     .bound = 2,
			     .sure = 2 };
	u64 max = vmalloc_lazy_max;

	if (CHECK(t, p != NULL) && explore_can(t, 2)) {
		lazy.frame = page_pa(p);
		vmalloc_lazy_max = 16;
		lazy_setup(NULL); /* makes the permanent tables */
		explore(t, &e);
		vmalloc_purge();
		vmalloc_lazy_max = max;
	}
	if (p)
		page_free(p, 0);
}
