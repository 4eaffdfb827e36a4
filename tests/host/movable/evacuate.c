/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/movable/evacuate.c - ranges that are looked at and evacuated: which pages move, in
 * which batches, and where it ends.
 */
#include "fake.h"
#include <want.h>

static struct why why;
static struct movable some[SLOTS];
static const char owner[] = "user";
static u64 used, moved;

static pfn_t at(unsigned nr)
{
	return FIRST + MOVABLE * BLOCK + nr;
}

/* ---- before anything moves ---- */
struct look {
	unsigned lo, hi;
	const char *refusal; /* NULL: none */
	u64 used;
};

/*
 * Pages of the block: 0 movable; 1 free; 2 isolated, 4 pages; 6 movable; 7 of a memmap; 8 pinned;
 * 9 used; 10 used by an owner without a name; 12 used, 4 pages; 16 movable, pinned by an owner
 * without a name.
 */
static void lay_out(void)
{
	fake_begin();
	for (unsigned i = 0; i < BLOCK; i++)
		fake_use(MOVABLE, i, PAGE_FREE, 0, NULL);
	for (unsigned i = 0; i <= 16; i++)
		if (i == 0 || i == 6 || i == 8 || i == 16)
			WANT(!movable_alloc_in(&some[i], at(i), at(i) + 1, i == 16 ? NULL : owner,
					       &why));
	fake_use(MOVABLE, 2, PAGE_ISOLATED, 2, NULL);
	fake_use(MOVABLE, 7, PAGE_MEMMAP, 0, NULL);
	fake_use(MOVABLE, 9, PAGE_USED, 0, "a table");
	fake_use(MOVABLE, 10, PAGE_USED, 0, NULL);
	fake_use(MOVABLE, 12, PAGE_USED, 2, "a chunk");
	movable_pin(&some[8]);
	movable_pin(&some[16]);
}

static const struct look looks[] = {
	{ 0, 1, NULL, 1 },
	{ 1, 6, NULL, 0 },
	{ 0, 7, NULL, 2 },
	{ 1, 8, NULL, 1 },
	{ 7, 8, NULL, 0 },
	{ 0, 8, NULL, 2 },
	{ 0, 9, "block 17: page 0x1108 is pinned by user", 0 },
	{ 8, 9, "block 17: page 0x1108 is pinned by user", 0 },
	{ 7, 12, "block 17: page 0x1108 is pinned by user", 0 },
	{ 9, 11, "block 17: page 0x1109 cannot move, it is used by a table", 0 },
	{ 10, 11, "block 17: page 0x110a cannot move, it is used by an unnamed user", 0 },
	{ 11, 16, "block 17: page 0x110c cannot move, it is used by a chunk", 0 },
	{ 11, 12, NULL, 0 },
	{ 16, 17, "block 17: page 0x1110 is pinned by an unnamed user", 0 },
	{ 17, BLOCK, NULL, 0 },
};

static void check_looks(void)
{
	lay_out();
	for (unsigned i = 0; i < ARRAY_SIZE(looks); i++) {
		const struct look *l = &looks[i];

		used = 100;
		WANT(movable_check(at(l->lo), l->hi - l->lo, &used, &why) ==
		     (l->refusal ? -EBUSY : 0));
		if (l->refusal)
			WANT_TEXT(why.text, l->refusal);
		else
			WANT(used == 100 + l->used);
		fake_end();
	}
	WANT(!fake.flushes);
}

