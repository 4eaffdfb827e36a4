/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/memmap/parts.c - sizes and addresses of struct pages, the users of a reservation, and
 * which blocks may be removed before others.
 */
#include "fake.h"
#include <want.h>

static void check_sizes(void)
{
	static const struct {
		u8 shift;
		u64 pages, bytes;
	} rows[] = {
		{ 12, 0, 0 },        { 12, 1, 4096 },      { 12, 64, 4096 },
		{ 12, 65, 8192 },    { 12, 128, 8192 },    { 12, 32768, 2 * MiB },
		{ 14, 1, 16384 },    { 14, 256, 16384 },   { 14, 257, 32768 },
		{ 16, 1024, 65536 }, { 16, 1025, 131072 }, { 16, 8192, 512 * KiB },
	};
	struct layout was = layout;

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pt_fmt fmt = { .page_shift = rows[i].shift };

		layout.fmt = &fmt;
		WANT(memmap_bytes(rows[i].pages) == rows[i].bytes);
		layout.fmt = was.fmt;
	}
	WANT(memmap_va(PFN(0)) == layout.r[REGION_VMEMMAP].va);
	WANT(memmap_va(PFN(1024)) == layout.r[REGION_VMEMMAP].va + 64 * KiB);
	WANT(memmap_sections_per_block() == 2);
	layout.block_bytes = SECTION * PAGE;
	WANT(memmap_sections_per_block() == 1);
	layout.block_bytes = BLOCK * PAGE;
}

/* ---- the head of a reservation ---- */
static void check_heads(void)
{
	struct block b = { .altmap_pfn = PFN(70) };
	struct page *head = fake_page(70);

	WANT(!memmap_head(&b) && memmap_put(&b)); /* boot memory has no scheme */
	b.memmap = fake_scheme("host");
	WANT(!memmap_head(&b) && memmap_put(&b));
	b.memmap = fake_scheme("block");
	WANT(memmap_head(&b) == head);
	b.memmap = fake_scheme("device");
	WANT(memmap_head(&b) == head);
	*head = (struct page) { .flags = PAGE_FLAGS(PAGE_ALTMAP, PAGE_MEMMAP, 0, NODE),
				.refcount = 6 };
	WANT(!memmap_put(&b) && head->refcount == 4);
	WANT(!memmap_put(&b) && head->refcount == 2);
	WANT(memmap_put(&b) && !head->refcount);
	WANT_DEATH(memmap_put(&b));
	head->refcount = 1;
	WANT_DEATH(memmap_put(&b));
	head->refcount = 4;
	page_set(head, PAGE_BUDDY, PAGE_USED, 0);
	WANT_DEATH(memmap_put(&b));
	WANT(head->refcount == 4);
}

/* One page of struct pages is a head alone. */
static void check_mark(void)
{
	struct page garbage;

	memset(&garbage, 0x77, sizeof(garbage));
	for (unsigned n = 1; n < 4; n++) {
		struct page tail = { .flags = PAGE_FLAGS(PAGE_ALTMAP, PAGE_MEMMAP, 0, 3),
				     .head = fake_page(100) };
		struct page head = { .flags = tail.flags, .refcount = 9, .private = n };

		for (unsigned i = 99; i < 106; i++)
			*fake_page(i) = garbage;
		memmap_mark_altmap(PFN(100), n, 9, 3);
		for (unsigned i = 99; i < 106; i++) {
			const struct page *want = i - 100 < n ? &tail : &garbage;

			WANT(!memcmp(fake_page(i), i == 100 ? &head : want, sizeof(head)));
		}
	}
}

/* ---- device-remove=refuse ---- */

/* Letters are blocks of an add of five: p present, a absent but held, - none; of another add: A
 * that begins elsewhere, L that is longer, S of another scheme.  The sixth is of the next add. */
struct refusal {
	const char *blocks;
	u8 from, to;     /* the first and the last that are to be removed */
	u8 users, first; /* that stay: how many, and the first of them */
};

static const struct refusal refusals[] = {
	{ "ppppp", 0, 4 },       { "ppppp", 0, 3, 1, 4 }, { "ppppp", 0, 0, 4, 1 },
	{ "ppppp", 1, 4, 1, 0 }, { "ppppp", 2, 2, 4, 0 }, { "pp-pp", 0, 1, 2, 3 },
	{ "p----", 0, 0 },       { "p---p", 0, 0, 1, 4 }, { "paaap", 0, 4 },
	{ "paaaa", 0, 0 },       { "ppaap", 0, 1, 1, 4 }, { "pALSp", 0, 0, 1, 4 },
	{ "pALS-", 0, 0 },       { "pA-Lpp", 0, 4 },
};

static void set_blocks(const char *letters, unsigned at, pfn_t base)
{
	static struct block all[8];

	for (unsigned i = 0; letters[i]; i++) {
		char c = letters[i];

		all[i] = (struct block) { .state = c == 'a' ? BLOCK_ABSENT : BLOCK_OFFLINE,
					  .memmap = fake_scheme(c == 'S' ? "block" : "device"),
					  .first_pfn = base + (at + i) * BLOCK,
					  .range_pfn = base + (at + (c == 'A')) * BLOCK,
					  .range_blocks = c == 'L' ? 6 : 5 };
		if (i == 5)
			all[i].range_pfn = all[i].first_pfn; /* the next add */
		fake.block[at + i] = c == '-' ? NULL : &all[i];
	}
}

/* at: of the first block; its number is the one that users see. */
static void check_refusals(unsigned at, paddr_t base)
{
	u64 nr = base / layout.block_bytes + at;

	for (unsigned i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct refusal *r = &refusals[i];
		struct block **b = &fake.block[at];
		struct why why = { 0 };
		char text[100] = "";

		fake_begin(7);
		layout.phys_base = base;
		set_blocks(r->blocks, at, base / PAGE);
		if (r->users)
			snprintf(text, sizeof(text),
				 "block %lu holds memmap of %u blocks that stay, first block %lu",
				 nr + r->from, r->users, nr + r->first);
		WANT(fake_scheme("device")->may_remove(b[r->from], b[r->to], &why) ==
		     (r->users ? -EBUSY : 0));
		WANT_TEXT(why.text, text);
		if (want_failed)
			printf("#   refusal %u\n", i);
	}
	layout.phys_base = BASE;
}

void check_parts(void)
{
	fake_begin(7);
	check_sizes();
	check_heads();
	check_mark();
	check_refusals(0, 0); /* an add may begin at 0 */
	check_refusals(3, BASE);
}
