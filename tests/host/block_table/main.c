/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/block_table/main.c - mm/hotplug/memory_block.c and memory_block_boot.c: each block is
 * found by each of its pages and no other lookup succeeds; a page of the table is allocated with
 * its first block and freed with its last; pages allocated at boot stay, and withheld memory needs
 * no others.
 */
#include "fake.h"
#include <mm/memmap/memmap.h>
#include <stdlib.h>

#define TOPS 10
#define BLOCKS ((TOPS - 1) * (u64)IN_MID + 7) /* that can be mapped */

static struct why why;

static void boots(void)
{
	WANT(!block_table_init(&why));
	WANT(!block_table_bytes() && !fake.allocs);
}

static struct block *made(u64 i)
{
	struct block *b = NULL;

	if (block_create(PFN(i), &b, &why)) {
		printf("# FAIL block %lu: %s\n", i, why.text);
		exit(1);
	}
	return b;
}

static bool is_found(u64 i)
{
	return block_find(PFN(i)) && block_find(PFN(i + 1) - 1) == block_find(PFN(i)) &&
	       block_find(PFN(i))->first_pfn == PFN(i);
}

/* ---- blocks after boot ---- */
struct boot_row {
	struct mem_range ram[4]; /* in addition to the first two blocks; .pa counts from BASE */
	struct {
		u64 block;
		bool partial;
		u8 node;
	} is[4];
};

#define R(from, to, node)                                                                          \
	{                                                                                          \
		(from), (to) - (from), MEM_RAM, (node)                                             \
	}

static const struct boot_row rows[] = {
	{ { R(5 * BLOCK, 6 * BLOCK, 1) }, { { 5, false, 1 } } },
	{ { R(5 * BLOCK, 6 * BLOCK - PAGE, 1) }, { { 5, true, 1 } } },
	{ { R(5 * BLOCK + PAGE, 6 * BLOCK, 2) }, { { 5, true, 2 } } },
	{ { R(5 * BLOCK, 6 * BLOCK + 1, 2) }, { { 5, false, 2 }, { 6, true, 2 } } },
	{ { R(6 * BLOCK - PAGE, 7 * BLOCK, 4) }, { { 5, true, 4 }, { 6, false, 4 } } },
	{ { R(8 * BLOCK, 8 * BLOCK + 1, 1), R(8 * BLOCK + 1, 9 * BLOCK, 6) }, { { 8, false, 1 } } },
	/* two ranges fill one block: the node is that of the first */
	{ { R(8 * BLOCK, 8 * BLOCK + 5 * PAGE, 1), R(8 * BLOCK + 5 * PAGE, 9 * BLOCK, 6) },
	  { { 8, false, 1 } } },
	{ { R(8 * BLOCK, 8 * BLOCK + 5 * PAGE, 1), R(8 * BLOCK + 6 * PAGE, 10 * BLOCK, 6) },
	  { { 8, true, 1 }, { 9, false, 6 } } },
	{ { R(30 * BLOCK, 34 * BLOCK, 5) },
	  { { 30, false, 5 }, { 31, false, 5 }, { 32, false, 5 }, { 33, false, 5 } } },
	{ { R(IN_MID * BLOCK - BLOCK, IN_MID *BLOCK + PAGE, 7) },
	  { { IN_MID - 1, false, 7 }, { IN_MID, true, 7 } } },
	{ { R((BLOCKS - 1) * BLOCK, BLOCKS *BLOCK, 1) }, { { BLOCKS - 1, false, 1 } } },
	/* memory beyond the reach of the linear map has no block */
	{ { R((BLOCKS - 1) * BLOCK, (BLOCKS + 3) * BLOCK, 1) }, { { BLOCKS - 1, false, 1 } } },
};

static bool is_boot(const struct block *b, unsigned node, bool partial)
{
	return b && b->boot && b->state == BLOCK_ONLINE && b->zone == ZONE_NORMAL &&
	       b->node == node && b->home_node == node && b->partial == partial && !b->held &&
	       !b->memmap && !b->subblocks && !b->withheld && b->range_blocks == 1 &&
	       b->range_pfn == b->first_pfn;
}

