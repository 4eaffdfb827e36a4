/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Zeroed pages of vmalloc, while other CPUs rarely read the next address: it is unmapped, or
 * contains zeroes.
 */
#include <kern/probe.h>
#include <lib/atomic.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/race/seldom.h>

#define WORDS 32 /* words read per look */
#define PAUSE 64 /* idle rounds between two looks */
#define USED 0x5a5a5a5a5a5a5a5aul

static vaddr_t next;

static enum sight vmalloc_look(struct rng *rng)
{
	vaddr_t va = atomic_load_relaxed(&next);
	enum sight seen = SIGHT_NONE;

	for (unsigned i = 0; i < WORDS; i++) {
		u64 value;

		if (probe_load64(va + 8 * rng_below(rng, page_size() / 8), &value))
			break; /* mapped after the look began, or unmapped before it ended */
		if (value)
			return SIGHT_WRONG;
		seen = SIGHT_RIGHT;
	}
	return seen;
}

/* Addresses descend: the next allocation is a page with its guard below this one. */
static void watch_below(const void *p)
{
	atomic_store_relaxed(&next, ptr_va(p) - 2 * page_size());
}

static bool seldom_alloc(struct test_run *t)
{
	void *p;

	seldom_dirty(USED);
	p = vmalloc(1, 0, "seldom");
	if (!CHECK(t, p))
		return false;
	seldom_show(&t->rng);
	watch_below(p);
	vfree(p, 1);
	return true;
}

TEST(race, seldom_vmalloc,
     .claim = "a page of vmalloc has zeroes, also for a CPU that reads seldom", .rows = "S1-10",
     .needs = NEED_SMP | NEED_MEMORY_ORDER)
{
	static const struct seldom zeroed = { vmalloc_look, seldom_alloc, PAUSE };
	void *p = vmalloc(1, 0, "seldom");

	if (!CHECK(t, p))
		return;
	watch_below(p);
	vfree(p, 1);
	seldom_run(t, &zeroed);
}
