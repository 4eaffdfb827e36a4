/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/memory/batch.c - single pages in batches (page_alloc_bulk(), page_free_bulk()): each
 * page of a batch is marked, checked and passed to taps as a page that is allocated alone.
 */
#include "memory.h"
#include <mm/page/buddy_zone.h>
#include <stdlib.h>
#include <string.h>

#define FEW 21 /* pages of a batch */

static const char me[] = "batch";

static void give_all_again(void)
{
	machine_new();
	buddy_give(RAM_PFN, RAM_PAGES, 0, ZONE_NORMAL);
}

static void lists_agree(void)
{
	struct why why = { 0 };

	if (buddy_check(&why))
		fail_msg("%s", why.text);
}

/* Some of the first window is in use: chunks of several orders are left. */
static void use_some(void)
{
	static const u8 orders[] = { 0, 3, 0, 1, 5 };

	give_all_again();
	for (unsigned i = 0; i < ARRAY_SIZE(orders); i++)
		assert_non_null(page_alloc(0, ZONE_NORMAL, orders[i], me));
}

/* The array ends with its last element, so AddressSanitizer detects an access after it. */
static struct page **batch_of(unsigned n, unsigned want)
{
	struct page **got = malloc(n * sizeof(struct page *));

	assert_int_equal(page_alloc_bulk(0, ZONE_NORMAL, 0, got, n, me), want);
	return got;
}

/* The pages of a batch are those that as many single allocations would get, in their order. */
static void a_batch_is_as_many_single_pages(void **state)
{
	static const unsigned counts[] = { 1, 2, 3, 17, 64, 1000, 1024, 1025, 3000, 20000 };
	u64 had;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(counts); i++) {
		struct page **got;
		unsigned n;

		use_some();
		had = buddy_free_total();
		n = counts[i] < had ? counts[i] : (unsigned)had;
		got = batch_of(counts[i], n);
		assert_int_equal(buddy_free_total(), had - n);
		for (unsigned j = 0; j < n; j++) {
			assert_int_equal(got[j]->flags, PAGE_FLAGS(PAGE_BUDDY, PAGE_USED, 0, 0));
			assert_int_equal(got[j]->refcount, 1);
			assert_ptr_equal(got[j]->owner, me);
		}
		lists_agree();
		use_some();
		for (unsigned j = 0; j < n; j++)
			assert_ptr_equal(page_alloc(0, ZONE_NORMAL, 0, me), got[j]);
		page_free_bulk(got, n);
		assert_int_equal(buddy_free_total(), had);
		lists_agree();
		free(got);
	}
}

/* Nearer nodes first, and of those that are as near the lower one. */
static void a_batch_comes_from_the_nearest_nodes(void **state)
{
	static const u8 nodes[] = { 1, 5, 3, 7 }, order[] = { 3, 1, 5, 7 };
	u64 each = block_pages();
	struct page **got = malloc(RAM_PAGES * sizeof(struct page *));

	(void)state;
	machine_new();
	for (u64 i = 0; i < RAM_PAGES; i++)
		pfn_to_page(RAM_PFN + i)->flags =
			PAGE_FLAGS(PAGE_BUDDY, PAGE_TAIL, 0, nodes[i / each]);
	for (unsigned i = 0; i < BLOCKS; i++)
		buddy_give(RAM_PFN + i * each, each, nodes[i], ZONE_NORMAL);
	assert_int_equal(page_alloc_bulk(3, ZONE_MOVABLE, 0, got, 1, me), 0);
	assert_int_equal(page_alloc_bulk(3, ZONE_NORMAL, 0, got, RAM_PAGES, me), RAM_PAGES);
	for (u64 i = 0; i < RAM_PAGES; i++)
		assert_int_equal(page_node(got[i]), order[i / each]);
	for (unsigned i = 0; i < BLOCKS; i++)
		page_free_bulk(got + i * each, (unsigned)each);
	assert_int_equal(page_alloc_bulk(0, ZONE_NORMAL, 0, got, 1, me), 1);
	assert_int_equal(page_node(got[0]), 1);
	page_free_bulk(got, 1);
	lists_agree();
	free(got);
}

/* Boot memory first, then hot-added memory of the same node. */
static void a_batch_takes_boot_memory_first(void **state)
{
	struct page **got;

	(void)state;
	machine_new();
	machine_block(0)->boot = false;
	for (unsigned i = 0; i < BLOCKS; i++)
		buddy_give(RAM_PFN + i * block_pages(), block_pages(), 0, ZONE_NORMAL);
	got = batch_of(RAM_PAGES, RAM_PAGES);
	for (u64 i = 0; i < RAM_PAGES; i++)
		assert_int_equal(block_find(page_to_pfn(got[i]))->boot, i < 3 * block_pages());
	lists_agree();
	free(got);
}

/* A store to any page of those that were freed is found by the next batch. */
static void check_batch_with(unsigned bad)
{
	struct page *got[FEW], *again[FEW];

	give_all_again();
	buddy_poison = true;
	assert_int_equal(page_alloc_bulk(0, ZONE_NORMAL, 0, got, FEW, me), FEW);
	page_free_bulk(got, FEW);
	for (unsigned i = 0; i < FEW; i++)
		for (unsigned w = 0; w < 512; w++)
			assert_int_equal(((u64 *)page_ptr(got[i]))[w], BUDDY_POISON);
	if (bad < FEW) {
		((u64 *)page_ptr(got[bad]))[bad * 511 / FEW] = 1;
		expect_assert_failure(page_alloc_bulk(0, ZONE_NORMAL, 0, again, FEW, me));
	} else {
		assert_int_equal(page_alloc_bulk(0, ZONE_NORMAL, 0, again, FEW, me), FEW);
	}
}

