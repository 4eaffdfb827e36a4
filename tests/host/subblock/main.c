/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/subblock/main.c - mm/hotplug/subblock.c: the buddy gets the pages of sub-blocks that
 * are added, has none of those that are removed, and no other page changes its owner; a refusal
 * changes nothing.
 */
#include "fake.h"
#include <want.h>

#define PARTS (PER_BLOCK / EACH)

static struct why why;

/* ---- runs of pages that are present ---- */
static bool page_there(const struct subblock_map *p, u64 page)
{
	u64 part = page / p->each;

	return part < p->nr && (p->bits[part / 64] >> part % 64 & 1);
}

static void check_run(const struct subblock_map *p, u64 from, u64 end)
{
	pfn_t pfn = p->first + from;
	u64 want = from, nr = 0, got = subblock_run(p, &pfn, p->first + end);

	while (want < end && !page_there(p, want))
		want++;
	while (want + nr < end && page_there(p, want + nr))
		nr++;
	WANT(got == nr && (!nr || pfn == p->first + want));
}

static void check_runs(void)
{
	static u64 bits[][2] = {
		{ 0, 0 },         { ~0ul, ~0ul },      { 1, 0 },       { 0xf0f3, 0 }, { 2, 2 },
		{ 1ul << 63, 1 }, { ~(1ul << 63), 0 }, { 0, 1ul << 5 }
	};

	for (unsigned i = 0; i < ARRAY_SIZE(bits); i++)
		for (unsigned each = 1; each <= 4; each += 3) {
			struct subblock_map p = { 77, each, 70, bits[i] };

			for (u64 from = 0; from < 72 * each; from++)
				for (u64 end = from; end < 72 * each; end += 1 + end % 3)
					check_run(&p, from, end);
		}
}

static void check_usable(void)
{
	struct block *b = &fake.block[2];

	fake_begin();
	for (u64 part = 0; part < PARTS; part += 1 + part % 3)
		fake_set(2, part, true);
	fake_set(3, 0, true);
	for (unsigned altmap = 0; altmap < PER_BLOCK; altmap++) {
		u64 want = 0;

		for (unsigned at = altmap; at < PER_BLOCK; at++)
			want += page_there(&fake.subblocks, PER_BLOCK + at);
		b->altmap_pages = altmap;
		WANT(block_usable(b) == want);
		b->subblocks = NULL;
		WANT(block_usable(b) == PER_BLOCK - altmap);
		b->subblocks = &fake.subblocks;
	}
}

/* ---- refusals ---- */
struct refusal {
	bool expose;
	paddr_t pa;
	u64 len;
	int code;
	const char *text;
};

/* Present: block 1: 3 to 15; block 2: 0 to 7; block 3: 0 and 1.  Block 1 has 6 pages of memmap. */
static const struct refusal refusals[] = {
	{ true, PA(1, 3), 0, EINVAL, "0x104c000+0x0 is empty or wraps" },
	{ false, PA(1, 3), 0 - PA(1, 3), EINVAL, NULL },
	{ true, PA(1, 3), -LEN(1), EINVAL, NULL },
	{ true, PA(4, 0), LEN(1), ENXIO, "0x1100000+16K: block 68 is not there" },
	{ true, PA(3, 2), LEN(PARTS), ENXIO, "0x1100000+32K: block 68 is not there" },
	{ true, PA(0, 0), LEN(1), EINVAL, "0x1000000+16K: block 64 is not made of sub-blocks" },
	{ true, PA(2, 8) + PAGE, LEN(1), EINVAL, "0x10a1000+16K is not made of whole sub-blocks" },
	{ true, PA(2, 8), LEN(1) + PAGE, EINVAL, "0x10a0000+20K is not made of whole sub-blocks" },
	{ true, PA(2, 8), PAGE, EINVAL, "0x10a0000+4K is not made of whole sub-blocks" },
	{ true, PA(2, 8), 1, EINVAL, "0x10a0000+0x1 is not made of whole sub-blocks" },
	{ true, PA(2, 7), LEN(2), EEXIST, "sub-block 23 of block 66 is already there" },
	{ true, PA(2, 8), LEN(9), EEXIST, "sub-block 32 of block 67 is already there" },
	{ false, PA(2, 8), LEN(1), ENXIO, "sub-block 24 of block 66 is not there" },
	{ false, PA(2, 6), LEN(3), ENXIO, "sub-block 24 of block 66 is not there" },
	{ true, PA(1, 0), LEN(1), EBUSY, "sub-block 0 of block 65 holds its memmap" },
	{ true, PA(1, 1), LEN(2), EBUSY, "sub-block 1 of block 65 holds its memmap" },
};

