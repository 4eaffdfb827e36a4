/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/movable/main.c - mm/hotplug/movable.c and movable_evacuate.c: what
 * mm/hotplug/movable.h promises of pages that move while another CPU stores to them.
 */
#include "fake.h"
#include <mm/kernel/writer.h>
#include <want.h>

static struct why why;
static struct movable some[SLOTS];

static struct movable *alloc(unsigned i, const char *owner)
{
	memset(&some[i], 0x5a, sizeof(some[i]));
	WANT(!movable_alloc(&some[i], 0, owner, &why));
	return &some[i];
}

/* The struct, the page and the address belong together, and the page holds all that was stored. */
static void is_whole(const struct movable *m, const char *owner, bool code)
{
	const struct slot *s = fake_slot(m->va);

	WANT(m->code == code && !strcmp(m->owner, owner));
	WANT(page_movable(m->page) == m && page_state(m->page) == PAGE_USED);
	WANT(m->page->owner == m->owner);
	WANT(s->mapped && !s->broken && &fake_pages[s->page] == m->page);
	WANT(s->prot == (code ? PT_R | PT_X | PT_GLOBAL : PT_R | PT_W | PT_GLOBAL));
	WANT(fake_word(m->page) == s->stores && fake_last(m->page) == s->last);
}

/* Nothing is used, and nothing has an address. */
static void is_empty(void)
{
	WANT(!movable_in_use());
	for (unsigned i = 0; i < BLOCKS; i++)
		WANT(!fake_used(i));
	for (unsigned i = 0; i < SLOTS; i++)
		WANT(!slots[i].taken && !slots[i].mapped);
	fake_end();
}

/* ---- one page ---- */
static void check_alloc(void)
{
	struct movable other;

	fake_begin();
	alloc(0, "a");
	WANT(movable_in_use() == 1 && some[0].page == fake_page(MOVABLE, 0));
	WANT(!movable_alloc(&other, 1, "b", NULL));
	WANT(movable_in_use() == 2 && other.page == fake_page(MOVABLE_1, 0));
	is_whole(&some[0], "a", false);
	is_whole(&other, "b", false);
	WANT(other.va != some[0].va);
	fake_end();
	movable_free(&some[0]);
	WANT(movable_in_use() == 1 && !some[0].page);
	is_whole(&other, "b", false);
	movable_free(&other);
	is_empty();
}

static void check_alloc_in(void)
{
	static const struct {
		unsigned block, err;
		const char *text;
	} refused[] = {
		{ NORMAL, ENOMEM, "no free page in zone Movable of node 0" },
		{ MOVABLE_1, ENOMEM, "no free page in zone Movable of node 1" },
		{ OFFLINE, ENXIO, "page 0x1300 is not online" },
		{ BLOCKS, ENXIO, "page 0x1400 is not online" },
	};

	fake_begin();
	for (unsigned i = 3; i < 9; i++)
		fake_use(MOVABLE_1, i, PAGE_USED, 0, "full");
	for (unsigned i = 0; i < ARRAY_SIZE(refused); i++) {
		pfn_t lo = FIRST + refused[i].block * BLOCK;
		unsigned at = refused[i].block == MOVABLE_1 ? 3 : 0;

		WANT(movable_alloc_in(&some[0], lo + at, lo + at + 6, "x", &why) ==
		     -(int)refused[i].err);
		WANT_TEXT(why.text, refused[i].text);
		fake_end();
	}
	WANT(!movable_in_use() && fake_used(MOVABLE_1) == 6 && !slots[0].taken);
	WANT(!movable_alloc_in(&some[0], FIRST + MOVABLE_1 * BLOCK + 3,
			       FIRST + MOVABLE_1 * BLOCK + 10, "in", &why));
	WANT(some[0].page == fake_page(MOVABLE_1, 9) && movable_in_use() == 1);
	is_whole(&some[0], "in", false);
	movable_free(&some[0]);
	WANT(fake_used(MOVABLE_1) == 6);
	fake_end();
}

