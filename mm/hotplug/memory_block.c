/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/hotplug/memory_block.c - the block table: blocks by pfn, in constant time, at most 128 bytes a
 * block.
 *
 * Three levels, so that the size depends on the number of blocks, not on the mappable range: `top`
 * is sized once for the mappable range, pages of pointers and pages of blocks are allocated with
 * the first block in them and freed with the last.  Pages from boot stay.
 *
 * Made and destroyed under the hotplug lock held for write; block_find may run at the same time on
 * any CPU that owns a page of the block that it looks up (the buddy does so on every free).
 */
#include <lib/assert.h>
#include <lib/atomic.h>
#include <lib/fail.h>
#include <mm/hotplug/memory_block.h>
#include <mm/page/region.h>

#define BLOCK_SHIFT 7 /* log2 of the bytes a block takes in a leaf page */

static struct {
	void **top; /* -> page of pointers -> page of blocks */
	u64 nr_top;
	u64 first;           /* number of the block that holds phys_base */
	u64 end;             /* one past the last block the linear map reaches */
	u64 on_demand_bytes; /* pages taken from the buddy now */
	u8 block_order;      /* log2 pages in a block */
	u8 leaf_shift, mid_shift;
	bool boot; /* block_table_init is running: pages are allocated from the registry */
} table;

static const char *const state_names[] = {
	[BLOCK_ABSENT] = "absent",
	[BLOCK_OFFLINE] = "offline",
	[BLOCK_GOING_ONLINE] = "going online",
	[BLOCK_ONLINE] = "online",
	[BLOCK_GOING_OFFLINE] = "going offline",
};

const char *block_state_name(unsigned state)
{
	return state < ARRAY_SIZE(state_names) ? state_names[state] : "?";
}

static bool block_lives(const struct block *b)
{
	return atomic_load_relaxed(&b->state) != BLOCK_ABSENT || b->held;
}

/* ---- pages of the table ---- */

static const char owner[] = "block table"; /* its address marks pages of the buddy */

/* From boot memory only: a page in removable memory would veto the offlining of its block. */
static struct page *buddy_page(void)
{
	for (unsigned node = 0; node < NODES_MAX; node++) {
		struct page *p = page_alloc(node, ZONE_NORMAL, 0, owner);

		if (!p)
			continue;
		if (block_find(page_to_pfn(p))->boot)
			return p;
		page_free(p, 0);
	}
	return NULL;
}

static void *table_page(void)
{
	struct page *p;

	if (table.boot) {
		paddr_t pa = region_alloc(page_size(), page_size(), 0, 0);

		return pa == PA_NONE ? NULL : pa_ptr(pa);
	}
	p = buddy_page();
	if (!p)
		return NULL;
	table.on_demand_bytes += page_size();
	return page_ptr(p);
}

static void *table_page_zeroed(void)
{
	void *page = table_page();

	if (page)
		arch_zero(page, page_size());
	return page;
}

/* True if the page was freed: pages from boot are not the buddy's, and stay. */
static bool table_page_give(void *page)
{
	struct page *p = pa_page(linear_pa(ptr_va(page)));

	if (page_state(p) != PAGE_USED || p->owner != owner)
		return false;
	table.on_demand_bytes -= page_size();
	page_free(p, 0);
	return true;
}

/* ---- lookup ---- */

static u64 mid_index(u64 i)
{
	return i >> table.leaf_shift & ((1ul << table.mid_shift) - 1);
}

static void **mid_slot(u64 i)
{
	return &table.top[i >> (table.leaf_shift + table.mid_shift)];
}

static struct block *in_leaf(void *leaf, u64 i)
{
	return (struct block *)((char *)leaf +
				((i & ((1ul << table.leaf_shift) - 1)) << BLOCK_SHIFT));
}

/*
 * The slot of block number first + i, or NULL when its page does not exist.
 * Unshown (acquire fence): MODEL.md address.
 */
static struct block *slot(u64 i)
{
	void **mid = atomic_load_acquire(mid_slot(i));
	void *leaf = mid ? atomic_load_acquire(&mid[mid_index(i)]) : NULL;

	return leaf ? in_leaf(leaf, i) : NULL;
}

struct block *block_find(pfn_t pfn)
{
	u64 nr = pfn >> table.block_order;
	struct block *b;

	if (nr < table.first || nr >= table.end)
		return NULL;
	b = slot(nr - table.first);
	return b && block_lives(b) ? b : NULL;
}

/* The slot after b's, unless it may be of another page, of 4 KiB or more. */
static struct block *beside(const struct block *b)
{
	struct block *next = (struct block *)((char *)(uintptr_t)b + (1 << BLOCK_SHIFT));

	return (uintptr_t)next & 4095 ? next : NULL;
}

struct block *block_after(const struct block *b)
{
	struct block *next = beside(b);

	if (!next)
		return block_find(b->first_pfn + block_pages());
	return block_lives(next) ? next : NULL;
}

/* The first block of those with numbers first + [i, end). */
static struct block *first_from(u64 i, u64 end)
{
	u64 leaf = 1ul << table.leaf_shift, mid = leaf << table.mid_shift;