static void each_page_of_a_batch_is_checked(void **state)
{
	(void)state;
	for (unsigned bad = 0; bad <= FEW; bad++)
		check_batch_with(bad);
}

/* The marks of removed memory are forgotten: another frame may be there when it is added again. */
static void what_is_taken_away_is_not_checked(void **state)
{
	struct block *b;
	struct page **got;

	(void)state;
	give_all_again();
	buddy_poison = true;
	got = batch_of(FEW, FEW);
	b = block_find(page_to_pfn(got[0]));
	page_free_bulk(got, FEW);
	b->isolated = true;
	assert_int_equal(buddy_isolate(b->first_pfn, block_pages()), block_pages());
	buddy_take(b->first_pfn, block_pages());
	b->isolated = false;
	for (unsigned i = 0; i < FEW; i++)
		*(u64 *)page_ptr(got[i]) = i;
	buddy_give(b->first_pfn, block_pages(), 0, ZONE_NORMAL);
	assert_int_equal(page_alloc_bulk(0, ZONE_NORMAL, 0, got, FEW, me), FEW);
	assert_ptr_equal(block_find(page_to_pfn(got[0])), b);
	free(got);
}

static struct pt_event heard[2 * FEW + 2];
static unsigned nr_heard;

static bool hear_frame(struct pt_event *e)
{
	assert_true(nr_heard < ARRAY_SIZE(heard));
	heard[nr_heard++] = *e;
	return true;
}

static const struct pt_tap batch_tap = { .name = "batch", .before = hear_frame };
PT_TAP(batch, batch_tap);

/* A tap is called once for each page of a batch, when it is allocated and when it is freed. */
static void taps_hear_of_each_page(void **state)
{
	static const u8 kinds[] = { PT_EV_FRAME_ALLOC, PT_EV_FRAME_FREE };
	struct page **got;

	(void)state;
	give_all_again();
	nr_heard = 0;
	assert_int_equal(pt_tap_enable("batch", true), 0);
	got = batch_of(FEW, FEW);
	assert_int_equal(nr_heard, FEW);
	page_free_bulk(got, FEW);
	assert_int_equal(pt_tap_enable("batch", false), 0);
	assert_int_equal(nr_heard, 2 * FEW);
	for (unsigned i = 0; i < nr_heard; i++) {
		assert_int_equal(heard[i].kind, kinds[i / FEW]);
		assert_int_equal(heard[i].pa, page_to_pfn(got[i % FEW]) << 12);
		assert_int_equal(heard[i].order, 0);
		assert_int_equal(heard[i].n, 1);
		assert_ptr_equal(heard[i].owner, me);
	}
	free(got);
}

static void free_with(struct page **got, unsigned bad, struct page *other)
{
	struct page *was = got[bad];

	got[bad] = other;
	expect_assert_failure(page_free_bulk(got, FEW));
	got[bad] = was;
}

/* One page at any place that is not a single page in use: nothing of the batch is freed. */
static void each_page_of_a_batch_is_in_use(void **state)
{
	struct page **got, *pair;

	(void)state;
	give_all_again();
	pair = page_alloc(0, ZONE_NORMAL, 1, me);
	got = batch_of(FEW, FEW);
	for (unsigned bad = 0; bad < FEW; bad++)
		free_with(got, bad, pair);
	assert_int_equal(buddy_free_total(), RAM_PAGES - FEW - 2);
	page_free_bulk(got, FEW);
	page_free(pair, 1);
	lists_agree();
	free(got);
}

/* Pages freed in a block that is being emptied are not allocated again. */
static void a_batch_of_an_isolated_block_stays_there(void **state)
{
	struct page **got;
	struct block *b;

	(void)state;
	give_all_again();
	got = batch_of(FEW, FEW);
	b = block_find(page_to_pfn(got[0]));
	b->isolated = true;
	buddy_isolate(b->first_pfn, block_pages());
	for (unsigned i = 0; i < FEW; i++)
		got[i]->private = 1 + i;
	page_free_bulk(got, FEW);
	for (unsigned i = 0; i < FEW; i++) {
		assert_int_equal(got[i]->flags, PAGE_FLAGS(PAGE_BUDDY, PAGE_ISOLATED, 0, 0));
		assert_int_equal(got[i]->refcount, 0);
		assert_int_equal(got[i]->private, 0);
		assert_null(got[i]->owner);
	}
	assert_int_equal(buddy_free_total(), RAM_PAGES - block_pages());
	lists_agree();
	b->isolated = false;
	buddy_unisolate(b->first_pfn, block_pages());
	assert_int_equal(buddy_longest_run(0, ZONE_NORMAL), RAM_PAGES);
	free(got);
}

int run_batch_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_is_as_many_single_pages),
		cmocka_unit_test(a_batch_comes_from_the_nearest_nodes),
		cmocka_unit_test(a_batch_takes_boot_memory_first),
		cmocka_unit_test(each_page_of_a_batch_is_checked),
		cmocka_unit_test(what_is_taken_away_is_not_checked),
		cmocka_unit_test(taps_hear_of_each_page),
		cmocka_unit_test(each_page_of_a_batch_is_in_use),
		cmocka_unit_test(a_batch_of_an_isolated_block_stays_there),
	};

	return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
