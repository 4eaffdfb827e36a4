/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * planted_address.c - accesses to free pages, on purpose: each test but those named clean_* ends in
 * the report of SAN=address that tests/system/test_san.py reads.
 */
#include <mm/page/page.h>
#include <tests/harness/util.h>

static volatile u64 sink;

TEST(planted, load_freed, .claim = "a page is read after it was freed", .rows = "S1-11")
{
	struct page *p = page_alloc(0, ZONE_NORMAL, 0, "planted");
	const u64 *at = page_ptr(p);

	page_free(p, 0);
	sink = at[1];
}

TEST(planted, store_freed, .claim = "a page is written after it was freed", .rows = "S1-11")
{
	struct page *p = page_alloc(0, ZONE_NORMAL, 2, "planted");
	u8 *at = page_ptr(p);

	page_free(p, 2);
	at[4 * page_size() - 1] = 1;
}

/* The first free page at or above this one. */
static u8 *free_page_from(pfn_t pfn)
{
	while (page_state(pfn_to_page(pfn)) != PAGE_FREE)
		pfn += page_step(pfn_to_page(pfn));
	return page_ptr(pfn_to_page(pfn));
}

TEST(planted, never_allocated, .claim = "a page of boot memory that was never allocated is written",
     .rows = "S1-11")
{
	struct page *p = page_alloc(0, ZONE_NORMAL, 0, "planted");
	pfn_t pfn = page_to_pfn(p);

	page_free(p, 0);
	*(volatile u32 *)free_page_from(pfn) = 1;
}

TEST(planted, hot_added, .claim = "a page of a hot-added block that was never allocated is read",
     .rows = "S1-11", .needs = NEED_RANGE)
{
	struct range r;

	if (!range_get(t, &r, 1, "block") || !range_up(t, &r, ZONE_MOVABLE))
		return;
	sink = *(volatile u16 *)(free_page_from(r.pa >> page_shift()) + 2);
}

TEST(planted, hot_freed, .claim = "a page of a hot-added block is written after it was freed",
     .rows = "S1-11", .needs = NEED_RANGE)
{
	struct range r;
	struct page *p;

	if (!range_get(t, &r, 1, "host") || !range_up(t, &r, ZONE_MOVABLE))
		return;
	p = page_alloc_in(r.pa >> page_shift(), (r.pa + r.len) >> page_shift(), "planted");
	if (!CHECK(t, p))
		return;
	page_free(p, 0);
	((volatile u64 *)page_ptr(p))[3] = 1;
}

/* Struct copies: a call for the whole range. */
struct large {
	u64 word[12];
};

TEST(planted, whole_struct, .claim = "a struct is copied out of a freed page", .rows = "S1-11")
{
	struct page *p = page_alloc(0, ZONE_NORMAL, 0, "planted");
	static struct large to;

	page_free(p, 0);
	to = *(const struct large *)page_ptr(p);
	sink = to.word[11];
}

static u8 *freed(void)
{
	struct page *p = page_alloc(0, ZONE_NORMAL, 0, "planted");

	page_free(p, 0);
	return page_ptr(p);
}

TEST(planted, clean_mistake, .mutes_sanitizer = true,
     .claim = "a freed page is read in a test that makes mistakes on purpose", .rows = "S1-11")
{
	sink = *freed();
	CHECK_EQ(t, sink, (u8)BUDDY_POISON);
}

TEST(planted, mistake_store, .mutes_sanitizer = true,
     .claim = "a freed page is written in a test that makes mistakes on purpose", .rows = "S1-11")
{
	*(volatile u8 *)freed() = 1;
}

TEST(planted, clean_cycles, .claim = "allocated pages are used while blocks are added and removed",
     .rows = "S1-11", .needs = NEED_RANGE)
{
	struct range r;

	if (!range_get(t, &r, 1, "host"))
		return;
	for (unsigned i = 0; i < 3; i++) {
		struct page *p;

		if (!range_up(t, &r, ZONE_MOVABLE))
			return;
		p = page_alloc_in(r.pa >> page_shift(), (r.pa + r.len) >> page_shift(), "planted");
		if (CHECK(t, p)) {
			*(volatile u64 *)page_ptr(p) = i;
			CHECK_EQ(t, *(volatile u64 *)page_ptr(p), i);
			page_free(p, 0);
		}
		range_down(t, &r);
	}
	range_reset(&r);
}
