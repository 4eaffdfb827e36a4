/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/host/memmap/adds.c - an add by each scheme, whole or in shares: which frames map its struct
 * pages, the contents of each of these, how often each was written, and how many leaves are
 * reported.
 */
#include "fake.h"
#include <want.h>

struct add {
	const char *scheme;
	u32 first, nr, unit, users, reserve; /* pages */
	u8 level, leaf_ok;
	u64 leaves;
	unsigned single; /* host: no chunk of more than a page is free */
};

static const struct add adds[] = {
	/* the struct pages of a block fill a leaf of level 2, if there is one ... */
	{ "block", 1024, 512, 512, 2, 0, 2, 7, 1 },
	{ "block", 1024, 1536, 512, 2, 0, 2, 7, 3 },
	{ "block", 1024, 1024, 512, 1, 0, 3, 0xf, 2 },
	/* ... and may have one */
	{ "block", 1024, 1024, 512, 2, 0, 1, 7, 4 },
	{ "block", 1024, 1024, 512, 2, 0, 0, 7, 16 },
	{ "block", 1024, 1024, 512, 2, 0, 2, 3, 4 },
	{ "block", 1024, 1024, 512, 2, 0, 2, 5, 2 },
	{ "block", 1024, 1024, 512, 2, 0, 1, 5, 16 },
	{ "block", 1024, 1024, 512, 2, 0, 3, 1, 16 },
	/* sub-sections of four pages and of one */
	{ "block", 1280, 256, 256, 1, 0, 2, 7, 1 },
	{ "block", 1024, 192, 64, 1, 0, 2, 7, 3 },
	{ "block", 1088, 64, 64, 1, 0, 2, 7, 1 },
	/* all at the front: one leaf for four blocks, four for the same */
	{ "device", 2048, 2048, 512, 2, 0, 3, 0xf, 1 },
	{ "device", 2048, 2048, 512, 2, 0, 3, 7, 4 },
	{ "device", 1024, 512, 512, 3, 0, 2, 7, 1 },
	/* not aligned to each other: the addresses, the frames, the length */
	{ "device", 1280, 512, 512, 2, 0, 2, 7, 2 },
	{ "device", 1024, 512, 512, 2, 4, 2, 7, 2 },
	{ "device", 1024, 512, 512, 2, 1, 2, 7, 8 },
	{ "device", 1024, 768, 256, 2, 0, 2, 7, 3 },
	{ "device", 1024, 320, 64, 1, 0, 2, 7, 5 },
	/* behind a reserve; two units of it */
	{ "device", 1024, 1024, 512, 2, 100, 0, 7, 16 },
	{ "device", 1024, 1024, 256, 1, 256, 0, 7, 16 },
	/* more than the first unit holds: one, six and none in the last */
	{ "device", 1024, 4160, 64, 1, 0, 0, 7, 65 },
	{ "device", 1024, 4480, 64, 1, 0, 0, 7, 70 },
	{ "device", 1024, 4096, 64, 1, 0, 0, 7, 64 },
	/* in old memory: sections of four pages, parts of two and of one, pages alone */
	{ "host", 1024, 1024, 512, 2, 0, 2, 7, 4 },
	{ "host", 1024, 1024, 512, 2, 0, 1, 7, 4 },
	{ "host", 1024, 1024, 512, 2, 0, 2, 5, 16 },
	{ "host", 1024, 1024, 512, 2, 0, 0, 7, 16 },
	{ "host", 1024, 256, 128, 2, 0, 2, 7, 4 },
	{ "host", 1024, 192, 64, 1, 0, 2, 7, 3 },
	{ "host", 1024, 512, 512, 2, 0, 2, 7, 8, 1 },
};

static const struct add *now;

static bool is(const char *name)
{
	return !strcmp(now->scheme, name);
}

/* The frame that holds page i of the struct pages. */
static u32 frame_of(u32 i)
{
	u32 own = now->unit / 64, chunk = 0;

	if (is("block"))
		return now->first + i / own * now->unit + i % own;
	if (is("device"))
		return now->first + now->reserve + i;
	for (; chunk < fake.nr_chunks && i >= fake.chunks[chunk].nr; chunk++)
		i -= fake.chunks[chunk].nr;
	return (u32)((fake.chunks[chunk].pa - BASE) / PAGE) + i;
}

static struct page head_of(u32 users, u32 pages)
{
	return (struct page) { .flags = PAGE_FLAGS(PAGE_ALTMAP, PAGE_MEMMAP, 0, NODE),
			       .refcount = users,
			       .private = pages };
}

static struct page tail_of(u32 head)
{
	return (struct page) { .flags = PAGE_FLAGS(PAGE_ALTMAP, PAGE_MEMMAP, 0, NODE),
			       .head = fake_page(head) };
}

/* The contents of the struct page of page i of the range; *stores: how often a template is written:
 * 0 for a head, at most 2 where a reserve moved the frames of struct pages. */
static struct page right(u32 i, unsigned *stores)
{
	u32 of = i / now->unit * now->unit, pages = now->unit / 64, users = now->users;
	struct page rest = { .flags = PAGE_FLAGS(PAGE_DEVICE, PAGE_TAIL, 0, NODE) };

	*stores = 1;
	if (is("device")) {
		of = now->reserve;
		pages = now->nr / 64;
		users = now->nr / now->unit * now->users;
	}
	if (is("host") || i - of >= pages)
		return rest;
	*stores = now->reserve ? 2 : i != of;
	return i == of ? head_of(users, pages) : tail_of(now->first + of);
}