static void check_boot(const struct boot_row *row)
{
	const struct block *b;

	fake_begin(BLOCKS);
	for (unsigned i = 0; i < ARRAY_SIZE(row->ram); i++) {
		fake.ram[i + 1] = row->ram[i];
		fake.ram[i + 1].pa += BASE;
	}
	boots();
	WANT(is_boot(b = block_next(NULL), 3, false) && b->first_pfn == PFN(0));
	WANT(is_boot(b = block_next(b), 3, false) && b->first_pfn == PFN(1));
	for (unsigned i = 0; i < ARRAY_SIZE(row->is) && row->is[i].block; i++) {
		b = block_next(b);
		WANT(is_boot(b, row->is[i].node, row->is[i].partial));
		WANT(b && b->first_pfn == PFN(row->is[i].block) && is_found(row->is[i].block));
	}
	WANT(b && !block_next(b));
	WANT(fake_intact());
	if (want_failed)
		printf("#   row %u\n", (unsigned)(row - rows));
}

/* ---- withheld memory: boot allocates the pages, but no blocks ---- */
static void check_withheld(u64 from, u64 to)
{
	fake_begin(BLOCKS);
	fake.withheld[0] = (struct mem_range) { BASE + from, to - from, MEM_WITHHELD, 1 };
	fake.withheld[1] = (struct mem_range) { BASE + 2 * IN_MID * BLOCK, BLOCK, MEM_WITHHELD, 2 };
	boots();
	for (u64 i = from / BLOCK; i * BLOCK < to && i < BLOCKS; i++) {
		WANT(!block_find(PFN(i)));
		block_destroy(made(i));
		made(i);
		WANT(is_found(i));
	}
	block_destroy(made(2 * IN_MID));
	WANT(!fake.allocs && !fake.frees && !block_table_bytes());
	WANT(fake_intact());
}

/* Each allocation of boot fails in turn. */
static void check_boot_short(void)
{
	unsigned calls = 0;

	for (unsigned at = 0; at <= calls; at++) {
		fake_begin(BLOCKS);
		fake.ram[1] = (struct mem_range) { BASE + 40 * IN_LEAF * BLOCK, BLOCK, MEM_RAM, 1 };
		fake.ram[2] = (struct mem_range) { BASE + IN_MID * BLOCK, BLOCK, MEM_RAM, 1 };
		fake.withheld[0] =
			(struct mem_range) { BASE + 3 * IN_MID * BLOCK, BLOCK, MEM_WITHHELD, 1 };
		fake.fail_at = at;
		WANT(block_table_init(&why) == (at ? -ENOMEM : 0));
		if (!at) {
			calls = fake.regions;
			WANT(calls == 1 + 1 + 2 + 2 + 2); /* top; leaves with the upper pages */
			WANT(fake.top_bytes == PAGE);     /* 10 pointers */
		} else {
			WANT_TEXT(why.text, at == 1 ? "no room for the block table (4096 bytes)"
						    : "no room for the blocks of boot memory");
		}
		WANT(!fake.allocs && !fake.frees && fake_intact());
	}
	fake_begin(BLOCKS);
	boots(); /* discards the state of the last boot */
}

/* ---- creation and removal of blocks ---- */
static void check_edges(u64 blocks)
{
	struct block *b;

	fake_begin(blocks);
	fake.offer[0] = OF_BOOT;
	boots();
	WANT(!block_find(PFN(0) - 1) && !block_find(0) && !block_find(PFN(2)));
	WANT(!block_find(PFN(blocks)) && !block_find(~0ul >> 12));
	WANT_DEATH(block_create(PFN(0) - BLOCK / PAGE, &b, &why));
	WANT_DEATH(block_create(PFN(blocks), &b, &why));
	WANT_DEATH(block_create(PFN(1), &b, &why)); /* it exists */
	b = made(blocks - 1);
	WANT(is_found(blocks - 1) && !block_find(PFN(blocks)));
	WANT(block_next(block_next(block_next(NULL))) == b && !block_next(b));
	b->state = BLOCK_ABSENT;
	WANT(!block_find(PFN(blocks - 1)) && !block_next(block_next(block_next(NULL))));
	b->held = true;
	WANT(is_found(blocks - 1) && block_next(block_find(PFN(1))) == b);
	WANT_DEATH(block_create(PFN(blocks - 1), &b, &why));
	block_destroy(b);
	WANT(!block_find(PFN(blocks - 1)) && !fake.out && !block_table_bytes());
	WANT(fake_intact());
}

