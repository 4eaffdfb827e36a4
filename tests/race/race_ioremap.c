/* SPDX-License-Identifier: BSD-2-Clause */
/* S1-14: every CPU maps and unmaps registers of one device; tests/alloc/ioremap.c describes the
 * memory that is used in their place. */
#include <lib/atomic.h>
#include <mm/vmalloc/ioremap.h>
#include <tests/harness/util.h>

#define ROUNDS 30
#define WINDOW 6 /* pages that are mapped */

static struct {
	paddr_t pa;
	u32 seed, wrong, none;
} fight;

/* Each CPU has a word of its own in each page. */
static void fight_rounds(void *arg)
{
	unsigned cpu = this_cpu()->nr;
	u32 x = fight.seed + cpu;

	(void)arg;
	for (unsigned i = 0; i < ROUNDS; i++) {
		u64 page = (x = x * 1664525 + 1013904223) >> 16;
		u64 n = 1 + page / WINDOW % 2;
		volatile u64 *word;
		volatile void *regs =
			ioremap(fight.pa + page % WINDOW * page_size(), n * page_size());

		if (!regs) {
			atomic_fetch_add_relaxed(&fight.none, 1);
			continue;
		}
		word = (volatile u64 *)regs + 8 * cpu;
		*word = x;
		if (*word != x)
			atomic_fetch_add_relaxed(&fight.wrong, 1);
		iounmap(regs);
	}
}

TEST(race, ioremap,
     .claim = "CPUs that map and unmap the same registers can access them all the time",
     .rows = "S1-14", .needs = NEED_RANGE | NEED_SMP, .could = COULD_YES)
{
	u64 before = ioremap_pages();
	struct range r;

	if (!range_get(t, &r, 1, NULL))
		return;
	fight = (__typeof__(fight)) { .pa = r.pa, .seed = (u32)rng_below(&t->rng, 1u << 31) };
	cpu_run(cpus_online(), fight_rounds, NULL);
	CHECK_EQ(t, fight.wrong, 0);
	CHECK_EQ(t, fight.none, 0);
	CHECK_EQ(t, ioremap_pages(), before);
	tables_free_empty(layout.r[REGION_DEVICE].va, layout.r[REGION_DEVICE].len);
}