static void some_parts(void)
{
	fake_begin();
	fake.block[1].altmap_pages = 6;
	for (u64 part = 3; part < PARTS; part++)
		fake_set(1, part, true);
	for (u64 part = 0; part < 8; part++)
		fake_set(2, part, true);
	for (u64 part = 0; part < 2; part++)
		fake_set(3, part, true);
}

static bool is_unchanged(const struct fake *was)
{
	return !memcmp(was->page, fake.page, sizeof(fake.page)) &&
	       !memcmp(was->bits, fake.bits, sizeof(fake.bits)) && !fake.locked &&
	       !fake.block[1].isolated && !fake.block[2].isolated && !fake.block[3].isolated;
}

static void check_refusal(const struct refusal *r)
{
	struct fake was;
	u64 moved = 99;
	int err;

	some_parts();
	was = fake;
	err = r->expose ? subblock_add(r->pa, r->len, &why)
			: subblock_remove(r->pa, r->len, &moved, &why);
	WANT(err == -r->code && (r->expose || !moved));
	if (r->text)
		WANT_TEXT(why.text, r->text);
	WANT(is_unchanged(&was) && fake.locks == 1);
	if (want_failed)
		printf("#   refusal %u\n", (unsigned)(r - refusals));
	was = fake;
	fake.no_lock = true;
	WANT((r->expose ? subblock_add(r->pa, r->len, &why)
			: subblock_remove(r->pa, r->len, &moved, &why)) == -EBUSY);
	WANT(is_unchanged(&was) && fake.locks == 1 && (r->expose || !moved));
}

/* Where the memmap ends with a sub-block, the next one can be added. */
static void check_memmap_edge(void)
{
	for (unsigned pages = 0; pages < 3 * EACH; pages++) {
		some_parts();
		fake.block[1].altmap_pages = pages;
		WANT(subblock_add(PA(1, 1), LEN(1), &why) == (pages > EACH ? -EBUSY : 0));
	}
	some_parts();
	fake.block[2].state = BLOCK_ABSENT;
	WANT(subblock_add(PA(2, 9), LEN(1), &why) == -ENXIO);
}

/* ---- sub-blocks are added and removed ---- */

/* Parts [from, from + nr), counted from block 1 on. */
static void all_there(u64 from, u64 nr, bool there)
{
	for (u64 part = 0; part < 3 * PARTS; part++) {
		bool in = part - from < nr, has = in ? there : true;
		bool online = part >= PARTS;

		WANT((fake.bits[part / 64] >> part % 64 & 1) == has);
		for (unsigned i = 0; i < EACH; i++) {
			u64 at = part * EACH + i;
			enum has is = *fake_page(BASE + PER_BLOCK + at);

			WANT(is == (online && has ? FREE : NOTHING));
		}
	}
	for (unsigned i = 0; i < BLOCKS; i++)
		WANT(!fake.block[i].isolated);
	WANT(!fake.locked);
}

static void present(u64 part, bool there)
{
	fake_set(1 + part / PARTS, part % PARTS, there);
}

static void check_trip(u64 from, u64 nr)
{
	u64 moved = 5;

	fake_begin();
	for (u64 part = 0; part < 3 * PARTS; part++)
		present(part, part - from >= nr);
	WANT(!subblock_add(PA(1, from), LEN(nr), &why));
	all_there(from, nr, true);
	WANT(!subblock_remove(PA(1, from), LEN(nr), &moved, &why));
	WANT(!moved);
	all_there(from, nr, false);
}

/* Pages in use inside the parts move; those outside stay, and so do pages that are stuck. */
static void check_used(u64 from, u64 nr)
{
	u64 moved = 5, used = 0;

	fake_begin();
	for (u64 part = 0; part < 3 * PARTS; part++)
		present(part, true);
	for (u64 at = PER_BLOCK; at < 3 * PER_BLOCK; at += 3) {
		bool in = at / EACH - from < nr;

		*fake_page(BASE + PER_BLOCK + at) = in ? at % 2 ? USED : WAITS : STUCK;
		used += in && at % 2;
	}
	fake.room = used;
	WANT(!subblock_remove(PA(1, from), LEN(nr), &moved, &why));
	WANT(moved == used);
	for (u64 at = PER_BLOCK; at < 3 * PER_BLOCK; at += 3)
		if (at / EACH - from >= nr) {
			WANT(*fake_page(BASE + PER_BLOCK + at) == STUCK);
			*fake_page(BASE + PER_BLOCK + at) = FREE;
		}
	all_there(from, nr, false);
}

