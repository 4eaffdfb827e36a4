/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/memory/single.c - pages from a range, chunks that are split, nodes by distance, what a
 * page that was freed holds, and how long walks hold the lock.
 */
#include "memory.h"
#include <lib/fail.h>
#include <mm/page/buddy_late.h>
#include <mm/page/buddy_zone.h>
#include <mm/page/region.h>
#include <mm/pt/pt_tap.h>
#include <string.h>

static const char my_name[] = "single";

static struct page *nth(u64 page)
{
	return pfn_to_page(RAM_PFN + page);
}

static void give_everything(void)
{
	machine_new();
	buddy_give(RAM_PFN, RAM_PAGES, 0, ZONE_NORMAL);
}

static void all_agree(void)
{
	struct why why = { 0 };

	if (buddy_check(&why))
		fail_msg("%s", why.text);
}

/* ---- page_alloc_in() ---- */

static void check_single(const struct page *p)
{
	assert_int_equal(p->flags, PAGE_FLAGS(PAGE_BUDDY, PAGE_USED, 0, 0));
	assert_int_equal(p->refcount, 1);
	assert_ptr_equal(p->owner, my_name);
}

/* At any place in its chunk; the rest stays free, in chunks of every order. */
static void one_page_of_a_range(void **state)
{
	static const u16 at[] = { 0, 1, 2, 511, 512, 513, 1022, 1023 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(at); i++) {
		pfn_t pfn = RAM_PFN + 2048 + at[i];
		struct page *p;

		give_everything();
		p = page_alloc_in(pfn, pfn + 1, my_name);
		assert_ptr_equal(p, pfn_to_page(pfn));
		check_single(p);
		assert_int_equal(buddy_free_total(), RAM_PAGES - 1);
		all_agree();
		assert_null(page_alloc_in(pfn, pfn + 1, my_name));
		assert_int_equal(buddy_free_total(), RAM_PAGES - 1);
		page_free(p, 0);
		assert_int_equal(buddy_longest_run(0, ZONE_NORMAL), RAM_PAGES);
		all_agree();
	}
}

