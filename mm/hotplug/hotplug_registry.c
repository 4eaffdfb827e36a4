/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/hotplug_registry.c - keep the region registry in step with the blocks: withheld <->
 * hot-added.
 *
 * During a teardown every page is still registered, afterwards none is (S0-02): drops are the last
 * step. Memory that was never withheld (opts->anywhere) has no entry afterwards.
 */
#include <lib/fail.h>
#include <mm/hotplug/hotplug_internal.h>

/* Room is checked at plan time, while the operation may still be refused; a drop cannot fail. */
static int no_room(unsigned runs, struct why *why)
{
	return refuse(why, ENOMEM, "the registry has no room for %u more ranges", runs);
}

static int move_range(paddr_t pa, bool add, enum region_kind kind, unsigned node, struct why *why)
{
	if (fail_here(FAIL_REGION))
		return no_room(1, why);
	return add ? region_add(pa, layout.block_bytes, kind, node, why)
		   : region_remove(pa, layout.block_bytes, kind, why);
}

/* Put the withheld entry back if the new one does not fit: the range that was cut out fits again.
 */
static int claim_one(struct block *b, unsigned node, struct why *why)
{
	paddr_t pa = b->first_pfn << page_shift();
	int err;

	if (b->withheld) {
		err = move_range(pa, false, MEM_WITHHELD, node, why);
		if (err)
			return err;
	}
	err = move_range(pa, true, MEM_HOTADDED, node, why);
	if (err && b->withheld)
		ASSERT_OP(region_add(pa, layout.block_bytes, MEM_WITHHELD, b->home_node, NULL), ==,
			  0);
	return err;
}

void hotplug_registry_drop(const struct block *b)
{
	paddr_t pa = b->first_pfn << page_shift();

	ASSERT_OP(region_remove(pa, layout.block_bytes, MEM_HOTADDED, NULL), ==, 0);
	if (b->withheld)
		ASSERT_OP(region_add(pa, layout.block_bytes, MEM_WITHHELD, b->home_node, NULL), ==,
			  0);
}

/* Record the kind of the range before the add; a removal restores it. */
static void note_origin(struct block *b)
{
	paddr_t pa = b->first_pfn << page_shift();
	const struct mem_range *m = region_find(MEM_WITHHELD, pa, layout.block_bytes);

	b->withheld = m != NULL;
	b->home_node = m ? m->node : b->node;
}

int hotplug_registry_claim(const struct block_span *s, unsigned node, struct why *why)
{
	for (u64 i = 0; i < s->blocks; i++) {
		struct block *b = block_find(s->pfn + i * block_pages());
		int err;

		note_origin(b);
		err = claim_one(b, node, why);
		if (!err)
			continue;
		while (i-- > 0)
			hotplug_registry_drop(block_find(s->pfn + i * block_pages()));
		return err;
	}
	return 0;
}

int hotplug_registry_room(unsigned runs, struct why *why)
{
	bool room = region_room(MEM_RAM) >= runs && region_room(MEM_WITHHELD) >= runs;

	return room && !fail_here(FAIL_REGION) ? 0 : no_room(runs, why);
}
