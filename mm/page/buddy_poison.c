/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm/page/buddy_poison.c - for tests: fill pages when they are freed, and check the pattern when
 * they are allocated again.  A store through a stale translation is reported with its address and
 * the word.
 *
 * A filled page is marked in its `head`, page by page, because chunks are split and joined before
 * the next allocation.  No other field is suitable: the page counts as used while it is filled, and
 * an offline of its block treats a used page with a non-zero `private` as movable.
 */
#include <lib/assert.h>
#include <mm/page/buddy_zone.h>

#define MARK ((struct page *)(uintptr_t)BUDDY_POISON)

bool buddy_poison;
bool poison_used;

static void fill_page(struct page *p)
{
	u64 *word = page_ptr(p);

#pragma GCC unroll 8
	for (u64 i = 0; i < page_size() / 8; i++)
		word[i] = BUDDY_POISON;
	p->head = MARK;
}

static void check_page(struct page *p)
{
	const u64 *word = page_ptr(p);

#pragma GCC unroll 8
	for (u64 i = 0; i < page_size() / 8; i++)
		if (word[i] != BUDDY_POISON)
			assert_failed(__FILE__, __LINE__, "a free page was written (address, word)",
				      page_pa(p) + i * 8, word[i]);
}

void poison_fill(struct page *p, unsigned order)
{
	atomic_store_relaxed(&poison_used, true);
	for (u64 i = 0; i < 1ul << order; i++)
		fill_page(p + i);
}

/* Marks are cleared even while the tap is off: the holder writes to its pages from now on. */
void poison_check(struct page *p, unsigned order)
{
	for (u64 i = 0; i < 1ul << order; i++, p++) {
		if (p->head == MARK && buddy_poison)
			check_page(p);
		p->head = NULL;
	}
}

void poison_forget(struct page *p, u64 nr)
{
	for (u64 i = 0; i < nr; i++)
		if (p[i].head == MARK)
			p[i].head = NULL;
}