/* The pages beside a range are none of it. */
static void no_page_beside_a_range(void **state)
{
	struct page *p[6];

	(void)state;
	machine_new();
	buddy_give(RAM_PFN, 6, 0, ZONE_NORMAL);
	for (unsigned i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = page_alloc_in(RAM_PFN + i, RAM_PFN + i + 1, my_name);
	page_free(p[1], 0);
	page_free(p[4], 0);
	assert_null(page_alloc_in(RAM_PFN + 2, RAM_PFN + 4, my_name));
	assert_ptr_equal(page_alloc_in(RAM_PFN + 2, RAM_PFN + 5, my_name), p[4]);
	assert_ptr_equal(page_alloc_in(RAM_PFN, RAM_PFN + 2, my_name), p[1]);
	page_free(p[2], 0);
	page_free(p[3], 0);
	assert_ptr_equal(page_alloc_in(RAM_PFN + 3, RAM_PFN + 6, my_name), p[3]);
	assert_ptr_equal(page_alloc_in(RAM_PFN + 1, RAM_PFN + 3, my_name), p[2]);
	all_agree();
}

static bool fails_page(enum fail_point point, u64 about)
{
	return point == FAIL_PAGE && !about;
}

static void a_range_fails_when_told(void **state)
{
	(void)state;
	give_everything();
	fail_hook = fails_page;
	assert_null(page_alloc_in(RAM_PFN, RAM_PFN + 1, my_name));
	fail_hook = NULL;
	assert_non_null(page_alloc_in(RAM_PFN, RAM_PFN + 1, my_name));
}

/* ---- page_split() ---- */

/* By any of its pages; its neighbours stay as they are. */
static void a_chunk_becomes_single_pages(void **state)
{
	(void)state;
	for (unsigned order = 0; order <= BUDDY_MAX_ORDER; order++)
		for (unsigned by = 0; by < 3; by++) {
			u64 nr = 1ul << order, at = by == 0 ? 0 : by == 1 ? nr - 1 : nr / 2;
			struct page *p, behind;

			machine_new();
			buddy_give(RAM_PFN, RAM_PAGES - BUDDY_WINDOW, 0, ZONE_NORMAL);
			p = page_alloc(0, ZONE_NORMAL, order, my_name);
			p->private = 7;
			behind = p[nr];
			page_split(page_to_pfn(p) + at);
			assert_memory_equal(&p[nr], &behind, sizeof(behind));
			assert_int_equal(p->private, order ? 0 : 7);
			for (u64 i = 0; i < nr; i++) {
				check_single(p + i);
				assert_true(!order || !p[i].private);
				page_free(p + i, 0);
			}
			assert_int_equal(buddy_longest_run(0, ZONE_NORMAL),
					 RAM_PAGES - BUDDY_WINDOW);
		}
}

static void only_the_chunk_of_the_page(void **state)
{
	struct page *p;

	(void)state;
	machine_new();
	buddy_give(RAM_PFN, 4, 0, ZONE_NORMAL);
	p = page_alloc(0, ZONE_NORMAL, 1, my_name);
	assert_ptr_equal(p, nth(0));
	assert_ptr_equal(page_alloc_in(RAM_PFN + 3, RAM_PFN + 4, my_name), nth(3));
	page_split(RAM_PFN + 3);
	assert_int_equal(page_order(p), 1);
	expect_assert_failure(page_split(RAM_PFN + 2)); /* free */
	page_split(RAM_PFN + 1);
	assert_int_equal(page_order(p), 0);
	check_single(nth(1));
}

/* ---- freed, and of the wrong class ---- */

static void a_freed_page_has_no_owner(void **state)
{
	struct page *p;

	(void)state;
	for (unsigned isolated = 0; isolated < 2; isolated++) {
		give_everything();
		p = page_alloc(0, ZONE_NORMAL, 2, my_name);
		assert_non_null(page_alloc_in(page_to_pfn(p) + 4, page_to_pfn(p) + 5, my_name));
		p->private = 9;
		block_find(page_to_pfn(p))->isolated = isolated;
		page_free(p, 2);
		assert_int_equal(p->refcount, 0);
		assert_int_equal(p->private, 0);
		assert_null(p->owner);
		assert_int_equal(p->flags, PAGE_FLAGS(PAGE_BUDDY,
						      isolated ? PAGE_ISOLATED : PAGE_FREE, 2, 0));
	}
}

/* The classes of mm/pt/pt.h by name, and one that is none. */
static void a_wrong_class_is_named(void **state)
{
	static const struct {
		u8 class;
		const char *sentence;
	} of[] = {
		{ PAGE_NONE, "page_free takes PAGE_BUDDY, this page is PAGE_NONE" },
		{ PAGE_BOOT, "page_free takes PAGE_BUDDY, this page is PAGE_BOOT" },
		{ PAGE_ALTMAP, "page_free takes PAGE_BUDDY, this page is PAGE_ALTMAP" },
		{ PAGE_TABLE, "page_free takes PAGE_BUDDY, this page is PAGE_TABLE" },
		{ PAGE_FRAGMENT, "page_free takes PAGE_BUDDY, this page is PAGE_FRAGMENT" },
		{ PAGE_DEVICE, "page_free takes PAGE_BUDDY, this page is PAGE_DEVICE" },
		{ PAGE_REMAPPED, "page_free takes PAGE_BUDDY, this page is PAGE_REMAPPED" },
		{ PAGE_REMAPPED + 1, "page_free takes PAGE_BUDDY, this page is of no class" },
	};
	struct page *p;

	(void)state;
	give_everything();
	p = page_alloc(0, ZONE_NORMAL, 0, my_name);
	for (unsigned i = 0; i < ARRAY_SIZE(of); i++) {
		page_set(p, of[i].class, PAGE_USED, 0);
		expect_assert_failure(page_free(p, 0));
		assert_string_equal(machine_said, of[i].sentence);
	}
	page_set(p, PAGE_BUDDY, PAGE_USED, 0);
	page_free(p, 0);
}

static void zones_and_kinds_have_names(void **state)
{
	static const char *const zones[] = { "Normal", "Movable", "Device", "none", "none" };
	static const char *const locks[] = { "zone Normal", "zone Normal (hot-added)",
					     "zone Movable", "zone Device" };
	static const u8 ids[] = { ZONE_NORMAL, ZONE_NORMAL, ZONE_MOVABLE, ZONE_DEVICE };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(zones); i++)
		assert_string_equal(zone_name((enum zone_id)i), zones[i]);
	assert_string_equal(mem_kind_name(MEM_BOOT), "boot allocation");
	assert_string_equal(mem_kind_name(MEM_KINDS), "unknown");
	assert_string_equal(mem_kind_name(MEM_KINDS + 1), "unknown");
	machine_new();
	for (unsigned i = 0; i < BLOCKS; i++) {
		machine_block(i)->boot = !i;
		machine_block(i)->zone = ids[i];
		buddy_give(RAM_PFN + i * block_pages(), block_pages(), 0, ids[i]);
		assert_string_equal(pools[0][i].lock.name, locks[i]);
	}
	assert_int_equal(buddy_nodes, 1);
}

