// SPDX-License-Identifier: BSD-2-Clause
/* S0-09, S0-39, S0-28: the live tree seen by an independent reading of the tables' geometry. */
#include <arch/arch.h>
#include <lib/init.h>
#include <mm/page/region.h>
#include <mm/vmalloc.h>
#include <tests/harness/root.h>
#include <tests/harness/util.h>

/* Anywhere in RAM: boot memory of every node, what was added, what holds tables and struct pages.
 * PA_NONE: what has no place there, firmware's memory and the image (its text has no alias). */
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
     .claim = "random addresses of all RAM translate to themselves plus the offset, also of memory "
	      "that was added, and not once it is removed",
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

TEST(layout, no_shared_tables,
     .claim = "disjoint: no table serves two regions; shared: vmemmap and vmalloc share one, on "
	      "purpose",
     .rows = "S0-09 S1-12")
{
	struct why why = { 0 };
	int shared = layout_check_sharing(&kpt, &why);

	CHECK_EQ(t, shared == 0, layout.disjoint);
	test_key(t, "placement=%s", layout.disjoint ? "disjoint" : "shared");
}

static bool is_root_set(const struct pt_event *e)
{
	return e->kind == PT_EV_SET && e->pt == &kpt && e->level == kpt.fmt->levels - 1;
}

TEST(pgd, root_kept,
     .claim = "a cycle of page leaves changes no root entry where roots are constant, adds only "
	      "elsewhere; a root of leaves is emptied and kept",
     .rows = "S0-28 X-05 S1-33", .needs = NEED_RANGE, .could = COULD_YES /* stores are counted */)
{
	static struct root_view before NOINIT;
	u32 root_clears = 0, root_sets = 0;
	struct range r;

	if (!range_get(t, &r, 1, "host"))
		return;
	r.opts.leaf = 0;
	root_view_take(&before);
	record_begin(&recorded, is_root_set);
	if (range_add(t, &r))
		range_remove(t, &r);
	record_end();
	for (u32 i = 0; i < recorded.nr; i++) {
		root_clears += !recorded.ev[i].new;
		root_sets += recorded.ev[i].new != 0;
	}
	CHECK_EQ(t, arch_current_root(), kpt.root);
	CHECK_EQ(t, root_view_changed(&before), 0);
	/* a root that holds leaves loses entries, and stays */
	CHECK_EQ(t, root_clears != 0, root_rule() == ROOT_OF_LEAVES);
	if (root_rule() != ROOT_FILLED)
		CHECK_EQ(t, root_view_filled(&before), 0);
	if (root_rule() == ROOT_CONSTANT)
		CHECK_EQ(t, root_sets, 0);
	range_reset(&r);
}