/* A refused allocation leaves nothing. */
static void check_refused(void)
{
	pfn_t lo = FIRST + MOVABLE * BLOCK;

	fake_begin();
	for (unsigned in = 0; in < 2; in++)
		for (unsigned what = 0; what < 2; what++) {
			fake.va_full = what == 0;
			fake.no_table = what == 1;
			WANT((in ? movable_alloc_in(&some[0], lo, lo + 2, "x", &why)
				 : movable_alloc(&some[0], 0, "x", &why)) == -ENOMEM);
			WANT_TEXT(why.text, what ? "no page table for a movable page"
						 : "the vmalloc region is full");
			is_empty();
		}
	fake_begin();
	for (unsigned i = 0; i < BLOCK; i++)
		fake_use(MOVABLE, i, PAGE_USED, 0, "full");
	WANT(movable_alloc(&some[0], 0, "x", &why) == -ENOMEM);
	WANT_TEXT(why.text, "no free page in zone Movable of node 0");
	WANT(!movable_in_use() && !slots[0].taken && !fake_used(MOVABLE_1));
	fake_end();
}

static void check_pins(void)
{
	struct movable *m;

	fake_begin();
	m = alloc(0, "a");
	WANT(!page_pinned(m->page));
	movable_pin(m);
	WANT(page_pinned(m->page) && m->page->refcount == 2);
	movable_pin(m);
	FAKE_DEATH(movable_free(m));
	movable_unpin(m);
	WANT(page_pinned(m->page));
	WANT(movable_move(m, &why) == -EBUSY);
	WANT_TEXT(why.text, "block 17: page 0x1100 is pinned by a");
	WANT(m->page == fake_page(MOVABLE, 0) && movable_in_use() == 1);
	movable_unpin(m);
	WANT(!page_pinned(m->page) && m->page->refcount == 1);
	is_whole(m, "a", false);
	fake_end();
	FAKE_DEATH(movable_unpin(m));
	m->page->refcount = 1;
	m->page->private = 0;
	FAKE_DEATH(movable_free(m));
	m->page->private = (u64)(uintptr_t)m;
	movable_free(m);
	FAKE_DEATH(movable_free(m));
	is_empty();
}

static void check_code(void)
{
	struct movable *m;

	fake_begin();
	m = alloc(0, "code");
	fake_store(fake_slot(m->va));
	fake.keeps_table = true;
	movable_to_code(m);
	fake.keeps_table = false;
	WANT(fake_synced(m->page));
	is_whole(m, "code", true);
	fake_end();
	WANT(!movable_move(m, &why));
	WANT(m->page == fake_page(MOVABLE, 1));
	is_whole(m, "code", true);
	movable_free(m);
	is_empty();
	alloc(0, "data"); /* the struct was code before */
	is_whole(&some[0], "data", false);
	movable_free(&some[0]);
}

static void check_move(void)
{
	u64 moved = movable_moved();
	struct movable *m;
	vaddr_t va;

	fake_begin();
	this_cpu()->writer = PT_WRITER_HOTPLUG;
	m = alloc(0, "a");
	alloc(1, "b");
	va = m->va;
	WANT(!movable_move(m, &why) && movable_moved() == moved + 1);
	WANT(m->page == fake_page(MOVABLE, 2) && m->va == va && movable_in_use() == 2);
	is_whole(m, "a", false);
	is_whole(&some[1], "b", false);
	WANT(fake_slot(va)->stores > 3 && fake.flushes == 1);
	WANT(this_cpu()->writer == PT_WRITER_HOTPLUG);
	fake_end();
	fake.homeless = 0;
	WANT(movable_move(m, &why) == -ENOMEM && m->page == fake_page(MOVABLE, 2));
	WANT_TEXT(why.text, "no free page left to move page 0x1102 to");
	WANT(movable_moved() == moved + 1 && fake.flushes == 1);
	is_whole(m, "a", false);
	movable_free(m);
	movable_free(&some[1]);
	is_empty();
}

static void move_first(void)
{
	WANT(!movable_move(&some[0], NULL));
}

/* A page's state and place may change until the lock is held. */
static void check_moved_meanwhile(void)
{
	u64 moved = movable_moved();
	struct movable *m;

	fake_begin();
	m = alloc(0, "a");
	fake.other = move_first;
	WANT(!movable_move(m, &why) && movable_moved() == moved + 2);
	WANT(fake_used(MOVABLE) == 1 && movable_in_use() == 1);
	is_whole(m, "a", false);
	fake_end();
	movable_free(m);
	is_empty();
}

int main(void)
{
	check_alloc();
	check_alloc_in();
	check_refused();
	check_pins();
	check_code();
	check_move();
	check_moved_meanwhile();
	evacuate_tests();
	printf("movable: %u not so\n", want_failed);
	return want_failed != 0;
}