/* ---- nodes ---- */

/* Two nodes with a page each: the nearer one is tried first, then the lower one. */
static void check_nodes(unsigned a, unsigned b, unsigned from)
{
	unsigned da = from < a ? a - from : from - a, db = from < b ? b - from : from - b;
	unsigned first = da <= db ? a : b, second = first == a ? b : a;
	struct page *p[2], *bulk[3];

	machine_new();
	nth(0)->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_TAIL, 0, a);
	nth(8)->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_TAIL, 0, b);
	buddy_give(RAM_PFN, 1, a, ZONE_NORMAL);
	buddy_give(RAM_PFN + 8, 1, b, ZONE_NORMAL);
	assert_int_equal(buddy_nodes, b + 1);
	for (unsigned i = 0; i < 2; i++) {
		p[i] = page_alloc_any(from, ZONE_NORMAL, 0, my_name);
		assert_non_null(p[i]);
		assert_int_equal(page_node(p[i]), i ? second : first);
	}
	assert_null(page_alloc_any(from, ZONE_NORMAL, 0, my_name));
	page_free(p[0], 0);
	page_free(p[1], 0);
	assert_int_equal(page_alloc_bulk(from, ZONE_NORMAL, 0, bulk, 3, my_name), 2);
	assert_int_equal(page_node(bulk[0]), first);
	assert_int_equal(page_node(bulk[1]), second);
}

static void the_nearest_of_two_nodes(void **state)
{
	(void)state;
	for (unsigned a = 0; a < NODES_MAX; a++)
		for (unsigned b = a + 1; b < NODES_MAX; b++)
			for (unsigned from = 0; from < NODES_MAX; from++)
				check_nodes(a, b, from);
}

/* Boot memory has one page less than the batch: the last page is of hot-added memory. */
static void the_last_page_of_a_batch(void **state)
{
	struct page *got[8];

	(void)state;
	machine_new();
	machine_block(1)->boot = false;
	buddy_give(RAM_PFN, 7, 0, ZONE_NORMAL);
	buddy_give(RAM_PFN + block_pages(), 8, 0, ZONE_NORMAL);
	assert_int_equal(page_alloc_bulk(0, ZONE_NORMAL, 0, got, 8, my_name), 8);
	assert_int_equal(buddy_free_total(), 7);
	assert_false(block_find(page_to_pfn(got[7]))->boot);
}

/* ---- walks ---- */

static u64 locks_to_isolate(u64 block, u64 want)
{
	u64 before = machine_locks;
	struct block *b = machine_block(block);

	b->isolated = true;
	assert_int_equal(buddy_isolate(b->first_pfn, block_pages()), want);
	return machine_locks - before;
}

/* The chunks of the last block, window by window: nr[order] of them each. */
static void use_windows(unsigned large, unsigned small)
{
	give_everything();
	for (unsigned w = 0; w < BLOCK_BYTES / 4096 / BUDDY_WINDOW; w++)
		for (unsigned i = 0; i < large + small; i++)
			assert_ptr_equal(block_find(page_to_pfn(page_alloc(
						 0, ZONE_NORMAL, i < large ? 7 : 6, my_name))),
					 machine_block(BLOCKS - 1));
}

/* 16 heads, then the lock is free at the end of a window: not for each idle window, and not only
 * at the end of a block with a head for each page. */
static void walks_release_the_lock(void **state)
{
	(void)state;
	give_everything();
	assert_int_equal(locks_to_isolate(0, block_pages()), 1);
	use_windows(0, 16);
	assert_int_equal(locks_to_isolate(BLOCKS - 1, 0), 4);
	use_windows(1, 14); /* 15 heads */
	assert_int_equal(locks_to_isolate(BLOCKS - 1, 0), 2);
	give_everything();
	for (u64 i = 0; i < block_pages(); i++)
		assert_non_null(page_alloc(0, ZONE_NORMAL, 0, my_name));
	page_free(nth(RAM_PAGES - 1), 0);
	page_free(nth(RAM_PAGES - 3), 0);
	assert_int_equal(locks_to_isolate(BLOCKS - 1, 2), 4);
}