/* The same places, evacuated: pages after one that cannot move stay, and pages before it move. */
static void check_moves(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(looks); i++) {
		const struct look *l = &looks[i];
		unsigned before = 0, all = 0;

		lay_out();
		for (unsigned p = 0; p < BLOCK; p++)
			if (page_state(fake_page(MOVABLE, p)) == PAGE_FREE)
				fake_use(MOVABLE, p, PAGE_ISOLATED, 0, NULL);
		for (unsigned p = 0; p <= 6; p += 6)
			before += p >= l->lo && p < l->hi;
		all = (unsigned)movable_in_use();
		moved = 100;
		WANT(movable_evacuate(at(l->lo), l->hi - l->lo, &moved, &why) ==
		     (l->refusal ? -EBUSY : 0));
		if (l->refusal)
			WANT_TEXT(why.text, l->refusal);
		WANT(moved == 100 + before && fake_used(MOVABLE_1) == before);
		WANT(fake.flushes == (before != 0) && movable_in_use() == all);
		for (unsigned p = 0; p <= 16; p++)
			if (p == 0 || p == 6 || p == 8 || p == 16)
				WANT((some[p].page == fake_page(MOVABLE, p)) ==
				     !(p <= 6 && p >= l->lo && p < l->hi));
		fake_end();
	}
}
/* ---- batches ---- */

/* The first n pages of block MOVABLE are movable and used, and all others of it isolated. */
static void fill(unsigned n)
{
	fake_begin();
	for (unsigned i = 0; i < n; i++)
		WANT(!movable_alloc_in(&some[i], at(i), at(i) + 1, owner, &why));
	for (unsigned i = n; i < BLOCK; i++)
		fake_use(MOVABLE, i, PAGE_ISOLATED, 0, NULL);
	moved = 0;
}

/* The pages [lo, hi) have moved, and no other one of n. */
static void have_moved(unsigned n, unsigned lo, unsigned hi)
{
	for (unsigned i = 0; i < n; i++) {
		const struct movable *m = &some[i];
		const struct slot *s = fake_slot(m->va);

		WANT((m->page == fake_page(MOVABLE, i)) == !(i >= lo && i < hi));
		WANT(page_movable(m->page) == m && m->page->owner == owner && m->owner == owner);
		WANT(s->mapped && !s->broken && &fake_pages[s->page] == m->page);
		WANT(fake_word(m->page) == s->stores && fake_last(m->page) == s->last);
	}
	WANT(moved == hi - lo && fake_used(MOVABLE) == n - (hi - lo));
	fake_end();
}

static void check_batches(void)
{
	for (unsigned n = 1; n <= 3 * MOVABLE_BATCH + 1; n++)
		for (unsigned cut = 0; cut < 2 && cut < n; cut++) {
			u64 was = movable_moved();

			fill(n);
			WANT(!movable_evacuate(at(cut), n - cut, &moved, &why));
			have_moved(n, cut, n);
			WANT(movable_moved() == was + n - cut);
			WANT(fake.flushes == (n - cut + MOVABLE_BATCH - 1) / MOVABLE_BATCH);
			fill(n);
			WANT(!movable_evacuate(at(0), n - cut, &moved, &why));
			have_moved(n, 0, n - cut);
		}
	fill(0);
	WANT(!movable_evacuate(at(0), BLOCK, &moved, &why) && !moved && !fake.flushes);
}

/* A page that cannot move, after n that do. */
static void check_pinned(void)
{
	static const unsigned behind[] = { 1, MOVABLE_BATCH - 1, MOVABLE_BATCH, MOVABLE_BATCH + 1,
					   2 * MOVABLE_BATCH };

	for (unsigned i = 0; i < ARRAY_SIZE(behind); i++) {
		char text[80];

		fill(2 * MOVABLE_BATCH + 6);
		movable_pin(&some[behind[i]]);
		WANT(movable_evacuate(at(0), 2 * MOVABLE_BATCH + 6, &moved, &why) == -EBUSY);
		snprintf(text, sizeof(text), "block 17: page 0x%lx is pinned by user",
			 at(behind[i]));
		WANT_TEXT(why.text, text);
		have_moved(2 * MOVABLE_BATCH + 6, 0, behind[i]);
	}
}

/* A page without a new home before one that cannot move: code and sentence are the first one's. */
static void check_first_refusal(void)
{
	fill(40);
	movable_pin(&some[5]);
	fake.homeless = 2;
	WANT(movable_evacuate(at(0), 40, &moved, &why) == -ENOMEM && why.code == -ENOMEM);
	have_moved(40, 0, 2);
}

