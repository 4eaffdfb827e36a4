/* SPDX-License-Identifier: BSD-2-Clause */
/* tests/host/memory/buddy.c - the buddy allocator against single cases and a model with one
 * owner per page. */
#include "memory.h"
#include <mm/page/buddy_zone.h>
#include <mm/pt/pt_tap.h>
#include <stdio.h>
#include <string.h>

static void consistent(void)
{
	struct why why = { 0 };

	if (buddy_check(&why))
		fail_msg("%s", why.text);
}

static void give_all(void)
{
	machine_new();
	buddy_give(RAM_PFN, RAM_PAGES, 0, ZONE_NORMAL);
}

/* All memory is free in the largest chunks, and only their heads have a state. */
static void check_whole(void)
{
	u64 heads = 0;

	for (u64 i = 0; i < RAM_PAGES; i++)
		heads += page_state(pfn_to_page(RAM_PFN + i)) != PAGE_TAIL;
	assert_int_equal(heads, RAM_PAGES >> BUDDY_MAX_ORDER);
	for (u64 i = 0; i < RAM_PAGES; i += BUDDY_WINDOW)
		assert_int_equal(page_order(pfn_to_page(RAM_PFN + i)), BUDDY_MAX_ORDER);
	consistent();
}

static void give_takes_heads_only(void **state)
{
	(void)state;
	give_all();
	check_whole();
	assert_int_equal(buddy_free_pages(0, ZONE_NORMAL), RAM_PAGES);
	assert_int_equal(buddy_managed_pages(0, ZONE_NORMAL), RAM_PAGES);
	assert_int_equal(buddy_longest_run(0, ZONE_NORMAL), RAM_PAGES);
	assert_int_equal(buddy_longest_run(0, ZONE_MOVABLE), 0);
	consistent();
}

static void odd_edges_are_split(void **state)
{
	(void)state;
	machine_new();
	buddy_give(RAM_PFN + 3, 1000, 0, ZONE_NORMAL);
	buddy_give(RAM_PFN + 1003, 21, 0, ZONE_NORMAL);
	assert_int_equal(buddy_free_pages(0, ZONE_NORMAL), 1021);
	assert_int_equal(buddy_longest_run(0, ZONE_NORMAL), 1021);
	consistent();
}

static void everything_comes_back_whole(void **state)
{
	struct page *first = NULL;
	u64 nr = 0;

	(void)state;
	give_all();
	for (struct page *p; (p = page_alloc(0, ZONE_NORMAL, 0, "test")); nr++) {
		p->private = ptr_va(first);
		first = p;
	}
	assert_int_equal(nr, RAM_PAGES);
	assert_int_equal(buddy_free_total(), 0);
	while (first) {
		struct page *next = first->private ? va_ptr(first->private) : NULL;

		page_free(first, 0);
		first = next;
	}
	assert_int_equal(buddy_longest_run(0, ZONE_NORMAL), RAM_PAGES);
	check_whole();
}

static void nodes_by_distance(void **state)
{
	struct page *p;

	(void)state;
	machine_new();
	for (u64 i = 0; i < block_pages(); i++) {
		pfn_to_page(RAM_PFN + i)->flags = PAGE_FLAGS(PAGE_BUDDY, PAGE_TAIL, 0, 1);
		pfn_to_page(RAM_PFN + block_pages() + i)->flags =
			PAGE_FLAGS(PAGE_BUDDY, PAGE_TAIL, 0, 5);
	}
	buddy_give(RAM_PFN, block_pages(), 1, ZONE_NORMAL);
	buddy_give(RAM_PFN + block_pages(), block_pages(), 5, ZONE_NORMAL);
	assert_null(page_alloc(2, ZONE_NORMAL, 0, "test"));
	assert_null(page_alloc(1, ZONE_MOVABLE, 0, "test"));
	p = page_alloc_any(2, ZONE_NORMAL, 0, "test");
	assert_int_equal(page_node(p), 1);
	page_free(p, 0);
	p = page_alloc_any(0, ZONE_NORMAL, 0, "test"); /* none is below */
	assert_int_equal(page_node(p), 1);
	page_free(p, 0);
	p = page_alloc_any(4, ZONE_NORMAL, 0, "test");
	assert_int_equal(page_node(p), 5);
	page_free(p, 0);
	p = page_alloc_any(7, ZONE_NORMAL, 3, "test");
	assert_int_equal(page_node(p), 5);
	page_free(p, 3);
	assert_null(page_alloc(NODES_MAX, ZONE_NORMAL, 0, "test"));
	assert_null(page_alloc(1, ZONE_NORMAL, BUDDY_MAX_ORDER + 1, "test"));
	consistent();
}

