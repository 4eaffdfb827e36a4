/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/memory/check.c - the reports of buddy_check() about lists, heads and counts that do
 * not agree, one damage at a time, and the meaning of the counts.
 */
#include "memory.h"
#include <mm/page/buddy_zone.h>
#include <mm/page/region.h>
#include <string.h>

/* The memory of node 0, all free: 16 chunks of the largest order, the lowest at the list's end. */
static struct pool *const z = &pools[0][POOL_BOOT];

static struct page *at(u64 page)
{
	return pfn_to_page(RAM_PFN + page);
}

static void one_more_counted(void)
{
	z->free++;
}

static void head_in_use(void)
{
	at(1024)->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_USED, 10, 0);
}

static void head_of_another_order(void)
{
	at(1024)->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_FREE, 9, 0);
}

static void head_of_another_node(void)
{
	at(1024)->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_FREE, 10, 1);
}

static void chunk_not_aligned(void)
{
	struct page *p = page_alloc(0, ZONE_NORMAL, 2, "check");

	page_set(p, PAGE_BUDDY, PAGE_TAIL, 0);
	list_chunk(z, p + 1, 1);
}

static void chunk_of_another_zone(void)
{
	machine_block(1)->boot = false;
}

static void list_broken(void)
{
	at(2048)->lru.prev = &at(2048)->lru;
}

static void more_than_managed(void)
{
	z->managed = 5000;
}

static void one_less_managed(void)
{
	z->managed = RAM_PAGES - 1;
}

/* A head that is on no list. */
static void head_free_without_a_list(void)
{
	struct page *p = page_alloc(0, ZONE_NORMAL, 3, "check");

	page_set(p, PAGE_BUDDY, PAGE_FREE, 3);
}

static const struct {
	void (*damage)(void);
	const char *sentence;
} rows[] = {
	{ one_more_counted, "node 0 counts 16385 free pages, its lists hold 16384" },
	{ head_in_use, "page 0x80400000 on the order-10 list of node 0 has flags 0xa32" },
	{ head_of_another_order, "page 0x80400000 on the order-10 list of node 0 has flags 0x912" },
	{ head_of_another_node,
	  "page 0x80400000 on the order-10 list of node 0 has flags 0x10a12" },
	{ chunk_not_aligned, "chunk 0x83c01000 is not aligned to its order 1" },
	{ chunk_of_another_zone, "chunk 0x81c00000 is on the list of another zone" },
	{ list_broken, "the order-10 list of node 0 is broken" },
	{ more_than_managed, "the lists of node 0 hold more than its 5000 pages" },
	{ one_less_managed, "the lists of node 0 hold more than its 16383 pages" },
	{ head_free_without_a_list, "free heads cover 16384 pages, the zones count 16376" },
};

static void each_damage_is_told(void **state)
{
	struct why why;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		machine_new();
		buddy_give(RAM_PFN, RAM_PAGES, 0, ZONE_NORMAL);
		assert_int_equal(buddy_check(&why), 0);
		rows[i].damage();
		memset(&why, 0, sizeof(why));
		assert_int_equal(buddy_check(&why), -EINVAL);
		assert_string_equal(why.text, rows[i].sentence);
		assert_int_equal(why.code, -EINVAL);
	}
}

/* The last pool that there is. */
static void the_last_pool_is_checked(void **state)
{
	struct why why = { 0 };

	(void)state;
	machine_new();
	machine_block(3)->boot = false;
	machine_block(3)->zone = ZONE_DEVICE;
	machine_block(3)->node = NODES_MAX - 1;
	at(RAM_PAGES - 1)->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_TAIL, 0, NODES_MAX - 1);
	buddy_give(RAM_PFN + RAM_PAGES - 1, 1, NODES_MAX - 1, ZONE_DEVICE);
	assert_int_equal(buddy_check(&why), 0);
	pools[NODES_MAX - 1][POOL_DEVICE].free++;
	assert_int_equal(buddy_check(&why), -EINVAL);
	assert_string_equal(why.text, "node 7 counts 2 free pages, its lists hold 1");
}