static void a_range_of_one_page(void **state)
{
	struct block *b = machine_block(0);

	(void)state;
	machine_new();
	buddy_give(RAM_PFN, 1, 0, ZONE_NORMAL);
	b->isolated = true;
	assert_int_equal(buddy_isolate(RAM_PFN, 1), 1);
	assert_int_equal(buddy_free_total(), 0);
	b->isolated = false;
	buddy_unisolate(RAM_PFN, 1);
	assert_int_equal(buddy_free_total(), 1);
	all_agree();
}

/* The last page of memory is a chunk like any other. */
static void the_last_page_has_a_head(void **state)
{
	(void)state;
	machine_new();
	buddy_give(RAM_PFN + RAM_PAGES - 1, 1, 0, ZONE_NORMAL);
	assert_int_equal(buddy_longest_run(0, ZONE_NORMAL), 1);
	all_agree();
	machine_new(); /* the first of its block */
	region_reset();
	assert_int_equal(region_add(RAM_PA, BLOCK_BYTES + 4096, MEM_RAM, 0, NULL), 0);
	buddy_give(RAM_PFN + block_pages(), 1, 0, ZONE_NORMAL);
	assert_int_equal(buddy_longest_run(0, ZONE_NORMAL), 1);
	all_agree();
}

/* Marks of the whole range are forgotten, its last page too. */
static void the_last_mark_is_forgotten(void **state)
{
	struct block *b = machine_block(BLOCKS - 1);
	struct page *last = nth(RAM_PAGES - 1);

	(void)state;
	give_everything();
	buddy_poison = true;
	assert_ptr_equal(page_alloc_in(RAM_PFN + RAM_PAGES - 1, RAM_PFN + RAM_PAGES, my_name),
			 last);
	page_free(last, 0);
	assert_non_null(last->head);
	b->isolated = true;
	assert_int_equal(buddy_isolate(b->first_pfn, block_pages()), block_pages());
	buddy_take(b->first_pfn, block_pages());
	assert_null(last->head);
	b->isolated = false;
}

/* ---- taps ---- */

static struct pt_event told[2];
static unsigned nr_told;

static bool told_before(struct pt_event *e)
{
	assert_int_equal(nr_told, 0);
	told[nr_told++] = *e;
	return false; /* no larger chunk can contain it */
}

static void told_after(const struct pt_event *e)
{
	assert_int_equal(nr_told, 1);
	told[nr_told++] = *e;
}

static const struct pt_tap pair_tap = { .name = "pair",
					.before = told_before,
					.after = told_after };
PT_TAP(pair, pair_tap);

static void check_pair(unsigned kind, unsigned class)
{
	assert_int_equal(nr_told, 2);
	assert_int_equal(told[0].kind, kind);
	assert_int_equal(told[0].provenance, class);
	assert_int_equal(told[0].seq, told[1].seq);
	assert_memory_equal(&told[0], &told[1], sizeof(told[0]));
	nr_told = 0;
}

static void taps_hear_both_halves(void **state)
{
	struct page *p;

	(void)state;
	give_everything();
	nr_told = 0;
	assert_int_equal(pt_tap_enable("pair", true), 0);
	p = page_alloc(0, ZONE_NORMAL, 0, my_name);
	check_pair(PT_EV_FRAME_ALLOC, PAGE_BUDDY);
	page_free(p, 0);
	check_pair(PT_EV_FRAME_FREE, PAGE_BUDDY);
	assert_int_equal(pt_tap_enable("pair", false), 0);
}

int run_single_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_page_of_a_range),
		cmocka_unit_test(no_page_beside_a_range),
		cmocka_unit_test(a_range_fails_when_told),
		cmocka_unit_test(a_chunk_becomes_single_pages),
		cmocka_unit_test(only_the_chunk_of_the_page),
		cmocka_unit_test(a_freed_page_has_no_owner),
		cmocka_unit_test(a_wrong_class_is_named),
		cmocka_unit_test(zones_and_kinds_have_names),
		cmocka_unit_test(the_nearest_of_two_nodes),
		cmocka_unit_test(the_last_page_of_a_batch),
		cmocka_unit_test(walks_release_the_lock),
		cmocka_unit_test(a_range_of_one_page),
		cmocka_unit_test(the_last_page_has_a_head),
		cmocka_unit_test(the_last_mark_is_forgotten),
		cmocka_unit_test(taps_hear_both_halves),
	};

	return cmocka_run_group_tests_name("single", tests, NULL, NULL);
}