static void wrong_frees_are_caught(void **state)
{
	struct page *p, *q;

	(void)state;
	give_all();
	p = page_alloc(0, ZONE_NORMAL, 1, "test");
	expect_assert_failure(page_free(p, 0));
	expect_assert_failure(table_free(page_pa(p)));
	expect_assert_failure(page_free(p + 1, 0));
	page_free(p, 1);
	expect_assert_failure(page_free(p, 1));
	q = pa_page(table_alloc(0));
	expect_assert_failure(page_free(q, 0));
	table_free(page_pa(q));
	expect_assert_failure(table_free(page_pa(q)));
	q = page_alloc(0, ZONE_NORMAL, 0, "test");
	page_set(q, PAGE_BOOT, PAGE_USED, 0); /* boot's: no function takes it back */
	expect_assert_failure(page_free(q, 0));
	expect_assert_failure(table_free(page_pa(q)));
	page_set(q, PAGE_BUDDY, PAGE_USED, 0);
	page_free(q, 0);
	consistent();
}

static void late_write_to(unsigned word)
{
	struct page *p;

	give_all();
	buddy_poison = true;
	p = page_alloc(0, ZONE_NORMAL, 0, "test");
	page_free(p, 0);
	((u64 *)page_ptr(p))[word] = 1;
	expect_assert_failure(page_alloc(0, ZONE_NORMAL, 0, "test"));
	memset(pools, 0, sizeof(pools)); /* the failed allocation keeps its page */
}

static void poison_finds_a_late_write(void **state)
{
	struct page *p;

	(void)state;
	late_write_to(0);
	late_write_to(511);
	give_all();
	buddy_poison = true;
	p = page_alloc(0, ZONE_NORMAL, 2, "test"); /* never filled: not checked */
	page_free(p, 2);
	*(u64 *)page_ptr(p + 1) = 1;
	expect_assert_failure(page_alloc(0, ZONE_NORMAL, 2, "test"));
	memset(pools, 0, sizeof(pools)); /* the failed allocation keeps its page */
	give_all();
	buddy_poison = true;
	p = page_alloc(0, ZONE_NORMAL, 0, "test");
	page_free(p, 0);
	buddy_poison = false; /* its content is not checked any more */
	assert_ptr_equal(page_alloc(0, ZONE_NORMAL, 0, "test"), p);
	*(u64 *)page_ptr(p) = 2;
	page_free(p, 0);
	buddy_poison = true;
	assert_ptr_equal(page_alloc(0, ZONE_NORMAL, 0, "test"), p);
}

/* ---- isolation ---- */

