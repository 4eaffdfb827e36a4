/* SPDX-License-Identifier: BSD-2-Clause */
/* S0-09, S0-39, S0-28: the live tree, read independently of the engine by the tables' geometry. */
#include <arch/arch.h>
#include <lib/init.h>
#include <mm/page/region.h>
#include <mm/vmalloc/vmalloc.h>
#include <tests/harness/util.h>

/* A random address in RAM: boot memory of every node, added memory, tables and struct pages.
 * PA_NONE for memory that is not in the linear map: firmware's memory and the image (its text has
 * no alias). */
static paddr_t random_pa(struct rng *rng)
{
	const struct mem_range *ram;
	unsigned n = 0;
	paddr_t pa;

	while (region_nth(MEM_RAM, n))
		n++;
	ram = region_nth(MEM_RAM, (unsigned)rng_below(rng, n));
	pa = ram->pa + rng_below(rng, ram->len);
	ram = region_find(MEM_RESERVED, align_down(pa, page_size()), page_size());
	if (ram && (ram->kind == MEM_NOMAP || ram->kind == MEM_IMAGE))
		return PA_NONE;
	return pa;
}

static u64 round_trips(struct test_run *t, paddr_t (*pick)(struct rng *))
{
	u64 wrong = 0;

	for (int i = 0; i < 2000; i++) {
		paddr_t pa = pick(&t->rng);

		if (pa == PA_NONE)
			continue;
		wrong += pt_translate(&kpt, linear_va(pa)) != pa;
		wrong += linear_pa(linear_va(pa)) != pa;
		wrong += page_to_pfn(pa_page(pa)) != pa >> page_shift();
	}
	return wrong;
}

static struct range added;

static paddr_t random_added(struct rng *rng)
{
	return added.pa + rng_below(rng, added.len);
}

TEST(walk, linear_round_trip,
     .claim = "random addresses of all RAM translate to themselves plus the offset; those of added "
	      "memory do too, but not after its removal",
     .rows = "S0-39 S1-35", .needs = NEED_RANGE)
{
	CHECK_EQ(t, round_trips(t, random_pa), 0);
	if (!range_get(t, &added, 1, "host") || !range_add(t, &added))
		return;
	CHECK_EQ(t, round_trips(t, random_added), 0);
	CHECK_EQ(t, round_trips(t, random_pa), 0);
	range_remove(t, &added);
	CHECK_EQ(t, pt_translate(&kpt, linear_va(random_added(&t->rng))), PA_NONE);
	range_reset(&added);
}