static void check_trips(void)
{
	static const struct {
		u64 from, nr;
	} trips[] = { { 0, 1 },   { 15, 1 }, { 0, 16 }, { 16, 1 }, { 17, 3 }, { 31, 1 },
		      { 16, 16 }, { 30, 4 }, { 47, 1 }, { 8, 16 }, { 0, 48 }, { 5, 41 } };

	for (unsigned i = 0; i < ARRAY_SIZE(trips); i++) {
		check_trip(trips[i].from, trips[i].nr);
		check_used(trips[i].from, trips[i].nr);
	}
}

/* Parts of one page: each of a block, the others stay there and are isolated meanwhile. */
static void check_small_parts(void)
{
	for (unsigned at = 0; at < PER_BLOCK; at++) {
		paddr_t pa = PA(2, 0) + at * PAGE;
		u64 moved;

		fake_begin();
		fake.subblocks.each = 1;
		fake.subblocks.nr = 3 * PER_BLOCK;
		for (unsigned i = 0; i < PER_BLOCK; i++)
			*fake_page(BASE + 2 * PER_BLOCK + i) = i == at ? NOTHING : FREE;
		fake.bits[1] = ~(1ul << at);
		WANT(!subblock_add(pa, PAGE, &why) && fake.bits[1] == ~0ul);
		WANT(*fake_page(pa / PAGE) == FREE);
		*fake_page(pa / PAGE) = USED;
		WANT(!subblock_remove(pa, PAGE, &moved, &why) && moved == 1);
		WANT(fake.bits[1] == ~(1ul << at));
		for (unsigned i = 0; i < PER_BLOCK; i++)
			WANT(*fake_page(BASE + 2 * PER_BLOCK + i) == (i == at ? NOTHING : FREE));
	}
}

/* ---- a conceal that fails after its checks ---- */
static int fails(const char *text)
{
	struct fake was = fake;
	u64 moved = 9;
	int err = subblock_remove(PA(2, 3), LEN(20), &moved, &why);

	for (unsigned i = 0; i < BLOCKS * PER_BLOCK; i++)
		if (was.page[i] == USED && fake.page[i] == FREE)
			moved--, fake.page[i] = USED;
	WANT(!moved); /* each one that moved was counted, and its page is free */
	if (text)
		WANT_TEXT(why.text, text);
	was.moves = fake.moves;
	WANT(is_unchanged(&was));
	return err;
}

static void check_failures(void)
{
	for (unsigned what = 0; what < 6; what++) {
		fake_begin();
		for (u64 part = 0; part < 3 * PARTS; part++)
			present(part, true);
		for (unsigned i = 0; i < 7; i++)
			*fake_page(BASE + 2 * PER_BLOCK + 40 + 5 * i) = USED;
		switch (what) {
		case 0:
			fake.across = BASE + 2 * PER_BLOCK + 3 * EACH;
			WANT(fails("block 66: a chunk in use reaches beyond the sub-blocks") ==
			     -EBUSY);
			break;
		case 1:
			fake.across = BASE + 3 * PER_BLOCK + 7 * EACH;
			WANT(fails("block 67: a chunk in use reaches beyond the sub-blocks") ==
			     -EBUSY);
			break;
		case 2:
			*fake_page(BASE + 3 * PER_BLOCK + 20) = STUCK;
			WANT(fails("stuck") == -EBUSY);
			break;
		case 3:
			fake.room = 6;
			WANT(fails("0x108c000+320K: 7 pages are in use, only 6 are free "
				   "elsewhere") == -ENOMEM);
			break;
		case 4:
			fake.moves = 3;
			WANT(fails("stopped") == -ECANCELED);
			break;
		default:
			fake.moves = 6;
			WANT(fails("stopped") == -ECANCELED);
		}
	}
}

int main(void)
{
	check_runs();
	check_usable();
	for (unsigned i = 0; i < ARRAY_SIZE(refusals); i++)
		check_refusal(&refusals[i]);
	check_memmap_edge();
	check_trips();
	check_small_parts();
	check_failures();
	printf("parts: %u not so\n", want_failed);
	return want_failed != 0;
}