/* A page above blocks that begins in the middle of the last unit of the linear map. */
static void check_part_of_block(void)
{
	fake_begin(5);
	fake.mappable += PAGE;
	fake.offer[1] = OF_BOOT;
	boots();
	made(5);
	WANT(is_found(5));
	WANT_DEATH(made(6));
}

static void check_new_block(void)
{
	static const struct block none;
	struct block *b;

	fake_begin(BLOCKS);
	fake.offer[0] = OF_BOOT;
	boots();
	b = made(9);
	WANT(block_find(PFN(9)) == b && b->state == BLOCK_OFFLINE && b->zone == ZONE_MOVABLE);
	WANT(b->first_pfn == PFN(9) && b->range_pfn == PFN(9) && b->range_blocks == 1);
	WANT(!b->boot && !b->partial && !b->held && !b->isolated && !b->removing && !b->withheld);
	WANT(!b->node && !b->home_node && !b->leaves && !b->recall && !b->stays);
	WANT(!b->memmap && !b->owner && !b->subblocks && !b->altmap_pfn && !b->altmap_pages);
	b->boot = b->held = true;
	block_destroy(b);
	WANT(!memcmp(b, &none, sizeof(none)) && !block_find(PFN(9)));
	b = made(9);
	WANT(!b->boot && !b->held);
	fake.point = true;
	WANT(block_create(PFN(10), &b, &why) == -ENOMEM);
	WANT_TEXT(why.text, "no page for the block table (block 1034)");
}

/* Blocks low and high exist, and those of boot memory. */
static void check_walks(u64 low, u64 high, struct block *l, struct block *h)
{
	WANT(block_after(l) == (high == low + 1 ? h : NULL) && !block_after(h));
	WANT(block_first_in(PFN(2), PFN(BLOCKS)) == l && block_first_in(0, ~0ul >> 12) != l);
	WANT(block_first_in(PFN(low), PFN(low) + 1) == l && !block_first_in(PFN(2), PFN(low)));
	WANT(block_first_in(PFN(low) + 1, PFN(high) + 1) == h);
	WANT(!block_first_in(PFN(low) + 1, PFN(high)) &&
	     !block_first_in(PFN(high + 1), ~0ul >> 12));
}

/* For each pair of positions: the pages allocated, the order of iteration, and the pages freed. */
static void check_pair(u64 low, u64 high, unsigned pages_low, unsigned pages_both)
{
	struct block *l, *h;

	for (unsigned first = 0; first < 2; first++)
		for (unsigned last = 0; last < 2; last++) {
			fake_begin(BLOCKS);
			fake.offer[0] = OF_BOOT;
			boots();
			if (first)
				made(high);
			l = made(low);
			if (!first) {
				WANT(fake.out == pages_low);
				made(high);
			}
			h = block_find(PFN(high));
			WANT(is_found(low) && is_found(high) && l != h);
			WANT(fake.out == pages_both && fake.allocs == pages_both);
			WANT(block_table_bytes() == pages_both * PAGE);
			WANT(block_next(block_find(PFN(1))) == l && block_next(l) == h);
			WANT(!block_next(h));
			check_walks(low, high, l, h);
			block_destroy(last ? h : l);
			WANT(is_found(last ? low : high) && !block_find(PFN(last ? high : low)));
			WANT(block_next(block_find(PFN(1))) == (last ? l : h));
			block_destroy(last ? l : h);
			WANT(!fake.out && fake.frees == pages_both && !block_table_bytes());
			WANT(is_found(0) && is_found(1) && fake_intact());
		}
}

