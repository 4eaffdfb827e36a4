/* SPDX-License-Identifier: BSD-2-Clause */
/* S2-01, S2-03, S2-04, S2-05: memmap in old memory: its node, its frames, and the behaviour if no
 * memory is free. */
#include <tests/harness/util.h>

static struct test_hog hog;

/* Is no chunk of order >= `order` free, which could provide a huge frame? */
static bool no_chunk_of(unsigned order)
{
	for (unsigned node = 0; node < NODES_MAX; node++) {
		struct page *p = page_alloc(node, ZONE_NORMAL, order, "test probe");

		if (p) {
			page_free(p, order);
			return false;
		}
	}
	return true;
}

TEST(memmap, host_refused_when_short,
     .claim = "memmap=host is refused cleanly without memory; memmap=block still works",
     .rows = "S2-01 S2-04", .needs = NEED_RANGE)
{
	struct digest before, after;
	struct why why = { 0 };
	struct range r;
	u64 need;

	if (!range_get(t, &r, 1, "host"))
		return;
	need = memmap_bytes(block_pages()) >> page_shift();
	hog_init(&hog);
	/* the free pages suffice for tables (< 32 at 4K), not for the memmap (512) */
	hog_orders(&hog, ZONE_NORMAL, need > 16 ? log2_u64(need / 16) : 1);
	/* all free pages may have been in whole chunks; each freed chunk may provide the memmap */
	while (free_of_zone(ZONE_NORMAL) < max_u64(need / 8, 2) && hog.nr)
		hog_drop_one(&hog);
	for (unsigned node = 0; node < NODES_MAX; node++)
		while (free_of_zone(ZONE_NORMAL) > need / 2 && hog_one(&hog, node, ZONE_NORMAL, 0))
			;
	digest_take(&before);
	CHECK_REFUSED(t, hotplug_add(r.pa, r.len, r.node, &r.opts, NULL, &why), ENOMEM, &why);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	r.opts.memmap = test_memmap(t, "block");
	if (range_add(t, &r))
		range_remove(t, &r);
	hog_drop(&hog);
	range_reset(&r);
}

/*
 * Free some hoarded chunks in pieces of half a huge frame, every second one: their buddies stay
 * allocated, so no huge frame is free.
 */
static void fragment(unsigned huge)
{
	u64 want = max_u64(8192, 4 * memmap_bytes(block_pages()) / page_size());
	static struct page *piece[256] NOINIT;
	u32 nr = 0;

	while (hog.nr && free_of_zone(ZONE_NORMAL) < want)
		hog_drop_one(&hog);
	while (nr < ARRAY_SIZE(piece) &&
	       (piece[nr] = page_alloc_any(0, ZONE_NORMAL, huge - 1, "test hog")))
		nr++;
	for (u32 i = 0; i < nr; i++) {
		if (page_to_pfn(piece[i]) >> (huge - 1) & 1) {
			page_free(piece[i], huge - 1);
			continue;
		}
		list_add(&hog.pages, &piece[i]->lru);
		hog.nr++;
	}
}

static int leaf_levels(const struct pt_slot *slot, void *arg)
{
	*(u64 *)arg |= BIT(slot->level);
	return 0;
}

TEST(memmap, host_fallback,
     .claim = "without huge frames the memmap is built of pages, with the same contents",
     .rows = "S2-05 S2-04", .needs = NEED_RANGE)
{
	unsigned huge = layout.fmt->bits[0];
	u64 levels = 0, wrong = 0;
	struct range r;

	if (!range_get(t, &r, 1, "host"))
		return;
	hog_init(&hog);
	hog_orders(&hog, ZONE_NORMAL, huge);
	fragment(huge);
	CHECK(t, no_chunk_of(huge));
	r.opts.memmap_now = true;
	if (range_add(t, &r)) {
		pt_walk(&kpt, ptr_va(pa_page(r.pa)), memmap_bytes(r.len / page_size()), PT_ON_LEAF,
			leaf_levels, &levels);
		CHECK_EQ(t, levels, BIT(0));
		for (pfn_t i = 0; i < r.len / page_size(); i++)
			wrong += page_provenance(pfn_to_page((r.pa >> page_shift()) + i)) !=
				 PAGE_BUDDY;
		CHECK_EQ(t, wrong, 0);
		range_remove(t, &r);
	}
	hog_drop(&hog);
	range_reset(&r);
}

/* Pages of the range's memmap that are not on `node`, or (self-hosted) not inside the range. */
static u64 elsewhere(const struct range *r, unsigned node, bool inside)
{
	u64 wrong = 0;

	for (u64 off = 0; off < memmap_bytes(r->len / page_size()); off += page_size()) {
		paddr_t pa = pt_translate(&kpt, ptr_va(pa_page(r->pa)) + off);

		wrong += (inside && pa - r->pa >= r->len) || page_node(pa_page(pa)) != node;
	}
	return wrong;
}

/* Sorted by distance |a - b|, the lower one first (mm/page/buddy.h). */
static unsigned nearest_with_memory(unsigned node)
{
	for (unsigned d = 1; d < NODES_MAX; d++) {
		if (node >= d && buddy_free_pages(node - d, ZONE_NORMAL))
			return node - d;
		if (node + d < NODES_MAX && buddy_free_pages(node + d, ZONE_NORMAL))
			return node + d;
	}
	return node;
}

TEST(memmap, host_node,
     .claim = "memmap=host is on the block's node if that has memory, however much node 0 has",
     .rows = "S2-03", .needs = NEED_GIB)
{
	struct range r, low, high;

	if (!range_get(t, &r, 2, "block"))
		return;
	r.node = r.node ? r.node : 1;
	low = high = r;
	low.len = high.len = layout.block_bytes;
	high.pa += low.len;
	high.opts.memmap = test_memmap(t, "host");
	if (range_up(t, &low, ZONE_NORMAL) && range_add(t, &high)) {
		CHECK_EQ(t, elsewhere(&high, r.node, false), 0);
		range_remove(t, &high);
		range_down(t, &low);
	}
	range_reset(&high);
	range_reset(&low);
}

TEST(memmap, node_local,
     .claim = "a self-hosted memmap is on the block's node; host memmap on that node if it has "
	      "memory",
     .rows = "S2-03", .needs = NEED_RANGE)
{
	struct range r;
	u64 room;

	if (!range_get(t, &r, 1, "block") || !range_add(t, &r))
		return;
	CHECK_EQ(t, elsewhere(&r, r.node, true), 0);
	range_remove(t, &r);
	r.opts.memmap = test_memmap(t, "host");
	room = buddy_free_pages(r.node, ZONE_NORMAL);
	if (!range_add(t, &r))
		return;
	if (room > 2 * memmap_bytes(block_pages()) / page_size())
		CHECK_EQ(t, elsewhere(&r, r.node, false), 0);
	else if (!room)
		CHECK_EQ(t, elsewhere(&r, nearest_with_memory(r.node), false), 0);
	test_key(t, "room=%lu", room);
	range_remove(t, &r);
	range_reset(&r);
}