static void check_contents(void)
{
	unsigned wrong = 0, stores;

	for (u32 i = 0; i < now->nr; i++) {
		struct page want = right(i, &stores);
		unsigned seen = fake.stores[now->first + i];

		if (memcmp(&want, fake_page(now->first + i), sizeof(want)) ||
		    (stores == 2 ? seen > 2 : seen != stores))
			wrong++;
	}
	for (u32 i = OLD; i < VM_PAGES * 64; i++)
		wrong += i - now->first >= now->nr && fake.stores[i];
	WANT(!wrong);
}

static void check_frames(void)
{
	for (u32 i = 0; i < VM_PAGES - VM_OLD; i++) {
		const struct mapped *m = &fake.map[VM_OLD + i];
		u32 at = i - (now->first / 64 - VM_OLD);

		WANT(m->there == (at < now->nr / 64));
		if (m->there && at < now->nr / 64)
			WANT(m->rw && m->frame == frame_of(at));
	}
}

/* Shares are written from the last to the first: any order is allowed. There are at most 64, and
 * the first one has a whole reserve. */
static void write(const struct memmap_plan *p, bool parts)
{
	u64 nr = now->nr / now->unit, part = parts && nr <= 64 ? now->unit : now->nr;

	if (now->reserve + (is("device") ? now->nr / 64 : 0) > part)
		part = now->nr;
	for (u64 at = now->nr / part * part; at; at -= part)
		memmap_write(p, PFN(now->first) + at - part, part);
}

static struct memmap_plan plan_of(const struct add *a)
{
	return (struct memmap_plan) { .scheme = fake_scheme(a->scheme),
				      .pfn = PFN(a->first),
				      .nr = a->nr,
				      .unit = a->unit,
				      .users = a->users,
				      .reserve = a->reserve,
				      .provenance = PAGE_DEVICE,
				      .node = NODE,
				      .max_level = a->level };
}

static void check_add(const struct add *a, bool parts)
{
	struct memmap_plan p = plan_of(a);
	struct why why = { 0 };
	u32 own;

	now = a;
	fake_begin(a->leaf_ok);
	fake.chunks_most = a->single ? 0 : CHUNKS;
	WANT(!memmap_plan(&p, &why) && !p.populated);
	WANT(p.pt.va == ptr_va(fake_page(a->first)) && p.pt.len == a->nr / 64 * PAGE);
	WANT(p.pt.max_level == a->level && fake.planned_level == (a->single ? 0 : a->level));
	WANT(p.scattered == a->single && p.pt.pt == &kpt && fake.plans == 1);
	memmap_map(&p);
	WANT(p.populated && p.leaves == a->leaves);
	check_frames();
	write(&p, parts);
	memmap_plan_end(&p);
	check_contents();
	check_frames();
	own = is("host") ? a->nr / 64 : 0;
	WANT(!p.frames && p.host_bytes == own * PAGE);
	fake_at_rest(own);
	if (want_failed)
		printf("#   row %u%s\n", (unsigned)(a - adds), parts ? ", in parts" : "");
}

/* ---- refusals: nothing is left ---- */
static void check_refused(void)
{
	static const struct add of[] = { { "block", 1024, 512, 512, 2, 0, 2, 7, 0 },
					 { "device", 1024, 512, 512, 2, 0, 2, 7, 0 },
					 { "host", 1024, 512, 512, 2, 0, 2, 7, 0 } };

	for (unsigned i = 0; i < ARRAY_SIZE(of); i++) {
		struct memmap_plan p = plan_of(&of[i]);
		struct why why = { 0 };

		fake_begin(7);
		fake.plan_fails = 1;
		WANT(memmap_plan(&p, &why) == -EBUSY && why.code == -EBUSY);
		WANT_TEXT(why.text, "not this one");
		WANT(!p.frames && !p.nr_frames && !p.host_bytes);
		fake_at_rest(0);
		/* planned, and not mapped */
		fake_begin(7);
		p = plan_of(&of[i]);
		WANT(!memmap_plan(&p, &why) && fake.open_plans == 1);
		memmap_plan_end(&p);
		WANT(!p.pt.pt && !p.frames);
		fake_at_rest(0);
	}
}

/* The frames of struct pages are in one share, the first one. */
static void check_split(void)
{
	static const struct add of = { "device", 1024, 4160, 64, 1, 0, 0, 7, 0 };
	static const struct add reserve = { "device", 1024, 512, 512, 1, 504, 0, 7, 8 };
	static const struct add more = { "device", 1024, 512, 512, 1, 505, 0, 7, 0 };
	struct memmap_plan p = plan_of(&of);
	struct why why;

	fake_begin(7);
	WANT(!memmap_plan(&p, &why));
	memmap_map(&p);
	WANT_DEATH(memmap_write(&p, p.pfn, 64));
	memmap_plan_end(&p);
	check_add(&reserve, false);
	fake_begin(7);
	p = plan_of(&more);
	WANT(!memmap_plan(&p, &why));
	memmap_map(&p);
	WANT_DEATH(memmap_write(&p, p.pfn, 512));
}

void check_adds(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(adds); i++) {
		check_add(&adds[i], false);
		check_add(&adds[i], true);
	}
	check_refused();
	check_split();
}