/* ---- their new places ---- */
static void check_homes(void)
{
	pfn_t was;

	fill(40); /* node 0 has none left: zone Movable of the other node, then Normal */
	for (unsigned i = 0; i < BLOCK - 10; i++)
		fake_use(MOVABLE_1, i, PAGE_USED, 0, "full");
	WANT(!movable_evacuate(at(0), 40, &moved, &why));
	have_moved(40, 0, 40);
	WANT(fake_used(MOVABLE_1) == BLOCK && fake_used(NORMAL) == 30);
	for (unsigned i = 0; i < 40; i++)
		WANT(some[i].page ==
		     (i < 10 ? fake_page(MOVABLE_1, BLOCK - 10 + i) : fake_page(NORMAL, i - 10)));
	fill(2); /* of node 1: its own zone first */
	WANT(!movable_alloc(&some[2], 1, owner, &why) && some[2].page == fake_page(MOVABLE_1, 0));
	was = page_to_pfn(some[2].page);
	fake_use(MOVABLE, 50, PAGE_FREE, 0, NULL);
	WANT(!movable_evacuate(was, 1, &moved, &why) && moved == 1);
	WANT(some[2].page == fake_page(MOVABLE_1, 1));
	for (unsigned homes = 0; homes <= 40; homes++) {
		char text[80];

		fill(40);
		fake.homeless = homes;
		snprintf(text, sizeof(text), "no free page left to move page 0x%lx to", at(homes));
		WANT(movable_evacuate(at(0), 40, &moved, &why) == (homes < 40 ? -ENOMEM : 0));
		if (homes < 40)
			WANT_TEXT(why.text, text);
		have_moved(40, 0, homes);
	}
}

/* ---- between two batches ---- */
static unsigned asked, yes_at;

static bool cancelled(void)
{
	WANT(!fake.locked);
	return ++asked == yes_at;
}

static void check_cancel(void)
{
	for (unsigned n = MOVABLE_BATCH - 2; n <= 3 * MOVABLE_BATCH + 4; n++)
		for (yes_at = 1; yes_at <= 4; yes_at++) {
			unsigned batches = (n + MOVABLE_BATCH - 1) / MOVABLE_BATCH;
			bool ends = yes_at < batches;

			asked = 0;
			fill(n);
			hotplug_cancelled = cancelled;
			WANT(movable_evacuate(at(0), n, &moved, &why) == (ends ? -ECANCELED : 0));
			have_moved(n, 0, ends ? yes_at * MOVABLE_BATCH : n);
			if (ends)
				WANT_TEXT(why.text, "stopped while moving pages");
			WANT(asked == (ends ? yes_at : batches - 1));
		}
}

/* Another CPU frees the next page, which joins its neighbours: the range continues after a page
 * that is a tail now. */
#define NEXT (2 + MOVABLE_BATCH)
static bool others_free(void)
{
	WANT(!fake.locked);
	if (!asked++) {
		movable_free(&some[NEXT]);
		fake_use(MOVABLE, NEXT - 2, PAGE_ISOLATED, 2, NULL);
	}
	return false;
}

static void check_meanwhile(void)
{
	u64 others = movable_in_use(); /* of the cases before */

	asked = 0;
	fill(NEXT + 8);
	movable_free(&some[NEXT + 1]);
	fake_use(MOVABLE, NEXT + 1, PAGE_ISOLATED, 0, NULL);
	hotplug_cancelled = others_free;
	WANT(!movable_evacuate(at(2), NEXT + 6, &moved, &why));
	WANT(moved == NEXT + 4 && fake_used(MOVABLE) == 2 && movable_in_use() == others + NEXT + 6);
	for (unsigned i = 0; i < NEXT + 8; i++)
		if (i != NEXT && i != NEXT + 1)
			WANT(page_movable(some[i].page) == &some[i]);
	WANT(!some[NEXT].page && !some[NEXT + 1].page);
	fake_end();
}

void evacuate_tests(void)
{
	check_looks();
	check_moves();
	check_batches();
	check_pinned();
	check_first_refusal();
	check_homes();
	check_cancel();
	check_meanwhile();
}
