// SPDX-License-Identifier: BSD-2-Clause
/* S2-01, S2-03, S2-04, S2-05: memmap from memory we already have: which node, which frames, and
 * what happens when there is none. */
#include <tests/util.h>

#define HOARD_MAX 1024

struct hoard { /* pages held by the test, by order */
	struct page *page[HOARD_MAX];
	u8 order[HOARD_MAX];
	u32 nr;
};
static struct hoard hoard NOINIT;

static void hoard_drop(void)
{
	while (hoard.nr) {
		hoard.nr--;
		page_free(hoard.page[hoard.nr], hoard.order[hoard.nr]);
	}
}

/* Take chunks of `order` and above from every node until none is left. */
static void hoard_orders(unsigned order)
{
	hoard.nr = 0;
	for (unsigned o = BUDDY_MAX_ORDER + 1; o-- > order;)
		for (unsigned node = 0; node < NODES_MAX; node++) {
			struct page *p;

			while (hoard.nr < HOARD_MAX && (p = page_alloc(node, ZONE_NORMAL, o, "test hoard"))) {
				hoard.page[hoard.nr] = p;
				hoard.order[hoard.nr++] = (u8)o;
			}
		}
}

/* Leave free: all but chunks that would serve a huge frame, i.e. nothing of order >= `order`. */
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

TEST(memmap, host_refused_when_short, .claim = "memmap=host is refused cleanly without memory; memmap=block still works",
     .rows = "S2-01 S2-04", .needs = NEED_RANGE)
{
	struct digest before, after;
	struct why why = { 0 };
	struct range r;

	if (!range_get(t, &r, 1, "host"))
		return;
	hoard_orders(5); /* leaves less than 32 pages in a piece: tables fit, 512 pages of memmap do not */
	while (buddy_free_total() > 256 && hoard.nr < HOARD_MAX) {
		struct page *p = page_alloc_any(0, ZONE_NORMAL, 0, "test hoard");

		if (!p)
			break;
		hoard.page[hoard.nr] = p;
		hoard.order[hoard.nr++] = 0;
	}
	if (buddy_free_total() > 400) {
		hoard_drop();
		test_skip(t, "more than %d pieces would have to be held", HOARD_MAX);
		return;
	}
	digest_take(&before);
	CHECK_REFUSED(t, hotplug_add(r.pa, r.len, r.node, &r.opts, NULL, &why), ENOMEM, &why);
	digest_take(&after);
	CHECK_OK(t, digest_compare(&before, &after, &why), &why);
	r.opts.memmap = test_memmap(t, "block");
	if (range_add(t, &r))
		range_remove(t, &r);
	hoard_drop();
	range_reset(&r);
}

/*
 * Give some hoarded chunks back in pieces of half a huge frame, every second one: what is free then
 * has held buddies and cannot become a huge frame.
 */
static void fragment(unsigned huge)
{
	struct page *piece[64];
	u32 nr = 0;

	for (u32 chunks = 0; hoard.nr && buddy_free_total() < 8192 && chunks < 16; chunks++) {
		hoard.nr--;
		page_free(hoard.page[hoard.nr], hoard.order[hoard.nr]);
	}
	while (nr < ARRAY_SIZE(piece) && (piece[nr] = page_alloc_any(0, ZONE_NORMAL, huge - 1, "test hoard")))
		nr++;
	for (u32 i = 0; i < nr; i++) {
		if (page_to_pfn(piece[i]) >> (huge - 1) & 1 || hoard.nr == HOARD_MAX) {
			page_free(piece[i], huge - 1);
			continue;
		}
		hoard.page[hoard.nr] = piece[i];
		hoard.order[hoard.nr++] = (u8)(huge - 1);
	}
}

static int leaf_levels(const struct pt_slot *slot, void *arg)
{
	*(u64 *)arg |= BIT(slot->level);
	return 0;
}

TEST(memmap, host_fallback, .claim = "without huge frames the memmap is built of pages, with the same contents",
     .rows = "S2-05 S2-04", .needs = NEED_RANGE)
{
	unsigned huge = layout.fmt->bits[0];
	u64 levels = 0, wrong = 0;
	struct range r;

	if (!range_get(t, &r, 1, "host"))
		return;
	hoard_orders(huge);
	fragment(huge);
	if (!no_chunk_of(huge)) {
		hoard_drop();
		test_skip(t, "old memory could not be fragmented below order %u with %d pieces", huge, HOARD_MAX);
		return;
	}
	if (range_add(t, &r)) {
		pt_walk(&kpt, ptr_va(pa_page(r.pa)), memmap_bytes(r.len / page_size()), PT_ON_LEAF, leaf_levels, &levels);
		CHECK_EQ(t, levels, BIT(0));
		for (pfn_t i = 0; i < r.len / page_size(); i++)
			wrong += page_provenance(pfn_to_page((r.pa >> page_shift()) + i)) != PAGE_BUDDY;
		CHECK_EQ(t, wrong, 0);
		range_remove(t, &r);
	}
	hoard_drop();
	range_reset(&r);
}

TEST(memmap, node_local, .claim = "a self-hosted memmap lies on the block's node; host memmap on that node if it has memory",
     .rows = "S2-03", .needs = NEED_RANGE)
{
	u64 wrong = 0;
	struct range r;

	if (!range_get(t, &r, 1, "block") || !range_add(t, &r))
		return;
	for (u64 off = 0; off < memmap_bytes(r.len / page_size()); off += page_size()) {
		paddr_t pa = pt_translate(&kpt, ptr_va(pa_page(r.pa)) + off);

		wrong += pa - r.pa >= r.len || page_node(pa_page(pa)) != r.node;
	}
	CHECK_EQ(t, wrong, 0);
	range_remove(t, &r);
	range_reset(&r);
}