/* A block of each zone, each of another node, and some pages of each in use. */
static void counts_are_those_of_a_zone(void **state)
{
	static const struct {
		u8 node, zone;
		bool boot;
		u16 used;
	} of[BLOCKS] = { { 0, ZONE_NORMAL, true, 1 },
			 { 0, ZONE_NORMAL, false, 0 },
			 { 1, ZONE_MOVABLE, false, 8 },
			 { 7, ZONE_DEVICE, false, 64 } };
	u64 each = block_pages();

	(void)state;
	machine_new();
	for (unsigned i = 0; i < BLOCKS; i++) {
		struct block *b = machine_block(i);

		b->boot = of[i].boot;
		b->zone = of[i].zone;
		b->node = of[i].node;
		for (u64 p = 0; p < each; p++)
			at(i * each + p)->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_TAIL, 0, of[i].node);
		buddy_give(RAM_PFN + i * each, each, of[i].node, of[i].zone);
		if (of[i].used)
			assert_non_null(page_alloc(of[i].node, of[i].zone,
						   (unsigned)__builtin_ctz(of[i].used), "check"));
	}
	assert_int_equal(buddy_free_total(), RAM_PAGES - 1 - 8 - 64);
	for (unsigned node = 0; node <= NODES_MAX; node++)
		for (unsigned zone = 0; zone < ZONE_NR; zone++) {
			u64 managed = 0, unused = 0;

			for (unsigned i = 0; i < BLOCKS; i++)
				if (of[i].node == node && of[i].zone == zone) {
					managed += each;
					unused += each - of[i].used;
				}
			assert_int_equal(buddy_managed_pages(node, zone), managed);
			assert_int_equal(buddy_free_pages(node, zone), unused);
		}
	/* The used page is the first of its window, the highest of the block; block 1 is after it.
	 */
	assert_int_equal(buddy_longest_run(0, ZONE_NORMAL), each + 1023);
	assert_int_equal(buddy_longest_run(1, ZONE_MOVABLE), each - 1024);
	assert_int_equal(buddy_longest_run(7, ZONE_DEVICE), each - 1024);
	assert_int_equal(buddy_longest_run(1, ZONE_NORMAL), 0);
	assert_int_equal(buddy_check(NULL), 0);
}

/* Pages of blocks that are offline or absent are not counted, with any contents. */
static void offline_blocks_have_no_heads(void **state)
{
	static const u8 gone[] = { BLOCK_OFFLINE, BLOCK_ABSENT };
	u64 each = block_pages();

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(gone); i++) {
		machine_new();
		buddy_give(RAM_PFN + each, RAM_PAGES - each, 0, ZONE_NORMAL);
		at(0)->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_FREE, 10, 0);
		assert_int_equal(buddy_check(NULL), -EINVAL);
		machine_block(0)->state = gone[i];
		assert_int_equal(buddy_check(NULL), 0);
		assert_int_equal(buddy_longest_run(0, ZONE_NORMAL), RAM_PAGES - each);
	}
}

/* RAM that begins and ends inside a page: the pages that are whole have heads. */
static void parts_of_a_page_have_no_head(void **state)
{
	(void)state;
	machine_new();
	region_reset();
	assert_int_equal(region_add(RAM_PA + 100, RAM_BYTES - 200, MEM_RAM, 0, NULL), 0);
	at(0)->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_FREE, 10, 0);
	at(RAM_PAGES - 1)->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_FREE, 10, 0);
	buddy_give(RAM_PFN + 1, RAM_PAGES - 2, 0, ZONE_NORMAL);
	assert_int_equal(buddy_longest_run(0, ZONE_NORMAL), RAM_PAGES - 2);
	assert_int_equal(buddy_check(NULL), 0);
}

/* RAM that ends one page after the start of a block: that page has a head as well. */
static void the_last_page_is_of_a_block_of_its_own(void **state)
{
	u64 nr = block_pages() + 1;

	(void)state;
	machine_new();
	region_reset();
	assert_int_equal(region_add(RAM_PA, nr * 4096, MEM_RAM, 0, NULL), 0);
	buddy_give(RAM_PFN, nr, 0, ZONE_NORMAL);
	assert_int_equal(buddy_longest_run(0, ZONE_NORMAL), nr);
	assert_int_equal(buddy_check(NULL), 0);
	at(nr - 1)->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_USED, 0, 0);
	assert_int_equal(buddy_longest_run(0, ZONE_NORMAL), nr - 1);
}

int run_check_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_damage_is_told),
		cmocka_unit_test(the_last_pool_is_checked),
		cmocka_unit_test(counts_are_those_of_a_zone),
		cmocka_unit_test(offline_blocks_have_no_heads),
		cmocka_unit_test(parts_of_a_page_have_no_head),
		cmocka_unit_test(the_last_page_is_of_a_block_of_its_own),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
