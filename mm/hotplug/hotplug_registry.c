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

static int move_range(paddr_t pa, u64 len, bool add, enum region_kind kind, unsigned node,
		      struct why *why)
{
	if (fail_here(FAIL_REGION))
		return no_room(1, why);
	return add ? region_add(pa, len, kind, node, why) : region_remove(pa, len, kind, why);
}

/* Put the withheld entry back if the new one does not fit: the range that was cut out fits again.
 */
static int claim_run(paddr_t pa, u64 len, const struct block *first, unsigned node, struct why *why)
{
	int err = 0;

	if (first->withheld)
		err = move_range(pa, len, false, MEM_WITHHELD, node, why);
	if (err)
		return err;
	err = move_range(pa, len, true, MEM_HOTADDED, node, why);
	if (err && first->withheld)
		ASSERT_OP(region_add(pa, len, MEM_WITHHELD, first->home_node, NULL), ==, 0);
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

/*
 * Record the kind of memory before the add; a removal restores it.  Returns the length of the run
 * at b, up to `end`, that is in one withheld range or in none; it is a block if b is partly in one.
 */
static u64 note_origin(struct block *b, paddr_t end)
{
	paddr_t pa = b->first_pfn << page_shift();
	const struct mem_range *m = region_find(MEM_WITHHELD, pa, end - pa);
	paddr_t stop = !m ? end : m->pa > pa ? m->pa : min_u64(m->pa + m->len, end);
	u64 len = max_u64(align_down(stop - pa, layout.block_bytes), layout.block_bytes);

	b->withheld = m && m->pa < pa + len;
	b->home_node = b->withheld ? m->node : b->node;
	return len;
}

/* A run that fails has changed nothing; those before it are put back. */
int hotplug_registry_claim(const struct block_span *s, unsigned node, struct why *why)
{
	const struct block *first = NULL; /* of a run */
	paddr_t stop = s->pa;

	span_for_each_block (s, b) {
		paddr_t pa = b->first_pfn << page_shift();
		int err = 0;

		if (pa < stop) {
			b->withheld = first->withheld;
			b->home_node = first->home_node;
			continue;
		}
		first = b;
		stop = pa + note_origin(b, s->pa + s->len);
		err = claim_run(pa, stop - pa, b, node, why);
		if (!err)
			continue;
		for (; pa > s->pa; pa -= layout.block_bytes)
			hotplug_registry_drop(block_find((pa >> page_shift()) - block_pages()));
		return err;
	}
	return 0;
}

int hotplug_registry_room(unsigned runs, struct why *why)
{
	bool room = region_room(MEM_RAM) >= runs && region_room(MEM_WITHHELD) >= runs;

	return room && !fail_here(FAIL_REGION) ? 0 : no_room(runs, why);
}