	while (i < end) {
		struct block *b = slot(i);
		u64 step = *mid_slot(i) ? leaf : mid;

		if (!b)
			i = align_down(i, step) + step;
		for (; b && i < end; b = beside(b), i++)
			if (block_lives(b))
				return b;
	}
	return NULL;
}

struct block *block_first_in(pfn_t pfn, pfn_t end)
{
	u64 first = max_u64(align_up(pfn, block_pages()) >> table.block_order, table.first);
	u64 stop = min_u64(align_up(end, block_pages()) >> table.block_order, table.end);

	return first < stop ? first_from(first - table.first, stop - table.first) : NULL;
}

struct block *block_next(const struct block *after)
{
	u64 nr = after ? (after->first_pfn >> table.block_order) + 1 : table.first;

	return first_from(nr - table.first, table.end - table.first);
}

/* ---- making and destroying ---- */

static bool page_in_use(void *const *page, u64 words)
{
	for (u64 i = 0; i < words; i++)
		if (page[i])
			return true;
	return false;
}

/* Free the table pages above block i that hold no block any more. */
static void prune(u64 i)
{
	void **mid = *mid_slot(i);
	void *leaf = mid ? mid[mid_index(i)] : NULL;
	u64 words = page_size() / sizeof(void *);

	if (leaf && !page_in_use(leaf, words) && table_page_give(leaf))
		mid[mid_index(i)] = NULL;
	if (mid && !page_in_use(mid, words) && table_page_give(mid))
		*mid_slot(i) = NULL;
}

/*
 * Unshown (release fence): the page of the table is new where no block was, and a CPU that looks up
 * an existing block reads other words. A failure needs a lookup, without a lock, of a block that
 * does not exist, while the first block of its page is added, in the time between the pointer and
 * the zeroes, which age= bounds.
 */
static void *make_child(void **where)
{
	if (!*where)
		/* The page's zeroes are visible before the pointer to it. */
		atomic_store_release(where, table_page_zeroed());
	return *where;
}

static struct block *slot_make(u64 i)
{
	void **mid = make_child(mid_slot(i));
	void *leaf = mid ? make_child(&mid[mid_index(i)]) : NULL;

	if (leaf)
		return in_leaf(leaf, i);
	prune(i);
	return NULL;
}

static const struct block fresh = {
	.state = BLOCK_OFFLINE,
	.zone = ZONE_MOVABLE,
	.range_blocks = 1,
};

int block_create(pfn_t first, struct block **out, struct why *why)
{
	u64 nr = first >> table.block_order;
	struct block *b;

	ASSERT(nr >= table.first && nr < table.end);
	b = fail_here(FAIL_BLOCK) ? NULL : slot_make(nr - table.first);
	if (!b)
		return refuse(why, ENOMEM, "no page for the block table (block %lu)", nr);
	ASSERT(!block_lives(b));
	*b = fresh;
	b->first_pfn = b->range_pfn = first;
	*out = b;
	return 0;
}

void block_destroy(struct block *b)
{
	u64 i = (b->first_pfn >> table.block_order) - table.first;

	*b = (struct block) { 0 };
	prune(i);
}

u64 block_table_bytes(void)
{
	return table.on_demand_bytes;
}

/* ---- boot ---- */

static bool boot_short; /* an allocation for the table failed */

static void boot_make(pfn_t pfn, bool block)
{
	u64 i = (pfn >> table.block_order) - table.first;
	struct block *b;

	if (!block)
		boot_short |= !slot_make(i);
	else if (!block_find(pfn))
		boot_short |= block_create(pfn, &b, NULL) != 0;
}

static void table_geometry(void)
{
	paddr_t pa;
	u64 len;

	layout_mappable(&pa, &len);
	table.block_order = (u8)log2_u64(block_pages());
	table.leaf_shift = (u8)(page_shift() - BLOCK_SHIFT);
	table.mid_shift = (u8)(page_shift() - 3);
	table.first = layout.phys_base / layout.block_bytes;
	table.end = (pa + len - 1) / layout.block_bytes + 1;
	table.nr_top = ((table.end - table.first) >> (table.leaf_shift + table.mid_shift)) + 1;
	table.on_demand_bytes = 0;
}

int block_table_init(struct why *why)
{
	u64 bytes;
	paddr_t pa;

	_Static_assert(sizeof(struct block) <= 1 << BLOCK_SHIFT, "a block fits its slot");
	table_geometry();
	bytes = align_up(table.nr_top * sizeof(void *), page_size());
	pa = region_alloc(bytes, page_size(), 0, 0);
	if (pa == PA_NONE)
		return refuse(why, ENOMEM, "no room for the block table (%lu bytes)", bytes);
	table.top = pa_ptr(pa);
	arch_zero(table.top, bytes);
	boot_short = false;
	table.boot = true;
	block_boot_fill(boot_make);
	table.boot = false;
	return boot_short ? refuse(why, ENOMEM, "no room for the blocks of boot memory") : 0;
}