static void isolated_block_drains(void **state)
{
	struct block *b;
	struct page *p, *other;
	u64 got;

	(void)state;
	give_all();
	b = machine_block(1);
	b->isolated = true;
	got = buddy_isolate(b->first_pfn, block_pages());
	assert_int_equal(got, block_pages());
	assert_int_equal(buddy_free_pages(0, ZONE_NORMAL), RAM_PAGES - block_pages());
	consistent();
	while ((p = page_alloc(0, ZONE_NORMAL, 0, "test")))
		assert_true(block_find(page_to_pfn(p)) != b);
	b->isolated = false;
	buddy_unisolate(b->first_pfn, block_pages());
	assert_int_equal(buddy_free_pages(0, ZONE_NORMAL), block_pages());
	p = page_alloc(0, ZONE_NORMAL, 4, "test");
	other = page_alloc(0, ZONE_NORMAL, 0, "test");
	b->isolated = true;
	got = buddy_isolate(b->first_pfn, block_pages());
	assert_int_equal(got, block_pages() - 17);
	expect_assert_failure(buddy_take(b->first_pfn, block_pages()));
	machine_unlock();
	page_free(p, 4);
	page_free(other, 0);
	assert_int_equal(buddy_free_total(), 0);
	assert_int_equal(buddy_isolate(b->first_pfn, block_pages()), 0);
	buddy_take(b->first_pfn, block_pages());
	assert_int_equal(buddy_managed_pages(0, ZONE_NORMAL), RAM_PAGES - block_pages());
	for (u64 i = 0; i < block_pages(); i++)
		assert_int_equal(pfn_to_page(b->first_pfn + i)->flags,
				 PAGE_FLAGS(PAGE_BUDDY, PAGE_TAIL, 0, 0));
}

/* Pages of the window that heads cover, side by side; *begins: one of them begins at `at`. */
static u64 covered(pfn_t window, pfn_t at, bool *begins)
{
	pfn_t pfn = window;

	*begins = false;
	while (pfn < window + BUDDY_WINDOW && page_state(pfn_to_page(pfn)) != PAGE_TAIL) {
		*begins |= pfn == at;
		pfn += 1ul << page_order(pfn_to_page(pfn));
	}
	return pfn - window;
}

/* In a window of chunks of each order, after a page in use: 1, 1, 2, 4 pages and so on. */
static void isolated_chunks_are_cut(void **state)
{
	(void)state;
	for (u64 off = 1; off < BUDDY_WINDOW; off += off < 40 ? 1 : 37) {
		struct block *b;
		struct page *used;
		pfn_t window;
		bool begins;

		give_all();
		used = page_alloc(0, ZONE_NORMAL, 0, "test");
		assert_non_null(used);
		window = align_down(page_to_pfn(used), BUDDY_WINDOW);
		b = block_find(window);
		b->isolated = true;
		buddy_isolate(b->first_pfn, block_pages());
		assert_true(buddy_cut(window + off));
		assert_int_equal(covered(window, window + off, &begins), BUDDY_WINDOW);
		assert_true(begins);
		b->isolated = false;
		buddy_unisolate(b->first_pfn, block_pages());
		page_free(used, 0);
		check_whole();
	}
}

/* A chunk in use is not cut, at any place in its window. */
static void chunks_in_use_are_not_cut(void **state)
{
	struct page *used[2];
	struct block *b;
	pfn_t pfn;

	(void)state;
	give_all();
	used[0] = page_alloc(0, ZONE_NORMAL, 0, "test");
	used[1] = page_alloc(0, ZONE_NORMAL, 3, "test");
	pfn = page_to_pfn(used[1]);
	assert_int_equal(align_down(pfn, BUDDY_WINDOW),
			 align_down(page_to_pfn(used[0]), BUDDY_WINDOW));
	b = block_find(pfn);
	b->isolated = true;
	buddy_isolate(b->first_pfn, block_pages());
	for (u64 i = 1; i < 8; i++)
		assert_false(buddy_cut(pfn + i));
	assert_true(buddy_cut(pfn));
	assert_true(buddy_cut(pfn + 8));
	assert_int_equal(page_order(used[1]), 3);
	b->isolated = false;
	buddy_unisolate(b->first_pfn, block_pages());
	page_free(used[1], 3);
	page_free(used[0], 0);
	check_whole();
}

static struct pt_event told_frame;

static bool keep_event(struct pt_event *e)
{
	told_frame = *e;
	return true;
}

static const struct pt_tap keep = { .name = "keep", .before = keep_event };
PT_TAP(keep, keep);