static void check_pairs(void)
{
	static const struct {
		u64 low, high;
		unsigned pages_low, pages_both;
	} pairs[] = {
		{ 2, 3, 0, 0 },
		{ 30, 31, 0, 0 },
		{ 31, 32, 0, 1 },
		{ 32, 63, 1, 1 },
		{ 32, 64, 1, 2 },
		{ 33, 511 * 32, 1, 2 },
		{ 100, IN_MID - 1, 1, 2 },
		{ IN_MID - 1, IN_MID, 1, 3 },
		{ IN_MID, IN_MID + 1, 2, 2 },
		{ IN_MID + 31, IN_MID + 32, 2, 3 },
		{ IN_MID + 5, 2 * IN_MID - 1, 2, 3 },
		{ 2 * IN_MID, 5 * IN_MID + 77, 2, 4 },
		{ 3 * IN_MID - 1, BLOCKS - 1, 2, 4 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(pairs); i++)
		check_pair(pairs[i].low, pairs[i].high, pairs[i].pages_low, pairs[i].pages_both);
}

/* ---- pages: of boot memory only, from the first node that has one ---- */
static void check_nodes(void)
{
	struct block *b;

	for (unsigned node = 0; node < NODES_MAX; node++) {
		fake_begin(BLOCKS);
		boots();
		made(2);
		made(3); /* block 3: the memory of the offered pages that are refused */
		for (unsigned n = 0; n < node; n++)
			fake.offer[n] = n % 2 ? NONE : OF_ADDED;
		fake.offer[node] = OF_BOOT;
		block_destroy(made(77));
		WANT(fake.allocs == (node + 1) / 2 + 1 && fake.frees == fake.allocs);
		fake.offer[node] = OF_ADDED;
		WANT(block_create(PFN(77), &b, &why) == -ENOMEM);
		WANT(!block_find(PFN(77)) && !fake.out && !block_table_bytes());
		WANT_TEXT(why.text, "no page for the block table (block 1101)");
		WANT(fake_intact());
	}
}

/* The second page cannot be allocated: the first one is freed. */

static void check_second_page(void)
{
	struct block *b;

	fake_begin(BLOCKS);
	boots();
	fake.offer[0] = OF_BOOT;
	fake.pages_most = 1;
	WANT(block_create(PFN(IN_MID), &b, &why) == -ENOMEM);
	WANT(fake.allocs == 1 && fake.frees == 1 && !block_table_bytes());
	WANT(!block_find(PFN(IN_MID)));
	fake.pages_most = 2;
	made(IN_MID);
	WANT(fake.out == 2 && is_found(IN_MID));
	WANT(block_create(PFN(IN_MID + 32), &b, &why) == -ENOMEM);
	WANT(is_found(IN_MID) && fake.out == 2);
	fake_begin(BLOCKS);
	boots(); /* a second boot does not count memory twice */
}

static void check_names(void)
{
	static const char *const names[] = { "absent", "offline",       "going online",
					     "online", "going offline", "?" };

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		WANT_TEXT(block_state_name(i), names[i]);
}

static void check_same_add(void)
{
	static const struct memmap_scheme host, other;
	struct block a = { .range_pfn = 1, .range_blocks = 2, .memmap = &host }, b = a;

	WANT(block_same_add(&a, &b));
	b.range_pfn = 2;
	WANT(!block_same_add(&a, &b));
	b = a;
	b.range_blocks = 3;
	WANT(!block_same_add(&a, &b));
	b = a;
	b.memmap = &other;
	WANT(!block_same_add(&a, &b));
}

int main(void)
{
	check_names();
	check_same_add();
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		check_boot(&rows[i]);
	check_withheld(40 * BLOCK, 41 * BLOCK);
	check_withheld(31 * BLOCK + PAGE, 32 * BLOCK + PAGE);
	check_withheld(60 * BLOCK, 130 * BLOCK);
	check_withheld((BLOCKS - 2) * BLOCK, (BLOCKS + 40) * BLOCK);
	check_boot_short();
	check_edges(BLOCKS);
	check_edges(IN_MID * 2);
	check_edges(IN_MID * 2 + 1);
	check_part_of_block();
	check_new_block();
	check_pairs();
	check_nodes();
	check_second_page();
	fake_base = 0; /* there is memory at 0 */
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		check_boot(&rows[i]);
	printf("block_table: %u not so\n", want_failed);
	return want_failed != 0;
}