static void check_told(unsigned kind, const struct page *p, unsigned order, const char *who)
{
	assert_int_equal(told_frame.kind, kind);
	assert_int_equal(told_frame.pa, page_to_pfn(p) << 12);
	assert_int_equal(told_frame.order, order);
	assert_int_equal(told_frame.n, 1ul << order);
	assert_ptr_equal(told_frame.owner, who);
}

/* A tap gets the owner of frames that are allocated and freed. */
static void taps_hear_of_frames(void **state)
{
	static const char who[] = "someone";

	(void)state;
	give_all();
	assert_int_equal(pt_tap_enable("keep", true), 0);
	for (unsigned order = 0; order < 4; order++) {
		struct page *p = page_alloc(0, ZONE_NORMAL, order, who);

		check_told(PT_EV_FRAME_ALLOC, p, order, who);
		page_free(p, order);
		check_told(PT_EV_FRAME_FREE, p, order, who);
	}
	assert_int_equal(pt_tap_enable("keep", false), 0);
}

/* ---- model: the owner of each page ---- */

static u16 owner[RAM_PAGES]; /* 0 = free */

struct held {
	struct page *p;
	unsigned order;
};

static void claim(struct page *p, unsigned order, u16 id)
{
	u64 first = page_to_pfn(p) - RAM_PFN;

	assert_true(is_aligned(page_to_pfn(p), 1ul << order));
	assert_int_equal(p->refcount, 1);
	for (u64 i = first; i < first + (1ul << order); i++) {
		assert_int_equal(owner[i], 0);
		owner[i] = id;
	}
}

static void drop(struct held *h)
{
	memset(&owner[page_to_pfn(h->p) - RAM_PFN], 0, sizeof(owner[0]) << h->order);
	page_free(h->p, h->order);
	h->p = NULL;
}

static void random_step(struct rng *rng, struct held *held, u64 nr)
{
	u64 i = rng_below(rng, nr);
	struct held *h = &held[i];

	if (h->p) {
		drop(h);
		return;
	}
	h->order = rng_below(rng, 8) ? (unsigned)rng_below(rng, 3)
				     : (unsigned)rng_below(rng, BUDDY_MAX_ORDER + 1);
	h->p = page_alloc(0, ZONE_NORMAL, h->order, "test");
	if (h->p)
		claim(h->p, h->order, (u16)(i + 1));
}

static u64 model_free(void)
{
	u64 n = 0;

	for (u64 i = 0; i < RAM_PAGES; i++)
		n += !owner[i];
	return n;
}

static void agrees_with_the_model(void **state)
{
	static struct held held[6000];
	struct rng rng = { machine_seed() };

	(void)state;
	give_all();
	buddy_poison = true;
	for (unsigned i = 0; i < 300000; i++) {
		random_step(&rng, held, ARRAY_SIZE(held));
		if (i % 10000)
			continue;
		consistent();
		assert_int_equal(buddy_free_total(), model_free());
	}
	for (u64 i = 0; i < ARRAY_SIZE(held); i++)
		if (held[i].p)
			drop(&held[i]);
	assert_int_equal(buddy_longest_run(0, ZONE_NORMAL), RAM_PAGES);
	check_whole();
}

int run_buddy_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(give_takes_heads_only),
		cmocka_unit_test(odd_edges_are_split),
		cmocka_unit_test(everything_comes_back_whole),
		cmocka_unit_test(nodes_by_distance),
		cmocka_unit_test(wrong_frees_are_caught),
		cmocka_unit_test(poison_finds_a_late_write),
		cmocka_unit_test(isolated_block_drains),
		cmocka_unit_test(isolated_chunks_are_cut),
		cmocka_unit_test(chunks_in_use_are_not_cut),
		cmocka_unit_test(taps_hear_of_frames),
		cmocka_unit_test(agrees_with_the_model),
	};

	return cmocka_run_group_tests_name("buddy", tests, NULL, NULL);
}
